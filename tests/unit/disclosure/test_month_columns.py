"""The months of an account: as columns and as a list they say the same."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from exchange.disclosure.month_columns import AMOUNTS, COLUMNS, Months
from schema.vocabulary.money import Money

ROW: Mapping[str, Any] = {
    "history_codes": "N12*",
    "history_month": date(2026, 2, 1),
    "history_days_past_due": [0, 12, None, 40],
    "history_past_due_minor": [0, None, 500, 700],
    "history_balance_minor": None,
    "currency": "CNY",
}


def test_a_month_has_every_column_and_unknown_is_none() -> None:
    assert Months(ROW, 24)[1] == {
        "month": date(2026, 1, 1),
        "status": "1",
        "days_past_due": 12,
        "past_due": None,
        "balance": None,
        "paid": None,
    }


@pytest.mark.parametrize("months_max", [0, 1, 3, 4, 60])
def test_columns_and_months_say_the_same(months_max: int) -> None:
    months = Months(ROW, months_max)
    assert len(months) == len(list(months)) == min(months_max, 4)
    for name in COLUMNS:
        assert list(months.column(name)) == [month[name] for month in months]
    for name in AMOUNTS:
        assert [minor is not None and Money(minor, "CNY") for minor in months.minor(name)] == [
            month[name] or False for month in months
        ]


def test_the_newest_months_come_first_and_cross_the_year() -> None:
    months = Months(ROW, 3)
    assert [month["month"] for month in months] == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]
    assert months[-1]["status"] == "2"
    assert months[1:] == list(months)[1:]


def test_without_a_currency_no_amount_is_known() -> None:
    months = Months({**ROW, "currency": None}, 24)
    assert months.currency is None
    assert list(months.column("past_due")) == list(months.minor("past_due")) == [None] * 4


def test_an_account_without_months_has_none() -> None:
    months = Months({"history_codes": "", "history_month": date(2026, 2, 1)}, 24)
    assert (len(months), list(months)) == (0, [])
    with pytest.raises(IndexError):
        months[0]


def test_a_column_that_is_none_of_a_month_is_refused() -> None:
    with pytest.raises(KeyError):
        Months(ROW, 24).column("history_codes")
