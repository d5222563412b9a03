"""Accounts that are collected, as their lender and its agencies are shown them, and what stands still about them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, exists, func, or_, select

from exchange.store.mandates import StoredMandate, accounts_named
from exchange.store.tables.account import account
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.repayment import repayment_plan

ACCOUNTS_MAX = PLANS_MAX = 100


@dataclass(frozen=True, slots=True)
class OwedAccount:
    """One account as it stands; `reference` is sealed. `first_delinquent_on`: of what is not over yet."""

    account_key: UUID
    reference: bytes
    product: str
    state: str
    currency: str
    balance_minor: int | None
    past_due_minor: int | None
    days_past_due: int | None
    reported_on: date
    first_delinquent_on: date | None


@dataclass(frozen=True, slots=True)
class PlanAbout:
    """A plan about some accounts, as it stands."""

    plan_key: UUID
    account_keys: frozenset[UUID]
    plan_type: str
    state: str
    proposed_on: date
    accepted_on: date | None
    ended_on: date | None
    stop_collection_until: date | None
    recorded_at: datetime


def mandated_keys(connection: Connection, subject_key: UUID, mandate: StoredMandate) -> set[UUID]:
    """The lender's accounts of a borrower that a mandate names; of a portfolio, any of them."""
    if mandate.portfolio is None:
        named = accounts_named(connection, subject_key, mandate.mandate_id)
        return named & lenders_accounts(connection, subject_key, mandate.lender)
    return lenders_accounts(connection, subject_key, mandate.lender)


def lenders_accounts(connection: Connection, subject_key: UUID, lender: str) -> set[UUID]:
    """The accounts of a borrower that a lender reports now."""
    columns = account.c
    theirs = (columns.subject_key == subject_key) & (columns.contributor == lender) & columns.superseded_at.is_(None)
    return set(connection.scalars(select(columns.account_key).where(theirs)))


def owed_accounts(connection: Connection, subject_key: UUID, account_keys: Collection[UUID]) -> Sequence[OwedAccount]:
    """These accounts, the longest overdue first, 100 at most."""
    columns, late = account.c, delinquency.c
    not_over = (
        select(func.min(late.first_delinquent_on))
        .where(
            late.subject_key == columns.subject_key,
            late.account_key == columns.account_key,
            late.ended_on.is_(None),
            late.superseded_at.is_(None),
            late.suppressed_by.is_(None),
        )
        .correlate(account)
        .scalar_subquery()
    )
    wanted = (
        select(
            columns.account_key,
            columns.account_ref.label("reference"),
            columns.product,
            columns.state,
            columns.currency,
            columns.balance_minor,
            columns.past_due_minor,
            columns.days_past_due,
            columns.reported_on,
            not_over.label("first_delinquent_on"),
        )
        .where(columns.subject_key == subject_key, columns.account_key.in_(account_keys))
        .order_by(columns.days_past_due.desc().nulls_last(), columns.account_key)
        .limit(ACCOUNTS_MAX)
    )
    return [OwedAccount(**row._mapping) for row in connection.execute(wanted)]


def plans_about(connection: Connection, subject_key: UUID, account_keys: Collection[UUID]) -> Sequence[PlanAbout]:
    """The plans about any of these accounts as they stand, the newest first, 100 at most."""
    columns = repayment_plan.c
    wanted = select(repayment_plan).where(
        columns.subject_key == subject_key,
        columns.superseded_at.is_(None),
        columns.withdrawn.is_(False),
        columns.account_keys.op("&&", is_comparison=True)(list(account_keys)),
    )
    newest = wanted.order_by(columns.proposed_on.desc(), columns.plan_key).limit(PLANS_MAX)
    return [_plan(row) for row in connection.execute(newest)]


def is_disputed(connection: Connection, subject_key: UUID, account_keys: Collection[UUID]) -> bool:
    """Whether a dispute about one of these accounts, or about how it fell behind, is open."""
    return bool(connection.scalar(select(exists(_open_disputes(subject_key, account_keys)))))


def _open_disputes(subject_key: UUID, account_keys: Collection[UUID]) -> Select[Any]:
    columns, late = dispute.c, delinquency.c
    of_these = select(late.delinquency_key).where(late.subject_key == subject_key, late.account_key.in_(account_keys))
    about = or_(columns.record_key.in_(account_keys), columns.record_key.in_(of_these))
    return select(dispute).where(columns.subject_key == subject_key, columns.closed_at.is_(None), about)


def _plan(row: Row[Any]) -> PlanAbout:
    return PlanAbout(
        row.plan_key, frozenset(row.account_keys), row.plan_type, row.state, row.proposed_on, row.accepted_on,
        row.ended_on, row.stop_collection_until, row.recorded_at,
    )  # fmt: skip
