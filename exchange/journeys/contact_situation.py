"""What a contact is decided on, from what is stored: the question, how things stand, and the contacts of the past.

Telephone numbers and addresses are compared by their tokens, and leave here as small ordinals: 0 is the one asked
about, the others count on in the order in which they were first used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.contact import Contact, ContactQuestion, Standing, window_days
from consent.contact_facts import ContactFacts
from exchange.handover import Member
from exchange.intake.contact import normalised_contact
from exchange.journeys.services import Services
from exchange.store.contact_facts import StoredContact, StoredFacts, contact_facts
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import Standstills
from schema.vocabulary.payment_status import PaymentStatus


@dataclass(frozen=True, slots=True)
class Intended:
    """A contact by a member of one of a lender's borrowers. `tokens`: of the number, the newest index key's first."""

    actor: Member
    lender: str
    mandate_id: UUID | None
    account_keys: Sequence[UUID]
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    tokens: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is decided on, and the clearance of just this contact that is open (None: there is none), which is not
    counted against itself.
    """

    facts: ContactFacts
    open_one: UUID | None


def tokens_of(services: Services, contact: str | None) -> tuple[bytes, ...]:
    """The tokens of a number or address; none where none is given."""
    if contact is None or not contact.strip():
        return ()
    candidates = services.keys.lookup_tokens().contact_candidates(normalised_contact(contact))
    return tuple(token for _, token in candidates)


def situation_of(
    services: Services, connection: Connection, subject_key: UUID, intended: Intended, at: datetime
) -> Situation:
    """How things stand for this contact, to be made at this instant."""
    since = at - timedelta(days=window_days(services.pack) + 1)
    unused_since = at - timedelta(minutes=services.settings.contact_report_minutes)
    whose = (subject_key, intended.lender, intended.account_keys, intended.tokens)
    stored = contact_facts(connection, *whose, since, at, unused_since)
    asked = {token.hex() for token in intended.tokens}
    standing = [each for each in stored.contacts if each.leave_until and each.leave_until > at]
    same = [each for each in standing if _is_same(each, intended, asked)]
    open_one = same[0].clearance_id if same else None
    others = [each for each in stored.contacts if each not in same[:1]]
    facts = ContactFacts(
        _question(intended, stored),
        _standing(stored),
        _history(others, asked),
        at,
        timedelta(minutes=services.settings.clearance_minutes),
    )
    return Situation(facts, open_one)


def _is_same(clearance: StoredContact, intended: Intended, asked: set[str]) -> bool:
    same_act = (clearance.actor, clearance.mandate_id, clearance.stage, clearance.channel, clearance.target) == (
        intended.actor.member_id, intended.mandate_id, intended.stage, intended.channel, intended.target,
    )  # fmt: skip
    same_number = clearance.token in asked if asked else clearance.token is None
    return same_act and same_number and clearance.debts == frozenset(intended.account_keys)


def _question(intended: Intended, stored: StoredFacts) -> ContactQuestion:
    return ContactQuestion(
        lender=intended.lender,
        actor=intended.actor.member_id,
        actor_class=intended.actor.member_class,
        stage=intended.stage,
        channel=intended.channel,
        target=intended.target,
        debts=frozenset(intended.account_keys),
        number=0 if intended.tokens else None,
        days_past_due=min((_days_past_due(*arrears) for arrears in stored.arrears), default=0),
    )


def _days_past_due(days: int | None, newest_code: str) -> int:
    """As reported; else the least that the code of the newest month stands for."""
    if days is not None:
        return days
    least, _ = (PaymentStatus(newest_code).days_past_due if newest_code else None) or (0, 0)
    return least


def _standing(stored: StoredFacts) -> Standing:
    stands = {
        Standstills.STOP_REQUEST: stored.stop_requested,
        Standstills.PLAN_RUNNING: stored.plan_running,
        Standstills.DISPUTE_OPEN: stored.dispute_open,
        Standstills.SECURITY_FREEZE: stored.frozen,
        Standstills.VULNERABLE: stored.vulnerable,
        Standstills.DECEASED: stored.deceased,
        Standstills.INCAPABLE: stored.incapable,
        Standstills.INSOLVENT: stored.insolvent,
    }
    debts_of_stage: dict[str, set[UUID]] = {}
    for stage, account_key in stored.stages:
        debts_of_stage.setdefault(stage, set()).add(account_key)
    return Standing(
        zone=ZoneInfo(stored.time_zone),
        stands=frozenset(what for what, is_so in stands.items() if is_so),
        agreed_hours=stored.hours_agreed,
        failed_in_a_row=stored.failed_in_a_row,
        no_valid_number=stored.no_valid_number,
        number_refused=stored.number_refused,
        stages_been=frozenset(
            CollectionStage(stage) for stage, debts in debts_of_stage.items() if len(debts) == len(stored.arrears)
        ),
    )


def _history(contacts: Sequence[StoredContact], asked: set[str]) -> tuple[Contact, ...]:
    ordinals: dict[str, int] = dict.fromkeys(asked, 0)
    for each in contacts:
        if each.token is not None:
            ordinals.setdefault(each.token, len(ordinals) - len(asked) + 1)
    return tuple(
        Contact(
            at=each.at,
            lender=each.lender,
            actor=each.actor,
            stage=CollectionStage(each.stage),
            channel=ContactChannel(each.channel),
            target=ContactTarget(each.target),
            debts=each.debts,
            number=None if each.token is None else ordinals[each.token],
            result=ContactResult(each.result) if each.result else None,
        )
        for each in contacts
    )
