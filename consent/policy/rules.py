"""What a rule of a policy pack is, and how one is read from its table in the pack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from consent.read_values import Reader
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


class Force(StrEnum):
    """How strong a rule is, strongest first."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    PRESUMPTION = "PRESUMPTION"
    CONTRACT = "CONTRACT"


class Verified(StrEnum):
    """How the rule was checked against its source."""

    FULL_TEXT = "full_text"
    SECONDARY = "secondary"
    TO_VERIFY = "to_verify"


class Kind(StrEnum):
    """What a rule does; each kind has terms of its own."""

    PRECONDITION = "precondition"
    SEPARATE_CONSENT = "separate_consent"
    FORBIDDEN_FIELD = "forbidden_field"
    RETENTION = "retention"
    FREE_QUOTA = "free_quota"
    ASKING_PAUSE = "asking_pause"
    DEADLINE = "deadline"
    PRIOR_NOTICE = "prior_notice"
    LAWFUL_BASIS = "lawful_basis"
    RESIDENCY = "residency"


class Act(StrEnum):
    """What is to be done: look at a file, contribute to it, keep what was contributed, ask for a consent, answer a
    withdrawal.
    """

    QUERY = "QUERY"
    CONTRIBUTE = "CONTRIBUTE"
    KEEP = "KEEP"
    ASK = "ASK"
    ANSWER_WITHDRAWAL = "ANSWER_WITHDRAWAL"


class BasisKind(StrEnum):
    """What the act rests on."""

    CONSENT = "CONSENT"
    GROUND = "GROUND"


class Requirement(StrEnum):
    """What a rule may require of an act."""

    CONSENT = "CONSENT"
    RECIPIENT = "RECIPIENT"
    PURPOSE = "PURPOSE"
    FIELD_CLASSES = "FIELD_CLASSES"
    STAFF_NAMED = "STAFF_NAMED"
    SENSITIVE_WARNING = "SENSITIVE_WARNING"
    CONSEQUENCES_TOLD = "CONSEQUENCES_TOLD"


class RetentionAction(StrEnum):
    """What the end of a period brings. DELETE and SUPPRESS_DISPLAY are ceilings, KEEP_AT_LEAST is a floor; ANNOTATE
    has readers told something of the record.
    """

    DELETE = "delete"
    SUPPRESS_DISPLAY = "suppress_display"
    ANNOTATE = "annotate"
    KEEP_AT_LEAST = "keep_at_least"


class CountedFrom(StrEnum):
    """The day that a period is counted from: when the conduct ended, when we recorded it, or the last action on it."""

    ENDED = "ENDED"
    RECORDED = "RECORDED"
    LAST_ACTION = "LAST_ACTION"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rule stands. `quote` is in `language`; None where it was not read word for word."""

    title: str
    clause: str
    language: str
    quote: str | None
    verified: Verified


@dataclass(frozen=True, slots=True)
class Applies:
    """When a rule applies. An empty set stands for all. Of rules about keeping, `member_classes` are furnishers'."""

    act: Act
    bases: frozenset[BasisKind]
    member_classes: frozenset[MemberClass]
    purposes: frozenset[Purpose]
    field_classes: frozenset[FieldClass]


@dataclass(frozen=True, slots=True)
class Precondition:
    """All of these must hold (kinds `precondition` and `separate_consent`)."""

    requires: frozenset[Requirement]


@dataclass(frozen=True, slots=True)
class ForbiddenField:
    """None of these may be collected, unless all of `unless` holds; where that is empty, never."""

    fields: frozenset[str]
    unless: frozenset[Requirement]


@dataclass(frozen=True, slots=True)
class Retention:
    """What is done once `years` have passed, or (KEEP_AT_LEAST) not before, to a record that meets every condition.

    Conditions, None where there is none: it was overdue with at most `amount_minor_max` of `currency`; it fell overdue
    from `late_from` to `late_until`; it was repaid in full by `cured_by`.
    """

    action: RetentionAction
    years: int
    counted_from: CountedFrom = CountedFrom.ENDED
    amount_minor_max: int | None = None
    currency: str | None = None
    late_from: date | None = None
    late_until: date | None = None
    cured_by: date | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether it is for some records of a kind only."""
        conditions = (self.amount_minor_max, self.late_from, self.late_until, self.cured_by)
        return any(condition is not None for condition in conditions)


@dataclass(frozen=True, slots=True)
class FreeQuota:
    """So many are free in each calendar year."""

    count_per_year: int


@dataclass(frozen=True, slots=True)
class AskingPause:
    """What a borrower refused is not asked again for so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """What must be done is due so many days after what called for it."""

    days: int


@dataclass(frozen=True, slots=True)
class PriorNotice:
    """Borrowers are told before negative information about them is contributed."""


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """It may be contributed without a consent."""


@dataclass(frozen=True, slots=True)
class Residency:
    """What is contributed is kept in this country (ISO 3166-1, two letters)."""

    country: str


Terms = (
    Precondition
    | ForbiddenField
    | Retention
    | FreeQuota
    | AskingPause
    | Deadline
    | PriorNotice
    | LawfulBasis
    | Residency
)


@dataclass(frozen=True, slots=True)
class Vector:
    """A boundary case shipped with its rule: what is given, and the outcome that the rule demands."""

    given: Mapping[str, Any]
    expect: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one law. It applies from `effective_from` to the day before `effective_to` (None: still)."""

    id: str
    source: Source
    force: Force
    kind: Kind
    applies: Applies
    terms: Terms
    effective_from: date
    effective_to: date | None
    vectors: tuple[Vector, ...]

    def in_force(self, on: date) -> bool:
        """Whether the rule is in force on this day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one jurisdiction, in one version."""

    jurisdiction: str
    version: str
    rules: tuple[Rule, ...]


_RULE_FIELDS = frozenset(
    {"id", "force", "kind", "effective_from", "effective_to", "source", "applies", "terms", "vectors"}
)
_SOURCE_FIELDS = frozenset({"title", "clause", "language", "quote", "verified"})
_APPLIES_FIELDS = frozenset({"act", "bases", "member_classes", "purposes", "field_classes"})
_SEPARATE = frozenset({Requirement.CONSENT, Requirement.RECIPIENT})
_UNCONDITIONAL = {
    "counted_from": CountedFrom.ENDED,
    "amount_minor_max": None,
    "currency": None,
    "late_from": None,
    "late_until": None,
    "cured_by": None,
}


def read_rule(table: Mapping[str, Any], place: str) -> tuple[Rule | None, list[str]]:
    """The rule in a pack's table and every fault found; `place` names the table in the faults.

    Left out of the table: `effective_to`, `quote` where there is none, and each list of `applies` that means all.
    """
    reader = Reader({"effective_to": None, "terms": {}, **table}, _RULE_FIELDS, f"{place}.")
    reader.text("id")
    reader.member("force", Force)
    reader.member("kind", Kind)
    reader.day("effective_from")
    reader.day("effective_to", may_be_none=True)
    _read_source(reader)
    _read_applies(reader)
    _read_terms(reader)
    _read_vectors(reader)
    return (None if reader.faults else Rule(**reader.read)), reader.faults


def _with_defaults(reader: Reader, name: str, defaults: Mapping[str, object]) -> None:
    given = reader.values.get(name)
    if isinstance(given, Mapping):
        reader.values = {**reader.values, name: {**defaults, **given}}


def _read_source(reader: Reader) -> None:
    _with_defaults(reader, "source", {"quote": None})
    reader.part("source", _SOURCE_FIELDS, _source)


def _source(reader: Reader) -> Source | None:
    reader.text("title")
    reader.text("clause")
    reader.text("language")
    reader.text("quote", may_be_none=True)
    reader.member("verified", Verified)
    return None if reader.faults else Source(**reader.read)


def _read_applies(reader: Reader) -> None:
    _with_defaults(reader, "applies", {"bases": [], "member_classes": [], "purposes": [], "field_classes": []})
    reader.part("applies", _APPLIES_FIELDS, _applies)


def _applies(reader: Reader) -> Applies | None:
    reader.member("act", Act)
    reader.members("bases", BasisKind)
    reader.members("member_classes", MemberClass)
    reader.members("purposes", Purpose)
    reader.members("field_classes", FieldClass)
    return None if reader.faults else Applies(**reader.read)


def _read_terms(reader: Reader) -> None:
    match reader.read.get("kind"):
        case Kind.PRECONDITION:
            reader.part("terms", frozenset({"requires"}), _precondition)
        case Kind.SEPARATE_CONSENT:
            reader.part("terms", frozenset(), lambda _: Precondition(_SEPARATE))
        case Kind.FORBIDDEN_FIELD:
            _with_defaults(reader, "terms", {"unless": []})
            reader.part("terms", frozenset({"fields", "unless"}), _forbidden_field)
        case Kind.RETENTION:
            _with_defaults(reader, "terms", _UNCONDITIONAL)
            reader.part("terms", frozenset({"action", "years", *_UNCONDITIONAL}), _retention)
        case Kind.FREE_QUOTA:
            reader.part("terms", frozenset({"count_per_year"}), _free_quota)
        case Kind.ASKING_PAUSE:
            reader.part("terms", frozenset({"days"}), lambda terms: _days(terms, AskingPause))
        case Kind.DEADLINE:
            reader.part("terms", frozenset({"days"}), lambda terms: _days(terms, Deadline))
        case Kind.PRIOR_NOTICE:
            reader.part("terms", frozenset(), lambda _: PriorNotice())
        case Kind.LAWFUL_BASIS:
            reader.part("terms", frozenset(), lambda _: LawfulBasis())
        case Kind.RESIDENCY:
            reader.part("terms", frozenset({"country"}), _residency)


def _precondition(reader: Reader) -> Precondition | None:
    reader.members("requires", Requirement)
    return None if reader.faults else Precondition(**reader.read)


def _forbidden_field(reader: Reader) -> ForbiddenField | None:
    reader.words("fields")
    reader.members("unless", Requirement)
    return None if reader.faults else ForbiddenField(**reader.read)


def _retention(reader: Reader) -> Retention | None:
    reader.member("action", RetentionAction)
    reader.whole_number("years")
    reader.member("counted_from", CountedFrom)
    reader.whole_number("amount_minor_max", may_be_none=True)
    reader.text("currency", may_be_none=True)
    for name in ("late_from", "late_until", "cured_by"):
        reader.day(name, may_be_none=True)
    if (reader.read.get("amount_minor_max") is None) != (reader.read.get("currency") is None):
        reader.faults.append(f"{reader.prefix}amount_minor_max: together with its currency")
    if reader.faults:
        return None
    retention = Retention(**reader.read)
    if retention.action is RetentionAction.KEEP_AT_LEAST and retention.is_conditional:
        reader.faults.append(f"{reader.prefix}action: a floor is for every record of its kind, without conditions")
    return retention


def _residency(reader: Reader) -> Residency | None:
    reader.text("country")
    return None if reader.faults else Residency(**reader.read)


def _free_quota(reader: Reader) -> FreeQuota | None:
    reader.whole_number("count_per_year")
    return None if reader.faults else FreeQuota(**reader.read)


def _days(reader: Reader, kind: type[AskingPause] | type[Deadline]) -> AskingPause | Deadline | None:
    reader.whole_number("days", least=1)
    return None if reader.faults else kind(**reader.read)


def _read_vectors(reader: Reader) -> None:
    if "vectors" not in reader.values:
        return
    vectors = reader.values["vectors"]
    if not isinstance(vectors, list) or not vectors:
        reader.faults.append(f"{reader.prefix}vectors: at least one boundary case")
        return
    if not all(isinstance(v, Mapping) and set(v) == {"given", "expect"} for v in vectors):
        reader.faults.append(f"{reader.prefix}vectors: each with given and expect")
        return
    reader.read["vectors"] = tuple(Vector(**vector) for vector in vectors)
