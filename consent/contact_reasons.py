"""Why somebody may not be contacted: values, each with a stable code, a sentence and its rule."""

from consent.policy.contact_terms import Hours
from consent.reasons import Reason
from schema.vocabulary.collection import CollectionStage, ContactTarget
from schema.vocabulary.contact import Standstills

CONTACT_CODES = {
    "CONTACT_NO_RULE": "No rule of the policy pack covers this contact; what is not decided is not permitted.",
    "CONTACT_STANDS_STILL": "Something stands against contact: a request to stop, a plan, a dispute, a freeze, care.",
    "CONTACT_QUIET_HOURS": "At the debtor's place it is an hour at which nobody is contacted.",
    "CONTACT_TOO_OFTEN": "The limit of a rule was reached.",
    "CONTACT_THIRD_PERSON": "A third person may not be contacted while the debtor can be reached.",
    "CONTACT_NUMBER_REFUSED": "Whoever answers at this number does not want to be contacted again.",
    "CONTACT_STAGE_TOO_EARLY": "The debt is not past due for long enough for this stage.",
    "CONTACT_STAGE_ORDER": "An earlier stage comes first.",
    "CONTACT_STAGE_STOPPED": "The collection was stopped; in this stage nobody is contacted.",
}
"""Every code that a denial of contact can carry, with what it means."""


def no_rule() -> Reason:
    return Reason("CONTACT_NO_RULE", "No rule of the policy pack covers this contact, so it is not permitted.")


def stands_still(what: Standstills, rule: str) -> Reason:
    return Reason("CONTACT_STANDS_STILL", f"No contact while this stands: {what}.", rule)


def quiet_hours(hours: Hours, rule: str) -> Reason:
    return Reason(
        "CONTACT_QUIET_HOURS",
        f"No contact from {hours.quiet_from:%H:%M} until {hours.quiet_until:%H:%M} at the debtor's place.",
        rule,
    )


def too_often(counted: int, limit: int, rule: str) -> Reason:
    return Reason(
        "CONTACT_TOO_OFTEN", f"{counted} of at most {limit} were made, or may be made under open clearances.", rule
    )


def third_person(target: ContactTarget, rule: str) -> Reason:
    return Reason("CONTACT_THIRD_PERSON", f"{target} is not contacted while the debtor can be reached.", rule)


def number_refused(rule: str | None) -> Reason:
    return Reason("CONTACT_NUMBER_REFUSED", "Whoever answers at this number does not want to be contacted again.", rule)


def stage_too_early(stage: CollectionStage, days: int, rule: str) -> Reason:
    return Reason("CONTACT_STAGE_TOO_EARLY", f"{stage} comes after {days} days past due.", rule)


def stage_out_of_order(stage: CollectionStage, after: CollectionStage, rule: str) -> Reason:
    return Reason("CONTACT_STAGE_ORDER", f"{stage} comes after {after}.", rule)


def stage_stopped() -> Reason:
    return Reason("CONTACT_STAGE_STOPPED", "The collection was stopped; in this stage nobody is contacted.")
