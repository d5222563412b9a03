"""The months of one account, column by column: a report holds hundreds, and few readers ask for all that is known."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, overload

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.shape_values import money
from exchange.handover import Row

COLUMNS = ("month", "status", "days_past_due", "past_due", "balance", "paid")
AMOUNTS = {
    "past_due": "history_past_due_minor",
    "balance": "history_balance_minor",
    "paid": "history_paid_minor",
}
HISTORIES_KEPT = 4_096

Month = dict[str, Any]


class Months(Sequence[Month]):
    """Newest first. As a sequence it gives each month as a dictionary of COLUMNS; `column` gives one of them alone."""

    __slots__ = ("_length", "_row", "currency")

    def __init__(self, row: Row, months_max: int) -> None:
        """The months of an account's row, the newest `months_max` of them."""
        self._row = row
        self._length = len(row["history_codes"][:months_max])
        self.currency: str | None = row.get("currency")

    def column(self, name: str) -> Sequence[Any]:
        """One column of COLUMNS, as long as the history: dates, status codes, days, amounts. Unknown is None."""
        if name == "month":
            return _firsts_of_months(self._row["history_month"], self._length)
        if name == "status":
            codes: str = self._row["history_codes"]
            return codes[: self._length]
        if name == "days_past_due":
            return self._numbers("history_days_past_due")
        return [money(minor, self.currency) for minor in self.minor(name)]

    def minor(self, name: str) -> Sequence[int | None]:
        """The amounts of one column of AMOUNTS as minor units of `currency`. Unknown is None."""
        return self._numbers(AMOUNTS[name]) if self.currency is not None else [None] * self._length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Month]:
        columns = [self.column(name) for name in COLUMNS]
        return (dict(zip(COLUMNS, values, strict=True)) for values in zip(*columns, strict=True))

    @overload
    def __getitem__(self, index: int) -> Month: ...

    @overload
    def __getitem__(self, index: slice) -> list[Month]: ...

    def __getitem__(self, index: int | slice) -> Month | list[Month]:
        return list(self)[index]

    def _numbers(self, column: str) -> Sequence[int | None]:
        values: Sequence[int | None] | None = self._row.get(column)
        return values[: self._length] if values else [None] * self._length


@lru_cache(maxsize=HISTORIES_KEPT)
def _firsts_of_months(newest: date, length: int) -> tuple[date, ...]:
    return tuple(first_of_month(newest, position) for position in range(length))
