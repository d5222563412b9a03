"""What a rule of a policy pack is. How one is read: `read_rule`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from consent.policy.contact_terms import ContactTerms
from schema.vocabulary.collection import ContactChannel
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
    CEILING = "ceiling"
    RECIPROCITY = "reciprocity"
    ACCESS_ALERT = "access_alert"
    TWO_PERSON = "two_person"
    EXPLAIN = "explain"
    RIGHT = "right"
    DUTY = "duty"
    HOURS = "hours"
    RATE = "rate"
    STANDSTILL = "standstill"
    TARGETS = "targets"
    STAGE_ORDER = "stage_order"


class Act(StrEnum):
    """What is to be done. FURNISH_DISPUTE: the furnisher answers; ANSWER_DISPUTE: the borrower is answered.
    ANSWER_COMPLAINT: the member answers; FIND_COMPLAINT: the authority decides. JUDGE: a machine judges a borrower.
    INSPECT: an authority opens what the log keeps closed. EXERCISE: a borrower exercises a right. OPERATE: the exchange
    is run.
    """

    QUERY = "QUERY"
    CONTRIBUTE = "CONTRIBUTE"
    KEEP = "KEEP"
    ASK = "ASK"
    ANSWER_WITHDRAWAL = "ANSWER_WITHDRAWAL"
    CONTACT = "CONTACT"
    ANSWER_DISPUTE = "ANSWER_DISPUTE"
    FURNISH_DISPUTE = "FURNISH_DISPUTE"
    ANSWER_COMPLAINT = "ANSWER_COMPLAINT"
    FIND_COMPLAINT = "FIND_COMPLAINT"
    ANSWER_REVIEW = "ANSWER_REVIEW"
    ANSWER_PLAN = "ANSWER_PLAN"
    ERASE = "ERASE"
    EVALUATE_MANDATE = "EVALUATE_MANDATE"
    JUDGE = "JUDGE"
    INSPECT = "INSPECT"
    EXERCISE = "EXERCISE"
    OPERATE = "OPERATE"


class Override(StrEnum):
    """What lifts a rule where the borrower gave it: an agreement, or a consent."""

    AGREEMENT = "AGREEMENT"
    CONSENT = "CONSENT"


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
    """The day that a period is counted from: when the conduct ended, when it fell overdue, when we recorded it, or the
    last action on it.
    """

    ENDED = "ENDED"
    FELL_OVERDUE = "FELL_OVERDUE"
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
    channels: frozenset[ContactChannel] = frozenset()


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
    The years begin `after_days` days after the day that they are counted from.

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
    after_days: int = 0

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


class BorrowersRight(StrEnum):
    """What a borrower may ask for. STATE: that their own words stand beside a record."""

    KNOW = "KNOW"
    COPY = "COPY"
    PORT = "PORT"
    CORRECT = "CORRECT"
    STATE = "STATE"
    ERASE = "ERASE"
    RESTRICT = "RESTRICT"
    OBJECT = "OBJECT"
    EXPLAIN = "EXPLAIN"
    REVIEW = "REVIEW"
    COMPLAIN = "COMPLAIN"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How far a consent may go at most; None: as far as it likes. It may run for `days` days, open `history_months`
    months of history, and be used `fetches_per_month` times in 31 days. `once`: for one look only.
    """

    days: int | None
    history_months: int | None
    fetches_per_month: int | None
    once: bool


@dataclass(frozen=True, slots=True)
class Reciprocity:
    """A member receives only the level of data that it contributes."""


@dataclass(frozen=True, slots=True)
class AccessAlert:
    """Borrowers are told of each look at their file when it happens."""


@dataclass(frozen=True, slots=True)
class TwoPerson:
    """It takes so many persons."""

    persons: int


@dataclass(frozen=True, slots=True)
class Explain:
    """A judgement made by a machine is explained; `human_review`: and a person looks again when asked."""

    human_review: bool


@dataclass(frozen=True, slots=True)
class Right:
    """Borrowers have these rights."""

    rights: frozenset[BorrowersRight]


@dataclass(frozen=True, slots=True)
class Duty:
    """What must be done or left undone, and no number decides: shown, never computed."""

    sentence: str


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
    | Ceiling
    | Reciprocity
    | AccessAlert
    | TwoPerson
    | Explain
    | Right
    | Duty
    | ContactTerms
)


@dataclass(frozen=True, slots=True)
class Vector:
    """A boundary case shipped with its rule: what is given, and the outcome that the rule demands."""

    given: Mapping[str, Any]
    expect: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one law. It applies from `effective_from` to the day before `effective_to` (None: still), and does
    not where any of `override` is there.
    """

    id: str
    source: Source
    force: Force
    kind: Kind
    applies: Applies
    terms: Terms
    effective_from: date
    effective_to: date | None
    vectors: tuple[Vector, ...]
    override: frozenset[Override] = frozenset()

    def in_force(self, on: date) -> bool:
        """Whether the rule is in force on this day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one jurisdiction, in one version."""

    jurisdiction: str
    version: str
    rules: tuple[Rule, ...]
    _by_act: Mapping[Act, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_act = {act: tuple(rule for rule in self.rules if rule.applies.act is act) for act in Act}
        object.__setattr__(self, "_by_act", by_act)

    def about(self, act: Act) -> tuple[Rule, ...]:
        """The rules about this act, in their order."""
        return self._by_act[act]
