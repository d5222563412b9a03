"""Whether a plan is kept: on its days, a day after them, and with whatever was paid."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.plan_progress import plan_progress
from consent.plan_schedule import Payment, make_schedule
from schema.vocabulary.plan import PlanStanding

FIRST = date(2026, 7, 1)
ORDER = [PlanStanding.BROKEN, PlanStanding.BEHIND, PlanStanding.ON_TRACK, PlanStanding.COMPLETED]


def plan(*paid: int | None) -> list[Payment]:
    """Three payments of 100, on the first of July, August and September."""
    return [Payment(date(2026, 7 + n, 1), 100, each) for n, each in enumerate((*paid, None, None, None)[:3])]


@pytest.mark.parametrize(
    ("paid", "today", "grace", "standing", "days", "missing"),
    [
        ((), FIRST, None, PlanStanding.ON_TRACK, 0, 0),
        ((), FIRST + timedelta(days=1), None, PlanStanding.NOT_REPORTED, 0, 100),
        ((0,), FIRST + timedelta(days=1), None, PlanStanding.BEHIND, 1, 100),
        ((99,), date(2026, 7, 31), None, PlanStanding.BEHIND, 30, 1),
        ((0,), date(2026, 8, 2), None, PlanStanding.BEHIND, 32, 200),
        ((0,), date(2026, 7, 31), 30, PlanStanding.BEHIND, 30, 100),
        ((0,), date(2026, 8, 1), 30, PlanStanding.BROKEN, 31, 100),
        ((), date(2026, 8, 1), 30, PlanStanding.NOT_REPORTED, 0, 100),
        ((100,), date(2026, 8, 1), None, PlanStanding.ON_TRACK, 0, 0),
        ((200,), date(2026, 8, 15), None, PlanStanding.ON_TRACK, 0, 0),
        ((300,), date(2026, 7, 1), None, PlanStanding.COMPLETED, 0, 0),
        ((100, 100, 100), date(2027, 1, 1), 0, PlanStanding.COMPLETED, 0, 0),
    ],
)
def test_how_a_plan_is_kept(
    paid: tuple[int, ...], today: date, grace: int | None, standing: PlanStanding, days: int, missing: int
) -> None:
    found = plan_progress(plan(*paid), today, grace)
    assert (found.standing, found.days_behind, found.missing_minor) == (standing, days, missing)
    assert (found.paid_minor, found.total_minor) == (sum(paid), 300)


def test_without_a_rule_a_plan_is_never_called_broken() -> None:
    assert plan_progress(plan(0), date(2036, 7, 1)).standing is PlanStanding.BEHIND


@given(
    st.lists(st.integers(0, 300), min_size=3, max_size=3),
    st.integers(0, 2),
    st.integers(0, 300),
    st.integers(-10, 120),
    st.none() | st.integers(0, 60),
)
def test_paying_more_never_makes_a_plan_worse(
    paid: list[int], place: int, more: int, days: int, grace: int | None
) -> None:
    today = FIRST + timedelta(days=days)
    before = plan_progress(plan(*paid), today, grace)
    paid[place] += more
    after = plan_progress(plan(*paid), today, grace)
    assert ORDER.index(after.standing) >= ORDER.index(before.standing)
    assert after.days_behind <= before.days_behind and after.missing_minor <= before.missing_minor


@given(st.integers(1, 60), st.integers(1, 10**6), st.integers(0, 2_000))
def test_a_plan_paid_on_its_days_is_always_on_track(instalments: int, amount: int, days: int) -> None:
    accepted_on = date(2026, 6, 1)
    today = accepted_on + timedelta(days=days)
    made = make_schedule(instalments, amount, instalments * amount, None, accepted_on)
    kept = [
        Payment(each.due_on, each.amount_minor, each.amount_minor if each.due_on <= today else None) for each in made
    ]
    found = plan_progress(kept, today, 0)
    assert found.standing in (PlanStanding.ON_TRACK, PlanStanding.COMPLETED)
    assert found.missing_minor == 0 or found.standing is PlanStanding.COMPLETED
