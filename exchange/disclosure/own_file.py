"""A borrower's report on themselves: everything that is held, typed, for pages and for the copies they take along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.shape import ReportShape
from exchange.handover import OpenRows, Row, SectionName
from schema.vocabulary.account import (
    AccountState,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    TermFrequency,
)
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import PaymentStatus
from schema.vocabulary.purpose import Purpose


@dataclass(frozen=True, slots=True)
class OwnSubject:
    """Who the file is about. `synthetic`: a made-up identity."""

    names: tuple[str, ...]
    id_type: IdType
    country: str
    id_number: str
    birth_date: date | None
    phones: tuple[str, ...]
    addresses: tuple[str, ...]
    time_zone: str
    language: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class OwnTotal:
    """What the open accounts of one currency add up to."""

    balance: Money
    past_due: Money
    credit_limit: Money


@dataclass(frozen=True, slots=True)
class OwnSummary:
    """The file at a glance. `late_months` counts months in arrears of all accounts' last 24."""

    accounts: int
    open_accounts: int
    lenders: int
    lenders_in_arrears: int
    totals: tuple[OwnTotal, ...]
    oldest_opened_on: date | None
    late_months: int


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """One month of an account; `month` is its first day."""

    month: date
    status: PaymentStatus
    days_past_due: int | None
    past_due: Money | None
    balance: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """What the borrower says about an account, or about the whole file (None)."""

    statement_id: UUID
    about: UUID | None
    words: str
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """A loan or card, who reports it, and its months, newest first. `basis`: the rule or consent that it rests on."""

    account_id: UUID
    furnisher: str
    furnisher_class: MemberClass
    furnisher_contact: str
    account_ref: str
    owner_role: OwnerRole
    portfolio: Portfolio
    product: Product
    state: AccountState
    five_class: FiveClass | None
    compliance_flag: ComplianceFlag
    opened_on: date
    matures_on: date | None
    closed_on: date | None
    reported_on: date
    original_amount: Money | None
    credit_limit: Money | None
    highest_balance: Money | None
    balance: Money | None
    past_due: Money | None
    scheduled_payment: Money | None
    last_payment: Money | None
    last_payment_on: date | None
    days_past_due: int | None
    term_count: int | None
    term_frequency: TermFrequency | None
    basis: str
    recorded_at: datetime
    months: tuple[OwnMonth, ...]
    statement: OwnStatement | None


@dataclass(frozen=True, slots=True)
class OwnDelinquency:
    """One time that the borrower fell behind. `prior_notice_*`: when and how they were told before it was reported."""

    delinquency_id: UUID
    account_id: UUID
    first_delinquent_on: date
    peak_days_past_due: int
    cured_on: date | None
    ended_on: date | None
    reason: DelinquencyReason
    charge_off_on: date | None
    charge_off: Money | None
    prior_notice_sent_at: datetime | None
    prior_notice_delivered_at: datetime | None
    prior_notice_channel: str | None


@dataclass(frozen=True, slots=True)
class OwnLook:
    """A look at the file. `member_name` and `member_class` are None where it was the borrower's own."""

    inquiry_key: UUID
    asked_at: datetime
    member_id: str
    member_name: str | None
    member_class: MemberClass | None
    purpose: Purpose
    granted: bool
    hard: bool


@dataclass(frozen=True, slots=True)
class FreeReports:
    """Reports had this calendar year, this one included, of how many that are free, and by which rule.

    All looks of one day count as one report. `limit` and `rule` are None where the law knows no free reports.
    """

    used: int
    limit: int | None
    this_one_free: bool
    rule: str | None


@dataclass(frozen=True, slots=True)
class OwnReport:
    """Everything in a borrower's file as it stood at `as_of`. `leaf_hash` names the log entry of this look."""

    as_of: datetime
    subject: OwnSubject
    summary: OwnSummary
    accounts: tuple[OwnAccount, ...]
    delinquencies: tuple[OwnDelinquency, ...]
    looks: tuple[OwnLook, ...]
    statements: tuple[OwnStatement, ...]
    frozen: bool
    free: FreeReports
    leaf_hash: bytes
    pack_version: str


def shape_own_report(
    shown: OpenRows, as_of: datetime, looks: Sequence[OwnLook], free: FreeReports, leaf_hash: bytes
) -> OwnReport:
    """The report in opened, minimised rows of a plan that names every column."""
    (subject,) = shown.rows[SectionName.SUBJECT]
    statements = tuple(map(_statement, shown.rows[SectionName.STATEMENT]))
    about = {statement.about: statement for statement in statements}
    accounts = tuple(_account(row, about.get(UUID(row["account_key"]))) for row in shown.rows[SectionName.ACCOUNT])
    return OwnReport(
        as_of=as_of,
        subject=_subject(subject),
        summary=_summary(ReportShape(shown, as_of, {})),
        accounts=accounts,
        delinquencies=tuple(map(_delinquency, shown.rows[SectionName.DELINQUENCY])),
        looks=tuple(looks),
        statements=statements,
        frozen=subject["security_freeze"],
        free=free,
        leaf_hash=leaf_hash,
        pack_version=shown.plan.grant.pack_version,
    )


def _subject(row: Row) -> OwnSubject:
    return OwnSubject(
        names=tuple(row["names"]),
        id_type=IdType(row["id_type"]),
        country=row["country"],
        id_number=row["id_number"],
        birth_date=row["birth_date"],
        phones=tuple(row["phones"] or ()),
        addresses=tuple(row["addresses"] or ()),
        time_zone=row["time_zone"],
        language=row["language"],
        synthetic=row["synthetic_identity"],
    )


def _summary(shape: ReportShape) -> OwnSummary:
    summary: Mapping[str, Any] = shape.summary or {}
    totals = tuple(OwnTotal(**total) for total in summary["totals"](None))
    return OwnSummary(**{**summary, "totals": totals})


_ENUMS: Mapping[str, Any] = {
    "furnisher_class": MemberClass, "owner_role": OwnerRole, "portfolio": Portfolio, "product": Product,
    "state": AccountState, "five_class": FiveClass, "compliance_flag": ComplianceFlag,
    "term_frequency": TermFrequency,
}  # fmt: skip
_MADE = frozenset({"account_id", "months", "statement", "recorded_at"})


def _account(row: Row, statement: OwnStatement | None) -> OwnAccount:
    values: dict[str, Any] = {}
    for field in fields(OwnAccount):
        name = field.name
        if f"{name}_minor" in row:
            values[name] = _money(row[f"{name}_minor"], row["currency"])
        elif name not in _MADE:
            value = row[name]
            values[name] = _ENUMS[name](value) if name in _ENUMS and value is not None else value
    return OwnAccount(
        **values,
        account_id=UUID(row["account_key"]),
        recorded_at=row["recorded_at"],
        months=_months(row),
        statement=statement,
    )


def _months(row: Row) -> tuple[OwnMonth, ...]:
    def beside(column: str, position: int) -> Any:
        return row[column][position] if row[column] else None

    return tuple(
        OwnMonth(
            month=first_of_month(row["history_month"], position),
            status=PaymentStatus(code),
            days_past_due=beside("history_days_past_due", position),
            past_due=_money(beside("history_past_due_minor", position), row["currency"]),
            balance=_money(beside("history_balance_minor", position), row["currency"]),
            paid=_money(beside("history_paid_minor", position), row["currency"]),
        )
        for position, code in enumerate(row["history_codes"])
    )


def _delinquency(row: Row) -> OwnDelinquency:
    return OwnDelinquency(
        delinquency_id=UUID(row["delinquency_key"]),
        account_id=UUID(row["account_key"]),
        first_delinquent_on=row["first_delinquent_on"],
        peak_days_past_due=row["peak_days_past_due"],
        cured_on=row["cured_on"],
        ended_on=row["ended_on"],
        reason=DelinquencyReason(row["reason"]),
        charge_off_on=row["charge_off_on"],
        charge_off=_money(row["charge_off_minor"], row["currency"]),
        prior_notice_sent_at=row["prior_notice_sent_at"],
        prior_notice_delivered_at=row["prior_notice_delivered_at"],
        prior_notice_channel=row["prior_notice_channel"],
    )


def _statement(row: Row) -> OwnStatement:
    about = UUID(row["about"]) if row["about"] else None
    return OwnStatement(UUID(row["statement_id"]), about, row["words"], row["stated_at"])


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
