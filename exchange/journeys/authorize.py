"""A borrower decides on a member's request for consent, and the browser goes back to the member with the answer.

    open_request     the page shows who asks for what; nothing is used up
    allow_request    the borrower gave the consent: the request is used up, a code goes to the member
    refuse_request   the borrower refused: the request is used up, the member learns that and no more

Every answer names us (`iss`, RFC 9207), so that a member cannot take it for another server's. The page answers 303.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from consent.lifecycle import ConsentState
from exchange.errors import BadRequest
from exchange.handover import AuthorizationCode, Borrower, Member, PushedRequest
from exchange.identity.consent_request import RequestedConsent, read_consent_request
from exchange.identity.redirect_uri import with_parameters
from exchange.identity.registered_client import is_member_id
from exchange.identity.secret_text import digest_of, fresh_secret
from exchange.journeys.consent_drafts import is_as_requested
from exchange.journeys.representatives import acting_in
from exchange.journeys.services import Services
from exchange.store.authorization import find_pushed_request, insert_code, use_pushed_request
from exchange.store.consent_register import SqlConsentRegister
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.member_class import MemberStatus

CODE_SECONDS = 60
"""How long a code lives (FAPI 2.0 Security Profile, section 5.3.2.2)."""


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What a member asks a borrower for, and where the browser goes after the decision."""

    member: Member
    requested: RequestedConsent
    redirect_uri: str
    state: str | None
    expires_at: datetime


def open_request(services: Services, client_id: str, request_uri: str) -> ConsentRequest:
    """The request as it may still be decided on. It may be opened as often as the borrower likes.

    Raises BadRequest where there is no such request of this member, it was decided on, has expired, or the member may
    not act: show the sentence, and send the browser nowhere.
    """
    pushed = None
    if is_member_id(client_id):
        with services.connection() as connection:
            pushed = find_pushed_request(connection, client_id, digest_of(request_uri))
    if pushed is None:
        raise BadRequest("We do not know this request. Go back to the lender and start again.", "REQUEST_URI_UNKNOWN")
    if pushed.used:
        raise BadRequest("You have already decided on this request.", "REQUEST_URI_USED")
    if pushed.expires_at <= services.clock.now():
        raise BadRequest("This request has expired. Go back to the lender and start again.", "REQUEST_URI_EXPIRED")
    member = SqlMemberRegister(services.engine).find(client_id)
    if member is None or member.status is not MemberStatus.ACTIVE or pushed.redirect_uri not in member.redirect_uris:
        raise BadRequest("This lender may not ask for your consent at present.", "MEMBER_NOT_ACTIVE")
    requested = read_consent_request(pushed.authorization_details)
    return ConsentRequest(member, requested, pushed.redirect_uri, pushed.state, pushed.expires_at)


def allow_request(
    services: Services,
    borrower: Borrower,
    client_id: str,
    request_uri: str,
    consent_id: UUID,
    acting_for: UUID | None = None,
) -> str:
    """Where the browser goes, with a code, now that the borrower has given the consent `consent_id`.

    1. The request may still be decided on.
    2. The consent is this borrower's (or that of whom they act for), for this member, as it was asked for, and active.
    3. The request is used up, and the code kept, in one transaction: of two decisions one counts.

    Raises BadRequest as `open_request` does, and CONSENT_NOT_FOR_REQUEST.
    """
    wanted = open_request(services, client_id, request_uri)  # 1
    code = fresh_secret()
    with services.transaction() as connection:
        subject_key = acting_in(services, connection, borrower, acting_for).subject_key
        _must_be_given(connection, subject_key, consent_id, wanted)  # 2
        pushed = _use(services, connection, client_id, request_uri)  # 3
        insert_code(connection, _code(pushed, digest_of(code), subject_key, consent_id, services.clock.now()))
    return _back(services, pushed, {"code": code})


def refuse_request(services: Services, client_id: str, request_uri: str) -> str:
    """Where the browser goes now that the borrower has refused. Raises BadRequest as `open_request` does."""
    open_request(services, client_id, request_uri)
    with services.transaction() as connection:
        pushed = _use(services, connection, client_id, request_uri)
    return _back(services, pushed, {"error": "access_denied", "error_description": "The borrower refused."})


def _must_be_given(connection: Connection, subject_key: UUID, consent_id: UUID, wanted: ConsentRequest) -> None:
    held = SqlConsentRegister(connection).find(subject_key, consent_id)
    if (
        held is None
        or held.state is not ConsentState.ACTIVE
        or held.artefact.recipient != wanted.member.member_id
        or not is_as_requested(held.artefact, wanted.requested)
    ):
        raise BadRequest("This consent was not given for this request, or no longer stands.", "CONSENT_NOT_FOR_REQUEST")


def _use(services: Services, connection: Connection, client_id: str, request_uri: str) -> PushedRequest:
    pushed = use_pushed_request(connection, client_id, digest_of(request_uri), services.clock.now())
    if pushed is None:
        raise BadRequest("You have already decided on this request.", "REQUEST_URI_USED")
    return pushed


def _code(
    pushed: PushedRequest, digest: bytes, subject_key: UUID, consent_id: UUID, now: datetime
) -> AuthorizationCode:
    return AuthorizationCode(
        digest=digest,
        client_id=pushed.client_id,
        subject_key=subject_key,
        consent_id=consent_id,
        redirect_uri=pushed.redirect_uri,
        code_challenge=pushed.code_challenge,
        key_thumbprint=pushed.key_thumbprint,
        scopes=pushed.scopes,
        authorization_details=pushed.authorization_details,
        expires_at=now + timedelta(seconds=CODE_SECONDS),
    )


def _back(services: Services, pushed: PushedRequest, answer: dict[str, str]) -> str:
    return with_parameters(pushed.redirect_uri, {**answer, "iss": services.settings.issuer, "state": pushed.state})
