"""Officers sign in, with passkeys alone: the first is added with an invitation's code, others from within.

Sign-ins themselves are not in the log; what changes the ways of signing in is (see `officer_passkeys.py`).
"""

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import Officer, SessionOwner, WebSession
from exchange.identity.attempt_limits import Door
from exchange.identity.invitation_code import digest_of_code, matching
from exchange.identity.passkeys import (
    CHALLENGE_BYTES,
    assertion_options,
    registration_options,
    relying_party,
    verify_registration,
)
from exchange.identity.sessions import Sessions
from exchange.journeys.officer_passkeys import keep_officer_passkey
from exchange.journeys.officers import known_officer
from exchange.journeys.passkeys_of import assert_passkey
from exchange.journeys.services import Services
from exchange.journeys.sign_in import SignedIn, Visitor
from exchange.store.officers import KnownOfficer, find_officer, pending_invitations, spend_invitation
from exchange.store.passkeys import OFFICERS
from exchange.store.web_sessions import SqlSessions

_SCOPES = "officer_scopes"
"""What a session remembers of the officer's scopes when it began."""


def start_enrolment(services: Services, visitor: Visitor, code: str) -> tuple[bytes, dict[str, Any]]:
    """A fresh challenge, to be kept in the session, and what the browser needs to make the first passkey.

    Nothing is used up yet. Raises BadRequest INVITATION_NOT_VALID, Overloaded.
    """
    services.limits.take(Door.INVITATION, None, visitor.source, services.clock.now())
    challenge = os.urandom(CHALLENGE_BYTES)
    with services.connection() as connection:
        invited = _invited(services, connection, code)
    party = relying_party(services.settings)
    return challenge, registration_options(party, invited.officer_id, invited.name, challenge, [])


def finish_enrolment(
    services: Services,
    visitor: Visitor,
    code: str,
    challenge: bytes,
    response: Mapping[str, Any],
    name: str,
    language: str,
) -> SignedIn:
    """Adds the first passkey, uses the invitation up, and signs the officer in.

    1. The attempt is counted before the code is looked at.
    2. The code is that of a standing invitation.
    3. The passkey was made for us, now, by a verified user.
    4. The invitation is used up: of two at once, one gets in.
    5. The passkey is kept with the log entry about it, and a session begins under a new cookie.

    Raises BadRequest: INVITATION_NOT_VALID, PASSKEY_NOT_VALID; Overloaded.
    """
    now = services.clock.now()
    services.limits.take(Door.INVITATION, None, visitor.source, now)  # 1
    with services.transaction() as connection:
        invited = _invited(services, connection, code)  # 2
        made = verify_registration(relying_party(services.settings), challenge, response)  # 3
        if not spend_invitation(connection, invited.officer_id, digest_of_code(code), language, now):  # 4
            raise _not_valid()
        keep_officer_passkey(services, connection, invited.authority, invited.officer_id, made, name)  # 5
        return _begin(services, connection, visitor, known_officer(connection, invited.officer_id))


def start_officer_sign_in(services: Services) -> tuple[bytes, dict[str, Any]]:
    """A fresh challenge, to be kept in the session, and what the browser needs to have it signed."""
    challenge = os.urandom(CHALLENGE_BYTES)
    return challenge, assertion_options(relying_party(services.settings), challenge)


def finish_officer_sign_in(
    services: Services, visitor: Visitor, challenge: bytes, response: Mapping[str, Any]
) -> SignedIn:
    """A challenge signed by an officer's passkey, which the caller has seen to be used once.

    Raises BadRequest: PASSKEY_NOT_VALID; OFFICER_NOT_ADMITTED; Overloaded.
    """
    services.limits.take(Door.PASSKEY, None, visitor.source, services.clock.now())
    with services.transaction() as connection:
        passkey, _ = assert_passkey(services, connection, OFFICERS, None, challenge, response)
        officer = known_officer(connection, passkey.user_handle)
        if not officer.admitted:
            raise BadRequest("You are not admitted any more. Ask your authority.", "OFFICER_NOT_ADMITTED")
        return _begin(services, connection, visitor, officer)


def present_officer(services: Services, session: WebSession) -> Officer | None:
    """The officer whose session this is; None where it is nobody's.

    Asked at every request: a session ends at once when its officer is ended, their scopes or their authority's change,
    or the authority is suspended.
    """
    if session.officer_id is None:
        return None
    with services.connection() as connection:
        officer = find_officer(connection, session.officer_id)
        if officer is None or not officer.admitted or sorted(officer.scopes) != session.data.get(_SCOPES):
            SqlSessions(connection).end(session.digest)
            return None
    language = session.data.get("language", officer.language)
    return Officer(officer.officer_id, officer.authority, officer.name, officer.scopes, session.digest, language)


def _invited(services: Services, connection: Connection, code: str) -> KnownOfficer:
    """Raises BadRequest INVITATION_NOT_VALID."""
    officer_id = matching(code, pending_invitations(connection, services.clock.now()))
    officer = find_officer(connection, officer_id) if officer_id else None
    if officer is None or not officer.admitted:
        raise _not_valid()
    return officer


def _begin(services: Services, connection: Connection, visitor: Visitor, officer: KnownOfficer) -> SignedIn:
    sessions = Sessions(SqlSessions(connection), services.settings)
    remembered = {"language": officer.language, _SCOPES: sorted(officer.scopes)}
    owner, now = SessionOwner(officer_id=officer.officer_id), services.clock.now()
    value, session = sessions.sign_in(visitor.session_digest, owner, "PASSKEY", visitor.device, remembered, now)
    return SignedIn(value, session)


def _not_valid() -> BadRequest:
    return BadRequest(
        "This code is not right, was used already or has ended. Ask the operator for a new one.", "INVITATION_NOT_VALID"
    )
