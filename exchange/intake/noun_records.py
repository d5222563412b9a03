"""Single records as members report them, beside accounts: plain frozen values in the words of the exchange.

`reference` is the furnisher's own, and finds the same record again. Amounts are minor units. Instants carry an offset.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.collection import (
    BorrowerSays,
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.public_record import PublicRecordKind, PublicRecordStatus


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """One contact, or attempt, about a debt. `agent` is a pseudonym; `recording_digest` is SHA-256.

    `disclosed`: what of the debt was told.
    """

    reference: str
    account_references: tuple[str, ...]
    agent: str
    stage: CollectionStage
    channel: ContactChannel
    direction: ContactDirection
    target: ContactTarget
    started_at: datetime
    result: ContactResult
    mandate_id: UUID | None = None
    agent_name: str | None = None
    contact: str | None = None
    clearance_id: UUID | None = None
    duration_seconds: int | None = None
    promised_minor: int | None = None
    promised_currency: str | None = None
    promised_on: date | None = None
    promise_kept: bool | None = None
    template: str | None = None
    recording_digest: bytes | None = None
    disclosed: tuple[str, ...] = ()
    borrower_says: BorrowerSays | None = None


@dataclass(frozen=True, slots=True)
class PlanOption:
    """One thing that was offered: so many instalments of so much."""

    plan_type: PlanType
    instalments: int
    amount_minor: int
    total_minor: int
    waived_minor: int | None = None
    first_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of a plan. `paid_minor` is None while nothing is known of it."""

    due_on: date
    amount_minor: int
    paid_minor: int | None = None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """An offer to repay otherwise, and what became of it. `chosen_option` counts from 0."""

    reference: str
    account_references: tuple[str, ...]
    plan_type: PlanType
    state: PlanState
    currency: str
    options: tuple[PlanOption, ...]
    reporting_treatment: ReportingTreatment
    proposed_on: date
    mandate_id: UUID | None = None
    chosen_option: int | None = None
    schedule: tuple[Instalment, ...] = ()
    waived_minor: int | None = None
    days_past_due_before: int | None = None
    stop_collection_until: date | None = None
    answer_by: date | None = None
    accepted_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """What a court or an authority has on record."""

    reference: str
    kind: PublicRecordKind
    authority: str
    status: PublicRecordStatus
    filed_on: date
    amount_minor: int | None = None
    currency: str | None = None
    decided_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """How a member judged a borrower's ability to repay. `inputs`: what the scorecard was given, by name."""

    reference: str
    scorecard: str
    inputs: tuple[tuple[str, str], ...]
    band: AssessmentBand
    reason_codes: tuple[str, ...]
    solely_automated: bool
    assessed_at: datetime
    score: int | None = None
    explanation: str | None = None
    reviewer: str | None = None
    contested_at: datetime | None = None


NounRecord = CollectionRecord | PlanRecord | PublicRecord | AssessmentRecord


@dataclass(frozen=True, slots=True)
class MandateRecord:
    """A lender lets an agency collect for it: for a portfolio of its own, or for accounts named one by one."""

    reference: str
    lender: str
    agency: str
    channels: tuple[ContactChannel, ...]
    starts_on: date
    ends_on: date
    evaluation_due_on: date
    portfolio: str | None = None
    account_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """A member as far as a mandate asks about it."""

    member_id: str
    member_class: MemberClass
    status: MemberStatus


@dataclass(frozen=True, slots=True)
class HeldMandate:
    """A mandate as it stands, for who acts under it. `portfolio` is None where accounts are named one by one."""

    mandate_id: UUID
    lender: str
    agency: str
    channels: tuple[ContactChannel, ...]
    starts_on: date
    ends_on: date
    state: MandateState
    portfolio: str | None = None

    def allows(self, agency: str, on: date) -> bool:
        """Whether this agency may act under it on that day."""
        in_force = self.state is MandateState.ACTIVE and self.starts_on <= on <= self.ends_on
        return in_force and self.agency == agency


@dataclass(frozen=True, slots=True)
class Acting:
    """Who reports a single record, and when. `mandate` is the one that the record names, where there is one."""

    member_id: str
    member_class: MemberClass
    now: datetime
    mandate: HeldMandate | None = None
