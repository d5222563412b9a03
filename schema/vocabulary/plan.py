"""The closed lists of a repayment plan."""

from enum import StrEnum


class PlanType(StrEnum):
    """What a plan gives."""

    DEFERRAL = "DEFERRAL"
    INSTALMENT = "INSTALMENT"
    RESTRUCTURE = "RESTRUCTURE"
    INTEREST_RELIEF = "INTEREST_RELIEF"
    PARTIAL_SETTLEMENT = "PARTIAL_SETTLEMENT"
    COURT_MEDIATED = "COURT_MEDIATED"


class PlanState(StrEnum):
    """Where a plan stands."""

    PROPOSED = "PROPOSED"
    COUNTERED = "COUNTERED"
    ACCEPTED = "ACCEPTED"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    BROKEN = "BROKEN"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class ReportingTreatment(StrEnum):
    """How the account is reported while a plan runs."""

    KEEP_STATUS = "KEEP_STATUS"
    FREEZE_STATUS = "FREEZE_STATUS"
    MARK_RESTRUCTURED = "MARK_RESTRUCTURED"


class PlanStanding(StrEnum):
    """How a plan that runs is kept, as far as payments were reported."""

    ON_TRACK = "ON_TRACK"
    NOT_REPORTED = "NOT_REPORTED"
    BEHIND = "BEHIND"
    BROKEN = "BROKEN"
    COMPLETED = "COMPLETED"


class PlanReply(StrEnum):
    """What a borrower answers to an offer."""

    ACCEPTED = "ACCEPTED"
    COUNTERED = "COUNTERED"
    REJECTED = "REJECTED"


NEXT_STATES = {
    PlanState.PROPOSED: frozenset(
        {PlanState.COUNTERED, PlanState.ACCEPTED, PlanState.REJECTED, PlanState.WITHDRAWN, PlanState.EXPIRED}
    ),
    PlanState.COUNTERED: frozenset(
        {PlanState.PROPOSED, PlanState.ACCEPTED, PlanState.REJECTED, PlanState.WITHDRAWN, PlanState.EXPIRED}
    ),
    PlanState.ACCEPTED: frozenset({PlanState.ACTIVE, PlanState.WITHDRAWN}),
    PlanState.ACTIVE: frozenset({PlanState.COMPLETED, PlanState.BROKEN}),
    **{state: frozenset() for state in (
        PlanState.COMPLETED, PlanState.BROKEN, PlanState.REJECTED, PlanState.WITHDRAWN, PlanState.EXPIRED
    )},
}  # fmt: skip
"""Where a plan may go from each state."""

RUNNING = frozenset({PlanState.ACCEPTED, PlanState.ACTIVE})
"""What was agreed holds."""

ENDED = frozenset(state for state, following in NEXT_STATES.items() if not following)
"""Nothing follows."""
