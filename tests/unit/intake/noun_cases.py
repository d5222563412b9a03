"""Single records made by hand: sound ones, of which a test changes single parts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from exchange.intake.contribution import Fault
from exchange.intake.noun_records import (
    Acting,
    AssessmentRecord,
    CollectionRecord,
    HeldMandate,
    Instalment,
    MandateRecord,
    PlanOption,
    PlanRecord,
    PublicRecord,
)
from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.public_record import PublicRecordKind, PublicRecordStatus

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
TODAY = NOW.date()
MANDATE_ID = UUID(int=7)
CASH = PlanOption(PlanType.INSTALMENT, 3, 40_000, 100_000)
DEFERRED = PlanOption(PlanType.DEFERRAL, 1, 100_000, 100_000, first_due_on=date(2026, 12, 1))
THREE = (
    Instalment(date(2026, 5, 1), 40_000),
    Instalment(date(2026, 6, 1), 40_000),
    Instalment(date(2026, 7, 1), 20_000),
)


def codes(faults: Iterable[Fault]) -> set[tuple[str, str]]:
    """(field, code) of each fault."""
    return {(fault.field, fault.code) for fault in faults}


def acting(mandate: HeldMandate | None = None, **changes: Any) -> Acting:
    values = {"member_id": "harbour-bank", "member_class": MemberClass.BANK, "now": NOW, "mandate": mandate}
    return Acting(**(values | changes))


def agency(mandate: HeldMandate | None, **changes: Any) -> Acting:
    return acting(mandate, **({"member_id": "agency-a", "member_class": MemberClass.COLLECTION_AGENCY} | changes))


def held_mandate(**changes: Any) -> HeldMandate:
    values: dict[str, Any] = {
        "mandate_id": MANDATE_ID,
        "lender": "harbour-bank",
        "agency": "agency-a",
        "channels": (ContactChannel.VOICE_HUMAN, ContactChannel.SMS),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "state": MandateState.ACTIVE,
    }
    return HeldMandate(**(values | changes))


def collection(**changes: Any) -> CollectionRecord:
    values: dict[str, Any] = {
        "reference": "C-1",
        "account_references": ("R-1",),
        "agent": "agent-17",
        "stage": CollectionStage.PHONE,
        "channel": ContactChannel.VOICE_HUMAN,
        "direction": ContactDirection.OUTBOUND,
        "target": ContactTarget.DEBTOR,
        "started_at": NOW - timedelta(days=1),
        "result": ContactResult.CONNECTED,
    }
    return CollectionRecord(**(values | changes))


def plan(**changes: Any) -> PlanRecord:
    values: dict[str, Any] = {
        "reference": "P-1",
        "account_references": ("R-1",),
        "plan_type": PlanType.INSTALMENT,
        "state": PlanState.PROPOSED,
        "currency": "CNY",
        "options": (CASH, DEFERRED),
        "reporting_treatment": ReportingTreatment.KEEP_STATUS,
        "proposed_on": date(2026, 4, 1),
    }
    return PlanRecord(**(values | changes))


def active_plan(**changes: Any) -> PlanRecord:
    agreed: dict[str, Any] = {
        "state": PlanState.ACTIVE,
        "chosen_option": 0,
        "schedule": THREE,
        "accepted_on": date(2026, 4, 10),
    }
    return plan(**(agreed | changes))


def public_record(**changes: Any) -> PublicRecord:
    values: dict[str, Any] = {
        "reference": "(2026) 17",
        "kind": PublicRecordKind.JUDGMENT,
        "authority": "Harbour District Court",
        "status": PublicRecordStatus.OPEN,
        "filed_on": date(2026, 2, 1),
    }
    return PublicRecord(**(values | changes))


def assessment(**changes: Any) -> AssessmentRecord:
    values: dict[str, Any] = {
        "reference": "S-1",
        "scorecard": "house score 3",
        "inputs": (("months_late", "2"), ("utilisation", "0.7")),
        "band": AssessmentBand.C,
        "reason_codes": ("MONTHS_LATE",),
        "solely_automated": False,
        "assessed_at": NOW - timedelta(hours=1),
    }
    return AssessmentRecord(**(values | changes))


def mandate(**changes: Any) -> MandateRecord:
    values: dict[str, Any] = {
        "reference": "M-1",
        "lender": "harbour-bank",
        "agency": "agency-a",
        "channels": (ContactChannel.SMS,),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "evaluation_due_on": date(2026, 12, 31),
        "portfolio": "cards 2025",
    }
    return MandateRecord(**(values | changes))
