"""Who contacted me: every contact about the borrower's debts, leave that was denied, and what the borrower says to it.

A contact without leave is one that broke a rule; it is shown so, with the rules that spoke against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from consent.pressure import DAYS, Pressure, pressure_of
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of
from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services
from exchange.store import own_contacts as stored
from exchange.store.contacts_made import contacts_made
from exchange.store.own_contacts import Denied, Place
from schema.vocabulary.collection import (
    BorrowerSays,
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.contact import BreachKind
from schema.vocabulary.member_class import MemberClass

ITEMS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class OwnContact:
    """One contact. `lender_name`: for whom; `leave`: a clearance was used (None: none was named).

    `says` is the borrower's own word, and else what was reported as theirs.
    """

    key: UUID
    at: datetime
    actor_name: str
    actor_class: MemberClass
    lender_name: str
    stage: CollectionStage
    channel: ContactChannel
    by_you: bool
    target: ContactTarget
    result: ContactResult
    promised: tuple[int, str] | None
    promised_on: date | None
    promise_kept: bool | None
    leave: bool | None
    rules: tuple[str, ...]
    breaches: tuple[BreachKind, ...]
    says: BorrowerSays | None


@dataclass(frozen=True, slots=True)
class DeniedContact:
    """Leave that somebody asked for and did not get: the borrower was not contacted. `reasons` are codes."""

    key: UUID
    at: datetime
    actor_name: str
    actor_class: MemberClass
    lender_name: str
    channel: ContactChannel
    reasons: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """A page of them, newest first. `older` begins the next page; None on the last one. `zone` is the borrower's."""

    items: tuple[OwnContact | DeniedContact, ...]
    older: Place | None
    pressure: Pressure
    zone: str


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """One contact with the rules that let it, or should have stopped it, in words."""

    contact: OwnContact
    rules: tuple[RuleInWords, ...]
    zone: str


def own_contacts(services: Services, borrower: Borrower, before: Place | None = None) -> OwnContacts:
    """The contacts and denials before this place (None: from the last one). Raises BadRequest once it was erased."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        contacts = stored.contacts_before(connection, file.subject_key, before, ITEMS_PER_PAGE + 1)
        denied = stored.denied_before(connection, file.subject_key, before, ITEMS_PER_PAGE + 1)
        lately = contacts_made(connection, file.subject_key, now - timedelta(days=DAYS))
    items = _newest_first([*map(_contact, contacts), *map(_denied, denied)])
    shown = items[:ITEMS_PER_PAGE]
    older = (shown[-1].at, shown[-1].key) if len(items) > ITEMS_PER_PAGE else None
    return OwnContacts(tuple(shown), older, pressure_of(lately, now), file.time_zone)


def own_contact(services: Services, borrower: Borrower, action_key: UUID) -> ContactDetail:
    """One contact. Raises BadRequest CONTACT_NOT_FOUND."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        contact = _contact(_there(stored.find_contact(connection, file.subject_key, action_key)))
    rules = tuple(rule_in_words(services.pack, rule) for rule in contact.rules)
    return ContactDetail(contact, rules, file.time_zone)


def reply_to_contact(services: Services, borrower: Borrower, action_key: UUID, says: BorrowerSays) -> None:
    """Keeps what the borrower says to a contact; the last word counts, and the same again changes nothing.

    Raises BadRequest CONTACT_NOT_FOUND.
    """
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        _there(stored.find_contact(connection, file.subject_key, action_key))
        if stored.newest_reply(connection, file.subject_key, action_key) == says:
            return
        stored.add_reply(connection, file.subject_key, action_key, says.value, services.clock.now())
        fields = {"act": "contact_replied", "record": str(action_key), "answer": says.value}
        log_own_act(services, connection, borrower, file, fields)


def _there(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise BadRequest("There is no such contact in your file.", "CONTACT_NOT_FOUND")
    return row


def _newest_first(items: Sequence[OwnContact | DeniedContact]) -> list[OwnContact | DeniedContact]:
    return sorted(items, key=lambda item: (item.at, item.key), reverse=True)


def _contact(row: Row[Any]) -> OwnContact:
    broken = {rule for rules in row.broken_rules or () for rule in rules.split()}
    says = row.says or row.borrower_says
    promised = row.promised_minor, row.promised_currency
    return OwnContact(
        key=row.action_key,
        at=row.started_at,
        actor_name=row.actor_name,
        actor_class=MemberClass(row.actor_class),
        lender_name=row.lender_name,
        stage=CollectionStage(row.stage),
        channel=ContactChannel(row.channel),
        by_you=row.direction == ContactDirection.INBOUND.value,
        target=ContactTarget(row.target),
        result=ContactResult(row.result),
        promised=None if None in promised else promised,
        promised_on=row.promised_on,
        promise_kept=row.promise_kept,
        leave=row.leave,
        rules=tuple(sorted(broken or set(row.leave_rules or ()))),
        breaches=tuple(sorted(BreachKind(kind) for kind in row.breaches or ())),
        says=BorrowerSays(says) if says else None,
    )


def _denied(denied: Denied) -> DeniedContact:
    return DeniedContact(
        key=denied.clearance_id,
        at=denied.asked_at,
        actor_name=denied.actor_name,
        actor_class=MemberClass(denied.actor_class),
        lender_name=denied.lender_name,
        channel=ContactChannel(denied.channel),
        reasons=denied.reasons,
        rules=denied.rules,
    )
