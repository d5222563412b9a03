"""Who takes part in the exchange."""

from enum import StrEnum


class MemberClass(StrEnum):
    """The licence under which a member takes part."""

    BANK = "BANK"
    CONSUMER_FINANCE = "CONSUMER_FINANCE"
    INTERNET_LENDER = "INTERNET_LENDER"
    MICRO_LENDER = "MICRO_LENDER"
    COLLECTION_AGENCY = "COLLECTION_AGENCY"
    GUARANTOR = "GUARANTOR"
    REGULATOR = "REGULATOR"


class MemberStatus(StrEnum):
    """Whether a member may act today. Only ACTIVE members may."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"


class ContributionLevel(StrEnum):
    """What a member contributes. Reciprocity: it receives the level of data that it contributes."""

    FULL = "FULL"
    NEGATIVE_ONLY = "NEGATIVE_ONLY"
    INQUIRY_ONLY = "INQUIRY_ONLY"


LOWEST_FIRST = (ContributionLevel.INQUIRY_ONLY, ContributionLevel.NEGATIVE_ONLY, ContributionLevel.FULL)
"""The levels, the one that gives and receives least first."""
