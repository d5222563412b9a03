"""Turns the fields of a record into values and remembers everything that was wrong with them."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.metro2.layout import Fields

MINOR_PER_DOLLAR = 100
Value = TypeVar("Value")


class FieldValues:
    """The values of one segment. A field that cannot be read gives None and adds a finding."""

    def __init__(self, record_no: int, fields: Fields, prefix: str = "") -> None:
        self.fields = fields
        self.findings: list[Fault] = []
        self._record_no = record_no
        self._prefix = prefix

    def find(self, field: str, code: str, detail: str = "") -> None:
        """Adds a finding about a field."""
        self.findings.append(fault(self._record_no, self._prefix + field, code, detail))

    def date(self, field: str, needed: bool = False) -> date | None:
        """A date MMDDYYYY; zeros or blanks are no date."""
        text = self.fields[field]
        if is_blank(text):
            if needed:
                self.find(field, "FIELD_MISSING")
            return None
        day = _date(text)
        if day is None:
            self.find(field, "DATE_NOT_VALID")
        return day

    def amount_minor(self, field: str) -> int | None:
        """Whole dollars as cents. Less than zero is noted and read as zero, as the guide asks furnishers to report."""
        text = self.fields[field]
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return int(text) * MINOR_PER_DOLLAR
        if text.startswith("-") and text[1:].isascii() and text[1:].isdigit():
            self.find(field, "NUMBER_NEGATIVE")
            return 0
        self.find(field, "NUMBER_NOT_VALID")
        return None

    def code(self, field: str, known: Mapping[str, Value]) -> Value | None:
        """The value of a code."""
        value = known.get(self.fields[field])
        if value is None:
            self.find(field, "CODE_UNKNOWN")
        return value


def is_blank(text: str) -> bool:
    """Whether a field holds nothing: blanks, or the zeros that some furnishers fill with."""
    return not text.strip("0 ")


@lru_cache(maxsize=8192)
def _date(text: str) -> date | None:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[4:]), int(text[:2]), int(text[2:4]))
    except ValueError:
        return None
