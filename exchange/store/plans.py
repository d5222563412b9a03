"""Repayment plans as their borrowers, and the members whom they concern, meet them.

Whoever decides on what is read here holds the borrower first (`subject_file.find_and_hold_subject`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, any_, exists, func, literal, select, type_coerce

from exchange.store.append import HeldAccount
from exchange.store.array_text import text_of_uuids, uuid_array
from exchange.store.tables.account import account
from exchange.store.tables.collection import collection_action
from exchange.store.tables.mandate import account_mandate, mandate
from exchange.store.tables.member import member
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.plan import RUNNING, PlanState, ReportingTreatment
from schema.vocabulary.running_clock import ClockKind

PlanRow = Mapping[str, Any]
"""A version of a plan: the columns of its table, sealed as stored, and `furnisher`, the name of who reports it."""

_plan = repayment_plan.c
_current = _plan.superseded_at.is_(None) & ~_plan.withdrawn
_AWAITING = (PlanState.PROPOSED.value, PlanState.COUNTERED.value)
_RUNNING = tuple(state.value for state in RUNNING)


@dataclass(frozen=True, slots=True)
class PlanAccount:
    """An account that a plan is about. `account_ref` is sealed; `lender`: the name of who reports it."""

    account_key: UUID
    account_ref: bytes
    product: str
    lender: str
    currency: str
    balance_minor: int | None
    past_due_minor: int | None


@dataclass(frozen=True, slots=True)
class FrozenStatus:
    """From `since` on, no month of an account may be reported as later than `days_past_due`."""

    since: date
    days_past_due: int


def plans_of(connection: Connection, subject_key: UUID) -> list[PlanRow]:
    """A borrower's plans as they stand, the newest offer first."""
    wanted = _versions().where(_plan.subject_key == subject_key, _current)
    ordered = wanted.order_by(_plan.proposed_on.desc(), _plan.plan_key.desc())
    return [dict(row) for row in connection.execute(ordered).mappings()]


def versions_of(connection: Connection, subject_key: UUID, plan_key: UUID) -> list[PlanRow]:
    """Every version of a plan, the oldest first."""
    wanted = _versions().where(_plan.subject_key == subject_key, _plan.plan_key == plan_key)
    return [dict(row) for row in connection.execute(wanted.order_by(_plan.version)).mappings()]


def current_plan(connection: Connection, subject_key: UUID, plan_key: UUID) -> PlanRow | None:
    """A plan as it stands; None where there is none, or its furnisher took it back."""
    wanted = _versions().where(_plan.subject_key == subject_key, _plan.plan_key == plan_key, _current)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else dict(row)


def accounts_about(connection: Connection, subject_key: UUID, account_keys: Collection[UUID]) -> list[PlanAccount]:
    """The accounts under these keys, the oldest first."""
    columns = account.c
    wanted = (
        select(
            columns.account_key, columns.account_ref, columns.product, member.c.name, columns.currency,
            columns.balance_minor, columns.past_due_minor,
        )
        .join(member, member.c.member_id == columns.contributor)
        .where(columns.subject_key == subject_key, columns.account_key.in_(account_keys))
        .order_by(columns.opened_on, columns.account_key)
    )  # fmt: skip
    return [PlanAccount(*row) for row in connection.execute(wanted)]


def parties_to(connection: Connection, row: PlanRow, on: date) -> set[str]:
    """The members that a plan concerns: who offered it, the lenders of its accounts, and the agencies that hold a
    mandate for these on that day. Under a mandate for a portfolio: those that have collected for it.

    An agency that offered it is told no more once no such mandate is in force.
    """
    subject_key, keys = row["subject_key"], row["account_keys"]
    accounts = select(account.c.contributor).where(
        account.c.subject_key == subject_key, account.c.account_key.in_(keys)
    )
    lenders = set(connection.scalars(accounts))
    named = select(account_mandate.c.mandate_id).where(
        account_mandate.c.subject_key == subject_key,
        account_mandate.c.account_key.in_(keys),
        account_mandate.c.ended_at.is_(None),
    )
    acted = select(collection_action.c.mandate_id).where(
        collection_action.c.subject_key == subject_key,
        _share(collection_action.c.account_keys, keys),
        collection_action.c.mandate_id.is_not(None),
    )
    mandate_ids = {*connection.scalars(named), *connection.scalars(acted)}
    contributor = row["contributor"]
    concerned = lenders | _agencies(connection, mandate_ids, lenders, on)
    may_be_told = _is_no_agency(contributor) | still_collects(contributor, literal(subject_key), _array(keys), on)
    return concerned | {contributor} if connection.scalar(select(may_be_told)) else concerned


def still_collects(agency: Any, subject_key: Any, account_keys: Any, on: date) -> ColumnElement[bool]:
    """Whether a mandate is in force under which the agency collects one of these accounts of a borrower (columns, or
    values as SQL).
    """
    given, named, owed = mandate.c, account_mandate.c, account.c
    is_named = select(named.mandate_id).where(
        named.mandate_id == given.mandate_id,
        named.subject_key == subject_key,
        named.account_key == any_(account_keys),
        named.ended_at.is_(None),
    )
    return exists().where(
        owed.subject_key == subject_key,
        owed.account_key == any_(account_keys),
        owed.contributor == given.lender,
        given.agency == agency,
        given.superseded_at.is_(None),
        given.state == MandateState.ACTIVE.value,
        given.starts_on <= on,
        given.ends_on >= on,
        given.portfolio.is_not(None) | is_named.exists(),
    )


def plans_to_expire(connection: Connection, before: date, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Offers that were to be answered before this day and were not: subject key, plan key, the oldest first. Not those
    that wait for their member, whose own clock runs.
    """
    due = (_plan.answer_by < before) & _plan.state.in_(_AWAITING)
    clocked = _open_clock(_plan.subject_key, _plan.plan_key).exists()
    wanted = select(_plan.subject_key, _plan.plan_key).where(_current, due, ~clocked)
    return [tuple(row) for row in connection.execute(wanted.order_by(_plan.answer_by).limit(most))]


def waits_for_member(connection: Connection, subject_key: UUID, plan_key: UUID) -> bool:
    """Whether a clock runs, or was missed, for the member's answer to a counter-offer."""
    return connection.execute(_open_clock(subject_key, plan_key)).first() is not None


def frozen_accounts(connection: Connection, held: Collection[HeldAccount]) -> dict[UUID, FrozenStatus]:
    """Those of these accounts whose status a running plan freezes, by account key: the gentlest of its plans counts."""
    wanted = select(_plan.account_keys, _plan.accepted_on, _plan.days_past_due_before).where(
        _plan.subject_key.in_(select(func.unnest(uuid_array("subject_keys")))),
        _current,
        _plan.state.in_(_RUNNING),
        _plan.reporting_treatment == ReportingTreatment.FREEZE_STATUS.value,
        _plan.days_past_due_before.is_not(None),
    )
    found: dict[UUID, FrozenStatus] = {}
    borrowers = text_of_uuids({each.subject_key for each in held})
    for keys, accepted_on, days in connection.execute(wanted, {"subject_keys": borrowers}):
        for key in keys:
            if key not in found or days < found[key].days_past_due:
                found[key] = FrozenStatus(accepted_on, days)
    return found


def _agencies(connection: Connection, mandate_ids: set[UUID], lenders: set[str], on: date) -> set[str]:
    columns = mandate.c
    in_force = columns.superseded_at.is_(None) & (columns.state == MandateState.ACTIVE.value)
    agencies = select(columns.agency).where(
        columns.mandate_id.in_(mandate_ids),
        columns.lender.in_(lenders),
        in_force,
        columns.starts_on <= on,
        columns.ends_on >= on,
    )
    return set(connection.scalars(agencies))


def _is_no_agency(member_id: str) -> ColumnElement[bool]:
    agency = MemberClass.COLLECTION_AGENCY.value
    return exists().where(member.c.member_id == member_id, member.c.member_class != agency)


def _array(account_keys: Collection[UUID]) -> ColumnElement[Any]:
    return literal(list(account_keys), _plan.account_keys.type)


def _open_clock(subject_key: Any, plan_key: Any) -> Select[Any]:
    clock = running_clock.c
    return select(clock.clock_id).where(
        clock.subject_key == subject_key,
        clock.about == plan_key,
        clock.kind == ClockKind.PLAN_ANSWER.value,
        clock.met_at.is_(None),
    )


def _share(column: ColumnElement[Any], account_keys: Collection[UUID]) -> ColumnElement[bool]:
    """Whether an array of accounts holds one of these."""
    return column.op("&&", is_comparison=True)(type_coerce(list(account_keys), column.type))


def _versions() -> Select[Any]:
    return select(repayment_plan, member.c.name.label("furnisher")).join(
        member, member.c.member_id == _plan.contributor
    )
