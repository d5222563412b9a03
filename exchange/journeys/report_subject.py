"""A member reports how a borrower of its own can be reached: what is new is added, and nothing is ever taken away.

Another birth date than the one held holds the report back, and another name is not taken: a person looks at both.
"""

from dataclasses import replace

from sqlalchemy import Connection

from exchange.handover import Member
from exchange.intake.check_subject import check_subject
from exchange.intake.check_texts import ENTRIES_MAX
from exchange.intake.contact import normalised_contact
from exchange.intake.contribution import Fault, SubjectRecord
from exchange.intake.fault_codes import fault
from exchange.intake.match_subject import conflicts, identity_checks
from exchange.intake.noun_checks import THE_RECORD
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.known_identity import KnownIdentity, open_identity, seal_identity
from exchange.journeys.raised_reviews import review_row
from exchange.journeys.services import Services
from exchange.journeys.write_act import (
    Written,
    basis_faults,
    basis_fields,
    committed,
    find_held,
    log_write,
    refuse_unknown,
)
from exchange.store.contact_sources import add_sources
from exchange.store.joined_files import change_who, who_is
from exchange.store.records import reports_on
from exchange.store.subject_reviews import add_reviews, identities_of
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.scope import FieldClass
from schema.vocabulary.subject import ReviewKind

CONTACTS = ("phones", "emails", "addresses", "employment")
KIND = "SUBJECT"
REASON = "CONTACTS_REPORTED"
_UNKNOWN = "You report no account of a borrower with this identity document."


def report_subject(services: Services, request: Request, subject: SubjectRecord, basis: str) -> Written:
    """Adds the telephones, e-mail addresses, addresses and employers that are new. The version is the borrower's.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller)
    with services.transaction() as connection:
        written = _report(services, connection, request, member, subject, basis)
    return committed(request, written)


def _report(
    services: Services, connection: Connection, request: Request, member: Member, subject: SubjectRecord, basis: str
) -> Written:
    now = services.clock.now()
    # An employer may be named after what may not be collected; a number that is none is of no use here.
    findings = check_subject(THE_RECORD, subject, now.date())[1]
    wrong = [found for found in findings if found.code != "FREE_TEXT_SENSITIVE"]
    file = find_held(services, connection, Document(subject.id_type, subject.country, subject.id_number))
    if isinstance(file, Fault) or not reports_on(connection, member.member_id, file.subject_key):
        unknown = Fault(THE_RECORD, "subject", "SUBJECT_UNKNOWN", _UNKNOWN)
        return refuse_unknown(services, connection, request, member, KIND, [unknown, *wrong])
    wrong += basis_faults(services, connection, member, file.subject_key, basis, FieldClass.IDENTITY)
    who = who_is(connection, file.subject_key)
    cipher = services.keys.open(file.wrapped_key)
    held = open_identity(who, cipher)
    changed = _added(held, subject)
    wrong += [fault(THE_RECORD, f"subject.{name}", "LIST_TOO_LONG") for name in _too_long(changed)]
    if not wrong and ReviewKind.BIRTH_DATE_DIFFERS in _doubts(services, connection, member, cipher, subject):
        wrong.append(fault(THE_RECORD, "subject.birth_date", "IDENTITY_CONFLICT"))
    if wrong:
        return Written(faults=tuple(wrong))
    add_sources(connection, file.subject_key, member.member_id, _tokens(services, subject), now)
    if not changed:
        return Written(version=who["version"])
    sealed = seal_identity(replace(held, lists={**held.lists, **changed}), cipher)
    change_who(connection, file.subject_key, {name: sealed[name] for name in changed}, REASON, now)
    version = who["version"] + 1
    fields = {"act": "record_reported", "kind": KIND, "version": version, "reason": REASON, **basis_fields(basis)}
    leaf_hash = log_write(services, connection, request, member, file, fields)
    return Written(version=version, changed=True, leaf_hash=leaf_hash)


def _added(held: KnownIdentity, subject: SubjectRecord) -> dict[str, tuple[str, ...]]:
    """The lists that become longer: what is held, and behind it what is new."""
    joined = {name: tuple(dict.fromkeys((*held.lists[name], *getattr(subject, name)))) for name in CONTACTS}
    return {name: entries for name, entries in joined.items() if entries != held.lists[name]}


def _tokens(services: Services, subject: SubjectRecord) -> list[bytes]:
    """The look-up tokens of what reaches the borrower: an agency is shown what its own lender told."""
    lookup = services.keys.lookup_tokens()
    told = (*subject.phones, *subject.emails, *subject.addresses)
    return [lookup.contact_candidates(normalised_contact(each))[0][1] for each in told]


def _too_long(lists: dict[str, tuple[str, ...]]) -> list[str]:
    return [name for name, entries in lists.items() if len(entries) > ENTRIES_MAX]


def _doubts(
    services: Services, connection: Connection, member: Member, cipher: SubjectCipher, subject: SubjectRecord
) -> tuple[ReviewKind, ...]:
    """What contradicts who the borrower is known to be; each is put before a person."""
    known = identities_of(connection, [cipher.subject_key])[cipher.subject_key]
    doubts = conflicts(known, identity_checks(cipher.commit, subject))
    now = services.clock.now()
    add_reviews(connection, [review_row(kind, cipher, member.member_id, subject, now) for kind in doubts])
    return doubts
