"""Reads what a boundary case says. A case is as untrusted as the pack that it stands in."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from consent.read_values import Reader

_MOST = 9_999

Read = Callable[[Reader, str], None]


class CaseNotReadable(ValueError):
    """A case says what nobody reads, or does not say what it must."""


def read_case(given: object, may: Mapping[str, Read], must: Mapping[str, Read] | None = None) -> dict[str, Any]:
    """What a case says: all of `must`, and of `may` what is there. Raises CaseNotReadable with every fault."""
    if not isinstance(given, Mapping):
        raise CaseNotReadable("given: a table")
    fields = {**may, **(must or {})}
    reader = Reader({**dict.fromkeys(may), **given}, frozenset(fields))
    for name, read in fields.items():
        if name in given:
            read(reader, name)
    if reader.faults:
        raise CaseNotReadable("; ".join(reader.faults))
    return reader.read


def word(kind: type[StrEnum]) -> Read:
    """One word of a closed list."""
    return lambda reader, name: reader.member(name, kind)


def words(kind: type[StrEnum]) -> Read:
    """Words of a closed list."""
    return lambda reader, name: reader.members(name, kind)


def count(reader: Reader, name: str) -> None:
    """A number of times, days or months; a case needs no large one."""
    reader.whole_number(name)
    if reader.read.get(name, 0) > _MOST:
        reader.faults.append(f"{name}: at most {_MOST}")


def zone(reader: Reader, name: str) -> None:
    """A time zone by its name."""
    try:
        reader.read[name] = ZoneInfo(str(reader.values[name]))
    except (LookupError, OSError, ValueError):
        reader.faults.append(f"{name}: a time zone such as Asia/Shanghai")


def tables(reader: Reader, name: str) -> None:
    """A list of tables, each read by itself."""
    value = reader.values[name]
    if isinstance(value, list):
        reader.read[name] = value
    else:
        reader.faults.append(f"{name}: a list of tables")
