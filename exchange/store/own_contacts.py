"""Contacts about a borrower's debts as the borrower reads them, and leave that was denied; the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, tuple_

from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply
from exchange.store.tables.mandate import mandate
from exchange.store.tables.member import member

Place = tuple[datetime, UUID]
"""Where something lies in the list: when it was, and its key."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A clearance that was denied: nobody was contacted."""

    clearance_id: UUID
    asked_at: datetime
    actor_name: str
    actor_class: str
    lender_name: str
    channel: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]


def contacts_before(connection: Connection, subject_key: UUID, before: Place | None, most: int) -> list[Row[Any]]:
    """The newest contacts, at most so many, those before this place."""
    columns = collection_action.c
    wanted = _contacts(subject_key)
    if before is not None:
        wanted = wanted.where(tuple_(columns.started_at, columns.action_key) < before)
    newest = wanted.order_by(columns.started_at.desc(), columns.action_key.desc()).limit(most)
    return list(connection.execute(newest))


def find_contact(connection: Connection, subject_key: UUID, action_key: UUID) -> Row[Any] | None:
    """One contact."""
    return connection.execute(_contacts(subject_key).where(collection_action.c.action_key == action_key)).one_or_none()


def denied_before(connection: Connection, subject_key: UUID, before: Place | None, most: int) -> list[Denied]:
    """The newest denials, at most so many, those before this place."""
    columns, actor, lender = contact_clearance.c, member.alias("actor"), member.alias("lender")
    wanted = (
        select(
            columns.clearance_id, columns.asked_at, actor.c.name, actor.c.member_class, lender.c.name, columns.channel,
            columns.reasons, columns.rules,
        )
        .join_from(contact_clearance, actor, actor.c.member_id == columns.actor)
        .join(lender, lender.c.member_id == columns.lender)
        .where(columns.subject_key == subject_key, columns.granted.is_(False))
    )  # fmt: skip
    if before is not None:
        wanted = wanted.where(tuple_(columns.asked_at, columns.clearance_id) < before)
    newest = wanted.order_by(columns.asked_at.desc(), columns.clearance_id.desc()).limit(most)
    return [Denied(*row[:6], tuple(row[6]), tuple(row[7])) for row in connection.execute(newest)]


def newest_reply(connection: Connection, subject_key: UUID, action_key: UUID) -> str | None:
    """What the borrower last said to a contact."""
    columns = contact_reply.c
    said = select(columns.says).where(columns.subject_key == subject_key, columns.action_key == action_key)
    reply: str | None = connection.scalar(said.order_by(columns.replied_at.desc()).limit(1))
    return reply


def add_reply(connection: Connection, subject_key: UUID, action_key: UUID, says: str, now: datetime) -> None:
    """Adds what the borrower says to a contact."""
    row = {"subject_key": subject_key, "action_key": action_key, "says": says, "replied_at": now}
    connection.execute(insert(contact_reply).values(row))


def _contacts(subject_key: UUID) -> Select[Any]:
    columns, actor, lender = collection_action.c, member.alias("actor"), member.alias("lender")
    broken, reply = contact_breach.c, contact_reply.c
    same = (broken.subject_key == columns.subject_key) & (broken.action_key == columns.action_key)
    kinds = select(func.array_agg(broken.kind)).where(same).correlate(collection_action).scalar_subquery()
    rules = select(func.array_agg(_EACH_RULE)).where(same).correlate(collection_action).scalar_subquery()
    said = select(reply.says).where(reply.subject_key == columns.subject_key, reply.action_key == columns.action_key)
    newest = said.order_by(reply.replied_at.desc()).limit(1).correlate(collection_action).scalar_subquery()
    stands = (mandate.c.mandate_id == columns.mandate_id) & mandate.c.superseded_at.is_(None)
    leave = (contact_clearance.c.subject_key == columns.subject_key) & (
        contact_clearance.c.clearance_id == columns.clearance_id
    )
    return (
        select(
            columns.action_key, columns.started_at, columns.stage, columns.channel, columns.direction, columns.target,
            columns.result, columns.promised_minor, columns.promised_currency, columns.promised_on,
            columns.promise_kept, columns.borrower_says, actor.c.name.label("actor_name"),
            actor.c.member_class.label("actor_class"), lender.c.name.label("lender_name"),
            contact_clearance.c.granted.label("leave"), contact_clearance.c.rules.label("leave_rules"),
            kinds.label("breaches"), rules.label("broken_rules"), newest.label("says"),
        )
        .join_from(collection_action, actor, actor.c.member_id == columns.contributor)
        .join(mandate, stands, isouter=True)
        .join(lender, lender.c.member_id == func.coalesce(mandate.c.lender, columns.contributor))
        .join(contact_clearance, leave, isouter=True)
        .where(columns.subject_key == subject_key, columns.superseded_at.is_(None), columns.withdrawn.is_(False))
    )  # fmt: skip


_EACH_RULE = func.array_to_string(contact_breach.c.rules, " ")
