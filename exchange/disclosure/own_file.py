"""A borrower's report on themselves: everything that is held, typed, for pages and for the copies they take along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.disclosure.own_account import OwnAccount, OwnStatement, own_account, own_statement
from exchange.disclosure.own_records import (
    OwnAssessment,
    OwnContact,
    OwnPlan,
    OwnPublicRecord,
    own_assessment,
    own_contact,
    own_plan,
    own_public_record,
)
from exchange.disclosure.shape import ReportShape
from exchange.disclosure.shape_values import money_of
from exchange.handover import OpenRows, Row, SectionName
from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import Money
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.subject import VulnerabilityCode


@dataclass(frozen=True, slots=True)
class OwnSubject:
    """Who the file is about. `synthetic`: a made-up identity. `fraud_alert`: how lenders reach the borrower first."""

    names: tuple[str, ...]
    id_type: IdType
    country: str
    id_number: str
    birth_date: date | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    addresses: tuple[str, ...]
    employment: tuple[str, ...]
    time_zone: str
    language: str
    synthetic: bool
    incapacity_since: date | None
    fraud_alert: str | None
    fraud_alert_until: datetime | None
    vulnerability: VulnerabilityCode | None
    vulnerability_until: date | None


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
class OwnDelinquency:
    """One time that the borrower fell behind. `prior_notice_*`: when and how they were told before it was reported."""

    delinquency_id: UUID
    compliance_flag: ComplianceFlag
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
    display_until: date | None
    annotated_by: str | None


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
    public_records: tuple[OwnPublicRecord, ...]
    collection_actions: tuple[OwnContact, ...]
    repayment_plans: tuple[OwnPlan, ...]
    assessments: tuple[OwnAssessment, ...]
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
    statements = tuple(map(own_statement, shown.rows[SectionName.STATEMENT]))
    about = {statement.about: statement for statement in statements}
    accounts = tuple(own_account(row, about.get(UUID(row["account_key"]))) for row in shown.rows[SectionName.ACCOUNT])
    return OwnReport(
        as_of=as_of,
        subject=_subject(subject),
        summary=_summary(ReportShape(shown, as_of, {})),
        accounts=accounts,
        delinquencies=tuple(map(_delinquency, shown.rows[SectionName.DELINQUENCY])),
        public_records=tuple(map(own_public_record, shown.rows[SectionName.PUBLIC_RECORD])),
        collection_actions=tuple(map(own_contact, shown.rows[SectionName.COLLECTION_ACTION])),
        repayment_plans=tuple(map(own_plan, shown.rows[SectionName.REPAYMENT_PLAN])),
        assessments=tuple(map(own_assessment, shown.rows[SectionName.ASSESSMENT])),
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
        emails=tuple(row["emails"] or ()),
        addresses=tuple(row["addresses"] or ()),
        employment=tuple(row["employment"] or ()),
        time_zone=row["time_zone"],
        language=row["language"],
        synthetic=row["synthetic_identity"],
        incapacity_since=row["incapacity_since"],
        fraud_alert=row["fraud_alert"],
        fraud_alert_until=row["fraud_alert_until"],
        vulnerability=VulnerabilityCode(row["vulnerability"]) if row["vulnerability"] else None,
        vulnerability_until=row["vulnerability_until"],
    )


def _summary(shape: ReportShape) -> OwnSummary:
    summary: Mapping[str, Any] = shape.summary or {}
    totals = tuple(OwnTotal(**total) for total in summary["totals"]())
    return OwnSummary(**{**summary, "totals": totals})


def _delinquency(row: Row) -> OwnDelinquency:
    return OwnDelinquency(
        delinquency_id=UUID(row["delinquency_key"]),
        compliance_flag=ComplianceFlag(row["compliance_flag"]),
        account_id=UUID(row["account_key"]),
        first_delinquent_on=row["first_delinquent_on"],
        peak_days_past_due=row["peak_days_past_due"],
        cured_on=row["cured_on"],
        ended_on=row["ended_on"],
        reason=DelinquencyReason(row["reason"]),
        charge_off_on=row["charge_off_on"],
        charge_off=money_of(row, "charge_off_minor"),
        prior_notice_sent_at=row["prior_notice_sent_at"],
        prior_notice_delivered_at=row["prior_notice_delivered_at"],
        prior_notice_channel=row["prior_notice_channel"],
        display_until=row["display_until"],
        annotated_by=row["annotated_by"],
    )
