"""Whether a repayment plan is kept, as far as its payments were reported. Pure: no clock, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from consent.plan_schedule import Payment
from schema.vocabulary.plan import PlanStanding


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan is kept. `days_behind` and `missing_minor`: since when, and how much, of what has fallen due was not
    paid. `next_due`: the first payment that is not covered yet.
    """

    standing: PlanStanding
    paid_minor: int
    total_minor: int
    missing_minor: int = 0
    days_behind: int = 0
    next_due: Payment | None = None


def plan_progress(schedule: Sequence[Payment], today: date, grace_days: int | None = None) -> Progress:
    """How a plan with this schedule is kept on a day. What was paid counts for the oldest payment first; a payment is
    late from the day after it fell due. Behind for more than `grace_days`, it is broken; None: no rule says when.
    """
    paid, total = sum(each.paid_minor or 0 for each in schedule), sum(each.amount_minor for each in schedule)
    if paid >= total:
        return Progress(PlanStanding.COMPLETED, paid, total)
    uncovered = _first_uncovered(schedule, paid)
    days = (today - uncovered.due_on).days
    if days <= 0:
        return Progress(PlanStanding.ON_TRACK, paid, total, next_due=uncovered)
    missing = sum(each.amount_minor for each in schedule if each.due_on < today) - paid
    if uncovered.paid_minor is None:
        return Progress(PlanStanding.NOT_REPORTED, paid, total, missing, next_due=uncovered)
    is_broken = grace_days is not None and days > grace_days
    standing = PlanStanding.BROKEN if is_broken else PlanStanding.BEHIND
    return Progress(standing, paid, total, missing, days, uncovered)


def _first_uncovered(schedule: Sequence[Payment], paid_minor: int) -> Payment:
    """The oldest payment that what was paid does not cover."""
    due_by_then = accumulate(each.amount_minor for each in schedule)
    return next(payment for payment, due in zip(schedule, due_by_then, strict=True) if due > paid_minor)
