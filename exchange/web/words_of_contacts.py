"""Plain words about contacts: why one was denied, how one broke a rule, how hard somebody is pressed."""

from enum import StrEnum

from exchange.web.language import to_translate
from schema.vocabulary.collection import CollectionStage
from schema.vocabulary.contact import BreachKind, WishKind
from schema.vocabulary.pressure import PressureBand

NAMED_OF_CONTACTS: tuple[tuple[StrEnum, str], ...] = (
    (BreachKind.NO_CLEARANCE, to_translate("Nobody had asked for leave first")),
    (BreachKind.CLEARANCE_DENIED, to_translate("Contacted although leave was denied")),
    (BreachKind.CLEARANCE_USED, to_translate("They used the same leave twice")),
    (BreachKind.CLEARANCE_EXPIRED, to_translate("Their leave was over")),
    (BreachKind.RECORDED_LATE, to_translate("They told us of it too late")),
    (BreachKind.OTHER_CONTACT, to_translate("Their leave was for another contact")),
    (WishKind.STOP, to_translate("Leave me alone")),
    (WishKind.AGREED_HOURS, to_translate("Other hours suit me too")),
    (PressureBand.LOW, to_translate("Low")),
    (PressureBand.NOTICEABLE, to_translate("Noticeable")),
    (PressureBand.HIGH, to_translate("High")),
    (PressureBand.EXCESSIVE, to_translate("Too high")),
    (CollectionStage.REMINDER, to_translate("Reminders")),
    (CollectionStage.PHONE, to_translate("Calls")),
    (CollectionStage.VISIT, to_translate("Visits")),
    (CollectionStage.PRE_LEGAL, to_translate("Before going to court")),
    (CollectionStage.LEGAL, to_translate("In court")),
    (CollectionStage.STOPPED, to_translate("Collection stopped")),
)
"""A short name for each value, as a heading or a label reads."""

WHY_DENIED = {
    "CONTACT_NO_RULE": to_translate("No rule allows this contact."),
    "CONTACT_STANDS_STILL": to_translate(
        "You asked to be left alone, or a plan, a dispute, a freeze or special care stands against it."
    ),
    "CONTACT_QUIET_HOURS": to_translate("It was an hour at which nobody may contact you."),
    "CONTACT_TOO_OFTEN": to_translate("You had been contacted as often as the rules allow."),
    "CONTACT_THIRD_PERSON": to_translate("They may not contact other people while they can reach you."),
    "CONTACT_NUMBER_REFUSED": to_translate("Whoever answers at this number had refused to be contacted."),
    "CONTACT_STAGE_TOO_EARLY": to_translate("Your payment was not late for long enough for such a contact."),
    "CONTACT_STAGE_ORDER": to_translate("They must try something gentler first."),
    "CONTACT_STAGE_STOPPED": to_translate("The collection was stopped."),
}
"""Why leave was denied, by the reason's code, as the borrower reads it."""

OTHERWISE_DENIED = to_translate("The rules did not allow it.")

PRESSURE = {
    PressureBand.LOW: to_translate("You were contacted little."),
    PressureBand.NOTICEABLE: to_translate("You were contacted often enough to notice it."),
    PressureBand.HIGH: to_translate("You were contacted a lot. Lenders are advised to go no further than an offer."),
    PressureBand.EXCESSIVE: to_translate("You were contacted too much. Lenders are advised to wait."),
}
"""What a band of the pressure index means, in a sentence."""
