"""A contact that was made uses up the leave that was given for it, in the transaction in which it is reported.

A contact without leave is no less a contact: it is kept, counts, and leaves a breach for each way in which it broke the
rules of clearance, with the rules of the pack that spoke against it. Later versions of a report change nothing of this.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from consent.contact import Denial
from exchange.audit.entry import FieldValue
from exchange.handover import Member
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.intake.noun_records import CollectionRecord, HeldMandate
from exchange.journeys.contact_situation import Intended, situation_of, tokens_of
from exchange.journeys.contact_wishes import tell_of_wish
from exchange.journeys.services import Services
from exchange.store.clearances import (
    StoredBreach,
    StoredClearance,
    add_breach,
    breaches_of,
    find_clearance,
    use_clearance,
)
from exchange.store.contact_wishes import StoredWish, stop_contact
from schema.vocabulary.collection import CollectionStage, ContactDirection, ContactResult, ContactTarget
from schema.vocabulary.contact import BreachKind, WishKind

_CODES = {
    BreachKind.NO_CLEARANCE: "CLEARANCE_MISSING",
    BreachKind.CLEARANCE_DENIED: "CLEARANCE_DENIED",
    BreachKind.CLEARANCE_USED: "CLEARANCE_USED",
    BreachKind.CLEARANCE_EXPIRED: "CLEARANCE_EXPIRED",
    BreachKind.RECORDED_LATE: "CONTACT_RECORDED_LATE",
    BreachKind.OTHER_CONTACT: "CLEARANCE_FOR_ANOTHER",
}
"""How a breach is noted in the answer to its report."""
_HARDNESS = {stage: place for place, stage in enumerate(CollectionStage)}
"""Stages in their order: leave for a reminder is none for a call that is made in the stage of calls."""


@dataclass(frozen=True, slots=True)
class ContactMade:
    """A contact as it is reported: by whom, about which debts of which borrower."""

    member: Member
    mandate: HeldMandate | None
    subject_key: UUID
    action_key: UUID
    account_keys: Sequence[UUID]
    record: CollectionRecord

    @property
    def lender(self) -> str:
        """For whom the debt is collected."""
        return self.mandate.lender if self.mandate else self.member.member_id

    def token(self, services: Services) -> bytes | None:
        """The token of the number that was used, under the newest index key; None: it is not known."""
        tokens = tokens_of(services, self.record.contact)
        return tokens[0] if tokens else None


def settle_contact(
    services: Services, connection: Connection, made: ContactMade, *, went_out_before: bool
) -> dict[str, FieldValue]:
    """Uses the contact's clearance up, or writes the breaches, where it went out and was not told so before; and heeds
    a request to stop. Returns what the log entry of the report says of it.
    """
    said: dict[str, FieldValue] = {}
    if not went_out_before and made.record.direction is ContactDirection.OUTBOUND:
        said |= _settle_leave(services, connection, made)
    asked_to_stop = made.record.result is ContactResult.STOP_REQUESTED and made.record.target is ContactTarget.DEBTOR
    if asked_to_stop:
        said |= _stop(services, connection, made)
    return said


def notes_of(connection: Connection, subject_key: UUID, action_key: UUID) -> tuple[Fault, ...]:
    """What the answer to a report notes of its breaches; the first of the rules that spoke against it is named."""
    return tuple(
        fault(THE_RECORD, "clearance_id", _CODES[breach.kind], rule=breach.rules[0] if breach.rules else None)
        for breach in breaches_of(connection, subject_key, action_key)
    )


def _stop(services: Services, connection: Connection, made: ContactMade) -> dict[str, FieldValue]:
    """The debtor's wish, as if it had been made on their page; nothing where it stands already."""
    now = services.clock.now()
    wish_id = stop_contact(connection, made.subject_key, made.lender, now)
    if wish_id is None:
        return {}
    wish = StoredWish(wish_id, WishKind.STOP, made.lender, now, None)
    tell_of_wish(services, connection, made.subject_key, wish, {made.lender: made.lender}, stands=True)
    return {"wish": str(wish_id)}


def _settle_leave(services: Services, connection: Connection, made: ContactMade) -> dict[str, FieldValue]:
    now, named = services.clock.now(), made.record.clearance_id
    clearance = find_clearance(connection, made.subject_key, named) if named else None
    kinds = _breaches(services, made, clearance)
    if clearance and not kinds:
        is_ours = clearance.action_key == made.action_key
        if is_ours or use_clearance(connection, made.subject_key, clearance.clearance_id, made.action_key, now):
            return {"clearance": str(clearance.clearance_id)}
        kinds = [BreachKind.CLEARANCE_USED]
    rules = _rules_against(services, connection, made)
    for kind in kinds:
        about = (made.subject_key, made.action_key, kind, made.member.member_id, made.lender)
        add_breach(connection, StoredBreach(*about, rules, made.record.started_at, now))
    return {
        "breaches": [kind.value for kind in kinds],
        "rules": rules,
        "clearance": str(clearance.clearance_id) if clearance else None,
    }


def _breaches(services: Services, made: ContactMade, clearance: StoredClearance | None) -> list[BreachKind]:
    """Every way in which the contact was not the one that this clearance gave leave for."""
    if clearance is None:
        return [BreachKind.NO_CLEARANCE]
    if clearance.expires_at is None:
        return [BreachKind.CLEARANCE_DENIED]
    begins_at = clearance.asked_at - timedelta(seconds=services.settings.clock_ahead_seconds)
    in_time = begins_at <= made.record.started_at <= clearance.expires_at
    record_by = clearance.expires_at + timedelta(minutes=services.settings.contact_report_minutes)
    found = {
        BreachKind.RECORDED_LATE: in_time and services.clock.now() > record_by,
        BreachKind.CLEARANCE_USED: clearance.action_key not in (None, made.action_key),
        BreachKind.CLEARANCE_EXPIRED: not in_time,
        BreachKind.OTHER_CONTACT: not _is_as_cleared(made, clearance, tokens_of(services, made.record.contact)),
    }
    return [kind for kind, is_so in found.items() if is_so]


def _is_as_cleared(made: ContactMade, clearance: StoredClearance, tokens: Collection[bytes]) -> bool:
    """The same actor, channel and person, no harder stage, no other debts, and no other number where both name one."""
    record = made.record
    same = (clearance.actor, clearance.channel, clearance.target) == (
        made.member.member_id, record.channel.value, record.target.value,
    )  # fmt: skip
    cleared = clearance.contact_token
    same_number = cleared is None or not tokens or bytes(cleared) in tokens
    no_harder = _HARDNESS[record.stage] <= _HARDNESS[CollectionStage(clearance.stage)]
    return same and same_number and no_harder and set(made.account_keys) <= set(clearance.account_keys)


def _rules_against(services: Services, connection: Connection, made: ContactMade) -> list[str]:
    """The rules that would have denied leave for the contact when it was made, by what is known now."""
    record = made.record
    intended = Intended(
        actor=made.member,
        lender=made.lender,
        mandate_id=record.mandate_id,
        account_keys=sorted(made.account_keys),
        stage=record.stage,
        channel=record.channel,
        target=record.target,
        tokens=tokens_of(services, record.contact),
    )
    facts = situation_of(services, connection, made.subject_key, intended, record.started_at).facts
    before = tuple(contact for contact in facts.history if contact.at <= record.started_at)
    decision = replace(facts, history=before).decide(services.pack)
    return list(decision.rules) if isinstance(decision, Denial) else []
