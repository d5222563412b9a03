"""What may be done next about a debt that is past due, and why."""

from enum import StrEnum


class NextStep(StrEnum):
    """A step, the gentlest first."""

    WAIT = "WAIT"
    REMIND = "REMIND"
    OFFER_PLAN = "OFFER_PLAN"
    CALL = "CALL"
    VISIT = "VISIT"
    PRE_LEGAL = "PRE_LEGAL"
    LEGAL = "LEGAL"


class AdviceCode(StrEnum):
    """Why a step is suggested."""

    NOT_PAST_DUE = "NOT_PAST_DUE"
    STOP_REQUESTED = "STOP_REQUESTED"
    PLAN_RUNNING = "PLAN_RUNNING"
    PLAN_UNANSWERED = "PLAN_UNANSWERED"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    PROMISE_OPEN = "PROMISE_OPEN"
    CONTACTED_LATELY = "CONTACTED_LATELY"
    PRESSED_TOO_HARD = "PRESSED_TOO_HARD"
    PRESSED_HARD = "PRESSED_HARD"
    NEEDS_CARE = "NEEDS_CARE"
    HARDSHIP_RAISED = "HARDSHIP_RAISED"
    REMINDERS_FAILED = "REMINDERS_FAILED"
    PLAN_FAILED = "PLAN_FAILED"
    CALLS_FAILED = "CALLS_FAILED"
    VISIT_FAILED = "VISIT_FAILED"
    PRE_LEGAL_FAILED = "PRE_LEGAL_FAILED"
    STAGE_NOT_YET = "STAGE_NOT_YET"
    NOTHING_GENTLER = "NOTHING_GENTLER"
    NOT_SHOWN_TO_FAIL = "NOT_SHOWN_TO_FAIL"

    @property
    def phrase(self) -> str:
        """The reason as a sentence."""
        return _PHRASES[self]


_PHRASES = {
    AdviceCode.NOT_PAST_DUE: "nothing is past due",
    AdviceCode.STOP_REQUESTED: "the borrower asked not to be contacted",
    AdviceCode.PLAN_RUNNING: "a repayment plan that was agreed is running",
    AdviceCode.PLAN_UNANSWERED: "a plan was offered, and the answer is still to come",
    AdviceCode.DISPUTE_OPEN: "the borrower contests the debt, and it is not settled",
    AdviceCode.PROMISE_OPEN: "the borrower promised to pay, and the day has not passed",
    AdviceCode.CONTACTED_LATELY: "the last contact was a few days ago; let it take effect",
    AdviceCode.PRESSED_TOO_HARD: "the borrower is pressed too hard already, by all who collect together",
    AdviceCode.PRESSED_HARD: "the borrower is pressed hard already, so nothing harder than an offer",
    AdviceCode.NEEDS_CARE: "the borrower needs special care, so nothing harder than an offer",
    AdviceCode.HARDSHIP_RAISED: "the borrower told of hardship: an offer helps more than a reminder",
    AdviceCode.REMINDERS_FAILED: "reminders were sent and led to nothing",
    AdviceCode.PLAN_FAILED: "a plan was offered, and was refused, left unanswered or not kept",
    AdviceCode.CALLS_FAILED: "calls were made and led to nothing",
    AdviceCode.VISIT_FAILED: "a visit led to nothing",
    AdviceCode.PRE_LEGAL_FAILED: "a warning before legal steps led to nothing",
    AdviceCode.STAGE_NOT_YET: "the rules do not allow the next stage yet",
    AdviceCode.NOTHING_GENTLER: "everything gentler that is open now was tried",
    AdviceCode.NOT_SHOWN_TO_FAIL: "this is the gentlest step that has not been shown to fail",
}
