"""Delinquencies, public records, collection actions, repayment plans and assessments in the shape of the contract."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from exchange.disclosure.shape_values import contributed, money, money_of
from exchange.handover import Row


def delinquency_of(row: Row) -> dict[str, Any]:
    """A delinquency."""
    return {**row, "id": row["delinquency_key"], "account_id": row.get("account_key"),
            "charge_off": money_of(row, "charge_off_minor")}  # fmt: skip


def public_record_of(row: Row, reader: str) -> dict[str, Any]:
    """A public record."""
    return contributed(row, "record_key", reader) | {"amount": money_of(row, "amount_minor")}


def collection_action_of(row: Row, reader: str) -> dict[str, Any]:
    """A collection action."""
    return contributed(row, "action_key", reader) | {
        "account_ids": row.get("account_keys"),
        "promised": money_of(row, "promised_minor", "promised_currency"),
    }


def repayment_plan_of(row: Row, reader: str) -> dict[str, Any]:
    """A repayment plan, its options and its schedule."""
    currency = row.get("currency")
    return contributed(row, "plan_key", reader) | {
        "account_ids": row.get("account_keys"),
        "options": [_option(option, currency) for option in row.get("options") or ()],
        "schedule": [_payment(payment, currency) for payment in row.get("schedule") or ()],
        "waived": money_of(row, "waived_minor"),
    }


def assessment_of(row: Row, reader: str) -> dict[str, Any]:
    """An assessment."""
    return contributed(row, "assessment_key", reader)


def _option(option: Row, currency: str | None) -> dict[str, Any]:
    first_due_on = option.get("first_due_on")
    return {
        "plan_type": option["plan_type"],
        "instalments": option["instalments"],
        "instalment": money(option["amount_minor"], currency),
        "total": money(option["total_minor"], currency),
        "waived": money(option.get("waived_minor"), currency),
        "first_due_on": date.fromisoformat(first_due_on) if first_due_on else None,
    }


def _payment(payment: Sequence[Any], currency: str | None) -> dict[str, Any]:
    due_on, amount_minor, paid_minor = payment
    return {
        "due_on": date.fromisoformat(due_on),
        "amount": money(amount_minor, currency),
        "paid": money(paid_minor, currency),
    }
