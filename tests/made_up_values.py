"""Values for the types of a contract, as journeys give them: dictionaries, objects, functions, lists, columns.

With faults: what graphql-core finds fault with, and what it takes although no journey gives it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from graphene.utils.str_converters import to_snake_case
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    get_nullable_type,
    is_leaf_type,
)

from exchange.errors import BadRequest
from schema.vocabulary.money import Money
from schema.vocabulary.scope import FieldClass

TEXTS = (
    "", "x", "CNY", "\u738b\u82b3", 'He said: "yes":', '\\":', "\\", "\n\t\u0000\u001f", "\u2028", "\U0001f600",
    "</script>", "{value}", "%s", ":)", FieldClass.ACCOUNTS,
)  # fmt: skip
DAYS = (date(2026, 5, 1), date(1, 1, 1), date(9999, 12, 31), date(1999, 12, 31))
INSTANTS = (
    datetime(2026, 6, 1, 8, tzinfo=UTC), datetime(2026, 6, 1, 8, 0, 0, 120, tzinfo=UTC), datetime(1970, 1, 1),  # noqa: DTZ001 (without a zone)
    datetime(2026, 6, 1, 8, tzinfo=timezone(timedelta(hours=8))), datetime(9, 1, 1, 1, 1, 1, 999_999, tzinfo=UTC),
)  # fmt: skip
SCALARS: dict[str, tuple[Any, ...]] = {
    "String": TEXTS,
    "ID": ("", "a-1", UUID(int=7), 'i"d', "\u738b"),
    "Int": (0, 1, -1, 2**31 - 1, -(2**31)),
    "BigInt": (0, 5, -7, 2**53 - 1, -(2**53) + 1),
    "Float": (0.0, -0.0, 0.1, 1e300, 5e-324, 12, 1e16, 100.0),
    "Boolean": (True, False),
    "Date": DAYS,
    "DateTime": INSTANTS,
}


class Teller:
    """An object that is no plain text, but has one."""

    def __str__(self) -> str:
        return "told"


class Active:
    """An object that can be called, as no journey gives it."""

    def __call__(self, **_: Any) -> str:
        return "called"


def _raising(**_: Any) -> Any:
    raise BadRequest("This cursor does not belong to this list.")


def _broken(**_: Any) -> Any:
    raise KeyError("broken")


STRANGE: tuple[Any, ...] = (
    None, Undefined, True, False, 0, 1, 3.0, 2.5, float("nan"), float("inf"), 2**31, -(2**31) - 1, 2**53, 2**70, "",
    "7", "N", "NORMAL", "ON_TIME", "no such name", "\ud800", b"bytes", [], (), {}, set(), Decimal(1), Decimal("2.5"),
    date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1), FieldClass.ACCOUNTS, Money(1, "CNY"), Teller(),
    Active(), _raising, _broken, ValueError("a value that is an error"), BadRequest("refused"), object(), int, "x" * 40,
    [None], ["x", None], [[1]], {"minor": 1}, frozenset({1}), range(2),
)  # fmt: skip


class Columns(Sequence[Any]):
    """A list of dictionaries that also offers its values in columns."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: Any) -> Any:
        return self._rows[position]

    def column(self, name: str) -> Sequence[Any]:
        """What all rows have under this name."""
        return [row.get(name) for row in self._rows]


class ColumnsOfAmounts(Columns):
    """Columns whose amounts are all of one currency."""

    currency = "CNY"

    def minor(self, name: str) -> Sequence[int | None]:
        """The amounts of a column in minor units."""
        return [row[name].minor if row.get(name) else None for row in self._rows]


@dataclass
class MadeUpValues:
    """`faults`: how many of the values are strange, 0 to 1."""

    random: Random
    faults: float = 0.0

    def value(self, type_: Any) -> Any:
        """A value for a field of this type."""
        if self.random.random() < self.faults:
            strange = self.random.choice(STRANGE)
            is_error = isinstance(strange, Exception) and strange is not Undefined
            return type(strange)(*strange.args) if is_error else strange
        bare = get_nullable_type(type_)
        if not isinstance(type_, GraphQLNonNull) and self.random.random() < 0.15:
            return None
        if isinstance(bare, GraphQLList):
            return self.items(bare.of_type)
        if isinstance(bare, GraphQLObjectType):
            return self.object(bare)
        if isinstance(bare, GraphQLEnumType):
            member = self.random.choice(list(bare.values.values())).value
            return self.random.choice((member, member.value))
        return self.random.choice(SCALARS[bare.name])

    def items(self, type_: Any) -> Any:
        length = self.random.choice((0, 1, 2, 3))
        items = [self.value(type_) for _ in range(length)]
        if get_nullable_type(type_).name == "PaymentMonth" and all(isinstance(item, dict) for item in items):
            amounts = [item.get(name) for item in items for name in ("past_due", "balance", "paid")]
            alike = all(amount is None or isinstance(amount, Money) for amount in amounts)
            return self.random.choice((items, Columns(items), (ColumnsOfAmounts if alike else Columns)(items)))
        return self.random.choice((items, items, tuple(items)))

    def object(self, type_: GraphQLObjectType) -> Any:
        read = {to_snake_case(name): self.read(each) for name, each in type_.fields.items()}
        if type_.name == "Money" and self.random.random() < 0.7:
            return Money(self.random.randint(-(10**6), 10**6), "CNY")
        if type_.name == "PaymentMonth" or self.random.random() < 0.7:
            return {name: value for name, value in read.items() if value is not None or self.random.random() < 0.5}
        return SimpleNamespace(**read)

    def read(self, definition: Any) -> Any:
        """What stands in an object for a field: its value, or a function that gives it."""
        if definition.args:
            return self.function(definition.type)
        if not is_leaf_type(get_nullable_type(definition.type)) and self.random.random() < 0.1:
            return self.function(definition.type)
        return self.value(definition.type)

    def function(self, type_: Any) -> Callable[..., Any]:
        made = cache(lambda: self.value(type_))
        return lambda **_: made()
