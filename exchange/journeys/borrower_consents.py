"""What borrowers do with their consents: give, refuse, look at, pause, resume, withdraw, take away a receipt.

A representative does the same in another's file: `acting_for` names the borrower, and everything that is logged says
who did it. What a refusal leaves is held as REJECTED, signed by the exchange alone, so that nobody asks again too soon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ArtefactNotValid, ConsentArtefact
from consent.asking import asked_too_soon
from consent.lifecycle import ConsentState
from consent.passkey import PasskeySignature
from consent.register import ConsentMove, HeldConsent
from consent.signature import ConsentSignatureDoesNotMatch, digest, sign, verify
from exchange.errors import BadRequest, Refused
from exchange.handover import Borrower, Member, Passkey
from exchange.identity.consent_request import RequestedConsent
from exchange.identity.cose_key import jwk_of
from exchange.journeys.consent_drafts import ConsentWish, Draft, Drafting
from exchange.journeys.consent_file import STANDING, ConsentFile, open_consent_file
from exchange.journeys.consent_notice import ENGLISH, Speech, notice_text
from exchange.journeys.consent_receipts import write_receipt
from exchange.journeys.notices import NoticeView, notices_of
from exchange.journeys.passkeys_of import assert_passkey
from exchange.journeys.representatives import Acting, acting_in
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower
from exchange.store.consent_register import ConsentEvidence, SqlConsentRegister
from exchange.store.consents_of import KeptBeside, ended_consents, kept_beside, last_refused_at
from exchange.store.member_register import registered_member
from exchange.store.passkeys import BORROWERS
from schema.vocabulary.notice import NoticeKind

EXPIRED_AT_ONCE_MAX = 500
CLOCK = {"actor": "clock"}


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as its borrower sees it. `notices`: who was told of its withdrawal, and what they answered."""

    consent_id: UUID
    artefact: ConsentArtefact
    state: ConsentState
    member_name: str
    member_contact: str
    uses: int
    given_at: datetime
    notice: str | None
    moves: tuple[ConsentMove, ...]
    notices: tuple[NoticeView, ...]


def draft_requested(
    services: Services,
    borrower: Borrower,
    requested: RequestedConsent,
    member: Member,
    speech: Speech = ENGLISH,
    acting_for: UUID | None = None,
) -> Draft:
    """What a member asks for, as a consent ready to be signed.

    Raises Refused where the borrower refused it a short while ago; BadRequest: PASSKEY_NEEDED, CONSENT_TERMS_NOT_VALID.
    """
    with services.transaction() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        refused_at = last_refused_at(connection, acting.subject_key, member.member_id, requested.purpose)
        now = services.clock.now()
        if reason := asked_too_soon(services.pack, member.member_class, requested.purpose, refused_at, now):
            raise Refused([reason])
        return Drafting(services, connection, acting, speech).draft(member, requested)


def draft_own(
    services: Services,
    borrower: Borrower,
    wish: ConsentWish,
    speech: Speech = ENGLISH,
    acting_for: UUID | None = None,
) -> Draft:
    """What the borrower would like to give unasked, ready to be signed. Raises BadRequest as `draft_requested`."""
    with services.transaction() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        member = registered_member(connection, wish.recipient)
        return Drafting(services, connection, acting, speech).draft(member, wish.terms)


def give(
    services: Services,
    borrower: Borrower,
    canonical: bytes,
    assertion_response: Mapping[str, Any],
    speech: Speech = ENGLISH,
    acting_for: UUID | None = None,
) -> UUID:
    """Holds the consent that the borrower's passkey signed, active at once. Returns its id.

    1. The borrower's file waits for nobody else until this is done.
    2. The consent is the one that would be drafted: the same terms, sentences, passkeys and predecessor.
    3. The passkey is the signer's, its registration is in the log, and it signed this consent's digest.
    4. The exchange countersigns, and what it will read back holds.
    5. It is held, takes the place of an older one, and is logged; who did not give it themselves is told.

    `speech` is that of the draft. Raises BadRequest: CONSENT_DRAFT_STALE (draft anew), PASSKEY_NOT_VALID.
    """
    with services.transaction() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        file = open_consent_file(services, connection, acting.subject_key, acting.who)  # 1
        draft = _drafted_again(Drafting(services, connection, acting, speech), canonical)  # 2
        passkey, signed = assert_passkey(
            services, connection, BORROWERS, acting.signer_key, digest(canonical), assertion_response
        )  # 3
        signature = PasskeySignature(
            jwk_of(passkey.public_key), signed.client_data, signed.authenticator_data, signed.signature
        )
        held = _countersigned(services, draft.artefact, signature)  # 4
        file.hold(held, _evidence(acting, passkey, draft))  # 5
        if acting.subject_key != borrower.subject_key:
            consent_id, said = draft.artefact.consent_id, {"member": draft.artefact.recipient}
            tell_borrower(services, connection, acting.subject_key, NoticeKind.CONSENT_GIVEN, consent_id, said)
    return draft.artefact.consent_id


def refuse(
    services: Services,
    borrower: Borrower,
    requested: RequestedConsent,
    member: Member,
    speech: Speech = ENGLISH,
    acting_for: UUID | None = None,
) -> None:
    """Holds that the borrower refused this. Raises BadRequest CONSENT_TERMS_NOT_VALID."""
    with services.transaction() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        file = open_consent_file(services, connection, acting.subject_key, acting.who)
        draft = Drafting(services, connection, acting, speech).refused(member, requested)
        signatures = sign(draft.artefact, services.signing.key, services.signing.kid)
        held = HeldConsent(draft.artefact, ConsentState.REJECTED, signatures)
        file.hold(held, ConsentEvidence(notice=notice_text(draft.notice)))


def list_consents(services: Services, borrower: Borrower, acting_for: UUID | None = None) -> tuple[ConsentView, ...]:
    """All consents of the borrower, the newest first, those they refused among them."""
    with services.connection() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        held = SqlConsentRegister(connection).list_for(acting.subject_key)
        views = _views(services, connection, acting.subject_key, held)
    return tuple(sorted(views, key=lambda view: (view.given_at, view.consent_id), reverse=True))


def consent_detail(
    services: Services, borrower: Borrower, consent_id: UUID, acting_for: UUID | None = None
) -> ConsentView:
    """One consent with its history. Raises BadRequest CONSENT_NOT_FOUND."""
    with services.connection() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        held = _found(connection, acting, consent_id)
        (view,) = _views(services, connection, acting.subject_key, (held,))
    return view


def pause(services: Services, borrower: Borrower, consent_id: UUID, acting_for: UUID | None = None) -> None:
    """Stops looks under a consent until the borrower resumes it. Raises BadRequest."""
    with services.transaction() as connection:
        _own_file(services, connection, borrower, acting_for).move(consent_id, ConsentState.PAUSED)


def resume(services: Services, borrower: Borrower, consent_id: UUID, acting_for: UUID | None = None) -> None:
    """Lets looks under a paused consent go on. Raises BadRequest."""
    with services.transaction() as connection:
        _own_file(services, connection, borrower, acting_for).move(consent_id, ConsentState.ACTIVE)


def withdraw(services: Services, borrower: Borrower, consent_id: UUID, acting_for: UUID | None = None) -> bytes:
    """Withdraws a consent for good and returns the receipt of that.

    Once this returns, no answer is given under it by any worker, its tokens are dead, and its recipient was told.
    Raises BadRequest.
    """
    with services.transaction() as connection:
        file = _own_file(services, connection, borrower, acting_for)
        file.withdraw(consent_id)
        return _receipt(services, connection, file.find(consent_id))


def consent_receipt(services: Services, borrower: Borrower, consent_id: UUID, acting_for: UUID | None = None) -> bytes:
    """The receipt of a consent as it stands. Raises BadRequest CONSENT_NOT_FOUND."""
    with services.connection() as connection:
        acting = acting_in(services, connection, borrower, acting_for)
        return _receipt(services, connection, _found(connection, acting, consent_id))


def expire_due(services: Services) -> int:
    """Marks consents whose time is over as EXPIRED, and says how many; decisions go by the time itself."""
    now = services.clock.now()
    with services.connection() as connection:
        due = ended_consents(connection, now, EXPIRED_AT_ONCE_MAX)
    for subject_key, consent_id in due:
        with services.transaction() as connection:
            file = open_consent_file(services, connection, subject_key, CLOCK)
            if file.find(consent_id).state in STANDING:
                file.move(consent_id, ConsentState.EXPIRED)
    return len(due)


def _own_file(services: Services, connection: Connection, borrower: Borrower, acting_for: UUID | None) -> ConsentFile:
    acting = acting_in(services, connection, borrower, acting_for)
    return open_consent_file(services, connection, acting.subject_key, acting.who)


def _found(connection: Connection, acting: Acting, consent_id: UUID) -> HeldConsent:
    held = SqlConsentRegister(connection).find(acting.subject_key, consent_id)
    if held is None:
        raise BadRequest("You have given no consent with this id.", "CONSENT_NOT_FOUND")
    return held


def _drafted_again(drafting: Drafting, canonical: bytes) -> Draft:
    services, now = drafting.services, drafting.services.clock.now()
    stale = BadRequest("This consent is no longer as it was shown to you. Look at it again.", "CONSENT_DRAFT_STALE")
    try:
        artefact = ConsentArtefact.from_canonical(canonical)
    except ArtefactNotValid:
        raise stale from None
    waited = now - artefact.starts_at
    if not timedelta(0) <= waited <= timedelta(minutes=services.settings.consent_draft_minutes):
        raise stale
    draft = drafting.again(registered_member(drafting.connection, artefact.recipient), artefact)
    if draft.canonical != canonical:
        raise stale
    return draft


def _countersigned(services: Services, artefact: ConsentArtefact, signature: PasskeySignature) -> HeldConsent:
    signing = services.signing
    signatures = sign(artefact, signing.key, signing.kid, signature)
    try:
        verify(artefact.to_canonical(), signatures, {signing.kid: signing.key.public_key()})
    except ConsentSignatureDoesNotMatch:
        raise BadRequest("Your passkey did not sign this consent. Try again.", "PASSKEY_NOT_VALID") from None
    return HeldConsent(artefact, ConsentState.ACTIVE, signatures)


def _evidence(acting: Acting, passkey: Passkey, draft: Draft) -> ConsentEvidence:
    return ConsentEvidence(acting.signer_key, passkey.entry_id, acting.authority_entry, notice_text(draft.notice))


def _views(
    services: Services, connection: Connection, subject_key: UUID, consents: tuple[HeldConsent, ...]
) -> list[ConsentView]:
    beside = kept_beside(connection, subject_key)
    told = notices_of(services, connection, subject_key)
    register, now = SqlConsentRegister(connection), services.clock.now()
    return [
        _view(
            held,
            beside[held.artefact.consent_id],
            register.moves(subject_key, held.artefact.consent_id),
            told.get(held.artefact.consent_id, ()),
            now,
        )
        for held in consents
    ]


def _view(
    held: HeldConsent,
    beside: KeptBeside,
    moves: tuple[ConsentMove, ...],
    notices: tuple[NoticeView, ...],
    now: datetime,
) -> ConsentView:
    artefact = held.artefact
    return ConsentView(
        consent_id=artefact.consent_id,
        artefact=artefact,
        state=_state(held, now),
        member_name=beside.recipient_name,
        member_contact=beside.recipient_contact,
        uses=held.uses,
        given_at=moves[0].moved_at,
        notice=beside.notice,
        moves=moves,
        notices=notices,
    )


def _state(held: HeldConsent, now: datetime) -> ConsentState:
    """Where it stands by the clock, whether or not the end was marked yet."""
    return ConsentState.EXPIRED if held.state in STANDING and now >= held.artefact.expires_at else held.state


def _receipt(services: Services, connection: Connection, held: HeldConsent) -> bytes:
    artefact = held.artefact
    subject, consent_id = artefact.subject_key, artefact.consent_id
    return write_receipt(
        services,
        connection,
        replace(held, state=_state(held, services.clock.now())),
        kept_beside(connection, subject)[consent_id],
        SqlConsentRegister(connection).moves(subject, consent_id),
        notices_of(services, connection, subject).get(consent_id, ()),
    )
