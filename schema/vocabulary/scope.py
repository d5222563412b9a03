"""OAuth scopes (what a client may ever do) and field classes (what a borrower allows to be seen)."""

from enum import StrEnum


class Scope(StrEnum):
    """An OAuth scope. A scope is held by a client; it opens nothing without a consent and a purpose."""

    CREDIT_READ = "credit:read"
    DELINQUENCY_READ = "delinquency:read"
    COLLECTION_READ = "collection:read"
    PLAN_READ = "plan:read"
    ASSESSMENT_READ = "assessment:read"
    RECORDS_WRITE = "records:write"
    COLLECTION_WRITE = "collection:write"
    CONTACT_CLEAR = "contact:clear"
    CONSENT_REQUEST = "consent:request"
    DISPUTE_ANSWER = "dispute:answer"
    AUDIT_READ = "audit:read"
    AUDIT_OPEN = "audit:open"
    MEMBERS_MANAGE = "members:manage"


class FieldClass(StrEnum):
    """A part of the file that a consent names as a whole. Each class is opened by one scope."""

    IDENTITY = "IDENTITY"
    ACCOUNTS = "ACCOUNTS"
    PAYMENT_HISTORY = "PAYMENT_HISTORY"
    DELINQUENCIES = "DELINQUENCIES"
    INQUIRIES = "INQUIRIES"
    PUBLIC_RECORDS = "PUBLIC_RECORDS"
    COLLECTIONS = "COLLECTIONS"
    PLANS = "PLANS"
    ASSESSMENTS = "ASSESSMENTS"

    @property
    def scope(self) -> Scope:
        """The scope that a client needs to be shown this class."""
        return _OPENED_BY[self]

    @property
    def phrase(self) -> str:
        """What the class holds, as one reads it on a consent page."""
        return _PHRASES[self]


_OPENED_BY = {
    FieldClass.IDENTITY: Scope.CREDIT_READ,
    FieldClass.ACCOUNTS: Scope.CREDIT_READ,
    FieldClass.PAYMENT_HISTORY: Scope.CREDIT_READ,
    FieldClass.DELINQUENCIES: Scope.DELINQUENCY_READ,
    FieldClass.INQUIRIES: Scope.CREDIT_READ,
    FieldClass.PUBLIC_RECORDS: Scope.CREDIT_READ,
    FieldClass.COLLECTIONS: Scope.COLLECTION_READ,
    FieldClass.PLANS: Scope.PLAN_READ,
    FieldClass.ASSESSMENTS: Scope.ASSESSMENT_READ,
}

_PHRASES = {
    FieldClass.IDENTITY: "your name, date of birth and identity document number",
    FieldClass.ACCOUNTS: "your loans and cards, their limits and what you owe",
    FieldClass.PAYMENT_HISTORY: "month by month, whether you paid on time",
    FieldClass.DELINQUENCIES: "when you fell behind, by how long, and when you caught up",
    FieldClass.INQUIRIES: "who else looked at your file, and why",
    FieldClass.PUBLIC_RECORDS: "what courts and authorities have put on record about you",
    FieldClass.COLLECTIONS: "who contacted you about a debt, when, and what came of it",
    FieldClass.PLANS: "repayment plans you were offered, and how you kept them",
    FieldClass.ASSESSMENTS: "how lenders judged your ability to repay, and why",
}
