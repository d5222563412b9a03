"""Repayment plans: each rule broken by one change, and kept by the change next to it; and the moves of their states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from exchange.intake.check_plan import check_plan
from exchange.intake.noun_records import Instalment, PlanRecord
from schema.vocabulary.plan import NEXT_STATES, PlanState
from tests.unit.intake.noun_cases import (
    CASH,
    DEFERRED,
    MANDATE_ID,
    THREE,
    TODAY,
    acting,
    active_plan,
    agency,
    codes,
    held_mandate,
    plan,
)

TOMORROW = TODAY + timedelta(days=1)
ENDED = {"state": PlanState.COMPLETED, "ended_on": date(2026, 5, 20)}
REJECTED = {"state": PlanState.REJECTED, "ended_on": date(2026, 4, 2)}


def faults(record: PlanRecord, held: PlanState | None = None, corrects: bool = False) -> set[tuple[str, str]]:
    return codes(check_plan(record, acting(), held, corrects))


def late(first: Instalment) -> tuple[Instalment, ...]:
    return (first, *THREE[1:])


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"reference": ""}, {}, ("reference", "FIELD_MISSING")),
        ({"account_references": ()}, {}, ("account_references", "ACCOUNT_MISSING")),
        ({"mandate_id": MANDATE_ID}, {}, ("mandate_id", "MANDATE_NOT_WANTED")),
        ({"currency": "XXX"}, {"currency": "USD"}, ("currency", "CURRENCY_UNKNOWN")),
        ({"options": (CASH,)}, {"options": (CASH, DEFERRED)}, ("options", "OPTIONS_TOO_FEW")),
        ({"options": (CASH,) * 101}, {"options": (CASH,) * 100}, ("options", "LIST_TOO_LONG")),
        (
            {"options": (CASH, replace(CASH, total_minor=80_000 - 1))},
            {"options": (CASH, replace(CASH, total_minor=80_000))},
            ("options", "OPTION_NOT_CONSISTENT"),
        ),
        (
            {"options": (CASH, replace(CASH, total_minor=120_001))},
            {"options": (CASH, replace(CASH, total_minor=120_000))},
            ("options", "OPTION_NOT_CONSISTENT"),
        ),
        (
            {"options": (CASH, replace(CASH, instalments=0))},
            {"options": (CASH, replace(CASH, instalments=1, total_minor=1))},
            ("options", "OPTION_NOT_CONSISTENT"),
        ),
        (
            {"options": (CASH, replace(CASH, waived_minor=-1))},
            {"options": (CASH, replace(CASH, waived_minor=0))},
            ("options", "OPTION_NOT_CONSISTENT"),
        ),
        ({"chosen_option": 0}, {"chosen_option": None}, ("chosen_option", "CHOSEN_TOO_EARLY")),
        ({"waived_minor": -1}, {"waived_minor": 0}, ("waived", "AMOUNT_NEGATIVE")),
        ({"days_past_due_before": -1}, {"days_past_due_before": 0}, ("days_past_due_before", "NUMBER_OUT_OF_RANGE")),
        ({"proposed_on": TOMORROW}, {"proposed_on": TODAY}, ("proposed_on", "DATE_IN_FUTURE")),
        (
            {"answer_by": date(2026, 3, 31)},
            {"answer_by": date(2026, 4, 1)},
            ("answer_by", "DATES_OUT_OF_ORDER"),
        ),
        (
            {"stop_collection_until": date(2026, 3, 31)},
            {"stop_collection_until": date(2027, 4, 1)},
            ("stop_collection_until", "DATES_OUT_OF_ORDER"),
        ),
        ({"accepted_on": date(2026, 4, 1)}, {}, ("accepted_on", "DAY_DOES_NOT_FIT_STATE")),
        ({"ended_on": date(2026, 4, 1)}, {}, ("ended_on", "DAY_DOES_NOT_FIT_STATE")),
        ({**REJECTED, "ended_on": None}, REJECTED, ("ended_on", "DAY_DOES_NOT_FIT_STATE")),
        ({**REJECTED, "ended_on": date(2026, 3, 31)}, REJECTED, ("ended_on", "DATES_OUT_OF_ORDER")),
        ({**REJECTED, "ended_on": TOMORROW}, {**REJECTED, "ended_on": TODAY}, ("ended_on", "DATE_IN_FUTURE")),
        (
            {**REJECTED, "stop_collection_until": date(2026, 4, 3)},
            {**REJECTED, "stop_collection_until": date(2026, 4, 2)},
            ("stop_collection_until", "STOP_AFTER_END"),
        ),
    ],
)
def test_a_rule_of_an_offer_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(plan(**broken)) == {fault}
    assert faults(plan(**kept)) == set()


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"chosen_option": None}, {"chosen_option": 0}, ("chosen_option", "CHOSEN_OPTION_MISSING")),
        ({"chosen_option": 2}, {"chosen_option": 1}, ("chosen_option", "CHOSEN_OPTION_UNKNOWN")),
        ({"chosen_option": -1}, {"chosen_option": 0}, ("chosen_option", "CHOSEN_OPTION_UNKNOWN")),
        ({"schedule": ()}, {"schedule": THREE}, ("schedule", "SCHEDULE_MISSING")),
        ({"schedule": THREE[:2]}, {"schedule": THREE}, ("schedule", "SCHEDULE_SUM_DIFFERS")),
        ({"schedule": THREE[::-1]}, {"schedule": THREE}, ("schedule", "SCHEDULE_OUT_OF_ORDER")),
        (
            {"schedule": late(Instalment(date(2026, 3, 31), 40_000))},
            {"schedule": late(Instalment(date(2026, 4, 1), 40_000))},
            ("schedule", "SCHEDULE_OUT_OF_ORDER"),
        ),
        (
            {"schedule": late(Instalment(date(2026, 5, 1), 40_000, -1))},
            {"schedule": late(Instalment(date(2026, 5, 1), 40_000, 0))},
            ("schedule", "AMOUNT_NEGATIVE"),
        ),
        ({"accepted_on": None}, {}, ("accepted_on", "DAY_DOES_NOT_FIT_STATE")),
        ({"accepted_on": date(2026, 3, 31)}, {"accepted_on": date(2026, 4, 1)}, ("accepted_on", "DATES_OUT_OF_ORDER")),
        ({"accepted_on": TOMORROW}, {"accepted_on": TODAY}, ("accepted_on", "DATE_IN_FUTURE")),
        ({**ENDED, "ended_on": date(2026, 4, 9)}, ENDED, ("ended_on", "DATES_OUT_OF_ORDER")),
    ],
)
def test_a_rule_of_an_agreed_plan_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    found = faults(active_plan(**broken))
    assert fault in found
    # An option that fits no schedule makes the sum differ too: nothing else may.
    assert found <= {fault, ("schedule", "SCHEDULE_SUM_DIFFERS")}
    assert faults(active_plan(**kept)) == set()


def in_state(state: PlanState) -> PlanRecord:
    agreed: Callable[..., PlanRecord] = plan
    if state in (PlanState.ACCEPTED, PlanState.ACTIVE, PlanState.COMPLETED, PlanState.BROKEN):
        agreed = active_plan
    return agreed(state=state, ended_on=None if NEXT_STATES[state] else date(2026, 5, 1))


@pytest.mark.parametrize("state", PlanState)
def test_a_plan_may_first_be_reported_in_any_state(state: PlanState) -> None:
    assert faults(in_state(state)) == set()


@pytest.mark.parametrize(("held", "state"), list(product(PlanState, PlanState)))
def test_a_state_follows_only_where_the_list_says_so_unless_the_last_report_was_wrong(
    held: PlanState, state: PlanState
) -> None:
    allowed = held is state or state in NEXT_STATES[held]
    assert faults(in_state(state), held) == (set() if allowed else {("state", "PLAN_STATE_MOVE")})
    assert faults(in_state(state), held, corrects=True) == set()


def test_an_agency_offers_plans_under_a_mandate() -> None:
    told = plan(mandate_id=MANDATE_ID)
    assert codes(check_plan(plan(), agency(None))) == {("mandate_id", "MANDATE_MISSING")}
    assert codes(check_plan(told, agency(held_mandate()))) == set()
    ended = held_mandate(ends_on=date(2026, 3, 31))
    assert codes(check_plan(told, agency(ended))) == {("mandate_id", "MANDATE_NOT_IN_FORCE")}


def test_every_fault_of_a_plan_is_told_at_once() -> None:
    assert faults(active_plan(reference="", options=(), schedule=(), accepted_on=TOMORROW)) == {
        ("reference", "FIELD_MISSING"),
        ("options", "OPTIONS_TOO_FEW"),
        ("chosen_option", "CHOSEN_OPTION_UNKNOWN"),
        ("schedule", "SCHEDULE_MISSING"),
        ("accepted_on", "DATE_IN_FUTURE"),
    }
