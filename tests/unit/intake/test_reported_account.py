"""An account reported by itself: its months become a history, and what is said of a delinquency finds its months."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.months import month_of_number
from exchange.intake.reported_account import ReportedDelinquency, ReportedMonth, delinquencies_of, history_of
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.payment_status import PaymentStatus
from tests.unit.intake.intake_cases import account

MAY, APRIL, MARCH = (
    ReportedMonth(date(2026, 5, 31), PaymentStatus.OVERDUE_1_30, 12, 500),
    ReportedMonth(date(2026, 4, 1), PaymentStatus.ON_TIME, balance_minor=900),
    ReportedMonth(date(2026, 3, 15), PaymentStatus.OVERDUE_1_30, paid_minor=7),
)


@pytest.mark.parametrize("months", list(permutations([MAY, APRIL, MARCH])))
def test_months_in_any_order_make_one_history(months: tuple[ReportedMonth, ...]) -> None:
    history, faults = history_of(months)
    assert faults == []
    assert history is not None
    assert (history.month, history.codes) == (date(2026, 5, 1), "1N1")
    assert history.days_past_due == (12, None, None)
    assert history.past_due_minor == (500, None, None)
    assert history.balance_minor == (None, 900, None)
    assert history.paid_minor == (None, None, 7)


def test_no_months_are_no_history_and_no_fault() -> None:
    assert history_of([]) == (None, [])


def test_what_nobody_said_is_not_there() -> None:
    history, _ = history_of([replace(APRIL, balance_minor=None)])
    assert history is not None
    assert (history.days_past_due, history.balance_minor) == (None, None)


def test_a_month_twice_and_a_month_missing_are_both_told() -> None:
    history, faults = history_of([MAY, replace(MAY, month=date(2026, 5, 1)), MARCH])
    assert history is None
    assert [fault.code for fault in faults] == ["MONTH_TWICE", "MONTH_MISSING"]


@given(st.integers(24_000, 24_400), st.lists(st.sampled_from(PaymentStatus), min_size=1, max_size=60), st.randoms())
def test_any_run_of_months_reads_back_equal(newest: int, statuses: list[PaymentStatus], shuffled: Random) -> None:
    months = [ReportedMonth(month_of_number(newest - place), status) for place, status in enumerate(statuses)]
    shuffled.shuffle(months)
    history, faults = history_of(months)
    assert faults == []
    assert history is not None
    assert (history.month, history.codes) == (month_of_number(newest), "".join(status.value for status in statuses))


def test_what_is_said_of_each_delinquency_finds_its_own_months() -> None:
    history, _ = history_of([MAY, APRIL, MARCH])
    later = ReportedDelinquency(date(2026, 5, 20), DelinquencyReason.DISASTER)
    earlier = ReportedDelinquency(date(2026, 3, 5), prior_notice_sent_at=datetime(2026, 3, 9, tzinfo=UTC))
    joined, faults = delinquencies_of(replace(account(), history=history), [later, earlier])
    assert faults == []
    assert [(each.first_delinquent_on, each.reason, each.stated) for each in joined] == [
        (date(2026, 3, 5), DelinquencyReason.UNKNOWN, True),
        (date(2026, 5, 20), DelinquencyReason.DISASTER, True),
    ]
    assert [each.prior_notice_sent_at for each in joined] == [earlier.prior_notice_sent_at, None]
    assert [each.first_late_month for each in joined] == [date(2026, 3, 1), date(2026, 5, 1)]


def test_a_delinquency_that_nothing_is_said_of_stays_as_its_months_show_it() -> None:
    history, _ = history_of([MAY, APRIL, MARCH])
    joined, _ = delinquencies_of(replace(account(), history=history), [ReportedDelinquency(date(2026, 5, 20))])
    assert [each.stated for each in joined] == [False, True]


def test_what_no_month_shows_is_a_fault() -> None:
    history, _ = history_of([APRIL])
    for reported in (replace(account(), history=history), replace(account(), history=None)):
        joined, faults = delinquencies_of(reported, [ReportedDelinquency(date(2026, 4, 2))])
        assert joined == ()
        assert [fault.code for fault in faults] == ["FIRST_DELINQUENCY_WITHOUT_ARREARS"]
