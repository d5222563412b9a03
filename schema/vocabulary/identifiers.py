"""Identity documents: how a number is normalised and checked before it is sealed or looked up."""

import re
import unicodedata
from datetime import date
from enum import StrEnum


class IdType(StrEnum):
    """The kind of identity document."""

    RESIDENT_ID = "RESIDENT_ID"
    PASSPORT = "PASSPORT"
    HK_MACAO_PERMIT = "HK_MACAO_PERMIT"
    TAIWAN_PERMIT = "TAIWAN_PERMIT"
    FOREIGN_PERMANENT_RESIDENT = "FOREIGN_PERMANENT_RESIDENT"
    MILITARY = "MILITARY"
    SSN = "SSN"
    OTHER = "OTHER"


class IdNumberNotValid(ValueError):
    """The number cannot belong to a document of its kind. The message never repeats the number."""


_SEPARATORS = re.compile(r"[\s\-–—·.]+")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_RESIDENT_ID_15 = re.compile(r"[0-9]{15}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


def resident_id_check_character(first_17: str) -> str:
    """The 18th character of a resident id (GB 11643-1999, ISO 7064:1983 MOD 11-2)."""
    return _CHECK_CHARACTERS[sum(w * int(d) for w, d in zip(_WEIGHTS, first_17, strict=True)) % 11]


def normalise_id_number(id_type: IdType, number: str) -> str:
    """The one spelling of an id number, so that equal documents give equal look-up tokens.

    NFKC, separators out, letters upper; a 15-digit resident id becomes 18 digits. A resident id is checked
    for its check character and its calendar date, a social security number for its nine digits.

    Raises IdNumberNotValid.
    """
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number)).upper()
    if id_type is IdType.RESIDENT_ID:
        return _resident_id(compact)
    if id_type is IdType.SSN and not re.fullmatch(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}", compact):
        raise IdNumberNotValid("A social security number has nine digits, none of its three parts all zero.")
    if not re.fullmatch(r"[0-9A-Z]{4,32}", compact):
        raise IdNumberNotValid("A document number has 4 to 32 letters and digits.")
    return compact


def _resident_id(compact: str) -> str:
    if _RESIDENT_ID_15.fullmatch(compact):
        first_17 = compact[:6] + "19" + compact[6:]
        compact = first_17 + resident_id_check_character(first_17)
    if not _RESIDENT_ID.fullmatch(compact):
        raise IdNumberNotValid("A resident id has 18 characters: 17 digits and a digit or X.")
    if resident_id_check_character(compact[:17]) != compact[17]:
        raise IdNumberNotValid("The check character of this resident id does not fit its digits.")
    try:
        date(int(compact[6:10]), int(compact[10:12]), int(compact[12:14]))
    except ValueError:
        raise IdNumberNotValid("The birth date inside this resident id is not a date.") from None
    return compact
