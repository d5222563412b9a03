"""A member's own current accounts, page by page, with the borrowers they belong to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, tuple_

from exchange.store.tables.account import account
from exchange.store.tables.subject import subject
from schema.vocabulary.account import OwnerRole

Page = list[Mapping[str, Any]]


def read_one_moment(connection: Connection, statement_timeout_ms: int) -> None:
    """Lets every later read of this transaction see what is stored now. Its first statement."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    connection.execute(select(func.set_config("statement_timeout", str(statement_timeout_ms), True)))


def own_accounts(
    connection: Connection, member_id: str, after: tuple[UUID, UUID] | None, most: int, further_borrowers: bool = False
) -> Page:
    """The accounts that a member contributed and that are current, in the order of their keys, from behind `after`
    (subject key, account key). `further_borrowers`: only those of people who are not the first borrower.
    """
    of_account, of_subject = account.c, subject.c
    identity = (of_subject.id_type, of_subject.country, of_subject.id_number, of_subject.names, of_subject.birth_date)
    wanted = (
        select(account, *identity, of_subject.synthetic_identity)
        .join(subject, of_subject.subject_key == of_account.subject_key)
        .where(of_account.contributor == member_id, of_account.superseded_at.is_(None))
        .order_by(of_account.subject_key, of_account.account_key)
        .limit(most)
    )
    if after is not None:
        wanted = wanted.where(tuple_(of_account.subject_key, of_account.account_key) > after)
    if further_borrowers:
        wanted = wanted.where(of_account.owner_role != OwnerRole.BORROWER)
    return [dict(row) for row in connection.execute(wanted).mappings()]
