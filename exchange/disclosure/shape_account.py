"""Accounts in the shape of the contract: their months, and the file at a glance."""

from collections.abc import Callable, Sequence
from typing import Any

from exchange.disclosure.month_columns import Months
from exchange.disclosure.shape_values import contributed, money_of
from exchange.handover import Row
from schema.vocabulary.account import AccountState
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import HISTORY_MONTHS_USUAL, OVERDUE

_CLOSED = frozenset({AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED})
_MONEY = (
    "original_amount", "credit_limit", "highest_balance", "balance", "past_due", "scheduled_payment", "last_payment",
)  # fmt: skip


def account_of(row: Row, reader: str, statement: Callable[[], Any], with_history: bool) -> dict[str, Any]:
    """An account. `statement` finds what the borrower says about it; without `with_history` its months are null."""
    account = contributed(row, "account_key", reader)
    account |= {name: money_of(row, f"{name}_minor") for name in _MONEY}
    account["statement"] = lambda: statement()
    account["history"] = lambda months: Months(row, months) if with_history else None
    return account


def summary_of(rows: Sequence[Row], with_history: bool) -> dict[str, Any]:
    """All accounts at a glance."""
    still_open = [row for row in rows if row["closed_on"] is None and row["state"] not in _CLOSED]
    return {
        "accounts": len(rows),
        "open_accounts": len(still_open),
        "lenders": len({row["contributor"] for row in still_open}),
        "lenders_in_arrears": len({row["contributor"] for row in still_open if row.get("past_due_minor")}),
        "totals": lambda: _totals(still_open),
        "oldest_opened_on": min((row["opened_on"] for row in rows), default=None),
        "late_months": _months_late(rows) if with_history else None,
    }


def _months_late(rows: Sequence[Row]) -> int:
    return sum(code in OVERDUE for row in rows for code in row.get("history_codes", "")[:HISTORY_MONTHS_USUAL])


def _totals(rows: Sequence[Row]) -> list[dict[str, Money]]:
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        of_currency = sums.setdefault(row["currency"], {"balance": 0, "past_due": 0, "credit_limit": 0})
        for name in of_currency:
            of_currency[name] += row.get(f"{name}_minor") or 0
    return [
        {name: Money(minor, currency) for name, minor in of_currency.items()}
        for currency, of_currency in sorted(sums.items())
    ]
