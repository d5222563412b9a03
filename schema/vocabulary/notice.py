"""Notices to members: what they tell, and how a member answers."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice tells."""

    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    NEGATIVE_REPORT_AHEAD = "NEGATIVE_REPORT_AHEAD"
    FILE_LOOKED_AT = "FILE_LOOKED_AT"
    CONSENT_REQUESTED = "CONSENT_REQUESTED"
    CONSENT_GIVEN = "CONSENT_GIVEN"
    DISPUTE_FILED = "DISPUTE_FILED"
    DISPUTE_CLOSED = "DISPUTE_CLOSED"
    RECORD_CORRECTED = "RECORD_CORRECTED"
    COMPLAINT_FILED = "COMPLAINT_FILED"
    COMPLAINT_ANSWERED = "COMPLAINT_ANSWERED"
    COMPLAINT_FOUND = "COMPLAINT_FOUND"
    CLOCK_MISSED = "CLOCK_MISSED"
    PLAN_OFFERED = "PLAN_OFFERED"
    PLAN_REPLIED = "PLAN_REPLIED"
    PLAN_ENDED = "PLAN_ENDED"
    CONTACT_STOPPED = "CONTACT_STOPPED"
    REVIEW_ASKED = "REVIEW_ASKED"
    REVIEW_ANSWERED = "REVIEW_ANSWERED"
    FILE_ERASED = "FILE_ERASED"
    DELINQUENT_ELSEWHERE = "DELINQUENT_ELSEWHERE"


class NoticeAnswer(StrEnum):
    """What a member did about a withdrawn consent. RETAINED_UNDER names the article that makes it keep what it has."""

    STOPPED = "STOPPED"
    DELETED = "DELETED"
    RETAINED_UNDER = "RETAINED_UNDER"

    @property
    def phrase(self) -> str:
        """What the member did, as the borrower reads it."""
        return _PHRASES[self]


_PHRASES = {
    NoticeAnswer.STOPPED: "stopped using it",
    NoticeAnswer.DELETED: "deleted what it had received",
    NoticeAnswer.RETAINED_UNDER: "keeps it because a law says so",
}
