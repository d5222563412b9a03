"""Reads plain, untrusted values field by field and keeps every fault, so that all are reported at once."""

import json
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_COUNTRY = re.compile(r"[a-z]{2}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def is_name(text: str) -> bool:
    """One short name without spaces or commas, so that it cannot hold two."""
    return _NAME.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """A language tag (BCP 47)."""
    return _LANGUAGE.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """A SHA-256 digest in lower-case hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def is_thumbprint(text: str) -> bool:
    """A SHA-256 thumbprint of a key (RFC 7638), in base64url without padding."""
    return _THUMBPRINT.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    """A web origin (RFC 6454) in lower case."""
    return _ORIGIN.fullmatch(text) is not None


def is_country(text: str) -> bool:
    """The two lower-case letters of a jurisdiction."""
    return _COUNTRY.fullmatch(text) is not None


def json_object(text: bytes) -> dict[str, Any] | None:
    """The JSON object in `text`; None where there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class Reader:
    """Reads the fields of one mapping. `read` holds those that were good, `faults` a sentence for each other.

    A sentence names the field and what it should be; it never repeats the value.
    """

    def __init__(self, values: Mapping[str, object], known: frozenset[str], prefix: str = "") -> None:
        self.values = values
        self.prefix = prefix
        self.read: dict[str, Any] = {}
        self.faults = [f"{prefix}{name}: missing" for name in sorted(known - values.keys())]
        unknown = len(values.keys() - known)
        if unknown:
            self.faults.append(f"{prefix}{unknown} unknown field(s); known are {', '.join(sorted(known))}")

    def text(self, name: str, may_be_none: bool = False) -> None:
        """Text that can be written in UTF-8."""
        self._take(name, "text", _text, may_be_none)

    def words(self, name: str) -> None:
        """A list of texts, none twice."""
        self._take(name, "a list of texts, none twice", lambda value: _distinct(value, _text))

    def truth(self, name: str) -> None:
        """True or false."""
        self._take(name, "true or false", _truth)

    def sha256(self, name: str) -> None:
        """A SHA-256 digest in lower-case hexadecimal digits."""
        self._take(name, "64 lower-case hexadecimal digits", _sha256)

    def whole_number(self, name: str, least: int = 0, may_be_none: bool = False) -> None:
        """A whole number that JSON carries exactly, `least` or more."""
        self._take(name, f"a whole number of {least} or more", lambda value: _whole_number(value, least), may_be_none)

    def identifier(self, name: str, may_be_none: bool = False) -> None:
        """A UUID in its usual lower-case spelling."""
        self._take(name, "a UUID in lower case", _identifier, may_be_none)

    def day(self, name: str, may_be_none: bool = False) -> None:
        """A calendar date, YYYY-MM-DD."""
        self._take(name, "a date such as 2026-05-03", _day, may_be_none)

    def time_of_day(self, name: str) -> None:
        """A time of day to the minute, HH:MM."""
        self._take(name, "a time of day such as 22:00", _time_of_day)

    def instant(self, name: str) -> None:
        """An instant in UTC."""
        self._take(name, "an instant in UTC such as 2026-05-03T08:00:00Z", _instant)

    def member(self, name: str, kind: type[StrEnum], may_be_none: bool = False) -> None:
        """One word of a closed list."""
        self._take(name, _one_of(kind), lambda value: kind(_text(value)), may_be_none)

    def members(self, name: str, kind: type[StrEnum]) -> None:
        """A list of words of a closed list, none twice."""
        self._take(name, _list_of(kind), lambda value: _distinct(value, kind))

    def with_defaults(self, name: str, defaults: Mapping[str, object]) -> None:
        """Fills what is left out of the mapping `name`."""
        given = self.values.get(name)
        if isinstance(given, Mapping):
            self.values = {**self.values, name: {**defaults, **given}}

    def part(
        self, name: str, known: frozenset[str], read: Callable[["Reader"], object], may_be_none: bool = False
    ) -> None:
        """A mapping with fields of its own, read by `read`."""
        value = self.values.get(name)
        if name not in self.values or (value is None and may_be_none):
            self._take(name, "", lambda _: None, may_be_none)
        elif not isinstance(value, Mapping):
            self.faults.append(f"{self.prefix}{name}: a mapping with {', '.join(sorted(known))}")
        else:
            inner = Reader(value, known, f"{self.prefix}{name}.")
            part = read(inner)
            self.faults += inner.faults
            if not inner.faults:
                self.read[name] = part

    def _take(self, name: str, wanted: str, read: Callable[[Any], object], may_be_none: bool = False) -> None:
        if name not in self.values:
            return
        value = self.values[name]
        try:
            self.read[name] = None if value is None and may_be_none else read(value)
        except (TypeError, ValueError):
            self.faults.append(f"{self.prefix}{name}: {wanted}")


@cache
def _one_of(kind: type[StrEnum]) -> str:
    return f"one of {', '.join(kind)}"


@cache
def _list_of(kind: type[StrEnum]) -> str:
    return f"a list of {', '.join(kind)}, none twice"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _sha256(value: object) -> str:
    if not is_sha256(_text(value)):
        raise ValueError
    return _text(value)


def _whole_number(value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    if not least <= value < 2**53:
        raise ValueError
    return value


def _identifier(value: object) -> UUID:
    identifier = UUID(_text(value))
    if str(identifier) != value:
        raise ValueError
    return identifier


def _day(value: object) -> date:
    if not _DAY.fullmatch(_text(value)):
        raise ValueError
    return date.fromisoformat(_text(value))


def _time_of_day(value: object) -> time:
    if not _TIME.fullmatch(_text(value)):
        raise ValueError
    return time.fromisoformat(_text(value))


def _instant(value: object) -> datetime:
    if not _INSTANT.fullmatch(_text(value)):
        raise ValueError
    return datetime.fromisoformat(_text(value)).astimezone(UTC)


def _distinct(value: object, read: Callable[[str], Hashable]) -> frozenset[Hashable]:
    if not isinstance(value, list):
        raise TypeError
    members = frozenset(read(_text(word)) for word in value)
    if len(members) != len(value):
        raise ValueError
    return members
