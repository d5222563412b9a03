"""Public records: each rule broken by one change, and kept by the change next to it."""

from datetime import date, timedelta
from typing import Any

import pytest

from exchange.intake.check_public_record import check_public_record
from schema.vocabulary.public_record import PublicRecordStatus
from tests.unit.intake.noun_cases import TODAY, codes, public_record

TOMORROW = TODAY + timedelta(days=1)
ENDED = {"status": PublicRecordStatus.SATISFIED, "ended_on": date(2026, 5, 1)}
AMOUNT = {"amount_minor": 100, "currency": "CNY"}


def faults(**changes: Any) -> set[tuple[str, str]]:
    return codes(check_public_record(public_record(**changes), TODAY))


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"reference": ""}, {}, ("reference", "FIELD_MISSING")),
        ({"authority": " "}, {}, ("authority", "FIELD_MISSING")),
        ({"authority": "a" * 201}, {"authority": "a" * 200}, ("authority", "TEXT_TOO_LONG")),
        ({"filed_on": TOMORROW}, {"filed_on": TODAY}, ("filed_on", "DATE_IN_FUTURE")),
        ({"decided_on": TOMORROW}, {"decided_on": TODAY}, ("decided_on", "DATE_IN_FUTURE")),
        ({"decided_on": date(2026, 1, 31)}, {"decided_on": date(2026, 2, 1)}, ("decided_on", "DATES_OUT_OF_ORDER")),
        ({**ENDED, "ended_on": TOMORROW}, {**ENDED, "ended_on": TODAY}, ("ended_on", "DATE_IN_FUTURE")),
        ({**ENDED, "ended_on": date(2026, 1, 31)}, ENDED, ("ended_on", "DATES_OUT_OF_ORDER")),
        (
            {**ENDED, "decided_on": date(2026, 5, 2)},
            {**ENDED, "decided_on": date(2026, 5, 1)},
            ("ended_on", "DATES_OUT_OF_ORDER"),
        ),
        ({"ended_on": date(2026, 5, 1)}, ENDED, ("ended_on", "DAY_DOES_NOT_FIT_STATE")),
        ({**ENDED, "ended_on": None}, ENDED, ("ended_on", "DAY_DOES_NOT_FIT_STATE")),
        ({**AMOUNT, "currency": None}, AMOUNT, ("amount", "CURRENCY_MISSING")),
        ({"currency": "CNY"}, AMOUNT, ("amount", "CURRENCY_MISSING")),
        ({**AMOUNT, "currency": "XXX"}, AMOUNT, ("currency", "CURRENCY_UNKNOWN")),
        ({**AMOUNT, "amount_minor": -1}, {**AMOUNT, "amount_minor": 0}, ("amount", "AMOUNT_NEGATIVE")),
        ({**AMOUNT, "amount_minor": 10**15 + 1}, {**AMOUNT, "amount_minor": 10**15}, ("amount", "NUMBER_TOO_LARGE")),
    ],
)
def test_a_rule_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(**broken) == {fault}
    assert faults(**kept) == set()


def test_every_fault_is_told_at_once() -> None:
    assert faults(authority="", filed_on=TOMORROW, currency="XXX") == {
        ("authority", "FIELD_MISSING"),
        ("filed_on", "DATE_IN_FUTURE"),
        ("amount", "CURRENCY_MISSING"),
        ("currency", "CURRENCY_UNKNOWN"),
    }
