"""Gives opened, minimised rows the shape of the contract: plain dictionaries that the types resolve from."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.page import page_of
from exchange.handover import OpenRows, Row, SectionName
from schema.vocabulary.account import AccountState
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import HISTORY_MONTHS_USUAL, OVERDUE
from schema.vocabulary.scope import FieldClass

_CLOSED = frozenset({AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED})
_MONEY = (
    "original_amount", "credit_limit", "highest_balance", "balance", "past_due", "scheduled_payment", "last_payment",
)  # fmt: skip
_PLAIN = (
    "account_ref", "furnisher_class", "owner_role", "portfolio", "product", "state", "five_class", "compliance_flag",
    "opened_on", "matures_on", "closed_on", "reported_on", "last_payment_on", "days_past_due", "term_count",
    "term_frequency",
)  # fmt: skip


class ReportShape:
    """One report. Each part is made when it is asked for; a part that was not released is None."""

    def __init__(self, opened: OpenRows, as_of: datetime, disclosure: dict[str, Any]) -> None:
        self._rows = opened.rows
        self._grant = opened.plan.grant
        self.as_of = as_of
        self.disclosure = disclosure

    @property
    def subject(self) -> dict[str, Any] | None:
        """The borrower."""
        if FieldClass.IDENTITY not in self._grant.released or not self._rows.get(SectionName.SUBJECT):
            return None
        row = dict(self._rows[SectionName.SUBJECT][0])
        return {**row, "synthetic": row.get("synthetic_identity")}

    @property
    def summary(self) -> dict[str, Any] | None:
        """The file at a glance."""
        if FieldClass.ACCOUNTS not in self._grant.released:
            return None
        return _summary(self._rows[SectionName.ACCOUNT], FieldClass.PAYMENT_HISTORY in self._grant.released)

    def accounts(self, info: Any, **page: Any) -> dict[str, Any] | None:
        """A page of accounts."""
        return self._page(FieldClass.ACCOUNTS, SectionName.ACCOUNT, self._account, page)

    def delinquencies(self, info: Any, **page: Any) -> dict[str, Any] | None:
        """A page of delinquencies."""
        return self._page(FieldClass.DELINQUENCIES, SectionName.DELINQUENCY, _delinquency, page)

    def inquiries(self, info: Any, **page: Any) -> dict[str, Any] | None:
        """A page of inquiries."""
        return self._page(FieldClass.INQUIRIES, SectionName.INQUIRY, _inquiry, page)

    @property
    def statements(self) -> list[dict[str, Any]] | None:
        """What the borrower says about the file as a whole."""
        if FieldClass.ACCOUNTS not in self._grant.released:
            return None
        return [_statement(row) for row in self._rows[SectionName.STATEMENT] if row["about"] is None]

    def _page(self, opened_by: FieldClass, section: SectionName, node: Any, page: dict[str, Any]) -> Any:
        if opened_by not in self._grant.released:
            return None
        return page_of([node(row) for row in self._rows[section]], **page)

    def _account(self, row: Row) -> dict[str, Any]:
        account = {name: row.get(name) for name in _PLAIN}
        account |= {name: _money(row, f"{name}_minor") for name in _MONEY}
        account["id"] = row["account_key"]
        account["own_book"] = row["contributor"] == self._grant.member_id
        account["statement"] = lambda info: self._statement_about(row["account_key"])
        account["history"] = lambda info, months: _months(row, months) if self._history_released else None
        return account

    def _statement_about(self, account_key: str) -> dict[str, Any] | None:
        about = (row for row in self._rows[SectionName.STATEMENT] if row["about"] == account_key)
        return next(map(_statement, about), None)

    @property
    def _history_released(self) -> bool:
        return FieldClass.PAYMENT_HISTORY in self._grant.released


def _money(row: Row, column: str) -> Money | None:
    minor = row.get(column)
    return None if minor is None else Money(minor, row["currency"])


def _months(row: Row, months: int) -> list[dict[str, Any]]:
    newest: date = row["history_month"]
    return [
        {
            "month": first_of_month(newest, position),
            "status": code,
            "days_past_due": _beside(row, "history_days_past_due", position),
            "past_due": _money_beside(row, "history_past_due_minor", position),
            "balance": _money_beside(row, "history_balance_minor", position),
            "paid": _money_beside(row, "history_paid_minor", position),
        }
        for position, code in enumerate(row["history_codes"][:months])
    ]


def _beside(row: Row, column: str, position: int) -> int | None:
    values = row.get(column)
    return values[position] if values else None


def _money_beside(row: Row, column: str, position: int) -> Money | None:
    minor = _beside(row, column, position)
    return None if minor is None else Money(minor, row["currency"])


def _summary(rows: Sequence[Row], with_history: bool) -> dict[str, Any]:
    still_open = [row for row in rows if row["closed_on"] is None and row["state"] not in _CLOSED]
    return {
        "accounts": len(rows),
        "open_accounts": len(still_open),
        "lenders": len({row["contributor"] for row in still_open}),
        "lenders_in_arrears": len({row["contributor"] for row in still_open if row.get("past_due_minor")}),
        "totals": lambda info: _totals(still_open),
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


def _delinquency(row: Row) -> dict[str, Any]:
    return {**row, "id": row["delinquency_key"], "account_id": row.get("account_key"),
            "charge_off": _money(row, "charge_off_minor")}  # fmt: skip


def _inquiry(row: Row) -> dict[str, Any]:
    return {**row, "id": row["inquiry_key"]}


def _statement(row: Row) -> dict[str, Any]:
    return {**row, "id": row["statement_id"]}
