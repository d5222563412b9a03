"""The closed lists of an erasure: what goes, and why something stays."""

from enum import StrEnum


class KeptBecause(StrEnum):
    """Why a part of a file is not erased yet."""

    OPEN_ACCOUNT = "OPEN_ACCOUNT"
    NEGATIVE = "NEGATIVE"
    DUTY_TO_KEEP = "DUTY_TO_KEEP"
    RUNNING_PLAN = "RUNNING_PLAN"
    OPEN_DISPUTE = "OPEN_DISPUTE"
    OPEN_COMPLAINT = "OPEN_COMPLAINT"
    OPEN_REVIEW = "OPEN_REVIEW"
    OPEN_CLEARANCE = "OPEN_CLEARANCE"
    COURT_ORDER = "COURT_ORDER"
    IDENTITY_IN_QUESTION = "IDENTITY_IN_QUESTION"


class ErasedPart(StrEnum):
    """What is erased of a file."""

    ACCOUNTS = "ACCOUNTS"
    PUBLIC_RECORDS = "PUBLIC_RECORDS"
    COLLECTIONS = "COLLECTIONS"
    PLANS = "PLANS"
    ASSESSMENTS = "ASSESSMENTS"
    CLEARANCES = "CLEARANCES"
    CASES = "CASES"
    STATEMENTS = "STATEMENTS"
    CONSENTS = "CONSENTS"
    CONTACT_DETAILS = "CONTACT_DETAILS"
    EARLIER_IDENTITIES = "EARLIER_IDENTITIES"
