"""Contacts about debts as members reported them: outbound, current, not taken back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select

from consent.contact import Contact
from exchange.store.tables.collection import collection_action
from exchange.store.tables.mandate import mandate
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)

ROWS_AT_ONCE = 5_000
ATTEMPTS_MAX = 500
"""Of the contacts about some accounts, the newest so many are looked at."""


@dataclass(frozen=True, slots=True)
class ContactAbout:
    """One contact about some accounts, as it stands."""

    action_key: UUID
    contributor: str
    account_keys: frozenset[UUID]
    started_at: datetime
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    result: ContactResult
    promised_minor: int | None
    promised_currency: str | None
    promised_on: date | None
    promise_kept: bool | None


def contacts_made(connection: Connection, subject_key: UUID, since: datetime) -> list[Contact]:
    """Every contact with a borrower, or with others about them, after this instant, by whomever; the oldest first."""
    columns = collection_action.c
    wanted = _of(subject_key).where(columns.started_at > since).order_by(columns.started_at, columns.action_key)
    return [_contact(row) for row in connection.execute(wanted)]


def contacts_about(
    connection: Connection, subject_key: UUID, account_keys: Collection[UUID], most: int = ATTEMPTS_MAX
) -> list[ContactAbout]:
    """Contacts about any of these accounts, by the lender and all its agencies; the newest first."""
    columns = collection_action.c
    wanted = _of(subject_key).where(columns.account_keys.op("&&", is_comparison=True)(list(account_keys)))
    newest = wanted.order_by(columns.started_at.desc(), columns.action_key.desc()).limit(most)
    return [_contact_about(row) for row in connection.execute(newest)]


def contacts_by_borrower(
    connection: Connection, since: datetime, until: datetime, member_id: str | None
) -> Iterator[list[Contact]]:
    """The contacts from `since` up to but without `until`, borrower by borrower; all of theirs, or (`member_id`) only
    of borrowers whom this member contacted then. Read as a stream: they may be many.
    """
    columns = collection_action.c
    in_period = columns.started_at >= since, columns.started_at < until
    wanted = _made().where(*in_period).order_by(columns.subject_key)
    if member_id is not None:
        theirs = select(columns.subject_key).where(*in_period, columns.contributor == member_id)
        wanted = wanted.where(columns.subject_key.in_(theirs))
    rows = connection.execute(wanted, execution_options={"yield_per": ROWS_AT_ONCE})
    for _, of_one in groupby(rows, key=lambda row: row.subject_key):
        yield [_contact(row) for row in of_one]


_LENDER = func.coalesce(mandate.c.lender, collection_action.c.contributor).label("lender")


def _of(subject_key: UUID) -> Select[Any]:
    return _made().where(collection_action.c.subject_key == subject_key)


def _made() -> Select[Any]:
    """Contacts, with the lender for whom each was made: the mandate's, else who reported it."""
    columns = collection_action.c
    stands = (mandate.c.mandate_id == columns.mandate_id) & mandate.c.superseded_at.is_(None)
    return (
        select(collection_action, _LENDER)
        .join_from(collection_action, mandate, stands, isouter=True)
        .where(
            columns.superseded_at.is_(None),
            columns.withdrawn.is_(False),
            columns.direction == ContactDirection.OUTBOUND.value,
        )
    )


def _contact(row: Row[Any]) -> Contact:
    return Contact(
        at=row.started_at,
        lender=row.lender,
        actor=row.contributor,
        stage=CollectionStage(row.stage),
        channel=ContactChannel(row.channel),
        target=ContactTarget(row.target),
        debts=frozenset(row.account_keys),
        number=None,
        result=ContactResult(row.result),
    )


def _contact_about(row: Row[Any]) -> ContactAbout:
    return ContactAbout(
        action_key=row.action_key,
        contributor=row.contributor,
        account_keys=frozenset(row.account_keys),
        started_at=row.started_at,
        stage=CollectionStage(row.stage),
        channel=ContactChannel(row.channel),
        target=ContactTarget(row.target),
        result=ContactResult(row.result),
        promised_minor=row.promised_minor,
        promised_currency=row.promised_currency,
        promised_on=row.promised_on,
        promise_kept=row.promise_kept,
    )
