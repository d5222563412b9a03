"""The closed lists of an account (a tradeline)."""

from enum import StrEnum


class OwnerRole(StrEnum):
    """What the borrower is to the account."""

    BORROWER = "BORROWER"
    CO_BORROWER = "CO_BORROWER"
    GUARANTOR = "GUARANTOR"
    AUTHORISED_USER = "AUTHORISED_USER"


class Portfolio(StrEnum):
    """How the account is repaid."""

    INSTALMENT = "INSTALMENT"
    REVOLVING = "REVOLVING"
    LINE = "LINE"
    MORTGAGE = "MORTGAGE"
    LEASE = "LEASE"
    OPEN = "OPEN"


class Product(StrEnum):
    """What was lent for."""

    CONSUMER_LOAN = "CONSUMER_LOAN"
    CREDIT_CARD = "CREDIT_CARD"
    QUASI_CARD = "QUASI_CARD"
    AUTO = "AUTO"
    HOUSING = "HOUSING"
    EDUCATION = "EDUCATION"
    BNPL = "BNPL"
    MICRO = "MICRO"
    BUSINESS_OPERATING = "BUSINESS_OPERATING"
    OTHER = "OTHER"


class AccountState(StrEnum):
    """Where the account stands today."""

    NORMAL = "NORMAL"
    OVERDUE = "OVERDUE"
    SETTLED = "SETTLED"
    BAD_DEBT = "BAD_DEBT"
    TRANSFERRED = "TRANSFERRED"
    WRITTEN_OFF = "WRITTEN_OFF"
    IN_RECOVERY = "IN_RECOVERY"
    ENDED = "ENDED"
    FROZEN = "FROZEN"


BAD_END = frozenset({AccountState.BAD_DEBT, AccountState.WRITTEN_OFF, AccountState.IN_RECOVERY})
"""An account that was closed in one of these states ended badly."""


class TermFrequency(StrEnum):
    """How often a payment falls due (Metro 2 field 13)."""

    DEFERRED = "D"
    SINGLE_PAYMENT = "P"
    WEEKLY = "W"
    BIWEEKLY = "B"
    SEMI_MONTHLY = "E"
    MONTHLY = "M"
    BIMONTHLY = "L"
    QUARTERLY = "Q"
    THREE_TIMES_A_YEAR = "T"
    SEMI_ANNUALLY = "S"
    ANNUALLY = "Y"


class FiveClass(StrEnum):
    """The five-category classification of loan risk."""

    NORMAL = "NORMAL"
    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


class ComplianceFlag(StrEnum):
    """The mark that a dispute leaves on a record."""

    NONE = "NONE"
    DISPUTED = "DISPUTED"
    RESOLVED_AGREED = "RESOLVED_AGREED"
    RESOLVED_DISAGREED = "RESOLVED_DISAGREED"
    CLOSED_BY_SUBJECT = "CLOSED_BY_SUBJECT"
    UNVERIFIABLE = "UNVERIFIABLE"


class RepaymentMethod(StrEnum):
    """How principal and interest are repaid."""

    EQUAL_INSTALMENTS = "EQUAL_INSTALMENTS"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    INTEREST_THEN_PRINCIPAL = "INTEREST_THEN_PRINCIPAL"
    SINGLE_PAYMENT = "SINGLE_PAYMENT"
    MINIMUM_PAYMENT = "MINIMUM_PAYMENT"
    OTHER = "OTHER"


class RateType(StrEnum):
    """How the interest rate is set."""

    FIXED = "FIXED"
    FLOATING = "FLOATING"
    NONE = "NONE"


class Collateral(StrEnum):
    """What secures the account."""

    UNSECURED = "UNSECURED"
    PLEDGE = "PLEDGE"
    MORTGAGE = "MORTGAGE"
    GUARANTEE = "GUARANTEE"
    COMBINED = "COMBINED"
    OTHER = "OTHER"
