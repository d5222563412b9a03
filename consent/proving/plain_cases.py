"""Boundary cases of rules that are asked by themselves: about keeping, answering, contributing, and rights."""

from collections.abc import Callable, Mapping
from typing import Any

from consent.asking import asked_too_soon
from consent.policy.resolve import (
    Situation,
    access_alert_rule,
    applicable,
    basis_rule,
    deadline,
    forbidding_rule,
    is_free,
    prior_notice_rule,
    residency_breached,
    rule_requiring,
    rules_of_right,
    two_person_rule,
)
from consent.policy.retention import KeptRecord, fate_of, retention_rules
from consent.policy.rules import (
    AccessAlert,
    Act,
    AskingPause,
    BasisKind,
    BorrowersRight,
    Deadline,
    Duty,
    Explain,
    ForbiddenField,
    FreeQuota,
    LawfulBasis,
    Pack,
    Precondition,
    PriorNotice,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Right,
    Rule,
    TwoPerson,
)
from consent.proving.given import Read, count, read_case, word, words
from consent.proving.look_cases import NOW
from consent.proving.outcome import Outcome
from consent.read_values import Reader
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

_ON: Mapping[str, Read] = {"on": Reader.day}
_ABOUT: Mapping[str, Read] = {"about": word(FieldClass)}
_KEPT_MAY: Mapping[str, Read] = {
    "noun": word(FieldClass),
    "furnisher": word(MemberClass),
    "ended_on": Reader.day,
    "recorded_on": Reader.day,
    "last_action_on": Reader.day,
    "late_on": Reader.day,
    "cured_on": Reader.day,
    "amount_minor": Reader.whole_number,
    "currency": Reader.text,
}
_FATES = {
    None: "SHOWN",
    RetentionAction.ANNOTATE: "ANNOTATED",
    RetentionAction.SUPPRESS_DISPLAY: "HIDDEN",
    RetentionAction.DELETE: "NOT_SHOWN",
}


def _kept(pack: Pack, rule: Rule, terms: Retention, given: object) -> Outcome:
    """What the whole pack makes of a record. One that the case tells no noun of is of the rule's first."""
    case = read_case(given, _KEPT_MAY, {"today": Reader.day})
    today = case.pop("today")
    record = KeptRecord(
        noun=case.pop("noun", min(rule.applies.field_classes, default=FieldClass.ACCOUNTS)),
        furnisher=case.pop("furnisher", MemberClass.BANK),
        currency=case.pop("currency", terms.currency),
        **case,
    )
    fate = fate_of(retention_rules(pack, today), record, today)
    if terms.action is RetentionAction.KEEP_AT_LEAST:
        return _either(fate.kept_by, "KEEP", "MAY_DELETE")
    return Outcome(_FATES[fate.action], frozenset(each for each in (fate.rule, fate.kept_by) if each))


def _asked_again(pack: Pack, rule: Rule, terms: AskingPause, given: object) -> Outcome:
    case = read_case(given, {"refused_at": Reader.instant}, {"now": Reader.instant})
    asks, purpose = _asker(rule)
    reason = asked_too_soon(pack, asks, purpose, case.get("refused_at"), case["now"])
    return Outcome(reason.code, _named(reason.rule)) if reason else Outcome("MAY_ASK")


def _free(pack: Pack, rule: Rule, terms: FreeQuota, given: object) -> Outcome:
    case = read_case(given, {}, {"purpose": word(Purpose), "had_this_year": count})
    situation = Situation(
        Act.QUERY, BasisKind.CONSENT, _asker(rule)[0], case["purpose"], frozenset(FieldClass), NOW.date()
    )
    return Outcome("FREE" if is_free(applicable(pack, situation), case["had_this_year"]) else "NOT_FREE")


def _required(pack: Pack, rule: Rule, terms: Precondition, given: object) -> Outcome:
    case = read_case(given, {}, _ON)
    situation = Situation(Act.CONTRIBUTE, BasisKind.CONSENT, *_asker(rule), frozenset(FieldClass), case["on"])
    rules = applicable(pack, situation)
    all_required = all(rule_requiring(rules, requirement) for requirement in terms.requires)
    return Outcome("REQUIRED" if all_required else "NOT_REQUIRED")


def _forbidden(pack: Pack, rule: Rule, terms: ForbiddenField, given: object) -> Outcome:
    case = read_case(given, {"holds": words(Requirement)}, {**_ON, "field": Reader.text})
    forbidding = forbidding_rule(pack, case["field"], case["on"], case.get("holds", frozenset()))
    return _either(_id(forbidding), "FORBIDDEN", "ALLOWED")


def _told_before(pack: Pack, rule: Rule, terms: PriorNotice, given: object) -> Outcome:
    case = read_case(given, _ABOUT, _ON)
    return _either(_id(prior_notice_rule(pack, case["on"], case.get("about"))), "NEEDED", "NOT_NEEDED")


def _contributed(pack: Pack, rule: Rule, terms: LawfulBasis, given: object) -> Outcome:
    case = read_case(given, _ABOUT, _ON)
    return _either(_id(basis_rule(pack, rule.id, case["on"], case.get("about"))), "ALLOWED", "NOT_ALLOWED")


def _kept_there(pack: Pack, rule: Rule, terms: Residency, given: object) -> Outcome:
    case = read_case(given, {}, {**_ON, "country": Reader.text})
    return _either(_id(residency_breached(pack, case["country"], case["on"])), "BREACHED", "LAWFUL")


def _due(pack: Pack, rule: Rule, terms: Deadline, given: object) -> Outcome:
    found = deadline(pack, rule.applies.act, read_case(given, {}, _ON)["on"])
    if found is None or not isinstance(found.terms, Deadline):
        return Outcome("NO_DEADLINE")
    return Outcome(str(found.terms.days), frozenset({found.id}))


def _alerted(pack: Pack, rule: Rule, terms: AccessAlert, given: object) -> Outcome:
    return _either(_id(access_alert_rule(pack, read_case(given, {}, _ON)["on"])), "TOLD", "NOT_TOLD")


def _persons(pack: Pack, rule: Rule, terms: TwoPerson, given: object) -> Outcome:
    case = read_case(given, {}, {**_ON, "persons": count})
    found = two_person_rule(pack, case["on"])
    needed = found.terms.persons if found and isinstance(found.terms, TwoPerson) else 0
    return Outcome("ENOUGH" if case["persons"] >= needed else "TOO_FEW", _named(_id(found)))


def _explained(pack: Pack, rule: Rule, terms: Explain, given: object) -> Outcome:
    on = read_case(given, {}, _ON)["on"]
    both = (BorrowersRight.EXPLAIN, BorrowersRight.REVIEW)
    given_by = sum(rule in rules_of_right(pack, right, on) for right in both)
    return Outcome(("NOTHING", "EXPLAIN", "EXPLAIN_AND_REVIEW")[given_by])


def _right(pack: Pack, rule: Rule, terms: Right, given: object) -> Outcome:
    case = read_case(given, {}, {**_ON, "right": word(BorrowersRight)})
    if rule in rules_of_right(pack, case["right"], case["on"]):
        return Outcome("GIVEN")
    return Outcome("NOT_BY_THIS" if rule.in_force(case["on"]) else "NOT_GIVEN")


def _stands(pack: Pack, rule: Rule, terms: Duty, given: object) -> Outcome:
    return Outcome("STANDS" if rule.in_force(read_case(given, {}, _ON)["on"]) else "NOT_YET")


PLAIN: Mapping[type, Callable[[Pack, Rule, Any, object], Outcome]] = {
    Retention: _kept,
    AskingPause: _asked_again,
    FreeQuota: _free,
    ForbiddenField: _forbidden,
    PriorNotice: _told_before,
    LawfulBasis: _contributed,
    Residency: _kept_there,
    Deadline: _due,
    AccessAlert: _alerted,
    TwoPerson: _persons,
    Explain: _explained,
    Right: _right,
    Duty: _stands,
    Precondition: _required,
}
"""By the rule's terms, what a case comes to. Each raises CaseNotReadable."""


def _asker(rule: Rule) -> tuple[MemberClass, Purpose]:
    """Somebody of whom the rule speaks."""
    applies = rule.applies
    return min(applies.member_classes, default=MemberClass.BANK), min(applies.purposes, default=Purpose.LOAN_APPROVAL)


def _either(rule: str | None, there: str, not_there: str) -> Outcome:
    return Outcome(there if rule else not_there, _named(rule))


def _named(rule: str | None) -> frozenset[str]:
    return frozenset({rule} if rule else ())


def _id(rule: Rule | None) -> str | None:
    return rule.id if rule else None
