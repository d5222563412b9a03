"""What members are told of the contract is true: its releases, its deprecations, its pages."""

import re
from datetime import date

import pytest
from graphql import parse, validate

from exchange.settings import Settings
from schema.contract import build_contract
from schema.deprecation import announced, not_announced_in_time
from schema.release import HEAD, ROOT, announcements, releases

RELEASES = releases()
PAGE = ROOT / "docs" / "graphql.md"
CHANGES = ROOT / "docs" / "contract-changes.md"
EXAMPLES = re.findall(r"^```graphql\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (\S+) \((\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)


def test_the_page_of_changes_tells_every_release_newest_first() -> None:
    told = [(version, date.fromisoformat(day)) for version, day in HEADING.findall(CHANGES.read_text())]
    assert told == [(each.version, each.released_on) for each in reversed(RELEASES)]
    assert len(told) == CHANGES.read_text().count("\n## ")


def test_releases_follow_each_other_in_time() -> None:
    days = [each.released_on for each in RELEASES]
    assert days and days == sorted(days)


@pytest.mark.parametrize("number", range(len(RELEASES)))
def test_every_deprecation_of_a_release_left_members_their_time(number: int) -> None:
    since = announcements(RELEASES[: number + 1])
    assert not_announced_in_time(RELEASES[number].contract, since) == []


def test_every_deprecation_of_today_names_its_replacement_and_its_end() -> None:
    contract = build_contract()
    since = announced(contract, RELEASES[-1].released_on, announcements(RELEASES))
    assert not_announced_in_time(contract, since) == []


@pytest.mark.parametrize("head", ["", "# 0.1, released 2026-11-22\n", "# 0.1.0 released soon\n"])
def test_a_release_without_its_version_and_day_is_none(head: str) -> None:
    assert HEAD.match(head + "type Query { a: Int }") is None


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_the_page_fits_the_contract(number: int) -> None:
    assert validate(build_contract(), parse(EXAMPLES[number])) == []


def test_the_page_has_examples_and_names_settings_that_exist() -> None:
    assert len(EXAMPLES) >= 4
    named = set(re.findall(r"OPENBUREAU_([A-Z_]+)", PAGE.read_text()))
    assert {name.lower() for name in named} <= set(Settings.__dataclass_fields__)


def test_every_code_that_the_page_names_is_in_the_list_of_errors() -> None:
    codes = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE.read_text()))
    errors = (ROOT / "docs" / "errors.md").read_text()
    missing = {code for code in codes if not code.startswith("OPENBUREAU_") and f"| `{code}` |" not in errors}
    assert missing == set()
