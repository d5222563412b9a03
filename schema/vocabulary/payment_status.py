"""The month's payment status of an account: one character a month, so that a history packs into a string."""

from enum import StrEnum


class PaymentStatus(StrEnum):
    """One month of one account. `1`..`7` count thirty-day steps past due."""

    ON_TIME = "N"
    OVERDUE_1_30 = "1"
    OVERDUE_31_60 = "2"
    OVERDUE_61_90 = "3"
    OVERDUE_91_120 = "4"
    OVERDUE_121_150 = "5"
    OVERDUE_151_180 = "6"
    OVERDUE_OVER_180 = "7"
    NOTHING_DUE = "*"
    UNKNOWN = "#"
    NOT_OPENED = "/"
    BAD_DEBT = "B"
    PAID_BY_GUARANTOR = "D"
    SETTLED_IN_KIND = "Z"
    ARREARS_CLEARED_LATE = "M"
    NO_STATEMENT = "A"
    SETTLED = "C"
    ENDED_OTHERWISE = "G"

    @property
    def days_past_due(self) -> tuple[int, int | None] | None:
        """The range of days past due that the code stands for; None where it says nothing of days."""
        return _DAYS.get(self)


_DAYS: dict[PaymentStatus, tuple[int, int | None]] = {
    PaymentStatus.ON_TIME: (0, 0),
    PaymentStatus.NOTHING_DUE: (0, 0),
    PaymentStatus.SETTLED: (0, 0),
    PaymentStatus.OVERDUE_1_30: (1, 30),
    PaymentStatus.OVERDUE_31_60: (31, 60),
    PaymentStatus.OVERDUE_61_90: (61, 90),
    PaymentStatus.OVERDUE_91_120: (91, 120),
    PaymentStatus.OVERDUE_121_150: (121, 150),
    PaymentStatus.OVERDUE_151_180: (151, 180),
    PaymentStatus.OVERDUE_OVER_180: (181, None),
}

OVERDUE = frozenset("1234567")
"""The codes of a month in arrears."""

NEGATIVE = OVERDUE | frozenset("BDZ")
"""The codes that are negative information."""

HISTORY_MONTHS_MAX = 60
"""The most months that a file keeps of one account."""

HISTORY_MONTHS_USUAL = 24
"""The months that a report shows of an account, and counts the late ones of, unless told otherwise."""


def status_for_days(days_past_due: int) -> PaymentStatus:
    """The code of a month that ended `days_past_due` days past due."""
    if days_past_due <= 0:
        return PaymentStatus.ON_TIME
    return PaymentStatus(str(min((days_past_due - 1) // 30 + 1, 7)))
