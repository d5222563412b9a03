"""The rules of a question for leave to contact somebody. All faults at once."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from exchange.intake.contact import normalised_contact
from exchange.intake.contribution import Fault
from exchange.intake.noun_checks import check_accounts, check_mandate_of, check_optional, faults_of
from exchange.intake.noun_records import Acting
from schema.vocabulary.collection import THIRD_PERSONS, CollectionStage, ContactChannel, ContactTarget

NUMBERED = frozenset({
    ContactChannel.SMS, ContactChannel.EMAIL, ContactChannel.VOICE_AI_NOTIFY, ContactChannel.VOICE_AI_INTERACTIVE,
    ContactChannel.VOICE_HUMAN,
})  # fmt: skip
"""The channels that go to one number or address."""
DIALLED = NUMBERED - {ContactChannel.EMAIL}
"""Those that go to a telephone number."""


@dataclass(frozen=True, slots=True)
class WantedContact:
    """A contact that is to be made. `contact`: the number or address, in any usual spelling."""

    account_references: tuple[str, ...]
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    mandate_id: UUID | None = None
    contact: str | None = None


def check_contact(wanted: WantedContact, acting: Acting, today: date) -> tuple[Fault, ...]:
    """Every rule that the question breaks: what it must name, and the mandate that lets an agency ask it."""
    needs_number = wanted.channel in NUMBERED or wanted.target in THIRD_PERSONS
    mandate = acting.mandate
    allowed = mandate.channels if mandate and mandate.allows(acting.member_id, today) else ContactChannel
    broken = (
        ("contact", "NUMBER_NOT_INTERNATIONAL", wanted.channel in DIALLED and _is_short(wanted.contact)),
        ("contact", "FIELD_MISSING", needs_number and not (wanted.contact or "").strip()),
        ("channel", "CHANNEL_NOT_MANDATED", wanted.channel not in allowed),
    )
    return (
        *check_accounts(wanted.account_references),
        *check_mandate_of(acting, wanted.mandate_id is not None, today),
        *check_optional("contact", wanted.contact),
        *faults_of(broken),
    )


def _is_short(number: str | None) -> bool:
    """Whether it lacks the country's code: then one number had two spellings, and two counters."""
    return bool((number or "").strip()) and not normalised_contact(number or "").startswith("+")
