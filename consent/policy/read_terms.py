"""Reads the terms of a rule, each kind with fields of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.policy import read_contact_terms as contact
from consent.policy.contact_terms import Hours, Rate, StageOrder, Targets
from consent.policy.rules import (
    AccessAlert,
    AskingPause,
    BorrowersRight,
    Ceiling,
    CountedFrom,
    Deadline,
    Duty,
    Explain,
    ForbiddenField,
    FreeQuota,
    Kind,
    LawfulBasis,
    Precondition,
    PriorNotice,
    Reciprocity,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Right,
    Terms,
    TwoPerson,
)
from consent.read_values import Reader

_SEPARATE = frozenset({Requirement.CONSENT, Requirement.RECIPIENT})
_UNCONDITIONAL: Mapping[str, Any] = {
    "counted_from": CountedFrom.ENDED,
    "after_days": 0,
    "amount_minor_max": None,
    "currency": None,
    "late_from": None,
    "late_until": None,
    "cured_by": None,
}
_BOUNDLESS: Mapping[str, Any] = {"days": None, "history_months": None, "fetches_per_month": None, "once": False}


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of a kind's terms, those that may be left out, and how they are read."""

    read: Callable[[Reader], None]
    make: Callable[..., Terms]
    needed: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def read_terms(reader: Reader) -> None:
    """Reads `terms` as the rule's kind wants them. A rule whose kind cannot be read has its terms passed over."""
    kind = reader.read.get("kind")
    if kind is None:
        return
    form = _FORMS[kind]
    reader.with_defaults("terms", form.defaults)
    reader.part("terms", form.needed | form.defaults.keys(), lambda terms: _made(terms, form))


def _made(reader: Reader, form: _Form) -> Terms | None:
    form.read(reader)
    return None if reader.faults else form.make(**reader.read)


def _nothing(reader: Reader) -> None:
    """Such terms have no field."""


def _requires(reader: Reader) -> None:
    reader.members("requires", Requirement)
    _not_empty(reader, "requires")


def _forbidden(reader: Reader) -> None:
    reader.words("fields")
    reader.members("unless", Requirement)
    _not_empty(reader, "fields")


def _retention(reader: Reader) -> None:
    reader.member("action", RetentionAction)
    for name in ("years", "after_days"):
        reader.whole_number(name)
    reader.member("counted_from", CountedFrom)
    reader.whole_number("amount_minor_max", may_be_none=True)
    reader.text("currency", may_be_none=True)
    for name in ("late_from", "late_until", "cured_by"):
        reader.day(name, may_be_none=True)
    if (reader.read.get("amount_minor_max") is None) != (reader.read.get("currency") is None):
        reader.faults.append(f"{reader.prefix}amount_minor_max: together with its currency")
    if not reader.faults and _is_conditional_floor(Retention(**reader.read)):
        reader.faults.append(f"{reader.prefix}action: a floor is for every record of its kind, without conditions")


def _is_conditional_floor(terms: Retention) -> bool:
    return terms.action is RetentionAction.KEEP_AT_LEAST and terms.is_conditional


def _ceiling(reader: Reader) -> None:
    for name in ("days", "history_months", "fetches_per_month"):
        reader.whole_number(name, least=1, may_be_none=True)
    reader.truth("once")
    if not reader.faults and reader.read == _BOUNDLESS:
        reader.faults.append(f"{reader.prefix}days: at least one limit")


def _rights(reader: Reader) -> None:
    reader.members("rights", BorrowersRight)
    _not_empty(reader, "rights")


def _not_empty(reader: Reader, name: str) -> None:
    if name in reader.read and not reader.read[name]:
        reader.faults.append(f"{reader.prefix}{name}: at least one")


def _one(*names: str) -> frozenset[str]:
    return frozenset(names)


_FORMS: Mapping[Kind, _Form] = {
    Kind.PRECONDITION: _Form(_requires, Precondition, _one("requires")),
    Kind.SEPARATE_CONSENT: _Form(_nothing, lambda: Precondition(_SEPARATE)),
    Kind.FORBIDDEN_FIELD: _Form(_forbidden, ForbiddenField, _one("fields"), {"unless": []}),
    Kind.RETENTION: _Form(_retention, Retention, _one("action", "years"), _UNCONDITIONAL),
    Kind.FREE_QUOTA: _Form(lambda r: r.whole_number("count_per_year"), FreeQuota, _one("count_per_year")),
    Kind.ASKING_PAUSE: _Form(lambda r: r.whole_number("days", least=1), AskingPause, _one("days")),
    Kind.DEADLINE: _Form(lambda r: r.whole_number("days", least=1), Deadline, _one("days")),
    Kind.PRIOR_NOTICE: _Form(_nothing, PriorNotice),
    Kind.LAWFUL_BASIS: _Form(_nothing, LawfulBasis),
    Kind.RESIDENCY: _Form(lambda r: r.text("country"), Residency, _one("country")),
    Kind.CEILING: _Form(_ceiling, Ceiling, defaults=_BOUNDLESS),
    Kind.RECIPROCITY: _Form(_nothing, Reciprocity),
    Kind.ACCESS_ALERT: _Form(_nothing, AccessAlert),
    Kind.TWO_PERSON: _Form(lambda r: r.whole_number("persons", least=2), TwoPerson, _one("persons")),
    Kind.EXPLAIN: _Form(lambda r: r.truth("human_review"), Explain, _one("human_review")),
    Kind.RIGHT: _Form(_rights, Right, _one("rights")),
    Kind.DUTY: _Form(lambda r: r.text("sentence"), Duty, _one("sentence")),
    Kind.HOURS: _Form(contact.hours, Hours, _one("quiet_from", "quiet_until")),
    Kind.RATE: _Form(contact.rate, Rate, _one("count", "days", "group", "per", "limit")),
    Kind.STANDSTILL: _Form(contact.standstill, contact.make_standstill, _one("while")),
    Kind.TARGETS: _Form(
        contact.targets, Targets, _one("targets"), {"failures_in_a_row": None, "refusal_is_final": False}
    ),
    Kind.STAGE_ORDER: _Form(contact.stage_order, StageOrder, _one("stage"), {"after": None, "days_past_due_min": 0}),
}
