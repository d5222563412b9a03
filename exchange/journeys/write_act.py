"""What single records written have in common: what came of it, whose file it is, on what basis, and the log entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ConsentArtefact
from consent.lifecycle import ConsentState
from consent.policy.resolve import basis_rule
from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.identity.dpop import replayed
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document, held_borrower_of
from exchange.journeys.log_act import entry_about_nobody, log_in_file
from exchange.journeys.services import Services
from exchange.store.consent_register import SqlConsentRegister
from exchange.store.log_rows import append_log_entry
from exchange.store.mandated_accounts import lenders_accounts
from exchange.store.one_time import spend_within
from exchange.store.subject_file import SubjectFile
from schema.vocabulary.scope import FieldClass

Fields = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a write: the record as it now stands. With `faults` nothing was changed; `notes` refuse nothing.

    `leaf_hash`: of the log entry about it, where one was written.
    """

    record_id: UUID | None = None
    version: int | None = None
    changed: bool = False
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    leaf_hash: bytes | None = None


def committed(request: Request, written: Written) -> Written:
    """The same, told to the request: to be called once the transaction has committed."""
    if written.leaf_hash:
        request.leaves.append(written.leaf_hash)
    return written


def find_held(services: Services, connection: Connection, document: Document) -> SubjectFile | Fault:
    """The borrower's file, which nobody else writes to before the transaction ends; or why there is none."""
    try:
        return held_borrower_of(services, connection, document)
    except BadRequest as error:
        field = "subject.id_number" if error.stable_code == "ID_NUMBER_NOT_VALID" else "subject"
        return Fault(THE_RECORD, field, error.stable_code, error.sentence)


def basis_faults(
    services: Services,
    connection: Connection,
    member: Member,
    subject_key: UUID | None,
    basis: str,
    about: FieldClass,
) -> list[Fault]:
    """A record rests on a rule that is in force, or on a consent of this borrower to this member that stands."""
    if consent_named(basis) is None:
        stands = basis_rule(services.pack, basis, services.clock.now().date(), about) is not None
    else:
        stands = standing_consent(services, connection, member, subject_key, basis) is not None
    return [] if stands else [fault(THE_RECORD, "basis", "BASIS_UNKNOWN")]


def standing_consent(
    services: Services, connection: Connection, member: Member, subject_key: UUID | None, basis: str
) -> ConsentArtefact | None:
    """The consent of this borrower to this member that a basis names; None where it names none that stands now."""
    consent_id = consent_named(basis)
    held = SqlConsentRegister(connection).find(subject_key, consent_id) if subject_key and consent_id else None
    if held is None or held.state is not ConsentState.ACTIVE or held.artefact.recipient != member.member_id:
        return None
    return held.artefact if held.artefact.starts_at <= services.clock.now() < held.artefact.expires_at else None


def consent_named(basis: str) -> UUID | None:
    """The consent that a basis names; None where it names a rule."""
    try:
        return UUID(basis)
    except ValueError:
        return None


def provenance(services: Services, member: Member, basis: str) -> Provenance:
    """Where what is written now comes from."""
    pack = services.pack
    return Provenance(member.member_id, basis, pack.jurisdiction, pack.version, services.clock.now())


def log_write(
    services: Services, connection: Connection, request: Request, member: Member, file: SubjectFile, fields: Fields
) -> bytes:
    """Writes the entry about the borrower in the caller's transaction, and spends the request's proof with it.

    Returns the leaf's hash. Raises NotAuthenticated where the proof was used before: the transaction must not be
    committed then.
    """
    spend_proof(connection, request)
    cipher = services.keys.open(file.wrapped_key)
    said = {"granted": True, **fields, **by_whom(request), "member": member.member_id}
    return log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, said).leaf_hash


def log_write_about_nobody(
    services: Services, connection: Connection, request: Request, member: Member, fields: Fields
) -> bytes:
    """The same for what concerns no single borrower."""
    spend_proof(connection, request)
    said = {**fields, **by_whom(request), "member": member.member_id, "granted": True}
    entry = entry_about_nobody(services, services.clock.now(), said)
    append_log_entry(connection, entry)
    return entry.leaf_hash


def refuse_unknown(
    services: Services, connection: Connection, request: Request, member: Member, kind: str, faults: Sequence[Fault]
) -> Written:
    """The faults of a record about nobody whom the member may write about. Logged, so that nobody finds out in silence
    of whom the exchange holds a file; a number that cannot be one tells nothing, and is not.
    """
    if not any(each.code == "SUBJECT_UNKNOWN" for each in faults):
        return Written(faults=tuple(faults))
    spend_proof(connection, request)
    fields: Fields = {
        "act": "record_refused",
        "kind": kind,
        "member": member.member_id,
        "granted": False,
        "reasons": ["SUBJECT_UNKNOWN"],
    }
    entry = entry_about_nobody(services, services.clock.now(), fields)
    append_log_entry(connection, entry)
    return Written(faults=tuple(faults), leaf_hash=entry.leaf_hash)


def refuse_faulty(
    services: Services,
    connection: Connection,
    request: Request,
    member: Member,
    file: SubjectFile,
    kind: str,
    faults: Sequence[Fault],
) -> Written:
    """The faults of a record about a borrower whose file we hold. Logged there where the member reports no account of
    theirs: any fault but SUBJECT_UNKNOWN tells that there is a file, and nobody finds that out in silence.
    """
    if lenders_accounts(connection, file.subject_key, member.member_id):
        return Written(faults=tuple(faults))
    codes = sorted({each.code for each in faults})
    fields: Fields = {"act": "record_refused", "kind": kind, "granted": False, "reasons": codes}
    leaf_hash = log_write(services, connection, request, member, file, fields)
    return Written(faults=tuple(faults), leaf_hash=leaf_hash)


def by_whom(request: Request) -> Fields:
    """Which of the member's staff did it, where it was done at a page."""
    return {"officer": str(request.caller.officer_id)} if request.caller.officer_id else {}


def basis_fields(basis: str) -> Fields:
    """How a basis stands in the log: a rule by its id, a consent by its own."""
    consent_id = consent_named(basis)
    return {"basis": "CONSENT" if consent_id else basis, "consent": str(consent_id) if consent_id else None}


def spend_proof(connection: Connection, request: Request) -> None:
    """Spends the request's proof in the caller's transaction. Raises NotAuthenticated where it was used before."""
    if request.once and not spend_within(connection, request.once):
        raise replayed(request.caller.member_id)
