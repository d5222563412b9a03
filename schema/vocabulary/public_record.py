"""The closed lists of a public record."""

from enum import StrEnum


class PublicRecordKind(StrEnum):
    """What an authority put on record about a borrower."""

    JUDGMENT = "JUDGMENT"
    ENFORCEMENT = "ENFORCEMENT"
    DISHONEST_DEBTOR = "DISHONEST_DEBTOR"
    TAX_ARREARS = "TAX_ARREARS"
    PENALTY = "PENALTY"
    BANKRUPTCY = "BANKRUPTCY"
    ARBITRATION = "ARBITRATION"
    LAWSUIT = "LAWSUIT"


class PublicRecordStatus(StrEnum):
    """Where a public record stands."""

    OPEN = "OPEN"
    SATISFIED = "SATISFIED"
    DISMISSED = "DISMISSED"
    REMOVED = "REMOVED"
    ENDED = "ENDED"
