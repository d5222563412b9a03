"""What a borrower's report on themselves shows of an account and its months."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.shape_values import money, money_of
from exchange.handover import Row
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
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import PaymentStatus


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """One month of an account; `month` is its first day."""

    month: date
    status: PaymentStatus
    days_past_due: int | None
    past_due: Money | None
    balance: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """What the borrower says about an account, or about the whole file (None)."""

    statement_id: UUID
    about: UUID | None
    words: str
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """A loan or card, who reports it, and its months, newest first. `basis`: the rule or consent that it rests on;
    `annotated_by`: the rule by which readers are to read it with care.
    """

    account_id: UUID
    furnisher: str
    furnisher_class: MemberClass
    furnisher_contact: str
    account_ref: str
    previous_ref: str | None
    original_creditor: str | None
    purchased_from: str | None
    sold_to: str | None
    owner_role: OwnerRole
    portfolio: Portfolio
    product: Product
    state: AccountState
    five_class: FiveClass | None
    compliance_flag: ComplianceFlag
    opened_on: date
    matures_on: date | None
    closed_on: date | None
    reported_on: date
    original_amount: Money | None
    credit_limit: Money | None
    highest_balance: Money | None
    balance: Money | None
    past_due: Money | None
    scheduled_payment: Money | None
    last_payment: Money | None
    last_payment_on: date | None
    days_past_due: int | None
    term_count: int | None
    term_frequency: TermFrequency | None
    repayment_method: RepaymentMethod | None
    rate_type: RateType | None
    rate_basis_points: int | None
    collateral: Collateral | None
    co_lender_share_basis_points: int | None
    annotated_by: str | None
    basis: str
    recorded_at: datetime
    months: tuple[OwnMonth, ...]
    statement: OwnStatement | None


_ENUMS: Mapping[str, Any] = {
    "furnisher_class": MemberClass, "owner_role": OwnerRole, "portfolio": Portfolio, "product": Product,
    "state": AccountState, "five_class": FiveClass, "compliance_flag": ComplianceFlag,
    "term_frequency": TermFrequency, "repayment_method": RepaymentMethod, "rate_type": RateType,
    "collateral": Collateral,
}  # fmt: skip
_MADE = frozenset({"account_id", "months", "statement", "recorded_at"})


def own_account(row: Row, statement: OwnStatement | None) -> OwnAccount:
    """An account from its row, with what the borrower says about it."""
    values: dict[str, Any] = {}
    for field in fields(OwnAccount):
        name = field.name
        if f"{name}_minor" in row:
            values[name] = money_of(row, f"{name}_minor")
        elif name not in _MADE:
            value = row[name]
            values[name] = _ENUMS[name](value) if name in _ENUMS and value is not None else value
    return OwnAccount(
        **values,
        account_id=UUID(row["account_key"]),
        recorded_at=row["recorded_at"],
        months=_months(row),
        statement=statement,
    )


def _months(row: Row) -> tuple[OwnMonth, ...]:
    def beside(column: str, position: int) -> Any:
        return row[column][position] if row[column] else None

    return tuple(
        OwnMonth(
            month=first_of_month(row["history_month"], position),
            status=PaymentStatus(code),
            days_past_due=beside("history_days_past_due", position),
            past_due=money(beside("history_past_due_minor", position), row["currency"]),
            balance=money(beside("history_balance_minor", position), row["currency"]),
            paid=money(beside("history_paid_minor", position), row["currency"]),
        )
        for position, code in enumerate(row["history_codes"])
    )


def own_statement(row: Row) -> OwnStatement:
    """A statement from its row."""
    about = UUID(row["about"]) if row["about"] else None
    return OwnStatement(UUID(row["statement_id"]), about, row["words"], row["stated_at"])
