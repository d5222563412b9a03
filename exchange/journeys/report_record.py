"""A member reports a single record about a borrower whom the exchange knows, or takes it back.

    hold the borrower -> find the record -> check -> a new version -> log entry -> commit

The same content again changes nothing and logs nothing. Every fault is told at once, and with a fault nothing changes.
A contact that was made without leave is kept like any other: see `use_clearance`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from consent.artefact import ConsentArtefact
from exchange.clock import new_id
from exchange.handover import Member
from exchange.intake.check_assessment import check_assessment
from exchange.intake.check_collection import check_collection
from exchange.intake.check_plan import check_plan
from exchange.intake.check_public_record import check_public_record
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.intake.noun_records import Acting, AssessmentRecord, CollectionRecord, NounRecord, PlanRecord
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.named_accounts import accounts_of, held_mandate
from exchange.journeys.noun_contents import content_of, kind_of
from exchange.journeys.plan_effects import agreed_faults, follow_plan, taken_back_faults
from exchange.journeys.record_rows import (
    Content,
    RecordPlace,
    RecordReason,
    opened_content,
    record_commitment,
    record_row,
)
from exchange.journeys.services import Services
from exchange.journeys.use_clearance import ContactMade, notes_of, settle_contact
from exchange.journeys.write_act import (
    Fields,
    Written,
    basis_faults,
    basis_fields,
    committed,
    find_held,
    log_write,
    provenance,
    refuse_faulty,
    refuse_unknown,
    standing_consent,
)
from exchange.store import records
from exchange.store.subject_file import SubjectFile
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.collection import ContactDirection
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.plan import PlanState
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import FieldClass, Scope

_SCOPES = {
    RecordKind.COLLECTION_ACTION: Scope.COLLECTION_WRITE,
    RecordKind.REPAYMENT_PLAN: Scope.COLLECTION_WRITE,
    RecordKind.PUBLIC_RECORD: Scope.RECORDS_WRITE,
    RecordKind.ASSESSMENT: Scope.RECORDS_WRITE,
}
_CLASSES = {
    RecordKind.COLLECTION_ACTION: FieldClass.COLLECTIONS,
    RecordKind.REPAYMENT_PLAN: FieldClass.PLANS,
    RecordKind.PUBLIC_RECORD: FieldClass.PUBLIC_RECORDS,
    RecordKind.ASSESSMENT: FieldClass.ASSESSMENTS,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A record about the borrower of a document, and what it rests on. `correction`: why the last report was wrong."""

    document: Document
    record: NounRecord
    basis: str
    correction: CorrectionReason | None = None


def report_record(services: Services, request: Request, reported: Reported) -> Written:
    """Keeps a new version of the record, or finds that it says what is held already.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller, _SCOPES[kind_of(reported.record)])
    with services.transaction() as connection:
        written = _report(services, connection, request, member, reported)
    return committed(request, written)


def withdraw_record(
    services: Services, request: Request, document: Document, kind: RecordKind, reference: str, why: CorrectionReason
) -> Written:
    """Takes a record back: it is shown no more, and its versions stay. Taken back before: unchanged.

    Raises as `report_record` does.
    """
    member = admit_contributor(services, request.caller, _SCOPES[kind])
    with services.transaction() as connection:
        file = find_held(services, connection, document)
        if isinstance(file, Fault):
            written = refuse_unknown(services, connection, request, member, kind.value, [file])
        else:
            written = _Desk(services, connection, request, member, file, kind).take_back(reference, why)
    return committed(request, written)


def _report(
    services: Services, connection: Connection, request: Request, member: Member, reported: Reported
) -> Written:
    record, kind = reported.record, kind_of(reported.record)
    mandate = held_mandate(connection, getattr(record, "mandate_id", None))
    acting = Acting(member.member_id, member.member_class, services.clock.now(), mandate)
    file = find_held(services, connection, reported.document)
    if isinstance(file, Fault):
        every_fault = (file, *_check(reported, acting, None))
        return refuse_unknown(services, connection, request, member, kind.value, every_fault)
    desk = _Desk(services, connection, request, member, file, kind)
    newest = desk.newest(record.reference)
    references: tuple[str, ...] = getattr(record, "account_references", ())
    account_keys, unknown = accounts_of(services, connection, file.subject_key, acting, references)
    unfounded = basis_faults(services, connection, member, file.subject_key, reported.basis, _CLASSES[kind])
    consent = standing_consent(services, connection, member, file.subject_key, reported.basis)
    agreed = agreed_faults(connection, record, newest, reported.correction)
    if faults := (*_check(reported, acting, newest, consent), *agreed, *unknown, *unfounded):
        return refuse_faulty(services, connection, request, member, file, kind.value, faults)
    content = content_of(record, account_keys)
    if newest and desk.says(newest, content):
        return desk.with_notes(Written(newest[desk.key_column], newest["version"]))
    place = desk.place(newest, record.reference, _reason(newest, reported.correction))
    if not isinstance(record, CollectionRecord):
        return desk.add(content, place, None, reported.basis, reported.correction)
    made = ContactMade(member, mandate, file.subject_key, place.record_key, account_keys, record)
    beside = settle_contact(services, connection, made, went_out_before=_went_out(newest))
    return desk.with_notes(desk.add(content, place, made.token(services), reported.basis, reported.correction, beside))


@dataclass(frozen=True, slots=True)
class _Desk:
    """One write in its transaction: by whom, and in whose file."""

    services: Services
    connection: Connection
    request: Request
    member: Member
    file: SubjectFile
    kind: RecordKind

    @property
    def cipher(self) -> SubjectCipher:
        return self.services.keys.open(self.file.wrapped_key)

    @property
    def key_column(self) -> str:
        return records.key_column(self.kind)

    def newest(self, reference: str) -> Mapping[str, Any] | None:
        """The newest version of the member's record."""
        return records.newest_version(self.connection, self.kind, self.file.subject_key, self._tokens(reference))

    def says(self, newest: Mapping[str, Any], content: Content) -> bool:
        """Whether this version stands and says just that."""
        commitment = record_commitment(self.cipher, self.kind, content)
        return not newest["withdrawn"] and commitment == bytes(newest["commitment"])

    def place(self, newest: Mapping[str, Any] | None, reference: str, reason: RecordReason) -> RecordPlace:
        token = self._tokens(reference)[0]
        if newest is None:
            return RecordPlace(new_id(self.services.clock.now()), token, 1, reason)
        return RecordPlace(newest[self.key_column], token, newest["version"] + 1, reason)

    def take_back(self, reference: str, why: CorrectionReason) -> Written:
        newest = self.newest(reference)
        if newest is None:
            return self._refuse(fault(THE_RECORD, "reference", "RECORD_UNKNOWN"))
        if newest["withdrawn"]:
            return Written(newest[self.key_column], newest["version"])
        if faults := taken_back_faults(self.connection, self.kind, newest, why):
            return Written(faults=tuple(faults))
        content = opened_content(self.kind, newest, self.cipher)
        place = self.place(newest, reference, RecordReason.WITHDRAWAL)
        return self.add(content, place, newest.get("contact_token"), newest["basis"], why)

    def _refuse(self, found: Fault) -> Written:
        services, connection = self.services, self.connection
        return refuse_faulty(services, connection, self.request, self.member, self.file, self.kind.value, [found])

    def add(
        self,
        content: Content,
        place: RecordPlace,
        contact_token: bytes | None,
        basis: str,
        correction: CorrectionReason | None,
        beside: Fields = MappingProxyType({}),
    ) -> Written:
        """Adds the version and its log entry, which says what is `beside` as well."""
        origin = provenance(self.services, self.member, basis)
        row = record_row(self.kind, content, place, self.cipher, origin)
        if contact_token is not None:
            row["contact_token"] = contact_token
        records.add_version(self.connection, self.kind, row)
        mandate_id = content.get("mandate_id")
        fields = {
            "act": "record_withdrawn" if place.reason is RecordReason.WITHDRAWAL else "record_reported",
            "kind": self.kind.value,
            "record": str(place.record_key),
            "version": place.version,
            "reason": place.reason.value,
            "correction": correction.value if correction else None,
            "mandate": str(mandate_id) if mandate_id else None,
            **basis_fields(basis),
            **beside,
        }
        leaf_hash = log_write(self.services, self.connection, self.request, self.member, self.file, fields)
        if self.kind is RecordKind.REPAYMENT_PLAN:
            follow_plan(self.services, self.connection, self.member, row)
        return Written(place.record_key, place.version, changed=True, leaf_hash=leaf_hash)

    def with_notes(self, written: Written) -> Written:
        """The same; of a contact, with what is noted of its breaches."""
        if self.kind is not RecordKind.COLLECTION_ACTION or written.record_id is None:
            return written
        return replace(written, notes=notes_of(self.connection, self.file.subject_key, written.record_id))

    def _tokens(self, reference: str) -> list[bytes]:
        lookup = self.services.keys.lookup_tokens()
        table = self.kind.value.lower()
        return [token for _, token in lookup.record_candidates(table, self.member.member_id, reference)]


def _check(
    reported: Reported, acting: Acting, newest: Mapping[str, Any] | None, consent: ConsentArtefact | None = None
) -> tuple[Fault, ...]:
    record = reported.record
    if isinstance(record, CollectionRecord):
        return check_collection(record, acting)
    if isinstance(record, PlanRecord):
        held = PlanState(newest["state"]) if newest and not newest["withdrawn"] else None
        return check_plan(record, acting, held, corrects=reported.correction is not None)
    if isinstance(record, AssessmentRecord):
        consented = consent is not None and consent.article_14_warning_shown
        return check_assessment(record, acting.now, consented)
    return check_public_record(record, acting.now.date())


def _went_out(newest: Mapping[str, Any] | None) -> bool:
    """Whether a contact was told as one that went out: then its leave was settled."""
    return newest is not None and newest["direction"] == ContactDirection.OUTBOUND.value


def _reason(newest: Mapping[str, Any] | None, correction: CorrectionReason | None) -> RecordReason:
    if newest is None:
        return RecordReason.NEW
    return RecordReason.CORRECTION if correction else RecordReason.UPDATE
