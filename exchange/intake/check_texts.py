"""What every text of a record must be: of a bounded length, and without characters that cannot be seen."""

import re

from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault

NAME_LENGTH_MAX = 200
ADDRESS_LENGTH_MAX = 500
REFERENCE_LENGTH_MAX = 64
ENTRIES_MAX = 20

# Controls, line and paragraph ends, marks that turn the direction of writing, halves of a character.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def check_text(record_no: int, field: str, text: str | None, length_max: int = NAME_LENGTH_MAX) -> list[Fault]:
    """A fault where a text is longer than `length_max`, one where it holds characters that cannot be seen."""
    if not text or (text.isalnum() and len(text) <= length_max):
        return []
    broken = (("TEXT_TOO_LONG", len(text) > length_max), ("TEXT_NOT_PRINTABLE", _UNSEEN.search(text) is not None))
    return [fault(record_no, field, code) for code, is_broken in broken if is_broken]


def check_texts(record_no: int, field: str, texts: tuple[str, ...], length_max: int = NAME_LENGTH_MAX) -> list[Fault]:
    """The same of a list, and a fault where it has more than `ENTRIES_MAX` entries."""
    if len(texts) > ENTRIES_MAX:
        return [fault(record_no, field, "LIST_TOO_LONG")]
    return [
        found
        for place, text in enumerate(texts)
        for found in check_text(record_no, f"{field}[{place}]", text, length_max)
    ]
