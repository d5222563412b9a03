"""Plain words for complaints: what they are about, where they stand, what was found, and what is attached to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services
from exchange.store.complaints import Evidence
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.words_of_records import NAMED_OF_RECORDS
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.complaint import ComplaintCategory, ComplaintState, EvidenceKind, Finding
from schema.vocabulary.contact import BreachKind

NAMED_OF_COMPLAINTS: tuple[tuple[StrEnum, str], ...] = (
    (ComplaintCategory.HOURS, to_translate("Contact too early or too late")),
    (ComplaintCategory.FREQUENCY, to_translate("Contact too often")),
    (ComplaintCategory.THIRD_PARTY, to_translate("Somebody else was contacted or told")),
    (ComplaintCategory.THREAT, to_translate("Threats or insults")),
    (ComplaintCategory.IMPERSONATION, to_translate("A false name or office")),
    (ComplaintCategory.PRIVACY, to_translate("Data used or passed on wrongly")),
    (ComplaintCategory.FEES, to_translate("Fees, interest or amounts")),
    (ComplaintCategory.PLAN_REFUSED, to_translate("A repayment plan refused")),
    (ComplaintCategory.CONSENT, to_translate("Done without consent")),
    (ComplaintCategory.OTHER, to_translate("Something else")),
    (ComplaintState.FILED, to_translate("Waits for an answer")),
    (ComplaintState.ANSWERED, to_translate("Answered, waits for a finding")),
    (ComplaintState.OVERDUE, to_translate("The answer is overdue")),
    (ComplaintState.FOUND, to_translate("Decided")),
    (ComplaintState.WITHDRAWN, to_translate("Complaint taken back")),
    (Finding.UPHELD, to_translate("Upheld")),
    (Finding.PARTLY, to_translate("Upheld in part")),
    (Finding.NOT_UPHELD, to_translate("Not upheld")),
)

HINTS: Mapping[ComplaintCategory, str] = {
    ComplaintCategory.HOURS: to_translate("Calls or messages at night, for example."),
    ComplaintCategory.FREQUENCY: to_translate("Many calls in a day, or contact after you asked them to stop."),
    ComplaintCategory.THIRD_PARTY: to_translate("Your family, your friends or your employer, for example."),
    ComplaintCategory.THREAT: to_translate("Also threats with something that they may not do."),
    ComplaintCategory.IMPERSONATION: to_translate("They say that they are the police, a court or somebody else."),
    ComplaintCategory.PRIVACY: to_translate("Your data was shown to somebody who should not see it, for example."),
    ComplaintCategory.FEES: to_translate("They ask for more than you owe."),
    ComplaintCategory.PLAN_REFUSED: to_translate("You asked for a plan, and got no answer or no fair one."),
    ComplaintCategory.CONSENT: to_translate("A look or a report that you did not allow."),
    ComplaintCategory.OTHER: to_translate("Tell it in your own words below."),
}
"""What each category is for, as the borrower reads it under its name."""

FAULTS = (
    to_translate("Choose what it is about."),
    to_translate("Choose of whom you complain."),
    to_translate("Say it in words."),
    to_translate("Write at most 2,000 characters."),
    to_translate("The day must not lie ahead."),
    to_translate("Name at most a year, and no day more than five years ago."),
    to_translate("Choose what you found."),
    to_translate("This complaint is closed already."),
    to_translate("There is no such complaint of yours."),
    to_translate("There is no such complaint."),
    to_translate("You answered this complaint before; the first answer stands."),
    to_translate("No complaint against you has this id."),
)
"""What journeys say about complaints, so that it is translated."""

_CHANNELS = {value: words for value, words in NAMED_OF_RECORDS if isinstance(value, ContactChannel)}
_ATTACHED: Mapping[tuple[EvidenceKind, str], str] = {
    (EvidenceKind.CLEARANCE, "GRANTED"): to_translate("Leave to contact was given and not used"),
    (EvidenceKind.CLEARANCE, "USED"): to_translate("Leave to contact was given and used"),
    (EvidenceKind.CLEARANCE, "DENIED"): to_translate("Leave to contact was refused"),
    (EvidenceKind.BREACH, BreachKind.NO_CLEARANCE): to_translate("Contact without leave"),
    (EvidenceKind.BREACH, BreachKind.CLEARANCE_DENIED): to_translate("Contact although leave was refused"),
    (EvidenceKind.BREACH, BreachKind.CLEARANCE_USED): to_translate("Contact with leave that was used before"),
    (EvidenceKind.BREACH, BreachKind.CLEARANCE_EXPIRED): to_translate("Contact with leave that had ended"),
    (EvidenceKind.BREACH, BreachKind.RECORDED_LATE): to_translate("Contact that was recorded too late"),
    (EvidenceKind.BREACH, BreachKind.OTHER_CONTACT): to_translate("Contact other than the one cleared"),
    (EvidenceKind.LOOK, "GRANTED"): to_translate("A look at the file"),
    (EvidenceKind.LOOK, "REFUSED"): to_translate("A refused look at the file"),
}


@dataclass(frozen=True, slots=True)
class Attached:
    """One item of evidence as a page shows it. `local`: the time at the borrower's place."""

    evidence: Evidence
    local: str
    words: str
    rules: tuple[RuleInWords, ...]


def attached(services: Services, evidence: Evidence, zone: ZoneInfo) -> Attached:
    """The item in words, in the reader's language."""
    rules = tuple(rule_in_words(services.pack, rule) for rule in evidence.rules)
    return Attached(evidence, local_time(evidence.at, zone), evidence_in_words(evidence), rules)


def evidence_in_words(evidence: Evidence) -> str:
    """What an item is."""
    if evidence.kind is EvidenceKind.ACTION:
        return _(_CHANNELS[ContactChannel(evidence.what)])
    return _(_ATTACHED[evidence.kind, evidence.what])


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """2026-05-03 22:15 at that place."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
