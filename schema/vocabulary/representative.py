"""Who may act for a borrower."""

from enum import StrEnum


class RepresentativeKind(StrEnum):
    """By what somebody acts for a borrower: named by the borrower, or by law (PIPL, art. 31)."""

    DELEGATE = "DELEGATE"
    GUARDIAN = "GUARDIAN"
