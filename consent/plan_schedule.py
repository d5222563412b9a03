"""When and what is paid under an option of a repayment plan. Pure: no clock, no database."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a plan. `paid_minor` is None while nothing is known of it."""

    due_on: date
    amount_minor: int
    paid_minor: int | None = None


def make_schedule(
    instalments: int, amount_minor: int, total_minor: int, first_due_on: date | None, accepted_on: date
) -> tuple[Payment, ...]:
    """The monthly payments of an option that is accepted on a day. They add up to its total: the last one is what
    remains, and where nothing remains there is none.

    The first falls due when the offer says, or a month after acceptance where it says nothing. Where that day has gone
    by, it is the same day of the first month that has not.
    """
    last_minor = total_minor - (instalments - 1) * amount_minor
    amounts = [amount_minor] * (instalments - 1) + [last_minor]
    kept = [amount for amount in amounts if amount] or [0]
    first = first_due_on or month_later(accepted_on, 1)
    ahead = _months_until(first, accepted_on)
    return tuple(Payment(month_later(first, ahead + place), amount) for place, amount in enumerate(kept))


def month_later(day: date, months: int) -> date:
    """The same day of the month, so many months later; the last day of a month that is too short for it."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _months_until(first: date, accepted_on: date) -> int:
    """After how many months, at least, the day lies no longer before the acceptance."""
    months = max((accepted_on.year - first.year) * MONTHS_A_YEAR + accepted_on.month - first.month, 0)
    return months if month_later(first, months) >= accepted_on else months + 1
