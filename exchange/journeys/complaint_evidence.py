"""What is attached to a complaint by itself: contacts, clearances, breaches and looks, each with its entry in the log.

A contact is decided again as it was made, by the rules that were in force on its day: those about hours and about how
often that speak against it are named. What the borrower had agreed to is taken as it stands today.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from consent.contact import Contact, ContactQuestion, Denial, Standing, decide_contact, window_days
from consent.policy.rules import Pack
from exchange.audit.entry import FieldValue, open_all_fields, verify_opening
from exchange.errors import IntegrityError
from exchange.journeys.services import Services
from exchange.store.complaint_evidence import (
    MadeContact,
    Party,
    SealedEntry,
    breaches_between,
    clearances_between,
    contacts_since,
    entries_since,
    looks_between,
)
from exchange.store.complaints import Evidence, StoredComplaint, evidence_as_json
from exchange.store.contact_wishes import standing_wishes
from exchange.store.joined_files import files_merged_into
from exchange.store.own_file import OwnFile
from schema.vocabulary.complaint import ABOUT_LOOKS, ComplaintCategory, EvidenceKind
from schema.vocabulary.contact import WishKind

DEFAULT_DAYS = 90
DAYS_MAX = 366
FILED = "complaint_filed"
"""The act of filing, whose entry commits to the evidence."""
_OF_TIMES = frozenset({"CONTACT_QUIET_HOURS", "CONTACT_TOO_OFTEN"})


@dataclass(frozen=True, slots=True)
class Period:
    """From `from_time` up to but without `until_time`."""

    from_time: datetime
    until_time: datetime

    def has(self, at: datetime) -> bool:
        """Whether the instant lies in it."""
        return self.from_time <= at < self.until_time


def period_of(first: date | None, last: date | None, zone: ZoneInfo, now: datetime) -> Period:
    """The days named with the day before and the day after, in the borrower's zone; none named: the last 90 days."""
    from_day, until_day = first or last, last or first
    if from_day is None or until_day is None:
        return Period(now - timedelta(days=DEFAULT_DAYS), now)
    return Period(_midnight(from_day - timedelta(days=1), zone), _midnight(until_day + timedelta(days=2), zone))


def gather(
    services: Services,
    connection: Connection,
    file: OwnFile,
    looked_at: Sequence[UUID],
    party: Party,
    category: ComplaintCategory,
    period: Period,
) -> tuple[Evidence, ...]:
    """The evidence about a party, the oldest first. `looked_at`: the borrower's file and those joined with it."""
    found = list(_of_contacts(services, connection, file, party, period))
    if category in ABOUT_LOOKS:
        found += _of_looks(connection, looked_at, party, period)
    return tuple(sorted(found, key=lambda evidence: (evidence.at, evidence.kind.value)))


def rules_broken(
    contact: MadeContact, contacts: Sequence[MadeContact], pack: Pack, zone: ZoneInfo, agreed_hours: bool
) -> tuple[str, ...]:
    """The rules about hours and about how often that spoke against this contact, given all that came before it."""
    if not contact.outbound:
        return ()
    earlier = [each for each in contacts if each.outbound and each.started_at < contact.started_at]
    numbers = {
        token: place for place, token in enumerate(dict.fromkeys([contact.number, *(c.number for c in earlier)]))
    }
    numbers.pop(None, None)
    question = ContactQuestion(
        contact.lender, contact.actor, contact.actor_class, contact.stage, contact.channel, contact.target,
        contact.debts, numbers.get(contact.number), days_past_due=0,
    )  # fmt: skip
    history = [_past(each, numbers) for each in earlier]
    standing = Standing(zone, agreed_hours=agreed_hours)
    decided = decide_contact(question, standing, history, pack, contact.started_at, timedelta())
    reasons = decided.reasons if isinstance(decided, Denial) else ()
    return tuple(dict.fromkeys(reason.rule for reason in reasons if reason.code in _OF_TIMES and reason.rule))


def digest_of(evidence: Sequence[Evidence]) -> str:
    """What the log commits to of the evidence: SHA-256 in hexadecimal."""
    return sha256(orjson.dumps([evidence_as_json(each) for each in evidence])).hexdigest()


def entries_about(
    services: Services, connection: Connection, filed: StoredComplaint
) -> list[tuple[datetime, Mapping[str, FieldValue]]]:
    """When each log entry about a complaint was written and what it says, once the evidence was compared with its own.

    Raises IntegrityError where an entry does not match its leaf, or the evidence is not what was attached.
    """
    found = []
    for key in (filed.subject_key, *files_merged_into(connection, filed.subject_key)):
        for entry in entries_since(connection, key, filed.filed_at):
            fields = _opened(services, entry)
            if fields.get("complaint") == str(filed.complaint_id):
                found.append((entry.recorded_at, fields))
    logged = {fields["digest"] for _, fields in found if fields["act"] == FILED}
    if logged - {digest_of(filed.evidence)}:
        raise IntegrityError("What is attached to this complaint is not what was attached when it was filed.")
    return sorted(found, key=lambda each: each[0])


def _opened(services: Services, entry: SealedEntry) -> Mapping[str, FieldValue]:
    opening = services.keys.log_cipher().unseal_opening(entry.entry_id, entry.service_opening)
    return verify_opening(entry.leaf, open_all_fields(opening))


def _of_contacts(
    services: Services, connection: Connection, file: OwnFile, party: Party, period: Period
) -> Iterator[Evidence]:
    key, zone = file.subject_key, ZoneInfo(file.time_zone)
    contacts = contacts_since(connection, key, period.from_time - timedelta(days=window_days(services.pack) + 1))
    agreed = {wish.member_id for wish in standing_wishes(connection, key, services.clock.now()) if _agrees(wish.kind)}
    leaves = _leaves_of_records(services, connection, key, period)
    for contact in contacts:
        if _is_of(party, contact.actor, contact.lender) and period.has(contact.started_at):
            rules = rules_broken(contact, contacts, services.pack, zone, bool(agreed & {None, contact.lender}))
            leaf = leaves.get((contact.action_key, contact.version))
            what = contact.channel.value
            yield Evidence(
                EvidenceKind.ACTION, contact.action_key, contact.started_at, contact.actor, what, rules, leaf
            )
    newest = {action_key: leaf for (action_key, _), leaf in leaves.items()}
    between = connection, key, period.from_time, period.until_time
    for each in clearances_between(*between):
        if _is_of(party, each.actor, each.lender):
            what = ("USED" if each.used else "GRANTED") if each.granted else "DENIED"
            yield Evidence(
                EvidenceKind.CLEARANCE, each.clearance_id, each.asked_at, each.actor, what, each.rules, each.leaf_hash
            )
    for breach in breaches_between(*between):
        if _is_of(party, breach.actor, breach.lender):
            yield Evidence(
                EvidenceKind.BREACH, breach.action_key, breach.happened_at, breach.actor, breach.kind.value,
                breach.rules, newest.get(breach.action_key),
            )  # fmt: skip


def _of_looks(connection: Connection, looked_at: Sequence[UUID], party: Party, period: Period) -> list[Evidence]:
    return [
        Evidence(
            EvidenceKind.LOOK, look.inquiry_key, look.asked_at, look.member_id,
            "GRANTED" if look.granted else "REFUSED", look.rules, look.leaf_hash,
        )
        for look in looks_between(connection, looked_at, party.member_id, period.from_time, period.until_time)
    ]  # fmt: skip


def _leaves_of_records(
    services: Services, connection: Connection, subject_key: UUID, period: Period
) -> dict[tuple[UUID, int], bytes]:
    """The leaf hash of the entry about each version of a record that was written since the period began."""
    leaves = {}
    for entry in entries_since(connection, subject_key, period.from_time):
        fields = _opened(services, entry)
        if fields["act"] == "record_reported":
            leaves[UUID(str(fields["record"])), int(str(fields["version"]))] = entry.leaf_hash
    return leaves


def _is_of(party: Party, actor: str, lender: str) -> bool:
    """A lender answers for what was done for it too; an agency for what it did for the lender that is named."""
    if party.lender is not None:
        return (actor, lender) == (party.member_id, party.lender)
    return party.member_id in (actor, lender)


def _past(made: MadeContact, numbers: dict[bytes | None, int]) -> Contact:
    return Contact(
        made.started_at, made.lender, made.actor, made.stage, made.channel, made.target, made.debts,
        numbers.get(made.number), made.result,
    )  # fmt: skip


def _agrees(kind: WishKind) -> bool:
    return kind is WishKind.AGREED_HOURS


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
