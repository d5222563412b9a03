"""The boundary cases that each rule ships, and what makes a pack unusable."""

import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from consent_cases import NOW, PACK, a_consent, a_ground, a_question
from hypothesis import given
from hypothesis import strategies as st

from consent.asking import asked_too_soon
from consent.decision import Grant, decide
from consent.lifecycle import ConsentState
from consent.policy.load import PackNotValid, load_pack, read_pack
from consent.policy.resolve import (
    Situation,
    applicable,
    basis_rule,
    ceiling_years,
    deadline_days,
    floor_years,
    forbidden_fields,
    forbidding_rule,
    is_free,
    prior_notice_rule,
    residency_breached,
    retention_ended,
    rule_requiring,
)
from consent.policy.retention import KeptRecord, fate_of, retention_rules
from consent.policy.rules import (
    Act,
    AskingPause,
    BasisKind,
    Deadline,
    ForbiddenField,
    Force,
    FreeQuota,
    LawfulBasis,
    Pack,
    Precondition,
    PriorNotice,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Rule,
    Verified,
)
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

PACKS = [load_pack(file.name.removesuffix(".toml")) for file in (resources.files("consent.policy") / "packs").iterdir()]
CASES = [(pack, rule, vector) for pack in PACKS for rule in pack.rules for vector in rule.vectors]
QUERY = Situation(
    Act.QUERY, BasisKind.CONSENT, MemberClass.BANK, Purpose.LOAN_APPROVAL, frozenset(FieldClass), NOW.date()
)


@pytest.mark.parametrize(
    ("pack", "rule", "vector"), CASES, ids=[f"{r.id}-{number}" for number, (_, r, _) in enumerate(CASES)]
)
def test_each_rule_decides_its_boundary_cases(pack: Pack, rule: Rule, vector: Any) -> None:
    outcome, named = outcome_of(pack, rule, dict(vector.given))
    assert outcome == vector.expect
    if named:
        assert named & {rule.id, *rivals(pack, rule)}


def rivals(pack: Pack, rule: Rule) -> set[str]:
    """The rules that may be named instead, because they require the same, or are about keeping the same."""
    if isinstance(rule.terms, Retention):
        return {other.id for other in pack.rules if isinstance(other.terms, Retention)}
    if not isinstance(rule.terms, Precondition):
        return set()
    return {
        other.id
        for other in pack.rules
        if isinstance(other.terms, Precondition) and other.terms.requires & rule.terms.requires
    }


def outcome_of(pack: Pack, rule: Rule, case: dict[str, Any]) -> tuple[str, set[str]]:
    """What the pack makes of the case, and the rules that a refusal names."""
    match rule.terms:
        case Retention(action=action):
            return kept(pack, rule, action, case)
        case PriorNotice():
            needed = prior_notice_rule(pack, day(case["on"]), about(case))
            return ("NEEDED" if needed else "NOT_NEEDED"), {needed.id} if needed else set()
        case LawfulBasis():
            named = basis_rule(pack, rule.id, day(case["on"]), about(case))
            return ("ALLOWED" if named else "NOT_ALLOWED"), {named.id} if named else set()
        case Residency():
            broken = residency_breached(pack, case["country"], day(case["on"]))
            return ("BREACHED" if broken else "LAWFUL"), {broken.id} if broken else set()
        case FreeQuota():
            rules = applicable(pack, replace(QUERY, purpose=Purpose(case["purpose"])))
            return ("FREE" if is_free(rules, case["had_this_year"]) else "NOT_FREE"), set()
        case ForbiddenField():
            holds = frozenset(map(Requirement, case.get("holds", [])))
            forbidding = forbidding_rule(pack, case["field"], day(case["on"]), holds)
            return ("FORBIDDEN" if forbidding else "ALLOWED"), {forbidding.id} if forbidding else set()
        case AskingPause():
            return asked_again(pack, case)
        case Deadline():
            answering = replace(QUERY, act=Act.ANSWER_WITHDRAWAL, on=day(case["on"]))
            return str(deadline_days(applicable(pack, answering)) or "NO_DEADLINE"), set()
        case Precondition() if rule.applies.act is Act.CONTRIBUTE:
            rules = applicable(pack, replace(QUERY, act=Act.CONTRIBUTE, on=day(case["on"])))
            required = all(rule_requiring(rules, requirement) for requirement in rule.terms.requires)
            return ("REQUIRED" if required else "NOT_REQUIRED"), set()
    return decided(pack, case)


def kept(pack: Pack, rule: Rule, action: RetentionAction, case: dict[str, Any]) -> tuple[str, set[str]]:
    """What the whole pack makes of a record. One that no case tells the noun of is of the rule's first."""
    today = day(case.pop("today"))
    noun = FieldClass(case.pop("noun", min(rule.applies.field_classes)))
    furnisher = MemberClass(case.pop("furnisher", "BANK"))
    currency = case.pop("currency", "CNY")
    known = {name: date.fromisoformat(value) if name.endswith("_on") else value for name, value in case.items()}
    fate = fate_of(retention_rules(pack, today), KeptRecord(noun, furnisher, currency=currency, **known), today)
    named = {rule for rule in (fate.rule, fate.kept_by) if rule}
    if action is RetentionAction.KEEP_AT_LEAST:
        return ("KEEP" if fate.kept_by else "MAY_DELETE"), {fate.kept_by} if fate.kept_by else set()
    return OUTCOMES[fate.action], named


OUTCOMES = {
    None: "SHOWN",
    RetentionAction.ANNOTATE: "ANNOTATED",
    RetentionAction.SUPPRESS_DISPLAY: "HIDDEN",
    RetentionAction.DELETE: "NOT_SHOWN",
}


def about(case: dict[str, Any]) -> FieldClass | None:
    return FieldClass(case["about"]) if "about" in case else None


def asked_again(pack: Pack, case: dict[str, Any]) -> tuple[str, set[str]]:
    refused_at = datetime.fromisoformat(case["refused_at"]) if "refused_at" in case else None
    now = datetime.fromisoformat(case["now"])
    reason = asked_too_soon(pack, MemberClass.BANK, Purpose.LOAN_APPROVAL, refused_at, now)
    return (reason.code, {reason.rule or ""}) if reason else ("MAY_ASK", set())


def decided(pack: Pack, case: dict[str, Any]) -> tuple[str, set[str]]:
    now = datetime.fromisoformat(case.pop("now", NOW.isoformat()))
    kind = case.pop("basis", "CONSENT")
    asked: dict[str, Any] = {}
    given_: dict[str, Any] = {"jurisdiction": pack.jurisdiction}
    for name, value in case.items():
        match name:
            case "staff_named":
                asked[name] = value
            case "purpose":
                asked[name] = Purpose(value)
            case "asked":
                asked["field_classes"] = frozenset(map(FieldClass, value))
            case "consent_purpose":
                given_["purpose"] = Purpose(value)
            case "consent_field_classes":
                given_["field_classes"] = frozenset(map(FieldClass, value))
            case "state":
                given_["state"] = ConsentState(value)
            case "starts_at" | "expires_at":
                given_[name] = datetime.fromisoformat(value)
            case "recipient" | "sensitive_warning_shown":
                given_[name] = value
            case _:
                raise AssertionError(f"a case says {name}, and no test reads it")
    basis = {"CONSENT": a_consent(**given_), "COURT": a_ground(), "NONE": None}[kind]
    answer = decide(a_question(**asked), basis, pack, now)
    if isinstance(answer, Grant):
        return "GRANTED", set()
    (reason,) = answer.reasons
    return reason.code, set(answer.rules)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_the_rules_of_the_chinese_pack_are_there_and_were_read() -> None:
    known_from_others = {"cn.pboc.repair.2025", "cn.gbt45251.records", "cn.cfc.records"}
    assert {rule.id for rule in PACK.rules} == {
        "cn.cir.13", "cn.cir.13.public", "cn.cir.14", "cn.cir.14.2", "cn.cir.15", "cn.cir.16", "cn.cir.17", "cn.cir.18",
        "cn.cir.20", "cn.cir.22", "cn.cir.24", "cn.cir.29", "cn.pipl.14", "cn.pipl.23", "cn.pipl.30", "cn.pipl.47",
        "cn.nds.22", *known_from_others,
    }  # fmt: skip
    for rule in PACK.rules:
        assert (rule.force is Force.MUST) == (rule.id != "cn.gbt45251.records")
        assert (rule.source.verified is Verified.FULL_TEXT) == (rule.id not in known_from_others)
        assert rule.source.quote is None or rule.source.verified is Verified.FULL_TEXT
        assert rule.in_force(date(2026, 5, 3))
        assert not rule.in_force(rule.effective_from - timedelta(days=1))


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
    held = [rule.in_force(day(on)) for on in ("2019-12-31", "2020-01-01", "2029-12-31", "2030-01-01")]
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
