"""Rows as the text that COPY takes: built column by column, which is several times faster than row by row.

The format is PostgreSQL's own ("COPY", section "Text Format"): cells between tabs, rows between newlines, `\\N` for
null, and a backslash before what would be read otherwise. Arrays are written as in "Array Value Input".
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(rows: Sequence[Sequence[Any]]) -> bytes:
    """The rows as one text, in UTF-8. A list stands for an array; it holds numbers, or bytes."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    return ("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n").encode()


def copy_lines(rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """The same, a line for each row, without its end."""
    return copy_text(rows).split(b"\n")[:-1] if rows else []


def _column(values: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, values))
    nullable = type(None) in kinds
    kinds.discard(type(None))
    if not kinds:
        return [NULL] * len(values)
    if len(kinds) > 1:
        return [NULL if value is None else _WRITERS.get(type(value), _text)(value) for value in values]
    kind = kinds.pop()
    if issubclass(kind, str):
        return _texts(values, nullable)
    write = _WRITERS[kind]
    return [NULL if value is None else write(value) for value in values] if nullable else map(write, values)


def _texts(values: Sequence[Any], nullable: bool) -> Iterable[str]:
    joined = "".join(filter(None, values))
    if "\\" in joined or "\t" in joined or "\n" in joined or "\r" in joined:
        return [NULL if value is None else _text(value) for value in values]
    return [NULL if value is None else value for value in values] if nullable else values


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _array(values: Sequence[Any]) -> str:
    if values and isinstance(values[0], bytes):
        return "{" + ",".join([f'"\\\\\\\\x{value.hex()}"' for value in values]) + "}"
    return "{" + orjson.dumps(values).decode()[1:-1] + "}"


def _hex(value: UUID) -> str:
    return value.hex


_WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "t" if value else "f",
    int: str,
    bytes: _bytes,
    list: _array,
    date: date.isoformat,
    datetime: datetime.isoformat,
    UUID: _hex,
}
