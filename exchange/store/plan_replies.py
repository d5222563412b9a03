"""What borrowers answered to offers of repayment plans. Whoever writes holds the borrower first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select

from exchange.store.plans import still_collects
from exchange.store.tables.repayment import plan_reply, repayment_plan
from schema.vocabulary.plan import PlanReply, PlanState


@dataclass(frozen=True, slots=True)
class StoredReply:
    """An answer to one version of a plan. `counter` is as an option is stored; `words` are sealed."""

    subject_key: UUID
    plan_key: UUID
    plan_version: int
    reply_id: UUID
    contributor: str
    reply: str
    option: int | None
    counter: Mapping[str, Any] | None
    words: bytes | None
    replied_at: datetime
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class RepliedPlan:
    """An answer, and its plan as it stands. `reference` is sealed; `waits`: the borrower waits for another offer."""

    answer: StoredReply
    reference: bytes
    version: int
    state: str
    currency: str
    schedule: Sequence[Any]
    accepted_on: date | None
    stop_collection_until: date | None
    waits: bool


_reply, _plan = plan_reply.c, repayment_plan.c
_ANSWER = tuple(_reply[part.name] for part in fields(StoredReply))
_later = plan_reply.alias("later")


def add_reply(connection: Connection, added: StoredReply) -> None:
    """Keeps an answer to the version that stands."""
    connection.execute(insert(plan_reply).values({part.name: getattr(added, part.name) for part in fields(added)}))


def replies_about(connection: Connection, subject_key: UUID, plan_key: UUID) -> list[StoredReply]:
    """The answers to a plan's versions, the oldest first."""
    wanted = select(*_ANSWER).where(_reply.subject_key == subject_key, _reply.plan_key == plan_key)
    return [StoredReply(*row) for row in connection.execute(wanted.order_by(_reply.plan_version))]


def was_accepted_here(connection: Connection, subject_key: UUID, plan_key: UUID) -> bool:
    """Whether the borrower accepted the plan at the exchange."""
    accepted = select(_reply.reply_id).where(
        _reply.subject_key == subject_key,
        _reply.plan_key == plan_key,
        _reply.reply == PlanReply.ACCEPTED.value,
    )
    return connection.execute(accepted).first() is not None


def replies_to(
    connection: Connection, contributor: str, after: UUID | None, most: int, waiting: bool, mandated_on: date | None
) -> list[RepliedPlan]:
    """Answers to a member's offers after `after`, the oldest first; `waiting`: only those that wait for it.

    `mandated_on`: only about accounts that the member, an agency, collects under a mandate that is in force that day.
    """
    wanted = _to(select(*_ANSWER, *_standing(), _waits().label("waits")), contributor, waiting, mandated_on)
    if after is not None:
        wanted = wanted.where(_reply.reply_id > after)
    return [_replied(row) for row in connection.execute(wanted.order_by(_reply.reply_id).limit(most))]


def count_replies_to(connection: Connection, contributor: str, waiting: bool, mandated_on: date | None) -> int:
    """How many such answers there are."""
    return connection.scalar(_to(select(func.count()), contributor, waiting, mandated_on)) or 0


def _to(wanted: Select[Any], contributor: str, waiting: bool, mandated_on: date | None) -> Select[Any]:
    same = (_plan.subject_key == _reply.subject_key) & (_plan.plan_key == _reply.plan_key)
    stands = _plan.superseded_at.is_(None) & ~_plan.withdrawn
    wanted = wanted.select_from(plan_reply).join(repayment_plan, same & stands)
    wanted = wanted.where(_reply.contributor == contributor)
    if mandated_on is not None:
        wanted = wanted.where(still_collects(contributor, _reply.subject_key, _plan.account_keys, mandated_on))
    return wanted.where(_waits()) if waiting else wanted


def _standing() -> tuple[ColumnElement[Any], ...]:
    return (
        _plan.reference, _plan.version, _plan.state, _plan.currency, _plan.schedule, _plan.accepted_on,
        _plan.stop_collection_until,
    )  # fmt: skip


def _waits() -> ColumnElement[bool]:
    """Whether this answer asked for other terms, is the last one, and no offer was made since."""
    later = select(_later.c.reply_id).where(
        _later.c.subject_key == _reply.subject_key,
        _later.c.plan_key == _reply.plan_key,
        _later.c.plan_version > _reply.plan_version,
    )
    countered = (_plan.state == PlanState.COUNTERED.value) & (_reply.reply == PlanReply.COUNTERED.value)
    return countered & ~later.exists()


def _replied(row: Row[Any]) -> RepliedPlan:
    answer, plan = row[: len(_ANSWER)], row[len(_ANSWER) :]
    return RepliedPlan(StoredReply(*answer), *plan)
