"""The closed lists of a complaint: a borrower says that somebody behaved wrongly."""

from enum import StrEnum


class ComplaintCategory(StrEnum):
    """What it is about."""

    HOURS = "HOURS"
    FREQUENCY = "FREQUENCY"
    THIRD_PARTY = "THIRD_PARTY"
    THREAT = "THREAT"
    IMPERSONATION = "IMPERSONATION"
    PRIVACY = "PRIVACY"
    FEES = "FEES"
    PLAN_REFUSED = "PLAN_REFUSED"
    CONSENT = "CONSENT"
    OTHER = "OTHER"


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    FILED = "FILED"
    ANSWERED = "ANSWERED"
    OVERDUE = "OVERDUE"
    FOUND = "FOUND"
    WITHDRAWN = "WITHDRAWN"


class Finding(StrEnum):
    """What the authority found."""

    UPHELD = "UPHELD"
    PARTLY = "PARTLY"
    NOT_UPHELD = "NOT_UPHELD"


class EvidenceKind(StrEnum):
    """What is attached to a complaint."""

    ACTION = "ACTION"
    CLEARANCE = "CLEARANCE"
    BREACH = "BREACH"
    LOOK = "LOOK"


UNANSWERED = frozenset({ComplaintState.FILED, ComplaintState.OVERDUE})
"""The member has not answered."""

OPEN = UNANSWERED | {ComplaintState.ANSWERED}
"""The authority has not found."""

ABOUT_LOOKS = frozenset({ComplaintCategory.PRIVACY, ComplaintCategory.CONSENT})
"""Looks at the file are evidence too."""
