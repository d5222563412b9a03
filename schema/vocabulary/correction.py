"""Why what was reported changes."""

from enum import StrEnum


class CorrectionReason(StrEnum):
    """Why a month or a record is reported otherwise than before."""

    LATE_FEED = "LATE_FEED"
    FURNISHER_ERROR = "FURNISHER_ERROR"
    DISPUTE = "DISPUTE"
    REPAIR_POLICY = "REPAIR_POLICY"
    COURT = "COURT"


class Withdrawal(StrEnum):
    """How a furnisher takes an account back (Metro 2: DA and DF).

    DELETED: it should not have been reported; it may be reported anew. FRAUD: it was opened by fraud; it may not.
    """

    DELETED = "DELETED"
    FRAUD = "FRAUD"
