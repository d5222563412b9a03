"""What has to be done by a time: the kinds of clocks that run."""

from enum import StrEnum


class ClockKind(StrEnum):
    """What is due, and from whom."""

    DISPUTE_FURNISHER = "DISPUTE_FURNISHER"
    DISPUTE_ANSWER = "DISPUTE_ANSWER"
    COMPLAINT_ANSWER = "COMPLAINT_ANSWER"
    COMPLAINT_FINDING = "COMPLAINT_FINDING"
    WITHDRAWAL_ANSWER = "WITHDRAWAL_ANSWER"
    REVIEW_ANSWER = "REVIEW_ANSWER"
    ERASURE = "ERASURE"
    PLAN_ANSWER = "PLAN_ANSWER"
    MANDATE_EVALUATION = "MANDATE_EVALUATION"
