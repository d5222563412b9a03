"""The closed lists about a borrower: how sure we are who it is, and what protects them."""

from enum import StrEnum


class ReviewKind(StrEnum):
    """Why a person must look at a borrower's identity.

    BIRTH_DATE_DIFFERS: the same document with another birth date; the record was held back. NAME_DIFFERS: the same
    document with another name; the record was applied. IDS_DISAGREE: the documents of one record belong to different
    borrowers; the record was held back.
    """

    BIRTH_DATE_DIFFERS = "BIRTH_DATE_DIFFERS"
    NAME_DIFFERS = "NAME_DIFFERS"
    IDS_DISAGREE = "IDS_DISAGREE"


class ReviewDecision(StrEnum):
    """What a review found.

    SAME_PERSON: the files, or the spellings, belong together. DIFFERENT_PERSONS: they do not. FURNISHER_ERROR: what
    was furnished is wrong.
    """

    SAME_PERSON = "SAME_PERSON"
    DIFFERENT_PERSONS = "DIFFERENT_PERSONS"
    FURNISHER_ERROR = "FURNISHER_ERROR"


class PhoneStatus(StrEnum):
    """Whether a phone number may be used."""

    VALID = "VALID"
    INVALID = "INVALID"
    REFUSED = "REFUSED"


class VulnerabilityCode(StrEnum):
    """That a borrower needs care, as somebody verified until a day; never a diagnosis."""

    HARDSHIP = "HARDSHIP"
    BEREAVEMENT = "BEREAVEMENT"
    DISASTER = "DISASTER"
    CARING_DUTIES = "CARING_DUTIES"
    OTHER = "OTHER"
