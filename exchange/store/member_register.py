"""The register of members."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Caller, Member
from exchange.store.tables.member import member as table
from exchange.store.tables.member import member_version, revoked_token
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope


class SqlMemberRegister:
    """Members, kept in the table `member`. Each call is its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, member: Member, now: datetime) -> None:
        """Register a new member. Raises BadRequest where its id is taken; nothing is changed then."""
        with self._engine.begin() as connection:
            insert_member(connection, member, now)

    def find(self, member_id: str) -> Member | None:
        """The member of this id, whatever its status; None where there is none."""
        with self._engine.connect() as connection:
            return find_member(connection, member_id)

    def list(self) -> list[Member]:
        """All members, by id."""
        with self._engine.connect() as connection:
            return [member_from_row(row) for row in connection.execute(select(table).order_by(table.c.member_id))]


def insert_member(connection: Connection, member: Member, now: datetime) -> None:
    """Register a new member within the caller's transaction. Raises BadRequest where its id is taken."""
    row = {
        "member_id": member.member_id,
        "name": member.name,
        "member_class": member.member_class,
        "licence": member.licence,
        "status": member.status,
        "contribution_level": member.contribution_level,
        "scopes": sorted(member.scopes),
        "jwks": dict(member.jwks),
        "redirect_uris": list(member.redirect_uris),
        "contact": member.contact,
        "registered_at": now,
    }
    statement = insert(table).values(row).on_conflict_do_nothing().returning(table.c.member_id)
    if connection.execute(statement).first() is None:
        raise BadRequest("A member of this id is registered already.", "MEMBER_ID_TAKEN")


def find_member(connection: Connection, member_id: str) -> Member | None:
    """The member of this id, whatever its status; None where there is none."""
    row = connection.execute(select(table).where(table.c.member_id == member_id)).first()
    return None if row is None else member_from_row(row)


def registered_member(connection: Connection, member_id: str) -> Member:
    """The member of this id, whatever its status. Raises BadRequest: no such member."""
    member = find_member(connection, member_id)
    if member is None:
        raise _unknown()
    return member


def names_of(connection: Connection, member_ids: Collection[str]) -> dict[str, str]:
    """The names of members, by id."""
    named = select(table.c.member_id, table.c.name).where(table.c.member_id.in_(member_ids))
    return {row.member_id: row.name for row in connection.execute(named)}


def admitted_member(connection: Connection, caller: Caller) -> Member | None:
    """The member behind a token; None where it is not registered, or the token or its grant was revoked."""
    ids = (caller.token_id, caller.token_id.partition(".")[0])
    revoked = select(revoked_token).where(revoked_token.c.token_id.in_(ids)).exists()
    row = connection.execute(select(table).where(table.c.member_id == caller.member_id, ~revoked)).first()
    return None if row is None else member_from_row(row)


def change_member(
    connection: Connection, member_id: str, values: Mapping[str, Any], reason: str, now: datetime
) -> None:
    """Changes columns of a member within the caller's transaction, and keeps the row as it stood as a version.

    Raises BadRequest: no such member.
    """
    here = table.c.member_id == member_id
    if connection.execute(select(table.c.member_id).where(here).with_for_update()).first() is None:
        raise _unknown()
    stood = select(
        table.c.member_id, literal(now), literal(new_id(now)), literal(reason), func.to_jsonb(table.table_valued())
    )
    names = ["member_id", "superseded_at", "version_id", "reason", "record"]
    connection.execute(insert(member_version).from_select(names, stood.where(here)))
    connection.execute(update(table).where(here).values(values))


def member_from_row(row: Any) -> Member:
    """The member in a row that has the columns of the table."""
    return Member(
        member_id=row.member_id,
        name=row.name,
        member_class=MemberClass(row.member_class),
        licence=row.licence,
        status=MemberStatus(row.status),
        contribution_level=ContributionLevel(row.contribution_level),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        jwks=row.jwks,
        redirect_uris=tuple(row.redirect_uris),
        contact=row.contact,
        measured_level=ContributionLevel(row.measured_level) if row.measured_level else None,
    )


def _unknown() -> BadRequest:
    return BadRequest("No member of this id is registered.", "MEMBER_UNKNOWN")
