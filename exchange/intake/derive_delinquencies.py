"""Delinquencies as a history shows them: one for each unbroken run of months in arrears."""

import re
from datetime import date

from exchange.intake.contribution import DelinquencyRecord, History
from exchange.intake.months import last_day, month_number, month_of_number
from schema.vocabulary.payment_status import PaymentStatus

_RUN = re.compile("[1-7BDZ](?:[#A]*[1-7BDZ])*")
"""Months in arrears or lost, oldest first. Months that say nothing (`#`, `A`) neither break a run nor begin one."""

_LEAST_DAYS = {status.value: (status.days_past_due or (0, 0))[0] for status in PaymentStatus}


def derive_delinquencies(
    history: History, reported_on: date, first_delinquent_on: date | None = None
) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies that `history` shows, oldest first.

    A run begins on the first day of its first late month, the earliest that the history can show; a
    `first_delinquent_on` that the furnisher states wins for the last run, unless it lies after that run. A run that is
    followed by a month not in arrears was cured, and ended, on that month's first day: the earliest day possible, since
    retention counts from it. The peak is the most days past due of the run, stated or at least meant by its codes;
    where they say nothing of days (a lost debt only) it is the days from the first delinquency to the run's end.
    """
    oldest_first = history.codes[::-1]
    oldest = month_number(history.month) - len(oldest_first) + 1
    spans = [run.span() for run in _RUN.finditer(oldest_first)]
    delinquencies = []
    for start, end in spans:
        first_late_month, last_late_month = month_of_number(oldest + start), month_of_number(oldest + end - 1)
        end_day = min(last_day(last_late_month), reported_on)
        stated = first_delinquent_on if (start, end) == spans[-1] and _may_begin(first_delinquent_on, end_day) else None
        first = stated or min(first_late_month, reported_on)
        good_month = _first_good_month(oldest_first, end)
        cured_on = None if good_month is None else month_of_number(oldest + good_month)
        delinquencies.append(
            DelinquencyRecord(
                first_delinquent_on=first,
                peak_days_past_due=_most_days(history, start, end) or max((end_day - first).days, 0),
                first_late_month=first_late_month,
                last_late_month=last_late_month,
                cured_on=cured_on,
                ended_on=cured_on,
                stated=stated is not None,
            )
        )
    return tuple(delinquencies)


def _may_begin(stated: date | None, end_day: date) -> bool:
    return stated is not None and stated <= end_day


def _first_good_month(oldest_first: str, end: int) -> int | None:
    """Where the first month after the run stands that says the arrears are gone; None while they go on."""
    while end < len(oldest_first) and oldest_first[end] in "#A":
        end += 1
    return end if end < len(oldest_first) else None


def _most_days(history: History, start: int, end: int) -> int:
    newest_first = slice(len(history.codes) - end, len(history.codes) - start)
    least = max(_LEAST_DAYS[code] for code in history.codes[newest_first])
    if history.days_past_due is None:
        return least
    return max(least, *(days or 0 for days in history.days_past_due[newest_first]))
