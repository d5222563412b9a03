"""The people of members: officers of an authority, and the staff of lenders and agencies. The operator adds, invites
again and ends them; each act is in the log.

An officer is invited by a code that is shown once. With it they add their first passkey (see `officer_sign_in.py`).
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import LogEntry, Member, SessionOwner
from exchange.identity.invitation_code import digest_of_code, new_code
from exchange.identity.sessions import Sessions
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store import officers as stored
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import registered_member
from exchange.store.officers import Invited, KnownOfficer
from exchange.store.web_sessions import SqlSessions
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

OFFICER_SCOPES = frozenset({Scope.AUDIT_READ, Scope.AUDIT_OPEN})
"""What an officer of an authority can hold at all."""

STAFF_SCOPES = frozenset({Scope.DISPUTE_ANSWER, Scope.COLLECTION_WRITE, Scope.RECORDS_WRITE, Scope.CONSENT_REQUEST})
"""What the staff of another member can hold at all."""

NAME_MAX = 100
FIRST_LANGUAGE = "en"
"""Until they sign in for the first time: then it is the language of the page on which they did."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """The code is to be handed to the officer and is not kept."""

    officer_id: UUID
    code: str
    ends_at: datetime


def add_officer(services: Services, authority: str, name: str, scopes: Set[Scope], actor: str) -> Invitation:
    """Adds an officer of an authority, or one of another member's staff, and invites them.

    Raises BadRequest: MEMBER_UNKNOWN; OFFICER_NOT_VALID with every fault.
    """
    now, name = services.clock.now(), " ".join(name.split())
    officer_id, (code, invited) = new_id(now), _invitation(services, now)
    with services.transaction() as connection:
        faults = _faults(registered_member(connection, authority), name, scopes)
        if faults:
            raise BadRequest(" ".join(faults), "OFFICER_NOT_VALID")
        stored.insert_officer(connection, officer_id, authority, name, sorted(scopes), FIRST_LANGUAGE, invited, now)
        added = {"act": "officer_added", "scopes": sorted(scopes), "actor": actor}
        log_officer(services, connection, authority, officer_id, added)
    return Invitation(officer_id, code, invited.ends_at)


def invite_again(services: Services, officer_id: UUID, actor: str) -> Invitation:
    """Another code for an officer who lost the first one, or every passkey.

    They begin anew: earlier codes, passkeys and sessions end. Raises BadRequest: OFFICER_NOT_FOUND, OFFICER_ENDED.
    """
    now = services.clock.now()
    code, invited = _invitation(services, now)
    with services.transaction() as connection:
        stored.lock_officer(connection, officer_id)
        officer = known_officer(connection, officer_id)
        if officer.ended_at is not None:
            raise _ended()
        stored.invite_officer(connection, officer_id, invited)
        _end_sessions(services, connection, officer_id)
        log_officer(services, connection, officer.authority, officer_id, {"act": "officer_invited", "actor": actor})
    return Invitation(officer_id, code, invited.ends_at)


def end_officer(services: Services, officer_id: UUID, actor: str) -> None:
    """Ends an officer for good, and their sessions at once. Raises BadRequest: OFFICER_NOT_FOUND, OFFICER_ENDED."""
    with services.transaction() as connection:
        officer = known_officer(connection, officer_id)
        if not stored.end_officer(connection, officer_id, services.clock.now()):
            raise _ended()
        _end_sessions(services, connection, officer_id)
        log_officer(services, connection, officer.authority, officer_id, {"act": "officer_ended", "actor": actor})


def list_officers(services: Services, authority: str | None = None) -> list[KnownOfficer]:
    """All officers, or an authority's, in the order in which they were added."""
    with services.connection() as connection:
        return stored.list_officers(connection, authority)


def known_officer(connection: Connection, officer_id: UUID) -> KnownOfficer:
    """The officer, whether or not they may act today. Raises BadRequest OFFICER_NOT_FOUND."""
    officer = stored.find_officer(connection, officer_id)
    if officer is None:
        raise BadRequest("There is no officer of this id.", "OFFICER_NOT_FOUND")
    return officer


def log_officer(
    services: Services, connection: Connection, authority: str, officer_id: UUID, fields: Mapping[str, FieldValue]
) -> LogEntry:
    """Logs, in the caller's transaction, an act about an officer."""
    about = {**fields, "member": authority, "officer": str(officer_id)}
    entry = entry_about_nobody(services, services.clock.now(), about)
    append_log_entry(connection, entry)
    return entry


def _faults(authority: Member, name: str, scopes: Set[Scope]) -> list[str]:
    faults = []
    audits = authority.member_class is MemberClass.REGULATOR
    allowed = OFFICER_SCOPES if audits else STAFF_SCOPES
    if authority.status is not MemberStatus.ACTIVE:
        faults.append("The member is not active.")
    if not 1 <= len(name) <= NAME_MAX:
        faults.append(f"An officer's name has 1 to {NAME_MAX} characters.")
    if not scopes or scopes - allowed:
        who = "An officer of an authority" if audits else "The staff of a lender or an agency"
        faults.append(f"{who} can hold {', '.join(sorted(allowed))}: at least one, and no other.")
    if missing := sorted((scopes & allowed) - authority.scopes):
        faults.append(f"The member itself does not hold {', '.join(missing)}.")
    return faults


def _invitation(services: Services, now: datetime) -> tuple[str, Invited]:
    code = new_code()
    return code, Invited(digest_of_code(code), now + timedelta(hours=services.settings.invitation_hours))


def _end_sessions(services: Services, connection: Connection, officer_id: UUID) -> None:
    sessions = Sessions(SqlSessions(connection), services.settings)
    sessions.end_others(SessionOwner(officer_id=officer_id), None, services.clock.now())


def _ended() -> BadRequest:
    return BadRequest("This officer was ended. Add them anew if they are to come back.", "OFFICER_ENDED")
