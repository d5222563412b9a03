"""Why a question was refused, or a field withheld: values, each with a stable code, a sentence and its rule."""

from dataclasses import dataclass
from datetime import date

from consent.lifecycle import ConsentState
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

CODES = {
    "NOTHING_ASKED": "The question names no field class.",
    "MEMBER_NOT_ACTIVE": "The member is suspended or was removed.",
    "MEMBER_CLASS_NOT_ALLOWED": "A member of this class may not ask for this purpose, or not on this basis.",
    "SCOPE_MISSING": "The token lacks the scope that opens a field class.",
    "STAFF_NOT_NAMED": "The question does not name the member of staff who asks.",
    "SUBJECT_FROZEN": "The borrower has frozen the file against looks under a consent.",
    "RECIPROCITY": "The member does not contribute the level of data that holds this field class.",
    "CONSENT_MISSING": "No consent was named, and no lawful ground stands in for one.",
    "CONSENT_NOT_FOUND": "The consent that was named is not held for this borrower.",
    "SUBJECT_DIFFERS": "The consent or lawful ground is about another borrower.",
    "RECIPIENT_DIFFERS": "The consent or lawful ground names another recipient.",
    "JURISDICTION_DIFFERS": "The consent was given under the law of another jurisdiction.",
    "PURPOSE_NOT_COVERED": "The consent or lawful ground is for another purpose.",
    "FIELDS_NOT_COVERED": "The consent or lawful ground does not open a field class.",
    "WARNING_NOT_SHOWN": "The borrower was not told, as the law asks, before opening sensitive fields.",
    "CONSENT_NOT_STARTED": "The consent has not begun.",
    "CONSENT_EXPIRED": "The consent has ended.",
    "CONSENT_PAUSED": "The borrower has paused the consent.",
    "CONSENT_REVOKED": "The borrower has withdrawn the consent.",
    "CONSENT_REJECTED": "The borrower refused the request for consent.",
    "CONSENT_SUPERSEDED": "A newer consent has taken the place of this one.",
    "CONSENT_NOT_ACTIVE": "The borrower has not decided on the request for consent.",
    "CONSENT_USED_UP": "The consent was good for one look, which was had.",
    "FREQUENCY_EXCEEDED": "The consent's number of looks for this span was reached.",
    "CONSENT_ABOVE_CEILING": "The consent goes further than the law lets any consent for this purpose.",
    "GROUND_MISSING": "A regulator looks under a lawful ground, and none was named.",
    "GROUND_NOT_FOUND": "The lawful ground that was named is not recorded for this borrower.",
    "GROUND_EXPIRED": "The lawful ground has ended.",
    "ASKED_TOO_SOON": "The borrower refused this a short while ago and may not be asked again yet.",
    "MANDATE_NOT_FOUND": "The agency holds no mandate with this id.",
    "MANDATE_NOT_STANDING": "The mandate has ended, or has not begun.",
    "MANDATE_NAMES_NOTHING": "The mandate names no account of this borrower.",
}
"""Every code that a refusal or a withheld field can carry, with what it means."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause: a stable code, a sentence for a person, and the rule that says so (`cn.cir.18`; None: our own)."""

    code: str
    sentence: str
    rule: str | None = None


def nothing_asked() -> Reason:
    return Reason("NOTHING_ASKED", "Ask for at least one part of the file.")


def member_not_active(status: MemberStatus) -> Reason:
    return Reason("MEMBER_NOT_ACTIVE", f"This member is {status.lower()} and may not look; ask the operator.")


def member_class_not_allowed(member_class: MemberClass, purpose: Purpose) -> Reason:
    words = member_class.lower().replace("_", " ")
    return Reason("MEMBER_CLASS_NOT_ALLOWED", f"A {words} may not look {purpose.phrase}.")


def regulator_under_consent() -> Reason:
    return Reason("MEMBER_CLASS_NOT_ALLOWED", "A regulator looks under a lawful ground, not under a consent.")


def ground_of_regulators() -> Reason:
    return Reason("MEMBER_CLASS_NOT_ALLOWED", "Only a regulator may look under a regulator's duty.")


def scope_missing(field_class: FieldClass, scope: Scope) -> Reason:
    return Reason("SCOPE_MISSING", f"Your token needs the scope {scope} to be shown {field_class}.")


def staff_not_named(rule: str | None) -> Reason:
    return Reason("STAFF_NOT_NAMED", "Name the member of staff who asks; the look is registered with the name.", rule)


def subject_frozen() -> Reason:
    return Reason("SUBJECT_FROZEN", "The borrower has frozen this file; only the borrower can lift the freeze.")


def reciprocity(field_class: FieldClass, level: ContributionLevel, rule: str | None) -> Reason:
    return Reason("RECIPROCITY", f"A member that contributes at the level {level} is not shown {field_class}.", rule)


def consent_missing(rule: str | None) -> Reason:
    return Reason("CONSENT_MISSING", "A look needs the borrower's consent; name one.", rule)


def consent_not_found(rule: str | None) -> Reason:
    return Reason("CONSENT_NOT_FOUND", "This borrower has given no consent with this id; check the id.", rule)


def subject_differs(rule: str | None) -> Reason:
    return Reason("SUBJECT_DIFFERS", "This basis is about another borrower.", rule)


def recipient_differs(rule: str | None) -> Reason:
    return Reason("RECIPIENT_DIFFERS", "This basis names another recipient; each recipient needs its own.", rule)


def jurisdiction_differs(given_under: str, decided_under: str) -> Reason:
    return Reason(
        "JURISDICTION_DIFFERS",
        f"This consent was given under the law of '{given_under}', and the look is decided under '{decided_under}'.",
    )


def purpose_not_covered(covered: Purpose, rule: str | None) -> Reason:
    return Reason("PURPOSE_NOT_COVERED", f"This basis allows a look only {covered.phrase} ({covered}).", rule)


def fields_not_covered(field_class: FieldClass, rule: str | None) -> Reason:
    return Reason("FIELDS_NOT_COVERED", f"This basis does not open {field_class} ({field_class.phrase}).", rule)


def warning_not_shown(field_class: FieldClass, rule: str) -> Reason:
    return Reason(
        "WARNING_NOT_SHOWN",
        f"The borrower was not told why {field_class} is needed and what it may lead to; ask for a new consent.",
        rule,
    )


def not_started(on: date, rule: str | None) -> Reason:
    return Reason("CONSENT_NOT_STARTED", f"This consent begins on {_day(on)}.", rule)


def expired(on: date, rule: str | None) -> Reason:
    return Reason("CONSENT_EXPIRED", f"This consent ended on {_day(on)}; ask the borrower for a new one.", rule)


def not_active(state: ConsentState, rule: str | None) -> Reason:
    """Why a consent in this state opens nothing; for every state but ACTIVE and EXPIRED."""
    code, sentence = _INACTIVE[state]
    return Reason(code, sentence, rule)


def used_up(rule: str | None) -> Reason:
    return Reason("CONSENT_USED_UP", "This consent was for one look, which was had; ask for a new one.", rule)


def frequency_exceeded(count: int, span: str, rule: str | None) -> Reason:
    return Reason("FREQUENCY_EXCEEDED", f"This consent allows {count} look(s) a {span.lower()}; try later.", rule)


def above_ceiling(what: str, most: str, rule: str) -> Reason:
    return Reason("CONSENT_ABOVE_CEILING", f"This consent goes too far: {what}; the most is {most}.", rule)


def ground_missing() -> Reason:
    return Reason("GROUND_MISSING", "A regulator's look needs a lawful ground; name one.")


def ground_not_found() -> Reason:
    return Reason("GROUND_NOT_FOUND", "No lawful ground with this id is recorded for this borrower; check the id.")


def asked_too_soon(again_on: date, rule: str) -> Reason:
    return Reason(
        "ASKED_TOO_SOON", f"The borrower refused this; it may not be asked again before {_day(again_on)}.", rule
    )


def only_the_agency() -> Reason:
    return Reason("MEMBER_CLASS_NOT_ALLOWED", "Only the agency that holds a mandate looks under it.")


def scope_missing_for_mandate(scope: Scope) -> Reason:
    return Reason("SCOPE_MISSING", f"Your token needs the scope {scope} to look under a mandate.")


def mandate_not_found() -> Reason:
    return Reason("MANDATE_NOT_FOUND", "You hold no mandate with this id; check the id.")


def mandate_not_in_force() -> Reason:
    return Reason("MANDATE_NOT_STANDING", "This mandate is not in force today; ask the lender.")


def mandate_names_nothing() -> Reason:
    return Reason("MANDATE_NAMES_NOTHING", "This mandate names no account of this borrower; ask the lender.")


def ground_expired(on: date) -> Reason:
    return Reason("GROUND_EXPIRED", f"This lawful ground ended on {_day(on)}.")


_INACTIVE = {
    ConsentState.REQUESTED: ("CONSENT_NOT_ACTIVE", "The borrower has not yet decided on this request."),
    ConsentState.REJECTED: ("CONSENT_REJECTED", "The borrower refused this request."),
    ConsentState.PAUSED: ("CONSENT_PAUSED", "The borrower has paused this consent; only the borrower can resume it."),
    ConsentState.REVOKED: ("CONSENT_REVOKED", "The borrower has withdrawn this consent."),
    ConsentState.SUPERSEDED: ("CONSENT_SUPERSEDED", "A newer consent has taken the place of this one; name that one."),
}


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
