"""A person looks again at what a machine judged."""

from enum import StrEnum


class ReviewOutcome(StrEnum):
    """What the person found: the judgement stands, was changed, or was taken back."""

    STANDS = "STANDS"
    CHANGED = "CHANGED"
    TAKEN_BACK = "TAKEN_BACK"
