"""Members' webhooks in the database, and the outbox: which notice is to be sent where."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Integer, Row, Select, any_, func, insert, literal, or_, select, update

from exchange.store.tables.base import Instant
from exchange.store.tables.member import member
from exchange.store.tables.webhook import webhook, webhook_delivery
from schema.vocabulary.member_class import MemberStatus


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """Where a member wants to be told of these kinds of notices; no kinds: of all that it may see."""

    member_id: str
    webhook_id: UUID
    url: str
    kinds: tuple[str, ...]
    added_at: datetime
    ended_at: datetime | None = None


def add_webhook(connection: Connection, added: StoredWebhook) -> None:
    """Adds a webhook."""
    connection.execute(insert(webhook).values({**asdict(added), "kinds": list(added.kinds)}))


def end_webhook(connection: Connection, member_id: str, webhook_id: UUID, now: datetime) -> bool:
    """Ends a webhook: what waits for it is not sent any more. False where it had ended before."""
    this = (webhook.c.member_id == member_id) & (webhook.c.webhook_id == webhook_id)
    ended = update(webhook).where(this, webhook.c.ended_at.is_(None)).values(ended_at=now)
    if connection.execute(ended).rowcount == 0:
        return False
    columns = webhook_delivery.c
    waiting = update(webhook_delivery).where(columns.member_id == member_id, columns.webhook_id == webhook_id)
    connection.execute(waiting.where(columns.next_at.is_not(None)).values(next_at=None))
    return True


def find_webhook(connection: Connection, member_id: str, webhook_id: UUID) -> StoredWebhook | None:
    """A webhook of this member, ended or not."""
    this = select(webhook).where(webhook.c.member_id == member_id, webhook.c.webhook_id == webhook_id)
    row = connection.execute(this).one_or_none()
    return _webhook(row) if row else None


def standing_webhooks(
    connection: Connection, member_id: str, after: UUID | None = None, most: int | None = None
) -> list[StoredWebhook]:
    """A member's webhooks that have not ended, the oldest first, after `after`."""
    wanted = _standing(select(webhook), member_id).order_by(webhook.c.webhook_id).limit(most)
    if after is not None:
        wanted = wanted.where(webhook.c.webhook_id > after)
    return [_webhook(row) for row in connection.execute(wanted)]


def count_webhooks(connection: Connection, member_id: str) -> int:
    """How many webhooks of a member have not ended."""
    return connection.scalar(_standing(select(func.count()).select_from(webhook), member_id)) or 0


def queue_deliveries(
    connection: Connection,
    subject_key: UUID,
    notice_id: UUID,
    member_id: str,
    kind: str,
    scopes: Collection[str],
    now: datetime,
) -> None:
    """Has a notice sent to the webhooks that want its kind, of a member that is active and holds one of the scopes."""
    hooks = webhook.c
    wanted = (
        select(
            literal(subject_key), literal(notice_id), hooks.webhook_id, hooks.member_id, literal(0, Integer),
            literal(now, Instant),
        )
        .join(member, member.c.member_id == hooks.member_id)
        .where(
            hooks.member_id == member_id,
            hooks.ended_at.is_(None),
            or_(func.cardinality(hooks.kinds) == 0, literal(kind) == any_(hooks.kinds)),
            member.c.status == MemberStatus.ACTIVE.value,
            or_(*(literal(scope) == any_(member.c.scopes) for scope in sorted(scopes))),
        )
    )  # fmt: skip
    names = ["subject_key", "notice_id", "webhook_id", "member_id", "attempts", "next_at"]
    connection.execute(insert(webhook_delivery).from_select(names, wanted))


def _standing(wanted: Select[Any], member_id: str) -> Select[Any]:
    return wanted.where(webhook.c.member_id == member_id, webhook.c.ended_at.is_(None))


def _webhook(row: Row[Any]) -> StoredWebhook:
    return StoredWebhook(**dict(row._mapping) | {"kinds": tuple(row.kinds)})
