"""What a borrower accepted stays agreed: each part that a later report may not change, and what it may."""

from datetime import date
from typing import Any

import pytest
from noun_cases import THREE, active_plan, codes

from exchange.intake.check_agreed import check_agreed, check_taken_back
from exchange.intake.noun_records import Instalment, PlanRecord
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.plan import PlanState, ReportingTreatment

STOP = date(2026, 9, 1)
UNDOES = (CorrectionReason.DISPUTE, CorrectionReason.COURT)


def held() -> dict[str, Any]:
    """The accepted plan as stored."""
    record = kept()
    return {
        "options": [{}, {}], "chosen_option": record.chosen_option, "waived_minor": None,
        "schedule": [[each.due_on.isoformat(), each.amount_minor, None] for each in record.schedule],
        "accepted_on": record.accepted_on, "reporting_treatment": record.reporting_treatment.value,
        "stop_collection_until": STOP,
    }  # fmt: skip


def kept(**changes: Any) -> PlanRecord:
    return active_plan(**({"stop_collection_until": STOP} | changes))


def late(day: date) -> tuple[Instalment, ...]:
    return (*THREE[:2], Instalment(day, 20_000))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("state", {"state": PlanState.WITHDRAWN}),
        ("state", {"state": PlanState.PROPOSED}),
        ("options", {"options": ()}),
        ("chosen_option", {"chosen_option": 1}),
        ("schedule", {"schedule": THREE[:2]}),
        ("schedule", {"schedule": late(date(2026, 7, 2))}),
        ("waived", {"waived_minor": 1}),
        ("accepted_on", {"accepted_on": date(2026, 4, 11)}),
        ("reporting_treatment", {"reporting_treatment": ReportingTreatment.MARK_RESTRUCTURED}),
        ("stop_collection_until", {"stop_collection_until": None}),
        ("stop_collection_until", {"stop_collection_until": date(2026, 8, 31)}),
    ],
)
def test_a_part_that_was_agreed_changes_only_for_a_dispute_or_a_court(field: str, changes: dict[str, Any]) -> None:
    for reason in (None, *CorrectionReason):
        expected = set() if reason in UNDOES else {(field, "PLAN_AGREED")}
        assert codes(check_agreed(kept(**changes), held(), reason)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stop_collection_until": date(2027, 1, 1)},
        {"schedule": (Instalment(THREE[0].due_on, 40_000, 40_000), *THREE[1:])},
        {"state": PlanState.COMPLETED, "ended_on": date(2026, 5, 20), "stop_collection_until": None},
        {"state": PlanState.BROKEN, "ended_on": date(2026, 5, 20), "stop_collection_until": date(2026, 5, 20)},
    ],
)
def test_payments_and_the_end_are_reported_on(changes: dict[str, Any]) -> None:
    assert check_agreed(kept(**changes), held(), None) == []


@pytest.mark.parametrize("state", [PlanState.ACCEPTED, PlanState.ACTIVE, PlanState.COMPLETED, PlanState.BROKEN])
@pytest.mark.parametrize("reason", CorrectionReason)
def test_a_plan_that_runs_is_taken_back_only_for_a_dispute_or_a_court(
    state: PlanState, reason: CorrectionReason
) -> None:
    runs = state in (PlanState.ACCEPTED, PlanState.ACTIVE)
    expected = {("reference", "PLAN_AGREED")} if runs and reason not in UNDOES else set()
    assert codes(check_taken_back(state, reason)) == expected
