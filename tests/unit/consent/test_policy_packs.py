"""What the packs that come with the service hold, and what makes a pack unusable."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from typing import Any

import pytest
from consent_cases import NOW, PACK
from hypothesis import given
from hypothesis import strategies as st

from consent.policy.load import PackNotValid, known_packs, load_pack, read_pack
from consent.policy.resolve import (
    Situation,
    applicable,
    basis_rule,
    ceiling_years,
    floor_years,
    forbidden_fields,
    forbidding_rule,
    retention_ended,
)
from consent.policy.rules import (
    Act,
    BasisKind,
    Force,
    Pack,
    Precondition,
    Requirement,
    Verified,
)
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

PACKS = [load_pack(name) for name in known_packs()]
QUERY = Situation(
    Act.QUERY, BasisKind.CONSENT, MemberClass.BANK, Purpose.LOAN_APPROVAL, frozenset(FieldClass), NOW.date()
)


READ_IN_FULL = ("cn.cir.", "cn.pipl.", "cn.nds.", "cn.exchange.")
"""The sources of which we read every word."""


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.jurisdiction)
def test_what_is_quoted_was_read_and_each_rule_has_a_first_day(pack: Pack) -> None:
    assert pack.rules
    for rule in pack.rules:
        assert rule.source.quote is None or rule.source.verified is Verified.FULL_TEXT
        assert rule.id.startswith(f"{pack.jurisdiction}.")
        assert rule.in_force(date(2026, 5, 3))
        assert not rule.in_force(rule.effective_from - timedelta(days=1))
        assert (rule.force is Force.CONTRACT) or ".exchange." not in rule.id


def test_only_what_was_read_in_full_says_so() -> None:
    for rule in PACK.rules:
        assert (rule.source.verified is Verified.FULL_TEXT) == rule.id.startswith(READ_IN_FULL)
        recommended = rule.id.startswith(("cn.gbt", "cn.cba."))
        assert (rule.force is Force.SHOULD) == recommended


def test_every_article_that_the_design_lists_for_china_has_its_rule() -> None:
    articles = {
        *(f"cn.cir.{article}" for article in (13, 14, 15, 16, 17, 18, 20, 22, 24, 25, 26, 29, 33)),
        *(f"cn.pipl.{article}" for article in (14, 15, 16, 23, 24, 29, 30, 31, 44, 45, 46, 47, 48, 50, 55)),
        "cn.cbm.12", "cn.nds.12", "cn.nds.22", "cn.cfc.records", "cn.cfc.contacts", "cn.pboc.repair.2025",
        "cn.cl.293.1", "cn.gbt45251.hours", "cn.gbt45251.interactive", "cn.gbt45251.notify", "cn.gbt45251.contacts",
        "cn.gbt45251.untold", "cn.gbt45251.records", "cn.gbt45251.review", "cn.cba.hours", "cn.cba.attempts",
        "cn.cba.contacts",
    }  # fmt: skip
    assert articles <= {rule.id for rule in PACK.rules}


def test_the_sets_of_a_look_under_a_ground_and_under_a_consent_differ() -> None:
    by_consent = {rule.id for rule in applicable(PACK, QUERY)}
    by_ground = {rule.id for rule in applicable(PACK, replace(QUERY, basis=BasisKind.GROUND))}
    assert by_ground == {"cn.cir.16", "cn.cir.22"}
    assert by_ground < by_consent
    assert "cn.cir.17" not in by_consent


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 30), st.integers(-3, 3))
def test_a_period_ends_with_its_last_day_and_not_before(ended_on: date, years: int, days: int) -> None:
    is_leap_day = (ended_on.month, ended_on.day) == (2, 29)
    try:
        last = date(ended_on.year + years, ended_on.month, ended_on.day)
    except ValueError:
        assert is_leap_day
        last = date(ended_on.year + years, 2, 28)
    assert retention_ended(ended_on, years, last + timedelta(days)) is (days > 0)


def test_what_goes_on_is_never_over() -> None:
    assert retention_ended(None, 5, date(9999, 1, 1)) is False


RULE = """
[[rules]]
id = "{id}"
force = "{force}"
kind = "retention"
effective_from = "{effective_from}"
effective_to = "{effective_to}"
source = {{ title = "A law", clause = "1", language = "en", verified = "to_verify" }}
applies = {{ act = "QUERY", field_classes = {field_classes} }}
terms = {{ action = "{action}", years = {years} }}
vectors = [{{ given = {{}}, expect = "SHOWN" }}]
"""


def a_rule(id: str, action: str, years: int, **changes: Any) -> str:
    good = {"force": "MUST", "effective_from": "2020-01-01", "effective_to": "2030-01-01", "field_classes": []}
    return RULE.format(id=id, action=action, years=years, **{**good, **changes})


def a_pack(*rules: str) -> Pack:
    return read_pack('jurisdiction = "xx"\nversion = "xx-1"\n' + "".join(rules))


def test_the_longest_floor_and_the_shortest_ceiling_hold() -> None:
    pack = a_pack(
        a_rule("a", "delete", 7), a_rule("b", "suppress_display", 5), a_rule("c", "delete", 6, force="SHOULD"),
        a_rule("d", "keep_at_least", 2), a_rule("e", "keep_at_least", 3), a_rule("f", "keep_at_least", 1),
    )  # fmt: skip
    rules = applicable(pack, QUERY)
    assert [rule.id for rule in rules] == ["a", "b", "d", "e", "f", "c"]
    assert ceiling_years(rules) == 5
    assert floor_years(rules) == 3
    assert (ceiling_years([]), floor_years([])) == (None, None)


def test_a_floor_above_a_ceiling_cannot_be_loaded() -> None:
    with pytest.raises(PackNotValid, match="floor keeps for longer than ceiling allows"):
        a_pack(a_rule("ceiling", "delete", 3), a_rule("floor", "keep_at_least", 5))


def test_a_floor_above_a_ceiling_that_it_never_meets_can_be_loaded() -> None:
    ceiling = a_rule("ceiling", "delete", 3, field_classes=["ACCOUNTS"], effective_to="2025-01-01")
    for apart in ({"field_classes": ["INQUIRIES"]}, {"effective_from": "2025-01-01"}):
        assert len(a_pack(ceiling, a_rule("floor", "keep_at_least", 5, **apart)).rules) == 2
    assert len(a_pack(a_rule("hide", "suppress_display", 3), a_rule("floor", "keep_at_least", 5)).rules) == 2
    assert len(a_pack(ceiling, a_rule("floor", "keep_at_least", 3)).rules) == 2


def test_a_floor_and_a_ceiling_that_count_from_different_days_are_told_apart_by_the_record_alone() -> None:
    recorded = a_rule("floor", "keep_at_least", 5).replace("years = 5", 'years = 5, counted_from = "RECORDED"')
    assert len(a_pack(a_rule("ceiling", "delete", 3), recorded).rules) == 2


@pytest.mark.parametrize("change", ["amount_minor_max = 100", 'currency = "CNY"'])
def test_an_amount_goes_with_its_currency(change: str) -> None:
    with pytest.raises(PackNotValid, match="together with its currency"):
        a_pack(a_rule("a", "delete", 5).replace("years = 5", f"years = 5, {change}"))


def test_a_floor_takes_no_condition() -> None:
    with pytest.raises(PackNotValid, match="a floor is for every record"):
        a_pack(a_rule("a", "keep_at_least", 5).replace("years = 5", 'years = 5, cured_by = "2026-03-31"'))


@pytest.mark.parametrize("classes", [[], ["COLLECTIONS"], ["DELINQUENCIES", "PLANS"]])
def test_a_rule_that_hides_single_records_of_a_kind_that_cannot_be_is_not_loaded(classes: list[str]) -> None:
    text = a_rule("a", "suppress_display", 5, field_classes=classes).replace('"QUERY"', '"KEEP"')
    with pytest.raises(PackNotValid, match="a hides or annotates single records"):
        a_pack(text)
    assert a_pack(text.replace(str(classes), '["DELINQUENCIES", "PAYMENT_HISTORY"]')).rules


def test_what_is_hidden_for_some_records_only_sets_no_limit_for_all() -> None:
    rule = a_rule("a", "suppress_display", 1).replace("years = 1", 'years = 1, cured_by = "2026-03-31"')
    assert ceiling_years(a_pack(rule).rules) is None


def test_the_basis_of_a_contribution_is_a_rule_that_lets_it() -> None:
    on = date(2026, 5, 3)
    for basis in ("cn.cir.13", "cn.cir.29", "cn.cir.13.public"):
        rule = basis_rule(PACK, basis, on)
        assert rule and rule.id == basis
    for wrong in ("cn.cir.14", "cn.cir.16", "cn.cir.18", "cn.cir.15", "us.1", ""):
        assert basis_rule(PACK, wrong, on) is None
    assert basis_rule(PACK, "cn.cir.13", date(2013, 3, 14)) is None


def test_only_what_is_forbidden_whatever_the_borrower_says_is_forbidden_to_all() -> None:
    assert "religion" in forbidden_fields(PACK, date(2026, 5, 3))
    assert "income" not in forbidden_fields(PACK, date(2026, 5, 3))
    assert forbidding_rule(PACK, "religion", date(2026, 5, 3), frozenset(Requirement))


def test_a_rule_holds_from_its_first_day_to_before_its_last() -> None:
    (rule,) = a_pack(a_rule("a", "delete", 5)).rules
    held = [rule.in_force(date.fromisoformat(on)) for on in ("2019-12-31", "2020-01-01", "2029-12-31", "2030-01-01")]
    assert held == [False, True, True, False]


def test_an_unknown_jurisdiction_is_told_with_the_known_ones() -> None:
    for wrong in ("zz", "../packs/cn", ""):
        with pytest.raises(PackNotValid, match=r"known are .*cn"):
            load_pack(wrong)


def test_all_faults_of_a_pack_are_told_at_once() -> None:
    broken = """
        version = 1
        [[rules]]
        id = "x.1"
        force = "MAYBE"
        kind = "retention"
        effective_from = "2020-02-30"
        applies = { act = "QUERY", purposes = ["FUN"] }
        terms = { action = "burn", years = -1 }
        [[rules]]
        id = "x.2"
        force = "MUST"
        kind = "separate_consent"
        effective_from = "2020-01-01"
        source = { title = "A law", clause = "1", language = "en", verified = "to_verify" }
        applies = { act = "QUERY" }
        vectors = [{ given = {} }]
        colour = "red"
    """
    with pytest.raises(PackNotValid) as raised:
        read_pack(broken)
    places = [fault.split(":")[0] for fault in raised.value.faults]
    assert sorted(place for place in places if "unknown" not in place) == [
        "jurisdiction",
        "rules[1] x.1.applies.purposes",
        "rules[1] x.1.effective_from",
        "rules[1] x.1.force",
        "rules[1] x.1.source",
        "rules[1] x.1.terms.action",
        "rules[1] x.1.terms.years",
        "rules[1] x.1.vectors",
        "rules[2] x.2.vectors",
        "version",
    ]
    assert sum("1 unknown field(s)" in place for place in places) == 1


@pytest.mark.parametrize(
    "text", ["=", 'jurisdiction = "xx"\nversion = "1"', 'rules = [1]\njurisdiction="xx"\nversion="1"']
)
def test_what_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(PackNotValid):
        read_pack(text)


def test_an_id_stands_for_one_rule() -> None:
    with pytest.raises(PackNotValid, match="the id a is taken"):
        a_pack(a_rule("a", "delete", 5), a_rule("a", "delete", 5))


def test_a_separate_consent_needs_a_consent_and_its_own_recipient() -> None:
    (rule,) = [rule for rule in PACK.rules if rule.id == "cn.pipl.23"]
    assert rule.terms == Precondition(frozenset({Requirement.CONSENT, Requirement.RECIPIENT}))


def test_the_packs_are_plain_toml() -> None:
    for file in (resources.files("consent.policy") / "packs").iterdir():
        assert tomllib.loads(file.read_text(encoding="utf-8"))["jurisdiction"] == file.name.removesuffix(".toml")
