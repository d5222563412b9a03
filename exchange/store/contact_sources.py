"""Which member told us of which number or address, and how a borrower is reached as one of them may know it."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from exchange.store.tables.account import account, account_version
from exchange.store.tables.contact import contact_source
from exchange.store.tables.subject import subject

_DEBTOR = ("names", "time_zone", "language", "vulnerability", "vulnerability_until")


def add_sources(
    connection: Connection, subject_key: UUID, member_id: str, tokens: Collection[bytes], now: datetime
) -> None:
    """Notes that the member told us of these; what it told before stays as it was."""
    rows = [
        {"subject_key": subject_key, "member_id": member_id, "contact_token": token, "recorded_at": now}
        for token in sorted(set(tokens))
    ]
    if rows:
        connection.execute(insert(contact_source).on_conflict_do_nothing(), rows)


def told_by(connection: Connection, subject_key: UUID, member_id: str) -> set[bytes]:
    """The tokens of what the member told us."""
    columns = contact_source.c
    theirs = select(columns.contact_token).where(columns.subject_key == subject_key, columns.member_id == member_id)
    return {bytes(token) for token in connection.scalars(theirs)}


def is_alone(connection: Connection, subject_key: UUID, member_id: str) -> bool:
    """Whether nobody but this member ever reported an account or a contact of the borrower: then all that we know of
    them is from it.
    """
    others = (
        select(account.c.account_key).where(account.c.subject_key == subject_key, account.c.contributor != member_id),
        select(account_version.c.account_key).where(
            account_version.c.subject_key == subject_key, account_version.c.record["contributor"].astext != member_id
        ),
        select(contact_source.c.member_id).where(
            contact_source.c.subject_key == subject_key, contact_source.c.member_id != member_id
        ),
    )
    return not connection.scalar(select(or_(*(exists(each) for each in others))))


def debtor_row(connection: Connection, subject_key: UUID, sealed: Collection[str]) -> Mapping[str, Any]:
    """What is known of a borrower as one who owes; of `sealed` columns (phones, emails, addresses) only these."""
    columns = [subject.c[name] for name in (*_DEBTOR, *sorted(sealed))]
    return dict(connection.execute(select(*columns).where(subject.c.subject_key == subject_key)).mappings().one())


def needs_care(row: Mapping[str, Any], today: date) -> bool:
    """Whether the borrower is to be treated with special care: why is told to nobody."""
    until = row["vulnerability_until"]
    return row["vulnerability"] is not None and (until is None or until >= today)
