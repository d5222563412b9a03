"""The closed lists of a delinquency."""

from enum import StrEnum


class DelinquencyReason(StrEnum):
    """Why a borrower fell behind, as far as it is known. Never health (Regulation on Credit Reporting, art. 14)."""

    LIQUIDITY = "LIQUIDITY"
    UNEMPLOYMENT = "UNEMPLOYMENT"
    DISPUTED_DEBT = "DISPUTED_DEBT"
    FRAUD = "FRAUD"
    DISASTER = "DISASTER"
    TECHNICAL = "TECHNICAL"
    UNKNOWN = "UNKNOWN"
