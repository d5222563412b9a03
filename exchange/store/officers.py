"""The people of members, in SQL. Every statement belongs to the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from exchange.store.tables.member import member
from exchange.store.tables.officer import officer, officer_passkey
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

_AUDITING = frozenset({Scope.AUDIT_READ, Scope.AUDIT_OPEN})


@dataclass(frozen=True, slots=True)
class KnownOfficer:
    """An officer as stored, and how their member (`authority`) stands. `scopes` are those that both of them hold; only
    an authority's officers audit.
    """

    officer_id: UUID
    authority: str
    authority_active: bool
    name: str
    scopes: frozenset[Scope]
    language: str
    added_at: datetime
    ended_at: datetime | None
    invitation_ends_at: datetime | None
    passkeys: int

    @property
    def admitted(self) -> bool:
        """Whether they may act today: they were not ended, and their member is active."""
        return self.ended_at is None and self.authority_active and bool(self.scopes)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation. `digest` is SHA-256 of its code."""

    digest: bytes
    ends_at: datetime


def insert_officer(
    connection: Connection, officer_id: UUID, authority: str, name: str, scopes: Sequence[Scope], language: str,
    invited: Invited, now: datetime,
) -> None:  # fmt: skip
    """Adds an officer, who is invited to add a first passkey."""
    row = {
        "officer_id": officer_id,
        "member_id": authority,
        "name": name,
        "scopes": sorted(scopes),
        "language": language,
        "invitation": invited.digest,
        "invitation_ends_at": invited.ends_at,
        "added_at": now,
    }
    connection.execute(insert(officer).values(row))


def find_officer(connection: Connection, officer_id: UUID) -> KnownOfficer | None:
    """The officer, whether or not they may act today."""
    row = connection.execute(_known().where(officer.c.officer_id == officer_id)).one_or_none()
    return _officer(row) if row else None


def list_officers(connection: Connection, authority: str | None) -> list[KnownOfficer]:
    """All officers, or an authority's, in the order in which they were added."""
    known = _known() if authority is None else _known().where(officer.c.member_id == authority)
    return [_officer(row) for row in connection.execute(known.order_by(officer.c.added_at, officer.c.officer_id))]


def lock_officer(connection: Connection, officer_id: UUID) -> None:
    """Others who change this officer's passkeys wait until this transaction ends."""
    connection.execute(select(officer.c.officer_id).where(officer.c.officer_id == officer_id).with_for_update())


def pending_invitations(connection: Connection, now: datetime) -> list[tuple[UUID, bytes]]:
    """Every invitation that may still be used: the officer, and the digest of its code."""
    pending = select(officer.c.officer_id, officer.c.invitation).where(
        officer.c.invitation.is_not(None), officer.c.invitation_ends_at > now, officer.c.ended_at.is_(None)
    )
    return [(officer_id, digest) for officer_id, digest in connection.execute(pending)]


def invite_officer(connection: Connection, officer_id: UUID, invited: Invited) -> None:
    """Another invitation, in place of an earlier one; the passkeys that there were are removed."""
    connection.execute(delete(officer_passkey).where(officer_passkey.c.officer_id == officer_id))
    values = {"invitation": invited.digest, "invitation_ends_at": invited.ends_at}
    connection.execute(update(officer).where(officer.c.officer_id == officer_id).values(values))


def spend_invitation(connection: Connection, officer_id: UUID, digest: bytes, language: str, now: datetime) -> bool:
    """Uses up an invitation. False: it was used, replaced or had ended in the meantime."""
    standing = update(officer).where(
        officer.c.officer_id == officer_id,
        officer.c.invitation == digest,
        officer.c.invitation_ends_at > now,
        officer.c.ended_at.is_(None),
    )
    values = {"invitation": None, "invitation_ends_at": None, "language": language}
    return connection.execute(standing.values(values)).rowcount == 1


def end_officer(connection: Connection, officer_id: UUID, now: datetime) -> bool:
    """From now on they may do nothing. False: there is no such officer, or they were ended before."""
    going = update(officer).where(officer.c.officer_id == officer_id, officer.c.ended_at.is_(None))
    values = {"ended_at": now, "invitation": None, "invitation_ends_at": None}
    return connection.execute(going.values(values)).rowcount == 1


def _known() -> Select[Any]:
    passkeys = select(func.count()).where(officer_passkey.c.officer_id == officer.c.officer_id).scalar_subquery()
    authority = member.c.status.label("status"), member.c.member_class.label("member_class")
    held = member.c.scopes.label("held"), passkeys.label("passkeys")
    return select(officer, *authority, *held).join_from(officer, member, officer.c.member_id == member.c.member_id)


def _officer(row: Row[Any]) -> KnownOfficer:
    audits = row.member_class == MemberClass.REGULATOR
    return KnownOfficer(
        officer_id=row.officer_id,
        authority=row.member_id,
        authority_active=row.status == MemberStatus.ACTIVE,
        name=row.name,
        scopes=frozenset(
            scope for scope in map(Scope, set(row.scopes) & set(row.held)) if (scope in _AUDITING) == audits
        ),
        language=row.language,
        added_at=row.added_at,
        ended_at=row.ended_at,
        invitation_ends_at=row.invitation_ends_at,
        passkeys=row.passkeys,
    )
