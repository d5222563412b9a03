"""Opening an event takes two persons of one authority (PIPL art. 33: powers over data are divided).

One officer asks and says why. Another one agrees, with a passkey that signs the digest of the request: what they
agreed to can be checked for ever, and nobody who only writes into the database can open anything. Then, for some days,
officers of that authority see all fields of that one event; each time is logged.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy import Connection

from consent.passkey import PasskeySignature, PasskeySignatureDoesNotMatch, thumbprint, verify_passkey
from consent.policy.resolve import two_person_rule
from consent.reasons import Reason
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest, IntegrityError, Refused
from exchange.handover import Officer
from exchange.identity.cose_key import jwk_of
from exchange.journeys.log_act import log_refused_caller
from exchange.journeys.log_view import log_view, require_scope
from exchange.journeys.openable import Auditor, auditor_of, event_id_of, event_not_found, leaf_index_of, opened_whole
from exchange.journeys.passkeys_of import assert_passkey, options_to_sign
from exchange.journeys.services import Services
from exchange.store.event_search import SealedOpening, find_entry, find_opening
from exchange.store.opening_requests import (
    NewRequest,
    StoredRequest,
    add_request,
    find_request,
    list_requests,
    put_decision,
    requests_for,
)
from exchange.store.own_file import find_own_file
from exchange.store.passkeys import OFFICERS
from schema.vocabulary.opening import OpeningState
from schema.vocabulary.scope import Scope

DOMAIN = b"openbureau/opening-request/v1\n"
"""Goes before the canonical bytes, so that a signature over a request can never be taken for one over another thing."""
KEY_REGISTERED = "officer_passkey_added"
REASON_CHARACTERS_MAX = 1_000
LISTED_MAX = 500


@dataclass(frozen=True, slots=True)
class Opening:
    """A request to open an event. `ends_at`: until when it waits or, once approved, until when the event is open.

    `reason` is None for somebody who may not open events.
    """

    request_id: UUID
    event_id: str
    leaf_index: int
    asked_by: UUID
    asked_by_name: str
    reason: str | None
    asked_at: datetime
    ends_at: datetime
    decided_by_name: str | None
    decided_at: datetime | None
    approved: bool | None
    state: OpeningState


def ask_opening(services: Services, officer: Officer, event_id: str, reason: str) -> UUID:
    """Asks another officer of the authority to let this event be opened. Returns the request's id.

    Raises Refused without audit:open; BadRequest: REASON_NOT_VALID, EVENT_NOT_FOUND, OPENING_ASKED_ALREADY.
    """
    auditor, now = auditor_of(officer), services.clock.now()
    require_scope(services, auditor, Scope.AUDIT_OPEN)
    words, leaf_index, request_id = _checked(reason), leaf_index_of(event_id), new_id(now)
    sealed = services.keys.log_cipher().seal_opening(request_id, words.encode())
    ends_at = now + timedelta(days=services.settings.opening_wait_days)
    with services.transaction() as connection:
        if find_opening(connection, leaf_index) is None:
            raise event_not_found()
        present = present_request(services, connection, auditor, leaf_index)
        if present and state_of(services, present) in {OpeningState.WAITING, OpeningState.APPROVED}:
            raise BadRequest("This event is open, or waits for a second officer already.", "OPENING_ASKED_ALREADY")
        new = NewRequest(request_id, auditor.authority, leaf_index, officer.officer_id, sealed, now, ends_at)
        add_request(connection, new)
        asked = {"event": event_id, "opening_request": str(request_id)}
        log_view(services, connection, auditor, "opening_asked", asked)
    return request_id


def openings(services: Services, officer: Officer) -> tuple[Opening, ...]:
    """The requests of the officer's authority, the newest first. Raises Refused without audit:read."""
    auditor = auditor_of(officer)
    require_scope(services, auditor, Scope.AUDIT_READ)
    with services.connection() as connection:
        stored = list_requests(connection, auditor.authority, LISTED_MAX)
    return tuple(view_request(services, auditor, each) for each in stored)


def opening_options(services: Services, officer: Officer, request_id: UUID) -> dict[str, Any]:
    """What the page needs so that the second officer's passkey signs the request.

    Raises as `decide_opening` does, and BadRequest PASSKEY_NEEDED.
    """
    require_scope(services, auditor_of(officer), Scope.AUDIT_OPEN)
    with services.connection() as connection:
        request = _decidable(services, connection, officer, request_id)
    return options_to_sign(services, officer, _digest(services, request, services.settings.opening_days))


def decide_opening(
    services: Services, officer: Officer, request_id: UUID, approve: bool, assertion: Mapping[str, Any] | None
) -> None:
    """Another officer than the one who asked agrees, with a passkey, or refuses.

    1. The request is of the officer's authority, waits, and was asked by somebody else.
    2. To agree, the officer's own passkey signs the digest of the request.
    3. The decision is kept: of two at once, one counts.
    4. It is logged in the same transaction.

    Raises Refused without audit:open, or SECOND_PERSON_NEEDED; BadRequest: OPENING_NOT_FOUND, OPENING_DECIDED,
    OPENING_ENDED, PASSKEY_NOT_VALID.
    """
    auditor, now = auditor_of(officer), services.clock.now()
    require_scope(services, auditor, Scope.AUDIT_OPEN)
    days = services.settings.opening_days
    with services.transaction() as connection:
        request = _decidable(services, connection, officer, request_id)  # 1
        digest = _digest(services, request, days)
        signature = _sign(services, connection, officer, digest, days, assertion or {}) if approve else None  # 2
        if not put_decision(connection, request_id, officer.officer_id, now, approve, signature):  # 3
            raise _decided()
        decided: dict[str, FieldValue] = {
            "event": event_id_of(request.leaf_index),
            "opening_request": str(request_id),
            "approved": approve,
            "opening_digest": digest.hex(),
        }
        log_view(services, connection, auditor, "opening_decided", decided)  # 4


def opened_event(services: Services, auditor: Auditor, event_id: str) -> Mapping[str, FieldValue]:
    """All fields of an event that two persons have opened, checked against its leaf.

    The borrower's own fields are among them while the borrower's key lives. Raises Refused without audit:open, or
    OPENING_NEEDED; BadRequest EVENT_NOT_FOUND; IntegrityError where the second officer's signature does not hold.
    """
    require_scope(services, auditor, Scope.AUDIT_OPEN)
    leaf_index = leaf_index_of(event_id)
    with services.transaction() as connection:
        sealed = find_opening(connection, leaf_index)
        if sealed is None:
            raise event_not_found()
        request = present_request(services, connection, auditor, leaf_index)
        if request is not None and state_of(services, request) is OpeningState.APPROVED:
            check_decision(services, connection, request)
            fields = opened_whole(sealed.leaf, *_unsealed(services, connection, sealed))
            viewed = {"event": event_id, "opening_request": str(request.request_id)}
            log_view(services, connection, auditor, "event_opened", viewed)
            return fields
    log_refused_caller(services, "OPENING_NEEDED", auditor.authority)
    rule = two_person_rule(services.pack, services.clock.now().date())
    sentence = "Two officers must agree before this event can be opened."
    raise Refused([Reason("OPENING_NEEDED", sentence, rule.id if rule else None)])


def check_decision(services: Services, connection: Connection, request: StoredRequest) -> None:
    """Checks, at any later time, that an officer other than the asker agreed to exactly this request.

    1. Two persons. 2. The passkey signed the digest of the request as it is stored. 3. The log says that the passkey
    was registered, and as that officer's. Raises IntegrityError.
    """
    try:
        if request.decided_by in (None, request.asked_by) or not request.approved:  # 1
            raise ValueError("not agreed to by a second person")
        kept = request.signature or {}
        signed = PasskeySignature.from_values(kept["passkey"])
        verify_passkey(signed, _digest(services, request, kept["opening_days"]), services.settings.issuer)  # 2
        entry = find_entry(connection, UUID(kept["key_entry"]))
        stored = entry and services.keys.log_cipher().unseal_opening(entry.entry_id, entry.service_opening)
        said = opened_whole(entry.leaf, stored) if entry and stored else {}
        registered = {"act": KEY_REGISTERED, "officer": str(request.decided_by), "key": thumbprint(signed.public_key)}
        if not registered.items() <= said.items():  # 3
            raise ValueError("the passkey was not registered")
    except (KeyError, TypeError, ValueError, PasskeySignatureDoesNotMatch) as fault:
        raise IntegrityError("The second officer's signature does not hold; nothing was opened.") from fault


def present_request(
    services: Services, connection: Connection, auditor: Auditor, leaf_index: int
) -> StoredRequest | None:
    """The authority's request for an event that counts today: one that is approved, else the newest."""
    requests = requests_for(connection, auditor.authority, leaf_index)
    approved = (request for request in requests if state_of(services, request) is OpeningState.APPROVED)
    return next(approved, requests[0] if requests else None)


def state_of(services: Services, request: StoredRequest) -> OpeningState:
    """How the request stands now."""
    if request.approved is False:
        return OpeningState.REFUSED
    if services.clock.now() >= _ends_at(request):
        return OpeningState.ENDED
    return OpeningState.APPROVED if request.approved else OpeningState.WAITING


def view_request(services: Services, auditor: Auditor, request: StoredRequest) -> Opening:
    """The request as an auditor sees it."""
    return Opening(
        request_id=request.request_id,
        event_id=event_id_of(request.leaf_index),
        leaf_index=request.leaf_index,
        asked_by=request.asked_by,
        asked_by_name=request.asked_by_name,
        reason=_reason(services, request) if Scope.AUDIT_OPEN in auditor.scopes else None,
        asked_at=request.asked_at,
        ends_at=_ends_at(request),
        decided_by_name=request.decided_by_name,
        decided_at=request.decided_at,
        approved=request.approved,
        state=state_of(services, request),
    )


def _decidable(services: Services, connection: Connection, officer: Officer, request_id: UUID) -> StoredRequest:
    request = find_request(connection, officer.authority, request_id)
    if request is None:
        raise BadRequest("Your authority has made no such request.", "OPENING_NOT_FOUND")
    if request.asked_by == officer.officer_id:
        raise Refused([Reason("SECOND_PERSON_NEEDED", "Another officer of your authority must decide this.")])
    if request.decided_at is not None:
        raise _decided()
    if state_of(services, request) is OpeningState.ENDED:
        raise BadRequest("This request has waited too long. Ask again.", "OPENING_ENDED")
    return request


def _sign(
    services: Services, connection: Connection, officer: Officer, digest: bytes, days: int, assertion: Mapping[str, Any]
) -> dict[str, Any]:
    """What is kept of the second officer's agreement."""
    passkey, signed = assert_passkey(services, connection, OFFICERS, officer.officer_id, digest, assertion)
    signature = PasskeySignature(
        jwk_of(passkey.public_key), signed.client_data, signed.authenticator_data, signed.signature
    )
    return {"opening_days": days, "key_entry": str(passkey.entry_id), "passkey": signature.to_values()}


def _digest(services: Services, request: StoredRequest, opening_days: int) -> bytes:
    """What the second officer's passkey signs: SHA-256 over the domain and the request in canonical form (RFC 8785)."""
    said: dict[str, Any] = {
        "v": 1,
        "request_id": str(request.request_id),
        "authority": request.authority,
        "leaf_index": request.leaf_index,
        "leaf_hash": request.leaf_hash.hex(),
        "asked_by": str(request.asked_by),
        "asked_at": request.asked_at.isoformat(),
        "ends_at": request.ends_at.isoformat(),
        "opening_days": opening_days,
        "reason": _reason(services, request),
    }
    return hashlib.sha256(DOMAIN + rfc8785.dumps(said)).digest()


def _ends_at(request: StoredRequest) -> datetime:
    if request.approved and request.decided_at and request.signature:
        return request.decided_at + timedelta(days=request.signature["opening_days"])
    return request.ends_at


def _reason(services: Services, request: StoredRequest) -> str:
    return services.keys.log_cipher().unseal_opening(request.request_id, request.reason).decode()


def _checked(reason: str) -> str:
    words = reason.strip()
    if not 1 <= len(words) <= REASON_CHARACTERS_MAX:
        sentence = f"Say why, with the case, in 1 to {REASON_CHARACTERS_MAX} characters."
        raise BadRequest(sentence, "REASON_NOT_VALID")
    return words


def _unsealed(services: Services, connection: Connection, sealed: SealedOpening) -> list[bytes]:
    """The stored openings: the service's, and the borrower's while their key lives."""
    openings = [services.keys.log_cipher().unseal_opening(sealed.entry_id, sealed.service_opening)]
    file = find_own_file(connection, sealed.subject_key) if sealed.subject_opening else None
    if file is not None and sealed.subject_opening is not None:
        cipher = services.keys.open(file.wrapped_key)
        openings.append(cipher.unseal_opening(sealed.entry_id, sealed.subject_opening))
    return openings


def _decided() -> BadRequest:
    return BadRequest("This request was decided already.", "OPENING_DECIDED")
