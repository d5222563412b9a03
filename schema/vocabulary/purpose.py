"""Why a file is asked for. A consent names one purpose; a question must name the same."""

from enum import StrEnum


class Purpose(StrEnum):
    """The purpose of a look (Regulation on the Credit Reporting Industry, art. 18 and 20: an agreed purpose)."""

    LOAN_APPROVAL = "LOAN_APPROVAL"
    CARD_APPROVAL = "CARD_APPROVAL"
    GUARANTEE_REVIEW = "GUARANTEE_REVIEW"
    POST_LOAN = "POST_LOAN"
    COLLECTION = "COLLECTION"
    DISPUTE = "DISPUTE"
    FRAUD_CHECK = "FRAUD_CHECK"
    SELF = "SELF"

    @property
    def phrase(self) -> str:
        """What the purpose is, as one reads it on a consent page."""
        return _PHRASES[self]


_PHRASES = {
    Purpose.LOAN_APPROVAL: "to decide on a loan you asked for",
    Purpose.CARD_APPROVAL: "to decide on a credit card you asked for",
    Purpose.GUARANTEE_REVIEW: "to decide whether to accept you as a guarantor",
    Purpose.POST_LOAN: "to look after a loan you already have",
    Purpose.COLLECTION: "to collect a debt that is overdue",
    Purpose.DISPUTE: "to answer a dispute you raised",
    Purpose.FRAUD_CHECK: "to check for fraud",
    Purpose.SELF: "for you to see your own file",
}
