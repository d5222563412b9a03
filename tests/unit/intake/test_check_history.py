"""The rules of a packed history."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.check_history import STEP, check_history, days_fit, jumps, past_due_fits
from exchange.intake.contribution import Checks, History
from exchange.intake.fault_codes import weigh
from schema.vocabulary.payment_status import OVERDUE, PaymentStatus, status_for_days
from tests.unit.intake.intake_cases import MAY, TODAY, account


def found(codes: str, checks: Checks = Checks.OWN_CODES, opened_on: date = date(2015, 1, 1), **beside: Any) -> set[str]:
    record = account(opened_on=opened_on, reported_on=TODAY, history=History(beside.pop("month", MAY), codes, **beside))
    return {fault.code for fault in check_history(2, record, TODAY, checks)}


def test_a_sound_history_has_no_fault() -> None:
    assert found("N21NN*NN") == set()
    assert found("C21N") == set()
    assert found("/" * 12) == set()


@pytest.mark.parametrize(
    ("codes", "fault"),
    [
        ("3NN", "HISTORY_JUMP"),
        ("31N", "HISTORY_JUMP"),
        ("NCN", "HISTORY_AFTER_END"),
        ("GGN", "HISTORY_AFTER_END"),
        ("N?N", "HISTORY_CODE_UNKNOWN"),
        ("8", "HISTORY_CODE_UNKNOWN"),
        ("", "HISTORY_EMPTY"),
        ("N" * 61, "HISTORY_TOO_LONG"),
    ],
)
def test_each_rule_is_kept(codes: str, fault: str) -> None:
    assert found(codes) == {fault}


def test_an_unknown_month_between_explains_a_rise() -> None:
    assert found("3#N") == set()


def test_a_month_that_has_not_come_is_refused() -> None:
    assert found("N", month=date(2026, 7, 1)) == {"HISTORY_IN_FUTURE"}
    assert found("N", month=date(2026, 6, 1)) == set()


def test_only_not_opened_or_unknown_may_stand_before_the_opening() -> None:
    assert found("NNN", opened_on=date(2026, 4, 15)) == {"HISTORY_BEFORE_OPENING"}
    assert found("NN/", opened_on=date(2026, 4, 15)) == set()
    assert found("NN#", opened_on=date(2026, 4, 15)) == set()
    assert found("N", opened_on=date(2026, 5, 31)) == set()


def test_days_and_amounts_must_fit_their_codes() -> None:
    assert found("2N", days_past_due=(31, 0), past_due_minor=(100, 0)) == {"HISTORY_JUMP"}
    assert found("1N", days_past_due=(31, 0)) == {"DAYS_DO_NOT_FIT_CODE"}
    assert found("1N", past_due_minor=(0, 0)) == {"PAST_DUE_DOES_NOT_FIT_CODE"}
    assert found("1N", past_due_minor=(5, 5)) == {"PAST_DUE_DOES_NOT_FIT_CODE"}
    assert found("1N", past_due_minor=(None, None)) == set()
    assert found("BB", past_due_minor=(0, 9)) == set()
    assert found("NN", balance_minor=(1,)) == {"HISTORY_LENGTHS_DIFFER"}


def test_all_broken_rules_are_named_at_once() -> None:
    broken = found("N3CN", month=date(2026, 7, 1), opened_on=date(2026, 7, 1), past_due_minor=(4, 0, 0, 0))
    assert broken == {
        "HISTORY_IN_FUTURE",
        "HISTORY_BEFORE_OPENING",
        "HISTORY_AFTER_END",
        "HISTORY_JUMP",
        "PAST_DUE_DOES_NOT_FIT_CODE",
    }


def test_a_format_without_arrears_below_thirty_days_may_begin_at_the_second_step() -> None:
    assert found("2N", Checks.TRANSLATED_FROM_30_DAYS) == set()
    assert found("3N", Checks.TRANSLATED_FROM_30_DAYS) == {"HISTORY_JUMP"}
    assert found("2N", Checks.TRANSLATED) == {"HISTORY_JUMP"}


def test_a_jump_refuses_a_history_in_our_codes_and_is_a_note_in_a_translated_one() -> None:
    findings = check_history(2, account("3N"), TODAY, Checks.OWN_CODES)
    assert [len(side) for side in weigh(findings, Checks.OWN_CODES)] == [1, 0]
    assert [len(side) for side in weigh(findings, Checks.TRANSLATED)] == [0, 1]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=60))
def test_a_history_jumps_exactly_where_some_month_rises_by_more_than_one(steps: list[int]) -> None:
    oldest_first = "".join("N" if step == 0 else str(step) for step in steps)
    rises = any(after > before + 1 for before, after in pairwise(steps))
    assert jumps(oldest_first[::-1]) == rises


@given(st.text("N1234567#*M", min_size=1, max_size=40), st.integers(0, 39))
def test_an_unknown_month_never_makes_a_jump(codes: str, place: int) -> None:
    if not jumps(codes):
        assert not jumps(codes[:place] + "#" + codes[place:])


@given(st.integers(0, 2_000))
def test_the_code_for_a_number_of_days_fits_them_and_no_other_does(days: int) -> None:
    fitting = {code for code in STEP.keys() - {"/", "M", "*", "C"} if days_fit(code, days)}
    assert fitting == {status_for_days(days).value}


@given(st.sampled_from([status.value for status in PaymentStatus]), st.integers(1, 10**9))
def test_money_is_past_due_where_the_code_says_so(code: str, amount: int) -> None:
    assert past_due_fits(code, amount) != (code in "N*C")
    assert past_due_fits(code, 0) != (code in OVERDUE)
