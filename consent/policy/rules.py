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


class Act(StrEnum):
    """What somebody wants to do: look at a file, contribute to it, ask for a consent, answer a withdrawal."""

    QUERY = "QUERY"
    CONTRIBUTE = "CONTRIBUTE"
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


class RetentionAction(StrEnum):
    """What the end of a period brings. DELETE and SUPPRESS_DISPLAY are ceilings, KEEP_AT_LEAST is a floor."""

    DELETE = "delete"
    SUPPRESS_DISPLAY = "suppress_display"
    KEEP_AT_LEAST = "keep_at_least"


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
    """When a rule applies. An empty set stands for all."""

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
    """None of these may be collected."""

    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Retention:
    """A period in years, counted from the day on which the conduct ended."""

    action: RetentionAction
    years: int


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


Terms = Precondition | ForbiddenField | Retention | FreeQuota | AskingPause | Deadline


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
            reader.part("terms", frozenset({"fields"}), _forbidden_field)
        case Kind.RETENTION:
            reader.part("terms", frozenset({"action", "years"}), _retention)
        case Kind.FREE_QUOTA:
            reader.part("terms", frozenset({"count_per_year"}), _free_quota)
        case Kind.ASKING_PAUSE:
            reader.part("terms", frozenset({"days"}), lambda terms: _days(terms, AskingPause))
        case Kind.DEADLINE:
            reader.part("terms", frozenset({"days"}), lambda terms: _days(terms, Deadline))


def _precondition(reader: Reader) -> Precondition | None:
    reader.members("requires", Requirement)
    return None if reader.faults else Precondition(**reader.read)


def _forbidden_field(reader: Reader) -> ForbiddenField | None:
    reader.words("fields")
    return None if reader.faults else ForbiddenField(**reader.read)


def _retention(reader: Reader) -> Retention | None:
    reader.member("action", RetentionAction)
    reader.whole_number("years")
    return None if reader.faults else Retention(**reader.read)


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
