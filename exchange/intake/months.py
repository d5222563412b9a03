"""Months as dates: a month is written as its first day."""

from datetime import date, timedelta
from functools import lru_cache


def month_number(day: date) -> int:
    """Months since year 0, so that two months subtract."""
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=4096)
def month_of_number(number: int) -> date:
    """The first day of the month that `month_number` counts."""
    return date(number // 12, number % 12 + 1, 1)


def first_day(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def last_day(day: date) -> date:
    """The last day of the month of `day`."""
    return month_of_number(month_number(day) + 1) - timedelta(days=1)


def months_before(month: date, months: int) -> date:
    """The month that lies `months` before `month`."""
    return month_of_number(month_number(month) - months)
