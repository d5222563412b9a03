"""A credit report, typed. The classes are the table: the query asks for their fields, and reading fills them.

A field is None where the exchange withheld it (`disclosure.withheld` says why) or knows nothing. Words of the
exchange's code lists stay words, so that a new one does not break a client.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from openbureau_client.refusals import NotReadable

Item = TypeVar("Item")
PAGE_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """The first items of a list, at most 50, and how many there are in all: ask `graphql` for the others."""

    nodes: tuple[Item, ...]
    total_count: int


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents), and its ISO 4217 currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The borrower."""

    id_type: str | None
    country: str | None
    id_number: str | None
    names: tuple[str, ...] | None
    birth_date: date | None


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What the open accounts of one currency add up to."""

    balance: Money | None
    past_due: Money | None
    credit_limit: Money | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The file at a glance, across all members."""

    accounts: int | None
    open_accounts: int | None
    lenders: int | None
    lenders_in_arrears: int | None
    totals: tuple[CurrencyTotal, ...] | None
    oldest_opened_on: date | None
    late_months: int | None


@dataclass(frozen=True, slots=True)
class PaymentMonth:
    """One month of an account; `month` is its first day."""

    month: date | None
    status: str | None
    days_past_due: int | None
    past_due: Money | None


@dataclass(frozen=True, slots=True)
class Account:
    """A loan or card, with its newest 24 months, newest first."""

    id: str
    furnisher_class: str
    own_book: bool
    owner_role: str | None
    portfolio: str | None
    product: str | None
    state: str | None
    five_class: str | None
    compliance_flag: str | None
    opened_on: date | None
    matures_on: date | None
    closed_on: date | None
    reported_on: date | None
    original_amount: Money | None
    credit_limit: Money | None
    balance: Money | None
    past_due: Money | None
    days_past_due: int | None
    history: tuple[PaymentMonth, ...] | None


@dataclass(frozen=True, slots=True)
class Delinquency:
    """One time that the borrower fell behind."""

    id: str
    account_id: str | None
    first_delinquent_on: date | None
    peak_days_past_due: int | None
    cured_on: date | None
    ended_on: date | None
    reason: str | None
    charge_off_on: date | None
    charge_off: Money | None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A look at the file before this one."""

    id: str
    asked_at: datetime | None
    member_class: str | None
    purpose: str | None
    hard: bool | None


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """What a court or an authority has on record."""

    id: str
    furnisher_class: str
    own_book: bool
    kind: str | None
    authority: str | None
    reference: str | None
    status: str | None
    amount: Money | None
    filed_on: date | None
    decided_on: date | None
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class CollectionAction:
    """One contact, or attempt, about a debt."""

    id: str
    furnisher_class: str
    own_book: bool
    account_ids: tuple[str, ...] | None
    agent: str | None
    stage: str | None
    channel: str | None
    direction: str | None
    target: str | None
    started_at: datetime | None
    duration_seconds: int | None
    result: str | None
    promised: Money | None
    promised_on: date | None
    promise_kept: bool | None
    disclosed: tuple[str, ...] | None
    borrower_says: str | None


@dataclass(frozen=True, slots=True)
class PlanOption:
    """One way to repay that the borrower was offered."""

    plan_type: str | None
    instalments: int | None
    instalment: Money | None
    total: Money | None
    waived: Money | None
    first_due_on: date | None


@dataclass(frozen=True, slots=True)
class PlanPayment:
    """One payment of a plan's schedule."""

    due_on: date | None
    amount: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class RepaymentPlan:
    """A plan to repay a debt in another way than first agreed; `chosen_option` counts from 0."""

    id: str
    furnisher_class: str
    own_book: bool
    account_ids: tuple[str, ...] | None
    plan_type: str | None
    state: str | None
    options: tuple[PlanOption, ...] | None
    chosen_option: int | None
    schedule: tuple[PlanPayment, ...] | None
    waived: Money | None
    days_past_due_before: int | None
    reporting_treatment: str | None
    stop_collection_until: date | None
    proposed_on: date | None
    answer_by: date | None
    accepted_on: date | None
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a member judged the borrower's ability to repay."""

    id: str
    furnisher_class: str
    own_book: bool
    scorecard: str | None
    band: str | None
    score: int | None
    reason_codes: tuple[str, ...] | None
    explanation: str | None
    solely_automated: bool | None
    reviewed: bool | None
    contested_at: datetime | None
    assessed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A part of the file that was asked for and not released, and why."""

    field_class: str
    code: str
    sentence: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """On what the answer rests, and the hash of its leaf in the log (base64)."""

    leaf_hash: str
    basis: str
    consent_id: str | None
    consent_use: int | None
    released: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    rules: tuple[str, ...]
    pack: str


@dataclass(frozen=True, slots=True)
class CreditReport:
    """One borrower's file, as far as it may be shown for the purpose asked."""

    as_of: datetime
    subject: Subject | None
    summary: Summary | None
    accounts: Page[Account] | None
    inquiries: Page[Inquiry] | None
    delinquencies: Page[Delinquency] | None
    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class WholeReport(CreditReport):
    """A report with every part of the file. Each part needs its own scope and consent, and is None without."""

    public_records: Page[PublicRecord] | None
    collection_actions: Page[CollectionAction] | None
    repayment_plans: Page[RepaymentPlan] | None
    assessments: Page[Assessment] | None


Report = TypeVar("Report", bound=CreditReport)


def read_report(kind: type[Report], said: Mapping[str, Any]) -> Report:
    """The report in a GraphQL answer. Raises NotReadable where it does not fit."""
    try:
        report: Report = _read(kind, said)
    except (KeyError, TypeError, ValueError) as fault:
        raise NotReadable("The report does not have the form that this client knows.") from fault
    return report


_EITHER = (Union, UnionType)
_WORDS: Mapping[type, Callable[[Any], Any]] = {date: date.fromisoformat, datetime: datetime.fromisoformat}
"""How values are read that JSON has no word for. All others must already be of their kind."""


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) in _EITHER:
        return None if value is None else _read(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in value)
    if get_origin(kind) is Page:
        return Page(tuple(_read(get_args(kind)[0], node) for node in value["nodes"]), _read(int, value["totalCount"]))
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _read(part, value[_camel(name)]) for name, part in _parts(kind)})
    if kind in _WORDS:
        return _WORDS[kind](value)
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value


def _selection(kind: Any) -> str:
    """What the query selects of a kind: nothing of a word, all fields of a class."""
    if get_origin(kind) in (*_EITHER, tuple):
        return _selection(get_args(kind)[0])
    if get_origin(kind) is Page:
        return f"(first: {PAGE_ITEMS}) {{ nodes{_selection(get_args(kind)[0])} totalCount }}"
    if not is_dataclass(kind):
        return ""
    return " { " + " ".join(_camel(name) + _selection(part) for name, part in _parts(kind)) + " }"


def _parts(kind: Any) -> list[tuple[str, Any]]:
    hints = _HINTS.setdefault(kind, get_type_hints(kind))
    return [(part.name, hints[part.name]) for part in fields(kind)]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_HINTS: dict[Any, dict[str, Any]] = {}
QUERIES: Mapping[type[CreditReport], str] = {
    kind: "query Report($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput, "
    "$asOf: DateTime) "
    "{ creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff, asOf: $asOf)"
    + _selection(kind)
    + " }"
    for kind in (CreditReport, WholeReport)
}
"""The question for each kind of report."""

QUERY = QUERIES[CreditReport]
