"""A collection agency is shown what a mandate lets it collect, and how the borrower is reached for that.

    hold the file -> decide -> log entry and inquiry -> read -> commit -> unseal

It is a look: in the log, and in the borrower's list, whether it was granted or refused. Somebody whom we do not know
and somebody of whom the mandate names nothing are refused alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from consent.decision import Refusal
from consent.mandate_look import (
    MANDATE,
    ContactData,
    MandateGrant,
    MandateQuestion,
    MandateTerms,
    decide_under_mandate,
)
from consent.reasons import Reason
from exchange.audit.entry import FieldValue
from exchange.errors import NotAuthenticated, Refused, Unavailable
from exchange.handover import Member
from exchange.identity.dpop import replayed
from exchange.intake.contact import normalised_contact
from exchange.intake.joint_account import furnished_reference
from exchange.journeys.answer_query import TOKEN_OF_ANOTHER_CONSENT, faults_logged
from exchange.journeys.describe_look import Asked, Request, look_fields, recorded_act, refused_fields
from exchange.journeys.find_borrower import Document, lookup_tokens
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.journeys.standing_still import StandingStill, standing_still
from exchange.planning.selection import Selection
from exchange.store import contact_sources, mandates
from exchange.store.act import Act, NotDone, record
from exchange.store.contacts_made import ContactAbout, contacts_about
from exchange.store.engine import database_errors
from exchange.store.mandated_accounts import OwedAccount, PlanAbout, mandated_keys, owed_accounts, plans_about
from exchange.store.mandates import StoredMandate
from exchange.store.member_register import admitted_member
from exchange.store.own_file import OwnFile, find_own_file
from exchange.store.subject_file import find_and_hold_subject
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

CONTACTS_MAX = 100

_CLASSES = {
    ("MandateFile", "debtor"): FieldClass.IDENTITY,
    ("MandateFile", "accounts"): FieldClass.ACCOUNTS,
    ("MandateAccount", "firstDelinquentOn"): FieldClass.DELINQUENCIES,
    ("MandateFile", "standing"): FieldClass.COLLECTIONS,
    ("MandateFile", "contacts"): FieldClass.COLLECTIONS,
    ("MandateFile", "plans"): FieldClass.PLANS,
}
"""The part of the file that a field of the answer belongs to."""
_CONTACT_DATA = {"phones": ContactData.PHONE, "emails": ContactData.EMAIL, "addresses": ContactData.ADDRESS}


@dataclass(frozen=True, slots=True)
class AskedUnderMandate:
    """What an agency asks for. `staff` is the id and name of the person it is for."""

    document: Document
    mandate_id: UUID | None
    staff: tuple[str, str] | None
    selection: Selection

    @property
    def classes(self) -> frozenset[FieldClass]:
        """The parts of the file that are asked for."""
        return frozenset(_CLASSES[field] for field in self.selection.fields if field in _CLASSES)


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who owes. Of the contact data only what the lender told, and None of what no channel of the mandate needs."""

    names: tuple[str, ...]
    phones: tuple[str, ...] | None
    emails: tuple[str, ...] | None
    addresses: tuple[str, ...] | None
    time_zone: str
    language: str


@dataclass(frozen=True, slots=True)
class MandateFile:
    """What an agency is shown. `references` are the lender's, by account key."""

    mandate: StoredMandate
    debtor: Debtor
    accounts: Sequence[OwedAccount]
    references: Mapping[UUID, str]
    standing: StandingStill
    contacts: Sequence[ContactAbout]
    plans: Sequence[PlanAbout]
    grant: MandateGrant
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, still sealed. `known`: the tokens of what the lender told; None: all is from it."""

    debtor: Mapping[str, Any]
    known: set[bytes] | None
    accounts: Sequence[OwedAccount]
    standing: StandingStill
    contacts: Sequence[ContactAbout]
    plans: Sequence[PlanAbout]


@dataclass(frozen=True, slots=True)
class _Looked:
    """A look that was recorded; what it read, unless it was refused."""

    leaf_hash: bytes
    reasons: tuple[Reason, ...] = ()
    file: OwnFile | None = None
    mandate: StoredMandate | None = None
    grant: MandateGrant | None = None
    read: _Read | None = None


def mandate_file(services: Services, request: Request, asked: AskedUnderMandate) -> MandateFile:
    """What the caller's mandate opens in the borrower's file.

    Raises Refused with every reason, NotAuthenticated where the token or its proof no longer count, BadRequest where
    the id number cannot be one, IntegrityError, Unavailable.
    """
    if request.turned_away:
        raise request.turned_away
    with database_errors():
        services.back_pressure.check()
    tokens = lookup_tokens(services, asked.document)
    with faults_logged(services, request):
        with services.transaction() as connection:
            looked = _look(services, connection, request, asked, tokens)
        # From here the look is in the log.
        request.leaves.append(looked.leaf_hash)
        if looked.file is None or looked.mandate is None or looked.grant is None or looked.read is None:
            raise Refused(looked.reasons)
        cipher = services.keys.open(looked.file.wrapped_key)
        return _opened(services, cipher, asked.selection, looked.mandate, looked.grant, looked.read, looked.leaf_hash)


def _look(
    services: Services, connection: Connection, request: Request, asked: AskedUnderMandate, tokens: list[bytes]
) -> _Looked:
    now = services.clock.now()
    member = admitted_member(connection, request.caller)
    if member is None:
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED")
    found = find_and_hold_subject(connection, tokens)
    file = find_own_file(connection, found.subject_key) if found else None
    mandate = mandates.find_mandate(connection, asked.mandate_id) if asked.mandate_id else None
    theirs = mandate if mandate and mandate.agency == member.member_id else None
    keys = mandated_keys(connection, file.subject_key, theirs) if file and theirs else set()
    decision = decide_under_mandate(_question(request, asked, member, mandate, len(keys)), services.pack, now)
    reasons = decision.reasons if isinstance(decision, Refusal) else ()
    if request.caller.consent_id is not None:
        reasons = (TOKEN_OF_ANOTHER_CONSENT, *reasons)
    act = _act(services, now, request, asked, file, decision, reasons)
    _write(connection, request, act)
    if isinstance(decision, Refusal) or reasons or file is None or theirs is None:
        return _Looked(act.entry.leaf_hash, reasons)
    read = _read(connection, file, theirs, decision, keys, asked.selection, now)
    return _Looked(act.entry.leaf_hash, (), file, theirs, decision, read)


def _question(
    request: Request, asked: AskedUnderMandate, member: Member, mandate: StoredMandate | None, accounts_named: int
) -> MandateQuestion:
    return MandateQuestion(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        scopes=request.caller.scopes & member.scopes,
        staff_named=asked.staff is not None and all(part.strip() for part in asked.staff),
        field_classes=asked.classes,
        mandate=terms_of(mandate) if mandate else None,
        accounts_named=accounts_named,
    )


def terms_of(mandate: StoredMandate) -> MandateTerms:
    """What a stored mandate says."""
    channels = tuple(ContactChannel(channel) for channel in mandate.channels)
    state = MandateState(mandate.state)
    return MandateTerms(
        mandate.mandate_id, mandate.lender, mandate.agency, state, channels, mandate.starts_on, mandate.ends_on
    )


def _act(
    services: Services,
    now: datetime,
    request: Request,
    asked: AskedUnderMandate,
    file: OwnFile | None,
    decision: MandateGrant | Refusal,
    reasons: Sequence[Reason],
) -> Act:
    as_look = Asked(asked.document, Purpose.COLLECTION, None, asked.staff, asked.selection, asked.mandate_id)
    requested = sorted(asked.classes)
    granted: dict[str, FieldValue] = {
        "granted": True,
        "released": requested,
        "withheld": [],
        "rules": list(decision.rules),
        "reasons": [],
    }
    fields: dict[str, FieldValue] = look_fields(services, request, as_look, MANDATE, None) | {
        "requested": requested,
        "mandate": str(asked.mandate_id) if asked.mandate_id else None,
        **(refused_fields(reasons) if reasons else granted),
    }
    if file is None:
        entry = entry_about_nobody(services, now, fields)
        return Act(entry, request.caller.member_id, request.caller.token_id, request.once)
    cipher = services.keys.open(file.wrapped_key)
    return recorded_act(services, now, request, as_look, file, cipher, fields, None)


def _write(connection: Connection, request: Request, act: Act) -> None:
    done = record(connection, act)
    if done is NotDone.ALREADY_USED:
        raise replayed(request.caller.member_id)
    if done is not None:
        raise Unavailable("Something changed while you asked. Ask again.")


def _read(
    connection: Connection,
    file: OwnFile,
    mandate: StoredMandate,
    grant: MandateGrant,
    keys: set[UUID],
    selection: Selection,
    now: datetime,
) -> _Read:
    today = now.astimezone(ZoneInfo(file.time_zone)).date()
    needed = _needed(selection, grant)
    alone = not needed or contact_sources.is_alone(connection, file.subject_key, mandate.lender)
    return _Read(
        debtor=contact_sources.debtor_row(connection, file.subject_key, needed),
        known=None if alone else contact_sources.told_by(connection, file.subject_key, mandate.lender),
        accounts=owed_accounts(connection, file.subject_key, keys),
        standing=standing_still(connection, file.subject_key, mandate.lender, keys, today, now),
        contacts=contacts_about(connection, file.subject_key, keys, CONTACTS_MAX),
        plans=plans_about(connection, file.subject_key, keys),
    )


def _needed(selection: Selection, grant: MandateGrant) -> list[str]:
    """The sealed columns that are asked for and that a channel of the mandate needs."""
    return [
        column
        for column, kind in _CONTACT_DATA.items()
        if ("MandateDebtor", column) in selection.fields and kind in grant.contact_data
    ]


def _opened(
    services: Services,
    cipher: SubjectCipher,
    selection: Selection,
    mandate: StoredMandate,
    grant: MandateGrant,
    read: _Read,
    leaf_hash: bytes,
) -> MandateFile:
    """Opens what is asked for, and nothing else."""
    wants_references = ("MandateAccount", "reference") in selection.fields
    references = {each.account_key: _reference(cipher, each) for each in read.accounts} if wants_references else {}
    debtor = _debtor(services, cipher, selection, read)
    return MandateFile(
        mandate, debtor, read.accounts, references, read.standing, read.contacts, read.plans, grant, leaf_hash
    )


def _debtor(services: Services, cipher: SubjectCipher, selection: Selection, read: _Read) -> Debtor:
    row = read.debtor

    def opened(column: str) -> tuple[str, ...]:
        sealed = row[column]
        if sealed is None:
            return ()
        return tuple(orjson.loads(cipher.unseal("subject", column, cipher.subject_key.bytes, sealed)))

    contact = {
        column: tuple(_told(services, opened(column), read.known)) if column in row else None
        for column in _CONTACT_DATA
    }
    names = opened("names") if ("MandateDebtor", "names") in selection.fields else ()
    return Debtor(names, time_zone=row["time_zone"], language=row["language"], **contact)


def _told(services: Services, entries: Iterable[str], known: set[bytes] | None) -> Iterable[str]:
    """Of these numbers or addresses those that the lender told us."""
    lookup = services.keys.lookup_tokens()
    for entry in entries:
        tokens = {token for _, token in lookup.contact_candidates(normalised_contact(entry))}
        if known is None or tokens & known:
            yield entry


def _reference(cipher: SubjectCipher, account: OwedAccount) -> str:
    opened = cipher.unseal("account", "account_ref", account.account_key.bytes, account.reference)
    return furnished_reference(opened.decode())
