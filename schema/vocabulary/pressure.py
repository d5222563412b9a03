"""How hard a borrower is pressed, by all who collect from them together."""

from enum import StrEnum


class PressureBand(StrEnum):
    """A band of the pressure index, the lightest first."""

    LOW = "LOW"
    NOTICEABLE = "NOTICEABLE"
    HIGH = "HIGH"
    EXCESSIVE = "EXCESSIVE"
