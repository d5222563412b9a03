"""A member asks for leave before it contacts a borrower, or somebody else, about a debt.

    hold the borrower -> check -> read how things stand -> decide -> clearance, log entry -> commit -> sign

All questions about one borrower wait for each other, so of many who ask for the last contact of the day one has it.
The same question again, while its clearance is open, is given the same clearance; a denial is kept and logged each
time. An answer says which rules speak against a contact, never whose acts brought it about.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.contact import Denial, Permit
from consent.contact_facts import ContactFacts, to_facts
from exchange.audit.signed_words import sign_claims
from exchange.clock import new_id
from exchange.handover import Member
from exchange.intake.check_contact import WantedContact, check_contact
from exchange.intake.contribution import Fault
from exchange.intake.noun_records import Acting
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.contact_situation import Intended, situation_of, tokens_of
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.named_accounts import accounts_of, held_mandate
from exchange.journeys.services import Services
from exchange.journeys.write_act import find_held, log_write, refuse_faulty, refuse_unknown
from exchange.planning.selection import check_size
from exchange.store.clearances import StoredClearance, add_clearance, clearances_asked_by, find_clearance
from exchange.store.subject_file import SubjectFile
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.scope import Scope

CLEARANCE_TYPE = "openbureau-clearance"
"""The `typ` of a signed clearance."""
_KIND = "CONTACT_CLEARANCE"


@dataclass(frozen=True, slots=True)
class Cleared:
    """The decision that now stands, signed; with `faults` nothing was decided. `leaf_hash`: what was logged now."""

    clearance: StoredClearance | None = None
    faults: tuple[Fault, ...] = ()
    leaf_hash: bytes | None = None


def request_clearance(services: Services, request: Request, document: Document, wanted: WantedContact) -> Cleared:
    """Whether the borrower of this document may be contacted so now.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller, Scope.CONTACT_CLEAR)
    with services.transaction() as connection:
        cleared = _request(services, connection, request, member, document, wanted)
    if cleared.leaf_hash:
        request.leaves.append(cleared.leaf_hash)
    return cleared


def signed_clearance(services: Services, clearance: StoredClearance) -> str:
    """What was decided, as a compact JWS: to show to whoever makes the contact, or to a court."""
    expires_at = clearance.expires_at
    claims = {
        "iss": services.settings.issuer,
        "aud": clearance.actor,
        "jti": str(clearance.clearance_id),
        "iat": int(clearance.asked_at.timestamp()),
        **({"exp": int(expires_at.timestamp())} if expires_at else {}),
        "granted": clearance.granted,
        "lender": clearance.lender,
        "mandate": str(clearance.mandate_id) if clearance.mandate_id else None,
        "stage": clearance.stage,
        "channel": clearance.channel,
        "target": clearance.target,
        "reasons": list(clearance.reasons),
        "rules": list(clearance.rules),
        "pack": clearance.pack_version,
        "leaf": b64encode(clearance.leaf_hash).decode(),
    }
    return sign_claims(services.signing, CLEARANCE_TYPE, claims)


def fetch_clearances(
    services: Services, request: Request, first: int, after: tuple[datetime, UUID] | None
) -> tuple[Sequence[StoredClearance], bool]:
    """A page of what the caller asked for, the newest last, and whether there are more.

    Raises BadRequest for a page of another size, Refused without the scope, NotAuthenticated with a revoked token.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    member = admit_contributor(services, request.caller, Scope.CONTACT_CLEAR)
    with services.connection() as connection:
        found = clearances_asked_by(connection, member.member_id, after, first + 1)
    return found[:first], len(found) > first


def _request(
    services: Services,
    connection: Connection,
    request: Request,
    member: Member,
    document: Document,
    wanted: WantedContact,
) -> Cleared:
    now = services.clock.now()
    mandate = held_mandate(connection, wanted.mandate_id)
    acting = Acting(member.member_id, member.member_class, now, mandate)
    faults = check_contact(wanted, acting, now.astimezone(ZoneInfo(services.settings.time_zone)).date())
    file = find_held(services, connection, document)
    if isinstance(file, Fault):
        refused = refuse_unknown(services, connection, request, member, _KIND, (file, *faults))
        return Cleared(faults=refused.faults, leaf_hash=refused.leaf_hash)
    account_keys, unknown = accounts_of(services, connection, file.subject_key, acting, wanted.account_references)
    if faults := (*faults, *unknown):
        refused = refuse_faulty(services, connection, request, member, file, _KIND, faults)
        return Cleared(faults=refused.faults, leaf_hash=refused.leaf_hash)
    intended = Intended(
        actor=member,
        lender=mandate.lender if mandate else member.member_id,
        mandate_id=wanted.mandate_id,
        account_keys=sorted(account_keys),
        stage=wanted.stage,
        channel=wanted.channel,
        target=wanted.target,
        tokens=tokens_of(services, wanted.contact),
    )
    return _decide(services, connection, request, file, intended, services.clock.now())


def _decide(
    services: Services,
    connection: Connection,
    request: Request,
    file: SubjectFile,
    intended: Intended,
    now: datetime,
) -> Cleared:
    situation = situation_of(services, connection, file.subject_key, intended, now)
    decision = situation.facts.decide(services.pack)
    if situation.open_one and isinstance(decision, Permit):
        return Cleared(find_clearance(connection, file.subject_key, situation.open_one))
    clearance_id = new_id(now)
    fields = {
        "act": "contact_cleared" if isinstance(decision, Permit) else "contact_denied",
        "clearance": str(clearance_id),
        "lender": intended.lender,
        "mandate": str(intended.mandate_id) if intended.mandate_id else None,
        "stage": intended.stage.value,
        "channel": intended.channel.value,
        "target": intended.target.value,
        "granted": isinstance(decision, Permit),
        "reasons": _codes(decision),
        "rules": list(decision.rules),
        "pack": decision.pack_version,
        "expires_at": decision.expires_at.isoformat() if isinstance(decision, Permit) else None,
    }
    leaf_hash = log_write(services, connection, request, intended.actor, file, fields)
    stored = _stored(file.subject_key, clearance_id, intended, decision, situation.facts, leaf_hash)
    add_clearance(connection, stored)
    return Cleared(stored, leaf_hash=leaf_hash)


def _stored(
    subject_key: UUID,
    clearance_id: UUID,
    intended: Intended,
    decision: Permit | Denial,
    facts: ContactFacts,
    leaf_hash: bytes,
) -> StoredClearance:
    reasons = decision.reasons if isinstance(decision, Denial) else ()
    return StoredClearance(
        subject_key=subject_key,
        clearance_id=clearance_id,
        lender=intended.lender,
        actor=intended.actor.member_id,
        mandate_id=intended.mandate_id,
        account_keys=intended.account_keys,
        stage=intended.stage.value,
        channel=intended.channel.value,
        target=intended.target.value,
        contact_token=intended.tokens[0] if intended.tokens else None,
        granted=isinstance(decision, Permit),
        counts=[[count.rule, count.counted, count.limit] for count in decision.counts],
        reasons=_codes(decision),
        told=[[reason.sentence, reason.rule] for reason in reasons],
        rules=list(decision.rules),
        pack_version=decision.pack_version,
        facts=to_facts(facts),
        asked_at=facts.now,
        expires_at=decision.expires_at if isinstance(decision, Permit) else None,
        again_at=decision.again_at if isinstance(decision, Denial) else None,
        leaf_hash=leaf_hash,
    )


def _codes(decision: Permit | Denial) -> list[str]:
    return [reason.code for reason in decision.reasons] if isinstance(decision, Denial) else []
