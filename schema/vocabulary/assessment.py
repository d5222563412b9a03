"""The closed lists of an assessment of a borrower's ability to repay."""

from enum import StrEnum


class AssessmentBand(StrEnum):
    """How likely the borrower is to repay, best first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
