"""What a packed history must be: each rule a small question, all asked at once."""

from datetime import date
from itertools import pairwise

from exchange.intake.contribution import AccountRecord, Checks, Fault, History
from exchange.intake.fault_codes import fault
from exchange.intake.months import first_day, month_number
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, OVERDUE, PaymentStatus

CODES = frozenset(status.value for status in PaymentStatus)
STEP = {"N": 0, "*": 0, "C": 0, "M": 0, "/": 0} | {str(step): step for step in range(1, 8)}
"""How far behind a month is, in steps of thirty days. Codes without a step say nothing that a rise counts from."""

_JUMPS = frozenset((newer, older) for newer, high in STEP.items() for older, low in STEP.items() if high > low + 1)
_ENDING = frozenset("CG")
_NOTHING_OVERDUE = frozenset("N*C")
_BEFORE_OPENING_ALLOWED = frozenset("/#")
_RANGES = {status.value: status.days_past_due for status in PaymentStatus}


def check_history(record_no: int, account: AccountRecord, today: date, checks: Checks) -> list[Fault]:
    """Every rule that the history of `account` breaks, judged on `today`."""
    history = account.history
    if history is None:
        return []
    if not history.codes:
        return [fault(record_no, "history", "HISTORY_EMPTY")]
    if not CODES.issuperset(history.codes):
        return [fault(record_no, "history", "HISTORY_CODE_UNKNOWN")]
    if _lengths_differ(history):
        return [fault(record_no, "history", "HISTORY_LENGTHS_DIFFER")]
    broken = (
        ("HISTORY_IN_FUTURE", history.month > first_day(today)),
        ("HISTORY_TOO_LONG", len(history.codes) > HISTORY_MONTHS_MAX),
        ("HISTORY_BEFORE_OPENING", before_opening(history, account.opened_on)),
        ("HISTORY_AFTER_END", not _ENDING.isdisjoint(history.codes[1:])),
        ("HISTORY_JUMP", jumps(history.codes, from_30_days=checks is Checks.TRANSLATED_FROM_30_DAYS)),
        ("DAYS_DO_NOT_FIT_CODE", _days_do_not_fit(history)),
        ("PAST_DUE_DOES_NOT_FIT_CODE", _past_due_does_not_fit(history)),
    )
    return [fault(record_no, "history", code) for code, is_broken in broken if is_broken]


def jumps(codes: str, from_30_days: bool = False) -> bool:
    """Whether the code rises by more than one step between two neighbouring months, without a `#` between.

    `from_30_days`: the furnisher's "on time" covers the first thirty days of arrears too.
    """
    return not _JUMPS.isdisjoint(pairwise(codes.replace("N", "1") if from_30_days else codes))


def before_opening(history: History, opened_on: date) -> bool:
    """Whether a month before the opening says anything but "not opened" or "unknown"."""
    months_open = month_number(history.month) - month_number(opened_on) + 1
    return not _BEFORE_OPENING_ALLOWED.issuperset(history.codes[max(months_open, 0) :])


def days_fit(code: str, days_past_due: int) -> bool:
    """Whether `days_past_due` lies in the range of the code; true where the code says nothing of days."""
    days = _RANGES[code]
    return days is None or (days[0] <= days_past_due and (days[1] is None or days_past_due <= days[1]))


def past_due_fits(code: str, past_due_minor: int) -> bool:
    """Whether the amount past due is zero exactly where nothing is overdue. Codes of a lost debt take any amount."""
    if code in _NOTHING_OVERDUE:
        return past_due_minor == 0
    return code not in OVERDUE or past_due_minor > 0


def _lengths_differ(history: History) -> bool:
    months = len(history.codes)
    beside = (history.days_past_due, history.past_due_minor, history.balance_minor, history.paid_minor)
    return any(amounts is not None and len(amounts) != months for amounts in beside)


def _days_do_not_fit(history: History) -> bool:
    return history.days_past_due is not None and not all(
        days is None or days_fit(code, days) for code, days in zip(history.codes, history.days_past_due, strict=True)
    )


def _past_due_does_not_fit(history: History) -> bool:
    return history.past_due_minor is not None and not all(
        amount is None or past_due_fits(code, amount)
        for code, amount in zip(history.codes, history.past_due_minor, strict=True)
    )
