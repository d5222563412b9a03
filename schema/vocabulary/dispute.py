"""The closed lists of a dispute: a borrower contests what a record says."""

from enum import StrEnum


class DisputeKind(StrEnum):
    """What is said to be wrong."""

    NOT_MINE = "NOT_MINE"
    SAME_NAME = "SAME_NAME"
    NOT_LIABLE = "NOT_LIABLE"
    PAID = "PAID"
    DATES = "DATES"
    AMOUNT = "AMOUNT"
    STATUS = "STATUS"
    HISTORY = "HISTORY"
    FRAUD = "FRAUD"
    NO_NOTICE = "NO_NOTICE"
    NO_CONSENT = "NO_CONSENT"
    RETENTION_EXPIRED = "RETENTION_EXPIRED"
    OTHER = "OTHER"


class DisputeState(StrEnum):
    """Where a dispute stands."""

    FILED = "FILED"
    MARKED = "MARKED"
    WITH_FURNISHER = "WITH_FURNISHER"
    OVERDUE = "OVERDUE"
    CORRECTED = "CORRECTED"
    MARK_REMOVED = "MARK_REMOVED"
    UNVERIFIABLE_RECORDED = "UNVERIFIABLE_RECORDED"
    WITHDRAWN = "WITHDRAWN"


class DisputeOutcome(StrEnum):
    """How a furnisher answers (Regulation on the Credit Reporting Industry, art. 25): it was wrong and is corrected; it
    is right and the mark goes; or nobody can tell, and that is recorded.
    """

    CORRECTED = "CORRECTED"
    MARK_REMOVED = "MARK_REMOVED"
    UNVERIFIABLE_RECORDED = "UNVERIFIABLE_RECORDED"


class DisputedKind(StrEnum):
    """Which record is contested."""

    ACCOUNT = "ACCOUNT"
    DELINQUENCY = "DELINQUENCY"
    COLLECTION_ACTION = "COLLECTION_ACTION"
    REPAYMENT_PLAN = "REPAYMENT_PLAN"
    PUBLIC_RECORD = "PUBLIC_RECORD"
    ASSESSMENT = "ASSESSMENT"


OPEN_DISPUTES = frozenset({DisputeState.FILED, DisputeState.MARKED, DisputeState.WITH_FURNISHER, DisputeState.OVERDUE})
"""While a dispute is in one of these, its record carries the mark."""

NEXT_STATES = {
    DisputeState.FILED: frozenset({DisputeState.MARKED}),
    DisputeState.MARKED: frozenset({DisputeState.WITH_FURNISHER, DisputeState.WITHDRAWN}),
    DisputeState.WITH_FURNISHER: frozenset(
        {DisputeState.OVERDUE, DisputeState.WITHDRAWN, *(DisputeState(one.value) for one in DisputeOutcome)}
    ),
    DisputeState.OVERDUE: frozenset({DisputeState.WITHDRAWN, *(DisputeState(one.value) for one in DisputeOutcome)}),
    **{DisputeState(one.value): frozenset() for one in DisputeOutcome},
    DisputeState.WITHDRAWN: frozenset(),
}
"""Where a dispute may go from each state."""
