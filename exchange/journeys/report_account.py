"""A member reports one account, or takes one back: the same checks and the same writing as a file's, of one record.

wait for the member's turn -> check -> apply -> log entry -> commit
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.policy.resolve import prior_notice_rule
from consent.policy.retention import retention_rules
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.intake.account_content import account_of_row
from exchange.intake.check_record import Checked, Rules, check_record
from exchange.intake.contribution import AccountRecord, Contribution, DelinquencyRecord, SubjectRecord
from exchange.intake.fault_codes import fault
from exchange.intake.forget_expired import Expiry
from exchange.intake.noun_checks import THE_RECORD
from exchange.intake.reported_account import ReportedDelinquency, ReportedMonth, delinquencies_of, history_of
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.announce_report import announced_to, rests_on_announcement, with_announcements
from exchange.journeys.apply_records import RecordApplier
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document, borrower_of
from exchange.journeys.known_identity import open_identity
from exchange.journeys.services import Services
from exchange.journeys.write_act import Written, basis_faults, basis_fields, committed, log_write, provenance
from exchange.store import append
from exchange.store.append import HeldAccount
from exchange.store.joined_files import who_is
from exchange.store.records import account_version
from exchange.store.subject_file import find_subject, subject_file
from exchange.store.subject_reviews import identities_of
from exchange.store.submissions import hold_turn
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class ReportedAccount:
    """An account and whose it is. `account` comes without a history, which is made of `months`."""

    subject: SubjectRecord
    account: AccountRecord
    months: Sequence[ReportedMonth]
    delinquencies: Sequence[ReportedDelinquency]
    basis: str


def report_account(services: Services, request: Request, reported: ReportedAccount) -> Written:
    """Applies one account as a file with this record would. The borrower need not be known yet.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before,
    Unavailable while a file of the member is being applied.
    """
    member = admit_contributor(services, request.caller)
    checked = _checked(services, member, reported)
    basis = reported.basis
    with services.transaction() as connection:
        hold_turn(connection, member.member_id)
        about = _borrower(services, connection, checked)
        unfounded = basis_faults(services, connection, member, about, basis, FieldClass.ACCOUNTS)
        if faults := (*checked.faults, *unfounded):
            return Written(faults=faults)
        desk = _Desk(services, connection, request, member)
        written = desk.write(checked, "record_reported", basis)
    return committed(request, written)


def withdraw_account(
    services: Services,
    request: Request,
    reference: str,
    withdrawal: Withdrawal,
    correction: CorrectionReason | None,
) -> Written:
    """Takes an account back, with all that was reported of it. Taken back so before: unchanged.

    Raises as `report_account` does.
    """
    member = admit_contributor(services, request.caller)
    with services.transaction() as connection:
        hold_turn(connection, member.member_id)
        desk = _Desk(services, connection, request, member)
        place = desk.held(reference)
        if place is None:
            return Written(faults=(fault(THE_RECORD, "reference", "NOTHING_TO_WITHDRAW"),))
        row = append.fetch_accounts(connection, [place])[place.account_key]
        if row["superseded_at"] is not None and row["withdrawal"] == withdrawal:
            return Written(place.account_key, row["version"])
        checked = _taken_back(services, connection, place, row, reference, withdrawal, correction)
        written = desk.write(checked, "record_withdrawn", row["basis"])
    return committed(request, written)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One write in its transaction, which holds the member's turn."""

    services: Services
    connection: Connection
    request: Request
    member: Member

    def held(self, reference: str) -> HeldAccount | None:
        """Where the member's account of this reference is held."""
        candidates = self.services.keys.lookup_tokens().account_candidates(self.member.member_id, reference)
        found = append.find_accounts(self.connection, [token for _, token in candidates])
        return next((found[token] for _, token in candidates if token in found), None)

    def write(self, checked: Checked, act: str, basis: str) -> Written:
        """Applies the account, and logs it where something changed. What faults leave to be committed is a review of
        whose the account is, and nothing else.
        """
        origin = provenance(self.services, self.member, basis)
        applied = RecordApplier(self.connection, self.services.keys, origin).apply([checked])
        if applied.faults:
            return Written(faults=tuple(applied.faults))
        account = checked.contribution.account
        place = self.held(account.reference)
        assert place is not None
        version = account_version(self.connection, place.subject_key, place.account_key)
        written = Written(place.account_key, version, notes=(*checked.notes, *applied.notes))
        if not applied.changed:
            return written
        fields = {
            "act": act,
            "kind": "ACCOUNT",
            "record": str(place.account_key),
            "version": version,
            "correction": account.correction.value if account.correction else None,
            **basis_fields(basis),
        }
        file = subject_file(self.connection, place.subject_key)
        leaf_hash = log_write(self.services, self.connection, self.request, self.member, file, fields)
        return replace(written, changed=True, leaf_hash=leaf_hash)


def _checked(services: Services, member: Member, reported: ReportedAccount) -> Checked:
    """The account with every fault of it, those of its list of months among them."""
    today = services.clock.now().date()
    history, of_months = history_of(reported.months)
    account = replace(reported.account, history=history)
    delinquencies, of_delinquencies = delinquencies_of(account, reported.delinquencies)
    notice = prior_notice_rule(services.pack, today)
    if notice and any(map(rests_on_announcement, delinquencies)):
        delinquencies = _announced(services, member, reported, account, delinquencies)
    contribution = Contribution(THE_RECORD, reported.subject, account, delinquencies)
    collects = member.member_class is MemberClass.COLLECTION_AGENCY
    rules = Rules(
        today,
        prior_notice=notice.id if notice else None,
        third_party_collector=collects,
        expiry=Expiry(retention_rules(services.pack, today), member.member_class, today),
    )
    checked = check_record(contribution, rules)
    beside = of_months + ([] if of_months else of_delinquencies)
    return replace(checked, faults=(*beside, *checked.faults))


def _announced(
    services: Services,
    member: Member,
    reported: ReportedAccount,
    account: AccountRecord,
    delinquencies: tuple[DelinquencyRecord, ...],
) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies with the prior notices that the member sent through the exchange."""
    who = reported.subject
    lookup = services.keys.lookup_tokens()
    accounts = [token for _, token in lookup.account_candidates(member.member_id, account.reference)]
    with services.connection() as connection:
        try:
            file = borrower_of(services, connection, Document(who.id_type, who.country, who.id_number))
        except BadRequest:
            return with_announcements(delinquencies, account, None, member.member_id, ())
        found = append.find_accounts(connection, accounts)
        key = next((held.account_key for held in found.values() if held.subject_key == file.subject_key), None)
        announced = announced_to(connection, file.subject_key)
    return with_announcements(delinquencies, account, key, member.member_id, announced)


def _borrower(services: Services, connection: Connection, checked: Checked) -> UUID | None:
    """The borrower to whom the first document leads; None where nobody has it."""
    who = checked.contribution.subject
    candidates = services.keys.lookup_tokens().candidates(who.id_type, who.country, checked.id_number)
    file = find_subject(connection, [token for _, token in candidates]) if checked.id_number else None
    return file.subject_key if file else None


def _taken_back(
    services: Services,
    connection: Connection,
    place: HeldAccount,
    row: Any,
    reference: str,
    withdrawal: Withdrawal,
    correction: CorrectionReason | None,
) -> Checked:
    """The record that takes an account back, about the borrower whose it is."""
    identities_of(connection, [place.subject_key])
    cipher = services.keys.open(subject_file(connection, place.subject_key).wrapped_key)
    who = who_is(connection, place.subject_key)
    number = cipher.unseal("subject", "id_number", place.subject_key.bytes, who["id_number"]).decode()
    names = open_identity(who, cipher).names
    subject = SubjectRecord(IdType(who["id_type"]), who["country"], number, names, who["time_zone"], who["language"])
    # As of the day it was reported for: so it may be reported anew for the same day.
    account = replace(account_of_row(row, reference), withdrawal=withdrawal, correction=correction)
    return Checked(Contribution(THE_RECORD, subject, account), number, (), ())
