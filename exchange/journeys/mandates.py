"""Mandates: a lender lets an agency collect for it, changes that, or ends it; both see what stands between them."""

from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.handover import Member
from exchange.intake.check_mandate import check_mandate
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.intake.noun_records import MandateRecord, Party
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.evaluate_mandate import run_evaluation_clock
from exchange.journeys.record_rows import RecordReason
from exchange.journeys.services import Services
from exchange.journeys.write_act import Written, committed, log_write_about_nobody
from exchange.planning.selection import check_size
from exchange.store import mandates
from exchange.store.mandates import StoredMandate
from exchange.store.member_register import find_member
from exchange.store.submissions import hold_turn
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.scope import Scope

Places = set[tuple[UUID, UUID]]
"""Accounts: subject key, account key."""


@dataclass(frozen=True, slots=True)
class MandatePage:
    """Some of a member's mandates, the oldest first."""

    mandates: tuple[StoredMandate, ...]
    total: int
    has_next: bool


def record_mandate(
    services: Services, request: Request, record: MandateRecord, correction: CorrectionReason | None
) -> Written:
    """Gives a mandate, or a new version of the one that the lender calls so. The same again changes nothing.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller)
    record = replace(record, lender=member.member_id)
    with services.transaction() as connection:
        hold_turn(connection, member.member_id)
        held = mandates.find_by_reference(connection, member.member_id, record.reference)
        agency = find_member(connection, record.agency)
        places, unknown = _accounts(services, connection, record)
        if faults := (*check_mandate(record, _party(member), _party(agency) if agency else None), *unknown):
            return Written(faults=faults)
        stored = _version(services, record, held, places, correction)
        if held and (held.commitment, held.state) == (stored.commitment, stored.state):
            return Written(held.mandate_id, held.version)
        leaf_hash = _write(services, connection, request, member, stored, "mandate_recorded", correction)
        run_evaluation_clock(services, connection, stored)
        mandates.name_accounts(connection, stored.mandate_id, places, stored.recorded_at)
    return committed(request, Written(stored.mandate_id, stored.version, changed=True, leaf_hash=leaf_hash))


def end_mandate(services: Services, request: Request, reference: str, why: CorrectionReason | None) -> Written:
    """Ends a mandate of the caller's with today; it covers no account from now on. Ended before: unchanged.

    Raises as `record_mandate` does.
    """
    member = admit_contributor(services, request.caller)
    now = services.clock.now()
    with services.transaction() as connection:
        hold_turn(connection, member.member_id)
        held = mandates.find_by_reference(connection, member.member_id, reference)
        if held is None:
            return Written(faults=(fault(THE_RECORD, "reference", "RECORD_UNKNOWN"),))
        if held.state == MandateState.ENDED:
            return Written(held.mandate_id, held.version)
        ended = replace(
            held,
            version=held.version + 1,
            state=MandateState.ENDED.value,
            ends_on=max(held.starts_on, min(held.ends_on, now.date())),
            reason=RecordReason.WITHDRAWAL.value,
            recorded_at=now,
        )
        leaf_hash = _write(services, connection, request, member, ended, "mandate_ended", why)
        run_evaluation_clock(services, connection, ended)
        mandates.name_accounts(connection, ended.mandate_id, (), now)
    return committed(request, Written(ended.mandate_id, ended.version, changed=True, leaf_hash=leaf_hash))


def fetch_mandates(services: Services, request: Request, first: int, after: UUID | None) -> MandatePage:
    """A page of the mandates that the caller gave or was given, as they stand.

    Raises BadRequest for a page of another size, Refused without the scope, NotAuthenticated with a revoked token.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    collects = Scope.COLLECTION_WRITE in request.caller.scopes
    scope = Scope.COLLECTION_WRITE if collects else Scope.RECORDS_WRITE
    member = admit_contributor(services, request.caller, scope)
    with services.connection() as connection:
        found = mandates.mandates_of(connection, member.member_id, after, first + 1)
        total = mandates.count_mandates_of(connection, member.member_id)
    return MandatePage(tuple(found[:first]), total, has_next=len(found) > first)


def _accounts(services: Services, connection: Connection, record: MandateRecord) -> tuple[Places, list[Fault]]:
    """The lender's accounts that a mandate names, and a fault where one is not reported by the lender now."""
    lookup = services.keys.lookup_tokens()
    wanted = set(record.account_references)
    tokens = [token for each in wanted for _, token in lookup.account_candidates(record.lender, each)]
    places = set(mandates.find_accounts(connection, record.lender, tokens))
    if len(places) == len(wanted):
        return places, []
    return set(), [fault(THE_RECORD, "account_references", "ACCOUNT_NOT_YOURS")]


def _version(
    services: Services,
    record: MandateRecord,
    held: StoredMandate | None,
    places: Places,
    correction: CorrectionReason | None,
) -> StoredMandate:
    now = services.clock.now()
    reason = RecordReason.CORRECTION if correction else RecordReason.UPDATE
    channels = sorted(channel.value for channel in record.channels)
    days = (record.starts_on, record.ends_on, record.evaluation_due_on)
    return StoredMandate(
        mandate_id=held.mandate_id if held else new_id(now),
        version=held.version + 1 if held else 1,
        lender=record.lender,
        agency=record.agency,
        reference=record.reference,
        portfolio=record.portfolio,
        channels=channels,
        starts_on=record.starts_on,
        ends_on=record.ends_on,
        evaluation_due_on=record.evaluation_due_on,
        state=MandateState.ACTIVE.value,
        reason=(reason if held else RecordReason.NEW).value,
        recorded_at=now,
        commitment=_digest(record, channels, days, places),
    )


def _digest(record: MandateRecord, channels: list[str], days: tuple[date, ...], places: Places) -> bytes:
    """SHA-256 of what a mandate says. It names no borrower but by accounts' random keys."""
    said = (record.lender, record.agency, record.reference, record.portfolio, channels, days)
    return sha256(orjson.dumps([said, sorted(account for _, account in places)])).digest()


def _write(
    services: Services,
    connection: Connection,
    request: Request,
    member: Member,
    stored: StoredMandate,
    act: str,
    correction: CorrectionReason | None,
) -> bytes:
    """Adds the version and its log entry. Returns the leaf's hash."""
    mandates.add_version(connection, stored)
    fields: dict[str, FieldValue] = {
        "act": act,
        "agency": stored.agency,
        "mandate": str(stored.mandate_id),
        "version": stored.version,
        "reason": stored.reason,
        "correction": correction.value if correction else None,
    }
    return log_write_about_nobody(services, connection, request, member, fields)


def _party(member: Member) -> Party:
    return Party(member.member_id, member.member_class, member.status)
