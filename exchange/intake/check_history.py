"""What a packed history must be: each rule a small question, all asked at once."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

from exchange.intake.contribution import AccountRecord, Amounts, Checks, Fault, History
from exchange.intake.fault_codes import fault
from exchange.intake.months import first_day, month_number
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, OVERDUE, PaymentStatus

CODES = frozenset(status.value for status in PaymentStatus)
STEP = {"N": 0, "*": 0, "C": 0, "M": 0, "/": 0} | {str(step): step for step in range(1, 8)}
"""How far behind a month is, in steps of thirty days. Codes without a step say nothing that a rise counts from."""

_JUMPS = frozenset((newer, older) for newer, high in STEP.items() for older, low in STEP.items() if high > low + 1)
ENDING = frozenset("CG")
AMOUNT_MAX = 10**15
DAYS_MAX = 32_767
_SETTLED = PaymentStatus.SETTLED.value
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
        ("month", "DATE_NOT_VALID", history.month.day != 1),
        ("", "HISTORY_IN_FUTURE", history.month > first_day(today)),
        ("", "HISTORY_AFTER_REPORT", first_day(account.reported_on) < history.month <= first_day(today)),
        ("", "HISTORY_TOO_LONG", len(history.codes) > HISTORY_MONTHS_MAX),
        ("", "HISTORY_BEFORE_OPENING", before_opening(history, account.opened_on)),
        ("", "HISTORY_AFTER_END", not ENDING.isdisjoint(history.codes[1:])),
        ("", "HISTORY_JUMP", jumps(history.codes, from_30_days=checks is Checks.TRANSLATED_FROM_30_DAYS)),
        ("", "DAYS_DO_NOT_FIT_CODE", _any(history, history.days_past_due, lambda code, days: not days_fit(code, days))),
        ("", "PAST_DUE_DOES_NOT_FIT_CODE",
         _any(history, history.past_due_minor, lambda code, amount: not past_due_fits(code, amount))),
        ("balance", "SETTLED_MONTH_WITH_BALANCE",
         _any(history, history.balance_minor, lambda code, amount: code == _SETTLED and amount != 0)),
    )  # fmt: skip
    found = [fault(record_no, _field(part), code) for part, code, is_broken in broken if is_broken]
    return found + _check_numbers(record_no, history)


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


def _check_numbers(record_no: int, history: History) -> list[Fault]:
    """Days and amounts that are too large for any month, or below zero. A balance may be: the borrower is in credit."""
    bounds = (
        ("days_past_due", history.days_past_due, 0, DAYS_MAX),
        ("past_due", history.past_due_minor, 0, AMOUNT_MAX),
        ("paid", history.paid_minor, 0, AMOUNT_MAX),
        ("balance", history.balance_minor, -AMOUNT_MAX, AMOUNT_MAX),
    )
    found = []
    for part, values, least, largest in bounds:
        given = [value for value in values or () if value is not None]
        if least == 0 and min(given, default=0) < 0:
            found.append(fault(record_no, _field(part), "AMOUNT_NEGATIVE"))
        if max(given, default=0) > largest or min(given, default=0) < -largest:
            found.append(fault(record_no, _field(part), "NUMBER_TOO_LARGE"))
    return found


def _any(history: History, values: Amounts | None, breaks: Callable[[str, int], bool]) -> bool:
    """Whether some month's code and value break a rule; a month without a value breaks none."""
    return values is not None and any(
        value is not None and breaks(code, value) for code, value in zip(history.codes, values, strict=True)
    )


def _field(part: str) -> str:
    return f"history.{part}" if part else "history"
