"""Who collects from a borrower: the lenders that report an account of theirs, and the agencies that these mandated."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, or_, select

from exchange.store.tables.account import account
from exchange.store.tables.mandate import account_mandate, mandate
from exchange.store.tables.member import member
from schema.vocabulary.mandate import MandateState


def lenders_of(connection: Connection, subject_key: UUID) -> dict[str, str]:
    """The members that report an account of a borrower now: id to name, by name."""
    theirs = select(account.c.contributor).where(
        account.c.subject_key == subject_key, account.c.superseded_at.is_(None)
    )
    named = select(member.c.member_id, member.c.name).where(member.c.member_id.in_(theirs)).order_by(member.c.name)
    return {row.member_id: row.name for row in connection.execute(named)}


def agencies_of(
    connection: Connection, subject_key: UUID, lenders: Collection[str], today: date
) -> set[tuple[str, str]]:
    """The agencies that hold a mandate of these lenders on an account of the borrower, as (lender, agency)."""
    given, named = mandate.c, account_mandate.c
    on_theirs = select(named.mandate_id).where(named.subject_key == subject_key, named.ended_at.is_(None))
    standing = select(given.lender, given.agency).where(
        given.lender.in_(lenders),
        given.superseded_at.is_(None),
        given.state == MandateState.ACTIVE.value,
        given.ends_on >= today,
        or_(given.portfolio.is_not(None), given.mandate_id.in_(on_theirs)),
    )
    return {(lender, agency) for lender, agency in connection.execute(standing)}
