"""How compiled answers write single values: the very text that graphql-core and orjson would give, or Unusual.

Only values whose text is known to be the same are written. All others are Unusual, and then graphql-core answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType
from orjson import dumps

from schema.types.money import BIG_INT_MAX
from schema.vocabulary.money import MINOR_DIGITS

DAYS_KEPT = 4_096
_ANY_NUMBER = 9_007_199_254_740_991
"""Behind a colon it is the number of an amount and nothing else: no key and no currency holds a colon."""
INT_MAX = 2**31 - 1


class Unusual(Exception):
    """A value that compiled answers do not write."""


def text(value: Any) -> str:
    """A String or an ID. One that begins with a colon would be taken for a key where the fields are counted."""
    if isinstance(value, str) and value[:1] != ":":
        return dumps(value).decode()
    if type(value) is UUID:
        return f'"{value}"'
    raise Unusual


def whole(value: Any) -> str:
    """An Int: 32 bits."""
    if type(value) is int and -INT_MAX - 1 <= value <= INT_MAX:
        return f"{value}"
    raise Unusual


def large(value: Any) -> str:
    """A BigInt: 53 bits."""
    if type(value) is int and -BIG_INT_MAX <= value <= BIG_INT_MAX:
        return f"{value}"
    raise Unusual


def fraction(value: Any) -> str:
    """A Float."""
    if type(value) in (float, int) and isfinite(value):
        return dumps(float(value)).decode()
    raise Unusual


def flag(value: Any) -> str:
    """A Boolean."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise Unusual


@lru_cache(maxsize=DAYS_KEPT)
def day(value: Any) -> str:
    """A Date."""
    if type(value) is date:
        return f'"{value.isoformat()}"'
    raise Unusual


def instant(value: Any) -> str:
    """A DateTime."""
    if type(value) is datetime:
        return f'"{value.isoformat()}"'
    raise Unusual


LEAVES: Mapping[str, Callable[[Any], str]] = {
    "String": text,
    "ID": text,
    "Int": whole,
    "BigInt": large,
    "Float": fraction,
    "Boolean": flag,
    "Date": day,
    "DateTime": instant,
}
"""What writes the scalars of the contract, by their names."""


WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("Money", "currency"): {currency: f'"{currency}"' for currency in MINOR_DIGITS},
}
"""Fields that are text in the contract but only ever one of these words: type and field to word and its JSON."""


def enum_names(type_: GraphQLEnumType) -> dict[str, str] | None:
    """The names of an enum's values as JSON. None where they are not words: only words equal their enum's members."""
    values = {value.value: f'"{name}"' for name, value in type_.values.items()}
    return values if all(isinstance(value, str) for value in values) else None


def items_of(value: Any) -> Sequence[Any]:
    """The items of a list."""
    if isinstance(value, list | tuple):
        return value
    raise Unusual


def rows_of(
    items: Any, names: Sequence[str], amounts: Mapping[str, Callable[[Any, Any], str]], given: Any
) -> Iterable[Sequence[Any]]:
    """For each item, its values under these names: from the list's columns, where it has some.

    `amounts`: those of the names that are of the type Money, with what writes one. They come as JSON already.
    """
    if names and hasattr(items, "column"):
        columns = [
            _amounts_in_column(items, name, amounts[name], given) if name in amounts else items.column(name)
            for name in names
        ]
        return zip(*columns, strict=True)
    return [[_in_row(_value_of(item, name), amounts.get(name), given) for name in names] for item in items_of(items)]


def _in_row(value: Any, write: Callable[[Any, Any], str] | None, given: Any) -> Any:
    if write is None:
        return value
    return "null" if value is None else write(value, given)


def _amounts_in_column(items: Any, name: str, write: Callable[[Any, Any], str], given: Any) -> list[str]:
    """Amounts of one currency differ in their number alone: what stands around it is written once."""
    minors = items.minor(name)
    known = [minor for minor in minors if minor is not None]
    if not known:
        return ["null"] * len(minors)
    if {type(minor) for minor in known} != {int} or max(known) > BIG_INT_MAX or min(known) < -BIG_INT_MAX:
        raise Unusual
    around = write({"minor": _ANY_NUMBER, "currency": items.currency}, given).split(f":{_ANY_NUMBER}")
    return ["null" if minor is None else f":{minor}".join(around) for minor in minors]


def _value_of(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    return readable[type(value)] and getattr(value, name)


class _Readable(dict[type, bool]):
    """The classes of whose objects graphql-core would just read the attributes. Any other, looked up, is Unusual."""

    def __missing__(self, kind: type) -> bool:
        active = any(name in base.__dict__ for base in kind.__mro__ for name in ("__call__", "__await__"))
        if active or issubclass(kind, Exception | NoneType):
            raise Unusual
        self[kind] = True
        return True


readable = _Readable()
