"""Notices to members: what they tell, and how a member answers."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice tells."""

    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"


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
