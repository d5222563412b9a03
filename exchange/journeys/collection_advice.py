"""Which step to take next about a borrower's debts: told to the lender, or to an agency under its mandate.

    admit -> hold the file -> the debts -> what was tried, what stands still, how hard they are pressed -> log -> tell

Of other lenders only the band of the pressure is told, and only about somebody who is past due with this one: whoever
pays is nobody to collect from, and who else presses them is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent import reasons
from consent.next_step import Advice, Attempt, Case, PlanTried, stage_orders, suggest_next_step
from consent.pressure import DAYS, pressure_of
from consent.reasons import Reason
from exchange.audit.entry import FieldValue
from exchange.errors import Refused
from exchange.handover import Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request, refused_fields
from exchange.journeys.find_borrower import Document, lookup_tokens
from exchange.journeys.log_act import entry_about, entry_about_nobody
from exchange.journeys.services import Services
from exchange.journeys.standing_still import standing_still
from exchange.journeys.write_act import spend_proof
from exchange.store import mandates, records
from exchange.store.contacts_made import ContactAbout, contacts_about, contacts_made
from exchange.store.log_rows import append_log_entry
from exchange.store.mandated_accounts import (
    OwedAccount,
    PlanAbout,
    lenders_accounts,
    mandated_keys,
    owed_accounts,
    plans_about,
)
from exchange.store.mandates import StoredMandate
from exchange.store.own_file import OwnFile, find_own_file
from exchange.store.subject_file import find_and_hold_subject, next_sequence
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.plan import PlanState
from schema.vocabulary.pressure import PressureBand
from schema.vocabulary.scope import Scope

ADVISED = "collection_advised"
DEBT_NOT_YOURS = Reason("DEBT_NOT_YOURS", "You report no such debt of a borrower with this identity document.")


@dataclass(frozen=True, slots=True)
class AdviceAsked:
    """About which debts: of a lender's own (no mandate), or of those under a mandate; no references: all of them."""

    document: Document
    mandate_id: UUID | None
    account_references: tuple[str, ...]
    names_mandate: bool


@dataclass(frozen=True, slots=True)
class Advised:
    """What is suggested, and how hard the borrower is pressed by all who collect together."""

    advice: Advice
    pressure: PressureBand


@dataclass(frozen=True, slots=True)
class _Debts:
    """The debts asked about, in whose file and of which lender; `against`: why nothing is told."""

    file: OwnFile | None
    lender: str
    keys: frozenset[UUID]
    against: tuple[Reason, ...]


def collection_advice(services: Services, request: Request, asked: AdviceAsked) -> Advised:
    """The gentlest next step that has not been shown to fail, with its reasons. Logged in the borrower's file.

    Raises Refused without the scope, the mandate or the debt; NotAuthenticated with a revoked token or a proof used
    before; BadRequest where the id number cannot be one.
    """
    member = admit_contributor(services, request.caller, Scope.CONTACT_CLEAR)
    tokens = lookup_tokens(services, asked.document)
    now = services.clock.now()
    with services.transaction() as connection:
        debts = _debts(services, connection, member, asked, tokens, now)
        advised = None if debts.against else _advise(services, connection, member, debts, now)
        leaf_hash = _log(services, connection, request, asked, debts, advised, now)
    request.leaves.append(leaf_hash)
    if advised is None:
        raise Refused(debts.against)
    return advised


def _debts(
    services: Services, connection: Connection, member: Member, asked: AdviceAsked, tokens: list[bytes], now: datetime
) -> _Debts:
    mandate = mandates.find_mandate(connection, asked.mandate_id) if asked.mandate_id else None
    lender = mandate.lender if mandate else member.member_id
    found = find_and_hold_subject(connection, tokens)
    file = find_own_file(connection, found.subject_key) if found else None
    if asked.names_mandate and (against := _against(mandate, member, now)):
        return _Debts(file, lender, frozenset(), (against,))
    keys = _keys(services, connection, file, lender, mandate, asked) if file else frozenset()
    return _Debts(file, lender, keys, () if keys else (DEBT_NOT_YOURS,))


def _against(mandate: StoredMandate | None, member: Member, now: datetime) -> Reason | None:
    if mandate is None or mandate.agency != member.member_id:
        return reasons.mandate_not_found()
    today = now.astimezone(UTC).date()
    in_force = mandate.state == MandateState.ACTIVE and mandate.starts_on <= today <= mandate.ends_on
    return None if in_force else reasons.mandate_not_in_force()


def _keys(
    services: Services,
    connection: Connection,
    file: OwnFile,
    lender: str,
    mandate: StoredMandate | None,
    asked: AdviceAsked,
) -> frozenset[UUID]:
    """The debts asked about; none where one of the references is not the lender's, or not under the mandate."""
    borrower = file.subject_key
    theirs = mandated_keys(connection, borrower, mandate) if mandate else lenders_accounts(connection, borrower, lender)
    if not asked.account_references:
        return frozenset(theirs)
    lookup = services.keys.lookup_tokens()
    wanted = set(asked.account_references)
    tokens = [token for each in wanted for _, token in lookup.account_candidates(lender, each)]
    named = frozenset(records.own_accounts(connection, borrower, lender, tokens)) & theirs
    return named if len(named) == len(wanted) else frozenset()


def _advise(services: Services, connection: Connection, member: Member, debts: _Debts, now: datetime) -> Advised:
    assert debts.file is not None  # without a file there are no debts
    borrower, zone = debts.file.subject_key, ZoneInfo(debts.file.time_zone)
    today = now.astimezone(zone).date()
    stands = standing_still(connection, borrower, debts.lender, debts.keys, today, now)
    days_past_due = _days_past_due(owed_accounts(connection, borrower, debts.keys), today)
    lately = contacts_made(connection, borrower, now - timedelta(days=DAYS))
    counted = [each for each in lately if days_past_due > 0 or each.lender == debts.lender]
    pressure = pressure_of(counted, now).band
    case = Case(
        today=today,
        days_past_due=days_past_due,
        attempts=[_attempt(each, zone) for each in contacts_about(connection, borrower, debts.keys)],
        plans=[_tried(each) for each in plans_about(connection, borrower, debts.keys)],
        stop_requested=stands.stop_requested,
        dispute_open=stands.disputed,
        needs_care=stands.needs_care,
        pressure=pressure,
    )
    orders = stage_orders(services.pack, member.member_class, now.astimezone(UTC).date())
    return Advised(suggest_next_step(case, orders), pressure)


def _days_past_due(accounts: Sequence[OwedAccount], today: date) -> int:
    """Of the account that is longest overdue: as reported, or counted from the day on which it fell behind."""
    return max((_days(each, today) for each in accounts), default=0)


def _days(account: OwedAccount, today: date) -> int:
    if account.days_past_due is not None:
        return account.days_past_due
    return (today - account.first_delinquent_on).days if account.first_delinquent_on else 0


def _attempt(contact: ContactAbout, zone: ZoneInfo) -> Attempt:
    on = contact.started_at.astimezone(zone).date()
    return Attempt(on, contact.stage, contact.result, contact.promised_on, contact.promise_kept)


def _tried(plan: PlanAbout) -> PlanTried:
    return PlanTried(PlanState(plan.state), plan.ended_on or plan.accepted_on or plan.proposed_on)


def _log(
    services: Services,
    connection: Connection,
    request: Request,
    asked: AdviceAsked,
    debts: _Debts,
    advised: Advised | None,
    now: datetime,
) -> bytes:
    """Writes the entry and spends the request's proof. Returns the leaf's hash. Raises NotAuthenticated."""
    spend_proof(connection, request)
    fields: dict[str, FieldValue] = {
        "act": ADVISED,
        "member": request.caller.member_id,
        "mandate": str(asked.mandate_id) if asked.mandate_id else None,
        "pack": services.pack.version,
        **(_told(advised) if advised else refused_fields(debts.against)),
    }
    if debts.file is None:
        entry = entry_about_nobody(services, now, fields)
    else:
        sequence = next_sequence(connection, debts.file.subject_key)
        cipher = services.keys.open(debts.file.wrapped_key)
        entry = entry_about(services, now, debts.file.subject_key, cipher, sequence, fields)
    append_log_entry(connection, entry)
    return entry.leaf_hash


def _told(advised: Advised) -> dict[str, FieldValue]:
    return {
        "granted": True,
        "step": advised.advice.step.value,
        "pressure": advised.pressure.value,
        "rules": _rules(advised.advice),
        "reasons": [],
    }


def _rules(advice: Advice) -> list[str]:
    return sorted({each.rule for each in advice.reasons if each.rule})
