"""The closed lists of a mandate: a lender lets an agency collect for it."""

from enum import StrEnum


class MandateState(StrEnum):
    """Whether a mandate counts."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class EvaluationFinding(StrEnum):
    """What a lender found when it evaluated the agency."""

    SATISFACTORY = "SATISFACTORY"
    IMPROVEMENT_NEEDED = "IMPROVEMENT_NEEDED"
    UNSATISFACTORY = "UNSATISFACTORY"
