"""The page of rules is printed from the packs, and fresh."""

from pathlib import Path

import pytest

from consent.policy.load import known_packs, load_pack
from consent.policy.print_packs import ACTS, KINDS, RIGHTS, VERIFIED, print_packs, terms_in_words
from consent.policy.rules import Act, BorrowersRight, Kind, Verified

PAGE = Path(__file__).parents[3] / "docs" / "policy-rules.md"


def test_the_page_of_rules_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == print_packs()


@pytest.mark.parametrize("name", known_packs())
def test_every_rule_stands_on_the_page_once_with_where_it_stands_and_how_it_was_checked(name: str) -> None:
    lines = print_packs().splitlines()
    for rule in load_pack(name).rules:
        (line,) = [line for line in lines if line.startswith(f"| `{rule.id}` |")]
        assert line.count("|") == 8
        assert rule.source.title in line and f", {rule.source.clause} |" in line
        assert VERIFIED[rule.source.verified] in line and str(rule.effective_from) in line
        assert terms_in_words(rule) in line


def test_everything_has_words() -> None:
    assert (set(KINDS), set(ACTS), set(RIGHTS), set(VERIFIED)) == (
        set(Kind), set(Act), set(BorrowersRight), set(Verified),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("jurisdiction", "rule", "words"),
    [
        ("cn", "cn.cir.17", "2 free in each calendar year"),
        ("cn", "cn.gbt45251.interactive", "at most 3 effective a day, by a lender and all its agencies together"),
        ("us", "us.regf.14.calls", "at most 7 attempted in 7 days, by one collector, about one debt"),
        ("us", "us.fcra.605.delinquency", "7 years and 180 days after it fell overdue"),
        ("in", "in.sahamati.103", "one look, 31 days, 14 months of history"),
        ("in", "in.rbi.recovery.hours", "from 19:00 until 08:00"),
        ("uk", "uk.six.years", "deleted 6 years after it ended"),
        ("eu", "eu.gdpr.22", "a person looks again when asked"),
    ],
)
def test_terms_are_told_in_words(jurisdiction: str, rule: str, words: str) -> None:
    (found,) = [each for each in load_pack(jurisdiction).rules if each.id == rule]
    assert words in terms_in_words(found)
