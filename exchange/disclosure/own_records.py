"""What a borrower's report on themselves shows of public records, contacts about debts, plans and assessments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.disclosure.shape_records import assessment_of, collection_action_of, public_record_of, repayment_plan_of
from exchange.handover import THE_BORROWER, Row
from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.collection import (
    BorrowerSays,
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.money import Money
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.public_record import PublicRecordKind, PublicRecordStatus


@dataclass(frozen=True, slots=True)
class OwnPublicRecord:
    """What a court or an authority has on record, and who reports it. `reference`: the number of the case or file."""

    record_id: UUID
    compliance_flag: ComplianceFlag
    furnisher: str
    kind: PublicRecordKind
    authority: str
    reference: str
    status: PublicRecordStatus
    amount: Money | None
    filed_on: date
    decided_on: date | None
    ended_on: date | None
    basis: str


@dataclass(frozen=True, slots=True)
class OwnContact:
    """A contact, or attempt, about a debt. `agent` is a pseudonym; `disclosed`: what of the debt was told."""

    action_id: UUID
    compliance_flag: ComplianceFlag
    account_ids: tuple[UUID, ...]
    furnisher: str
    agent: str
    stage: CollectionStage
    channel: ContactChannel
    direction: ContactDirection
    target: ContactTarget
    started_at: datetime
    duration_seconds: int | None
    result: ContactResult
    promised: Money | None
    promised_on: date | None
    promise_kept: bool | None
    disclosed: tuple[str, ...]
    borrower_says: BorrowerSays | None
    basis: str


@dataclass(frozen=True, slots=True)
class OwnPlanOption:
    """One way to repay that was offered: so many payments of `instalment`."""

    plan_type: PlanType
    instalments: int
    instalment: Money | None
    total: Money | None
    waived: Money | None
    first_due_on: date | None


@dataclass(frozen=True, slots=True)
class OwnPlanPayment:
    """A payment of a plan: what is due, and what was paid of it."""

    due_on: date
    amount: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """A plan to repay a debt in another way. `chosen_option` counts from 0."""

    plan_id: UUID
    compliance_flag: ComplianceFlag
    account_ids: tuple[UUID, ...]
    furnisher: str
    plan_type: PlanType
    state: PlanState
    options: tuple[OwnPlanOption, ...]
    chosen_option: int | None
    schedule: tuple[OwnPlanPayment, ...]
    waived: Money | None
    days_past_due_before: int | None
    reporting_treatment: ReportingTreatment
    stop_collection_until: date | None
    proposed_on: date
    answer_by: date | None
    accepted_on: date | None
    ended_on: date | None
    basis: str


@dataclass(frozen=True, slots=True)
class OwnAssessment:
    """How a member judged the borrower's ability to repay, and from what (`inputs`). `reviewed`: by a person."""

    assessment_id: UUID
    compliance_flag: ComplianceFlag
    furnisher: str
    scorecard: str
    inputs: Mapping[str, Any]
    band: AssessmentBand
    score: int | None
    reason_codes: tuple[str, ...]
    explanation: str | None
    solely_automated: bool
    reviewed: bool
    contested_at: datetime | None
    assessed_at: datetime
    basis: str


def own_public_record(row: Row) -> OwnPublicRecord:
    """A public record from its row."""
    shown = public_record_of(row, THE_BORROWER)
    return OwnPublicRecord(
        record_id=UUID(shown["id"]),
        compliance_flag=ComplianceFlag(shown["compliance_flag"]),
        kind=PublicRecordKind(shown["kind"]),
        status=PublicRecordStatus(shown["status"]),
        **_same(shown, "furnisher authority reference amount filed_on decided_on ended_on basis"),
    )


def own_contact(row: Row) -> OwnContact:
    """A contact about a debt from its row."""
    shown = collection_action_of(row, THE_BORROWER)
    said = shown["borrower_says"]
    return OwnContact(
        action_id=UUID(shown["id"]),
        compliance_flag=ComplianceFlag(shown["compliance_flag"]),
        account_ids=tuple(map(UUID, shown["account_ids"])),
        stage=CollectionStage(shown["stage"]),
        channel=ContactChannel(shown["channel"]),
        direction=ContactDirection(shown["direction"]),
        target=ContactTarget(shown["target"]),
        result=ContactResult(shown["result"]),
        disclosed=tuple(shown["disclosed"]),
        borrower_says=BorrowerSays(said) if said else None,
        **_same(shown, "furnisher agent started_at duration_seconds promised promised_on promise_kept basis"),
    )


def own_plan(row: Row) -> OwnPlan:
    """A repayment plan from its row."""
    shown = repayment_plan_of(row, THE_BORROWER)
    return OwnPlan(
        plan_id=UUID(shown["id"]),
        compliance_flag=ComplianceFlag(shown["compliance_flag"]),
        account_ids=tuple(map(UUID, shown["account_ids"])),
        plan_type=PlanType(shown["plan_type"]),
        state=PlanState(shown["state"]),
        options=tuple(
            OwnPlanOption(**{**option, "plan_type": PlanType(option["plan_type"])}) for option in shown["options"]
        ),
        schedule=tuple(OwnPlanPayment(**payment) for payment in shown["schedule"]),
        reporting_treatment=ReportingTreatment(shown["reporting_treatment"]),
        **_same(
            shown,
            "furnisher chosen_option waived days_past_due_before stop_collection_until proposed_on answer_by"
            " accepted_on ended_on basis",
        ),
    )


def own_assessment(row: Row) -> OwnAssessment:
    """An assessment from its row."""
    shown = assessment_of(row, THE_BORROWER)
    return OwnAssessment(
        assessment_id=UUID(shown["id"]),
        compliance_flag=ComplianceFlag(shown["compliance_flag"]),
        band=AssessmentBand(shown["band"]),
        reason_codes=tuple(shown["reason_codes"]),
        **_same(
            shown,
            "furnisher scorecard inputs score explanation solely_automated reviewed contested_at assessed_at basis",
        ),
    )


def _same(shown: Mapping[str, Any], names: str) -> dict[str, Any]:
    return {name: shown[name] for name in names.split()}
