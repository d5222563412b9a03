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


def rows_of(items: Any, names: Sequence[str], amounts: Sequence[str]) -> Iterable[Sequence[Any]]:
    """For each item, its values under these names: from the list's columns, where it has some.

    `amounts` are those of the names that are of the type Money. A list may offer them as minor units of one currency.
    """
    if not names or not hasattr(items, "column"):
        return [[_value_of(item, name) for name in names] for item in items_of(items)]
    units = amounts if hasattr(items, "minor") else ()
    columns = [_amounts(items, name) if name in units else items.column(name) for name in names]
    return zip(*columns, strict=True)


def _amounts(items: Any, name: str) -> list[dict[str, Any] | None]:
    currency = items.currency
    return [None if minor is None else {"minor": minor, "currency": currency} for minor in items.minor(name)]


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
