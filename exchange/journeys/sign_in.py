"""Signing in: with a passkey, with an authenticator app's code, with a recovery code, or by proving one's identity.

Every way is limited before anything is looked at, and says the same to a stranger as to somebody who mistyped. Each
ends the session before it and begins a new one. Sign-ins themselves are not in the log; what changes the ways of
signing in is (see `sign_in_methods.py`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import SessionOwner, WebSession
from exchange.identity.attempt_limits import Door
from exchange.identity.passkeys import CHALLENGE_BYTES, assertion_options, relying_party
from exchange.identity.proofing import IdentityProofing, ProofedIdentity
from exchange.identity.recovery_codes import RecoveryCodes, code_number
from exchange.identity.sessions import Sessions
from exchange.identity.totp import matching_step
from exchange.intake.synthetic_identity import is_nobodys
from exchange.journeys.find_borrower import Document, held_borrower_of, lookup_tokens
from exchange.journeys.passkeys_of import assert_passkey
from exchange.journeys.services import Services
from exchange.journeys.sign_in_methods import log_change
from exchange.store.passkeys import BORROWERS
from exchange.store.sign_in import (
    find_recovery_hash,
    find_totp,
    know_person,
    record_enrolment,
    spend_recovery_code,
    spend_totp_step,
)
from exchange.store.subject_file import SubjectFile, find_subject
from exchange.store.web_sessions import SqlSessions
from schema.vocabulary.identifiers import normalise_id_number


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the door: the session they have (its digest), their browser in words, their network address."""

    session_digest: bytes | None
    device: str
    source: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun, and the value for its cookie."""

    cookie_value: str
    session: WebSession


def start_passkey_sign_in(services: Services) -> tuple[bytes, dict[str, Any]]:
    """A fresh challenge, to be kept in the session, and what the browser needs to have it signed."""
    challenge = os.urandom(CHALLENGE_BYTES)
    return challenge, assertion_options(relying_party(services.settings), challenge)


def finish_passkey_sign_in(
    services: Services, visitor: Visitor, challenge: bytes, response: Mapping[str, Any]
) -> SignedIn:
    """A signed challenge, which the caller has seen to be used once.

    Raises BadRequest PASSKEY_NOT_VALID, Overloaded.
    """
    services.limits.take(Door.PASSKEY, None, visitor.source, services.clock.now())
    with services.transaction() as connection:
        passkey, _ = assert_passkey(services, connection, BORROWERS, None, challenge, response)
        return _begin(services, connection, visitor, passkey.user_handle, "PASSKEY")


def sign_in_with_totp(services: Services, visitor: Visitor, document: Document, code: str) -> SignedIn:
    """Raises BadRequest SIGN_IN_NOT_VALID, Overloaded."""
    tokens = _take(services, Door.TOTP, visitor, document)
    now = services.clock.now()
    with services.transaction() as connection:
        file = find_subject(connection, tokens)
        stored = find_totp(connection, file.subject_key) if file else None
        if file is None or stored is None:
            raise _not_valid()
        secret = services.keys.open(file.wrapped_key).unseal("totp", "secret", file.subject_key.bytes, stored.secret)
        step = matching_step(secret.decode(), code, now, stored.last_step)
        if step is None or not spend_totp_step(connection, file.subject_key, step):
            raise _not_valid()
        return _begin(services, connection, visitor, file.subject_key, "TOTP")


def sign_in_with_recovery_code(services: Services, visitor: Visitor, document: Document, code: str) -> SignedIn:
    """The code is used up, which the log notes. Raises BadRequest SIGN_IN_NOT_VALID, Overloaded."""
    tokens = _take(services, Door.RECOVERY_CODE, visitor, document)
    number = code_number(code)
    with services.connection() as connection:
        file = find_subject(connection, tokens)
        stored = find_recovery_hash(connection, file.subject_key, number) if file and number is not None else None
    # Nothing is held open meanwhile: checking the hash is slow on purpose.
    if not RecoveryCodes(services.settings).matches(stored, code) or not (file and stored and number is not None):
        raise _not_valid()
    now = services.clock.now()
    with services.transaction() as connection:
        log_change(services, connection, file.subject_key, "RECOVERY_CODE_USED")
        if not spend_recovery_code(connection, file.subject_key, number, stored, now):
            raise _not_valid()
        return _begin(services, connection, visitor, file.subject_key, "RECOVERY_CODE")


def begin_proofing(
    services: Services, proofing: IdentityProofing, visitor: Visitor, return_url: str, state: str
) -> str:
    """Where to send the browser, so that the provider finds out who this is. Raises Overloaded, Unavailable."""
    services.limits.take(Door.ENROLMENT, None, visitor.source, services.clock.now())
    return proofing.begin(return_url, state)


def finish_proofing(
    services: Services,
    proofing: IdentityProofing,
    visitor: Visitor,
    return_url: str,
    state: str,
    params: Mapping[str, str],
) -> SignedIn:
    """Enrols the borrower whom the provider names, and signs them in, so that they can add a passkey.

    Raises BadRequest: PROOFING_NOT_VALID, SUBJECT_UNKNOWN where we hold no file; Overloaded, Unavailable.
    """
    services.limits.take(Door.ENROLMENT, None, visitor.source, services.clock.now())
    identity = proofing.finish(return_url, state, params)
    document = Document(identity.id_type, identity.country, identity.id_number)
    with services.transaction() as connection:
        file = held_borrower_of(services, connection, document)
        _enrol(services, connection, file, identity)
        return _begin(services, connection, visitor, file.subject_key, "PROOFING")


def sign_out(services: Services, session_digest: bytes) -> None:
    """Ends the session."""
    with services.connection() as connection:
        SqlSessions(connection).end(session_digest)


def _enrol(services: Services, connection: Connection, file: SubjectFile, identity: ProofedIdentity) -> None:
    person = know_person(connection, file.subject_key)
    nobodys = is_nobodys(identity.id_type, normalise_id_number(identity.id_type, identity.id_number))
    if identity.synthetic and not (nobodys or person.synthetic_identity):
        raise BadRequest("The demonstration opens the files of made-up people only.", "NOT_A_DEMONSTRATION")
    now, row_key = services.clock.now(), file.subject_key.bytes
    cipher = services.keys.open(file.wrapped_key)
    evidence = cipher.seal("enrolment", "evidence", row_key, orjson.dumps(dict(identity.evidence)))
    log_change(services, connection, file.subject_key, "IDENTITY_PROVED")
    record_enrolment(connection, file.subject_key, identity.provider, evidence, person.language, now)


def _take(services: Services, door: Door, visitor: Visitor, document: Document) -> list[bytes]:
    """The look-up tokens of the document, once the attempt was counted. Raises BadRequest, Overloaded."""
    now = services.clock.now()
    try:
        tokens = lookup_tokens(services, document)
    except BadRequest:
        services.limits.take(door, None, visitor.source, now)
        raise _not_valid() from None
    services.limits.take(door, tokens[0].hex(), visitor.source, now)
    return tokens


def _begin(
    services: Services, connection: Connection, visitor: Visitor, subject_key: UUID, signed_in_by: str
) -> SignedIn:
    remembered = {"language": know_person(connection, subject_key).language}
    sessions = Sessions(SqlSessions(connection), services.settings)
    now = services.clock.now()
    value, session = sessions.sign_in(
        visitor.session_digest, SessionOwner(subject_key), signed_in_by, visitor.device, remembered, now
    )
    return SignedIn(value, session)


def _not_valid() -> BadRequest:
    return BadRequest(
        "These details do not match, or the code was used already. Check them and try again.", "SIGN_IN_NOT_VALID"
    )
