"""What the shapes of several nouns share: amounts, and how a member's record is told from others'."""

from functools import lru_cache
from typing import Any

from exchange.handover import Row
from schema.vocabulary.money import Money

AMOUNTS_KEPT = 4_096
"""Many amounts are the same, nought above all."""


def money_of(row: Row, column: str, currency: str = "currency") -> Money | None:
    """The amount in a column of minor units, in the currency that another column names."""
    return money(row.get(column), row.get(currency))


@lru_cache(maxsize=AMOUNTS_KEPT)
def money(minor: int | None, currency: str | None) -> Money | None:
    """An amount; None where either is missing."""
    return None if minor is None or currency is None else Money(minor, currency)


def contributed(row: Row, key: str, reader: str) -> dict[str, Any]:
    """The row with its id, and whether the reader contributed it."""
    return {**row, "id": row[key], "own_book": row["contributor"] == reader}
