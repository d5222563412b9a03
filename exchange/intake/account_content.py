"""The content of an account as plain values in a fixed order: what is stored, compared and committed to."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from operator import attrgetter
from typing import Any

import orjson

from exchange.intake.contribution import AccountRecord, DelinquencyRecord, History
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.correction import Withdrawal

PLAIN = (
    "opened_on", "matures_on", "closed_on", "reported_on", "currency", "original_amount_minor", "credit_limit_minor",
    "highest_balance_minor", "balance_minor", "past_due_minor", "scheduled_payment_minor", "last_payment_minor",
    "last_payment_on", "days_past_due", "term_count", "original_creditor", "sold_to", "purchased_from",
    "rate_basis_points", "co_lender_share_basis_points",
)  # fmt: skip
CODED: Mapping[str, type[StrEnum]] = {
    "owner_role": OwnerRole,
    "portfolio": Portfolio,
    "product": Product,
    "state": AccountState,
    "five_class": FiveClass,
    "compliance_flag": ComplianceFlag,
    "term_frequency": TermFrequency,
    "repayment_method": RepaymentMethod,
    "rate_type": RateType,
    "collateral": Collateral,
    "withdrawal": Withdrawal,
}
HISTORY = (
    "history_month", "history_codes", "history_days_past_due", "history_past_due_minor", "history_balance_minor",
    "history_paid_minor",
)  # fmt: skip
COLUMNS = PLAIN + tuple(CODED) + HISTORY
"""The names of the content's values, in their order."""

DELINQUENCY_COLUMNS = (
    "first_delinquent_on", "peak_days_past_due", "cured_on", "ended_on", "reason", "charge_off_on", "charge_off_minor",
    "prior_notice_sent_at", "prior_notice_delivered_at", "prior_notice_channel",
)  # fmt: skip

Content = tuple[Any, ...]


def account_content(account: AccountRecord) -> Content:
    """The values of `COLUMNS`; lists stand for the arrays of a history."""
    return _values(account) + _history_content(account.history)


def content_of_row(row: Mapping[str, Any]) -> Content:
    """The same of an account as it is stored."""
    return tuple([row[name] for name in COLUMNS])


def account_of_row(row: Mapping[str, Any], reference: str) -> AccountRecord:
    """An account as it is stored, as a record again."""
    coded: dict[str, Any] = {name: None if row[name] is None else kind(row[name]) for name, kind in CODED.items()}
    plain: dict[str, Any] = {name: row[name] for name in PLAIN}
    return AccountRecord(reference=reference, history=_history_of_row(row), **coded, **plain)


def delinquency_content(delinquency: DelinquencyRecord) -> Content:
    """The values of `DELINQUENCY_COLUMNS`."""
    return tuple([getattr(delinquency, name) for name in DELINQUENCY_COLUMNS])


def content_bytes(*parts: object) -> bytes:
    """One spelling of a content, to commit to."""
    return orjson.dumps(parts)


_values = attrgetter(*PLAIN, *CODED)


def _history_content(history: History | None) -> Content:
    if history is None:
        return None, "", None, None, None, None
    days, past_due = history.days_past_due, history.past_due_minor
    balance, paid = history.balance_minor, history.paid_minor
    return (
        history.month,
        history.codes,
        None if days is None else list(days),
        None if past_due is None else list(past_due),
        None if balance is None else list(balance),
        None if paid is None else list(paid),
    )


def _history_of_row(row: Mapping[str, Any]) -> History | None:
    month: date | None = row["history_month"]
    if month is None:
        return None
    arrays = [None if row[name] is None else tuple(row[name]) for name in HISTORY[2:]]
    return History(month, row["history_codes"], *arrays)
