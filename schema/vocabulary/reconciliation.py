"""What can be wrong where consents are held against accesses."""

from enum import StrEnum


class UnmatchedCode(StrEnum):
    """Why an access, or an entry of the log, does not match."""

    LEAF_MISSING = "LEAF_MISSING"
    EVENT_DIFFERS = "EVENT_DIFFERS"
    EVENT_MISSING = "EVENT_MISSING"
    OPENING_MISSING = "OPENING_MISSING"
    INQUIRY_MISSING = "INQUIRY_MISSING"
    ENTRY_DIFFERS = "ENTRY_DIFFERS"
    NOT_IN_TREE = "NOT_IN_TREE"
    SELF_BY_ANOTHER = "SELF_BY_ANOTHER"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_OTHER_RECIPIENT = "CONSENT_OTHER_RECIPIENT"
    CONSENT_PURPOSE = "CONSENT_PURPOSE"
    CONSENT_NOT_IN_FORCE = "CONSENT_NOT_IN_FORCE"
    CONSENT_DIFFERS = "CONSENT_DIFFERS"
    CONSENT_SIGNATURE = "CONSENT_SIGNATURE"
    CONSENT_OVERUSED = "CONSENT_OVERUSED"
    USES_DIFFER = "USES_DIFFER"
    MOVE_MISSING = "MOVE_MISSING"
    MOVE_DIFFERS = "MOVE_DIFFERS"
    GROUND_MISSING = "GROUND_MISSING"
    GROUND_OTHER_RECIPIENT = "GROUND_OTHER_RECIPIENT"
    GROUND_OTHER_KIND = "GROUND_OTHER_KIND"
    GROUND_PURPOSE = "GROUND_PURPOSE"
    GROUND_NOT_IN_FORCE = "GROUND_NOT_IN_FORCE"
    GROUND_DIFFERS = "GROUND_DIFFERS"
    MANDATE_MISSING = "MANDATE_MISSING"
    MANDATE_OTHER_AGENCY = "MANDATE_OTHER_AGENCY"
    MANDATE_NOT_IN_FORCE = "MANDATE_NOT_IN_FORCE"

    @property
    def phrase(self) -> str:
        """What is wrong, as one reads it."""
        return _PHRASES[self]


_PHRASES = {
    UnmatchedCode.LEAF_MISSING: "the inquiry is in the file, but the log has no such leaf",
    UnmatchedCode.EVENT_DIFFERS: "the log's index says something else than the inquiry",
    UnmatchedCode.EVENT_MISSING: "a leaf of the log cannot be searched for",
    UnmatchedCode.OPENING_MISSING: "a look is in the log, but its opening is gone",
    UnmatchedCode.INQUIRY_MISSING: "a look is in the log, but the file has no such inquiry",
    UnmatchedCode.ENTRY_DIFFERS: "the opened log entry says something else than the inquiry",
    UnmatchedCode.NOT_IN_TREE: "the leaf is not under the signed checkpoint",
    UnmatchedCode.SELF_BY_ANOTHER: "the look is marked as the borrower's own, and is not, or the other way round",
    UnmatchedCode.CONSENT_MISSING: "no such consent is held for this borrower",
    UnmatchedCode.CONSENT_OTHER_RECIPIENT: "the consent is for another recipient",
    UnmatchedCode.CONSENT_PURPOSE: "the consent is for another purpose",
    UnmatchedCode.CONSENT_NOT_IN_FORCE: "the consent was not in force at that moment",
    UnmatchedCode.CONSENT_DIFFERS: "what is stored beside the consent is not what the consent says",
    UnmatchedCode.CONSENT_SIGNATURE: "the consent's signatures do not hold",
    UnmatchedCode.CONSENT_OVERUSED: "the consent was used more often than it allows",
    UnmatchedCode.USES_DIFFER: "the consent's count is not the number of looks under it",
    UnmatchedCode.MOVE_MISSING: "the log says that a consent or ground was changed, and the file does not",
    UnmatchedCode.MOVE_DIFFERS: "the file says that a consent was changed, and the log does not",
    UnmatchedCode.GROUND_MISSING: "no such lawful ground is recorded for this borrower",
    UnmatchedCode.GROUND_OTHER_RECIPIENT: "the lawful ground is for another recipient",
    UnmatchedCode.GROUND_OTHER_KIND: "the lawful ground is of another kind",
    UnmatchedCode.GROUND_PURPOSE: "the lawful ground is for another purpose",
    UnmatchedCode.GROUND_NOT_IN_FORCE: "the lawful ground was not in force at that moment",
    UnmatchedCode.GROUND_DIFFERS: "the lawful ground is not as the log says it was recorded",
    UnmatchedCode.MANDATE_MISSING: "no such mandate was ever given",
    UnmatchedCode.MANDATE_OTHER_AGENCY: "the mandate was given to another agency",
    UnmatchedCode.MANDATE_NOT_IN_FORCE: "the mandate was not in force at that moment",
}
