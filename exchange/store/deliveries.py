"""Deliveries of notices to webhooks, in the database: which are due, who tries them, and what came of it.

A delivery is taken by moving the instant of its next try: who finds it where it was has it until then. No row is
locked while it is sent, and if the sender dies, the delivery comes up again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select, tuple_, update

from exchange.store.tables.member import member
from exchange.store.tables.notice import notice
from exchange.store.tables.webhook import webhook, webhook_delivery

_COLUMNS = webhook_delivery.c
_OF_NOTICE = (notice.c.subject_key == _COLUMNS.subject_key) & (notice.c.notice_id == _COLUMNS.notice_id)
DUE_WEBHOOKS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A notice on its way to a webhook. `body` is the notice as signed; `standing`: the webhook has not ended, and its
    member is active.
    """

    subject_key: UUID
    notice_id: UUID
    webhook_id: UUID
    member_id: str
    attempts: int
    next_at: datetime | None
    last_status: int | None
    delivered_at: datetime | None
    dead_at: datetime | None
    kind: str
    body: bytes
    written_at: datetime
    url: str
    standing: bool


def due_webhooks(connection: Connection, now: datetime) -> list[UUID]:
    """The webhooks for which something is due, the one that waits longest first."""
    due = select(_COLUMNS.webhook_id).where(_COLUMNS.next_at <= now).group_by(_COLUMNS.webhook_id)
    return list(connection.scalars(due.order_by(func.min(_COLUMNS.next_at)).limit(DUE_WEBHOOKS_MAX)))


def due_deliveries(connection: Connection, webhook_id: UUID, now: datetime, most: int) -> list[StoredDelivery]:
    """What is due for a webhook, what waits longest first."""
    due = _deliveries().where(_COLUMNS.webhook_id == webhook_id, _COLUMNS.next_at <= now)
    due = due.order_by(_COLUMNS.next_at, _COLUMNS.notice_id).limit(most)
    return [_delivery(row) for row in connection.execute(due)]


def take_delivery(connection: Connection, due: StoredDelivery, until: datetime) -> bool:
    """Takes a delivery to try it, and counts the try. False: somebody else has it, or it is not due any more."""
    taken = update(webhook_delivery).where(*_is(due), _COLUMNS.next_at == due.next_at)
    return connection.execute(taken.values(next_at=until, attempts=_COLUMNS.attempts + 1)).rowcount == 1


def put_outcome(
    connection: Connection,
    taken: StoredDelivery,
    until: datetime,
    status: int | None,
    next_at: datetime | None = None,
    delivered_at: datetime | None = None,
    dead_at: datetime | None = None,
) -> bool:
    """Writes what came of a try that was taken `until` then. False: another one has it since, or its webhook ended."""
    put = update(webhook_delivery).where(*_is(taken), _COLUMNS.next_at == until)
    values = {"last_status": status, "next_at": next_at, "delivered_at": delivered_at, "dead_at": dead_at}
    return connection.execute(put.values(values)).rowcount == 1


def deliveries_to(
    connection: Connection,
    member_id: str,
    kinds: Collection[str],
    dead: bool,
    after: tuple[UUID, UUID] | None,
    most: int,
) -> list[StoredDelivery]:
    """A member's deliveries of notices of these kinds after this notice and webhook, the oldest first."""
    wanted = _to(_deliveries(), member_id, dead).where(notice.c.kind.in_(kinds))
    wanted = wanted.order_by(_COLUMNS.notice_id, _COLUMNS.webhook_id).limit(most)
    if after is not None:
        wanted = wanted.where(tuple_(_COLUMNS.notice_id, _COLUMNS.webhook_id) > after)
    return [_delivery(row) for row in connection.execute(wanted)]


def count_deliveries_to(connection: Connection, member_id: str, kinds: Collection[str], dead: bool) -> int:
    """How many such deliveries a member has."""
    counted = select(func.count()).select_from(webhook_delivery).join(notice, _OF_NOTICE)
    return connection.scalar(_to(counted, member_id, dead).where(notice.c.kind.in_(kinds))) or 0


def find_delivery(connection: Connection, member_id: str, notice_id: UUID, webhook_id: UUID) -> StoredDelivery | None:
    """One delivery to this member."""
    this = _to(_deliveries(), member_id, False).where(
        _COLUMNS.notice_id == notice_id, _COLUMNS.webhook_id == webhook_id
    )
    row = connection.execute(this).one_or_none()
    return _delivery(row) if row else None


def revive_delivery(connection: Connection, dead: StoredDelivery, now: datetime) -> bool:
    """Has a delivery that was given up sent again, as if for the first time. False: it was not given up."""
    revived = update(webhook_delivery).where(*_is(dead), _COLUMNS.dead_at.is_not(None))
    return connection.execute(revived.values(dead_at=None, attempts=0, next_at=now)).rowcount == 1


def _deliveries() -> Select[Any]:
    standing = (webhook.c.ended_at.is_(None) & (member.c.status == "ACTIVE")).label("standing")
    return (
        select(webhook_delivery, notice.c.kind, notice.c.body, notice.c.written_at, webhook.c.url, standing)
        .join(notice, _OF_NOTICE)
        .join(webhook, (webhook.c.member_id == _COLUMNS.member_id) & (webhook.c.webhook_id == _COLUMNS.webhook_id))
        .join(member, member.c.member_id == _COLUMNS.member_id)
    )


def _to(wanted: Select[Any], member_id: str, dead: bool) -> Select[Any]:
    wanted = wanted.where(_COLUMNS.member_id == member_id)
    return wanted.where(_COLUMNS.dead_at.is_not(None)) if dead else wanted


def _is(one: StoredDelivery) -> tuple[Any, Any, Any]:
    return (
        _COLUMNS.subject_key == one.subject_key,
        _COLUMNS.notice_id == one.notice_id,
        _COLUMNS.webhook_id == one.webhook_id,
    )


def _delivery(row: Row[Any]) -> StoredDelivery:
    return StoredDelivery(**row._mapping)
