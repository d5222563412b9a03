"""Schedules of repayment plans: they add up, their days follow each other, and no month is skipped."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.plan_schedule import make_schedule, month_later

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
FIRST = st.none() | DAYS


@st.composite
def options(draw: st.DrawFn) -> tuple[int, int, int]:
    """Instalments, amount and total that are consistent: the last instalment may be smaller."""
    instalments, amount = draw(st.integers(1, 120)), draw(st.integers(0, 10**9))
    return instalments, amount, draw(st.integers((instalments - 1) * amount, instalments * amount))


@given(options(), FIRST, DAYS)
def test_a_schedule_adds_up_and_its_days_follow_each_other_month_by_month(
    option: tuple[int, int, int], first: date | None, accepted_on: date
) -> None:
    instalments, amount, total = option
    made = make_schedule(instalments, amount, total, first, accepted_on)
    assert sum(each.amount_minor for each in made) == total
    assert 1 <= len(made) <= instalments
    assert all(each.amount_minor == amount for each in made[:-1])
    assert all(each.paid_minor is None for each in made)
    days = [each.due_on for each in made]
    assert days[0] >= accepted_on
    numbers = [day.year * 12 + day.month for day in days]
    assert numbers == list(range(numbers[0], numbers[0] + len(made)))


@given(options(), DAYS, DAYS)
def test_a_first_day_that_has_not_gone_by_is_kept(option: tuple[int, int, int], first: date, accepted_on: date) -> None:
    made = make_schedule(*option, first, accepted_on)
    assert (made[0].due_on == first) is (first >= accepted_on)
    assert made[0].due_on < month_later(max(first, accepted_on), 1) or made[0].due_on == first


@pytest.mark.parametrize(
    ("first", "accepted_on", "days"),
    [
        (None, date(2026, 6, 1), ["2026-07-01", "2026-08-01", "2026-09-01"]),
        (date(2026, 1, 31), date(2026, 1, 10), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (date(2027, 12, 31), date(2027, 12, 1), ["2027-12-31", "2028-01-31", "2028-02-29"]),
        (date(2026, 5, 15), date(2026, 6, 15), ["2026-06-15", "2026-07-15", "2026-08-15"]),
        (date(2026, 5, 15), date(2026, 6, 16), ["2026-07-15", "2026-08-15", "2026-09-15"]),
    ],
)
def test_months_end_where_they_end_and_days_do_not_drift(
    first: date | None, accepted_on: date, days: list[str]
) -> None:
    made = make_schedule(3, 40_000, 100_000, first, accepted_on)
    assert [each.due_on.isoformat() for each in made] == days
    assert [each.amount_minor for each in made] == [40_000, 40_000, 20_000]


def test_a_last_payment_of_nothing_is_left_out_and_a_debt_that_is_waived_whole_has_one_day() -> None:
    assert [each.amount_minor for each in make_schedule(3, 50, 100, None, date(2026, 6, 1))] == [50, 50]
    assert [each.amount_minor for each in make_schedule(3, 0, 0, None, date(2026, 6, 1))] == [0]
