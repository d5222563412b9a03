"""The closed lists of a mandate: a lender lets an agency collect for it."""

from enum import StrEnum


class MandateState(StrEnum):
    """Whether a mandate counts."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
