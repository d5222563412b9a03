"""A plan that freezes the status: while it runs, no month is reported as later than the account was before it."""

from collections.abc import Iterator
from datetime import date

from exchange.intake.contribution import AccountRecord, Fault, History
from exchange.intake.fault_codes import fault
from exchange.intake.months import month_number
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.payment_status import PaymentStatus

CODE = "STATUS_FROZEN"
_SET_ASIDE_BY = frozenset({CorrectionReason.DISPUTE, CorrectionReason.COURT})
_Month = tuple[str, int | None]
"""Code and days past due."""

_RANGES = {status.value: status.days_past_due for status in PaymentStatus}


def check_frozen(
    record_no: int, held: AccountRecord, reported: AccountRecord, since: date, days_past_due: int
) -> list[Fault]:
    """Where a report says of the account, or of a month from the plan's acceptance `since` on, that it is later than
    `days_past_due`. What is held already may be said again.
    """
    if reported.withdrawn or reported.correction in _SET_ASIDE_BY:
        return []
    days = reported.days_past_due
    stands_later = days is not None and days > days_past_due and days != held.days_past_due
    broken = (
        ("days_past_due", stands_later and reported.reported_on >= since),
        ("history", any(_is_later(code, days, days_past_due) for code, days in _new_months(held, reported, since))),
    )
    return [fault(record_no, field, CODE) for field, is_broken in broken if is_broken]


def _new_months(held: AccountRecord, reported: AccountRecord, since: date) -> Iterator[_Month]:
    """Each month from `since` on that is not held so already."""
    if reported.history is None:
        return
    newest = month_number(reported.history.month)
    for month in range(newest, month_number(since) - 1, -1):
        said = _month(reported.history, month)
        if said is not None and said != _month(held.history, month):
            yield said


def _month(history: History | None, month: int) -> _Month | None:
    place = month_number(history.month) - month if history else -1
    if history is None or not 0 <= place < len(history.codes):
        return None
    return history.codes[place], history.days_past_due[place] if history.days_past_due else None


def _is_later(code: str, days: int | None, days_past_due: int) -> bool:
    """Whether a month says later than that. A code without its days is taken for the least that it stands for."""
    in_days = _RANGES[code]
    least = in_days[0] if in_days else 0
    return code == PaymentStatus.BAD_DEBT.value or (least if days is None else days) > days_past_due
