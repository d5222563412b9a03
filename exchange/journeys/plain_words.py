"""Reasons and rules in plain words, for borrowers. Pages show them in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.policy.rules import (
    AskingPause,
    Deadline,
    ForbiddenField,
    FreeQuota,
    LawfulBasis,
    Pack,
    Precondition,
    PriorNotice,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Rule,
)


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, as the English message id with `%(name)s` for each of `values`."""

    text: str
    values: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The sentence in English."""
        return self.text % self.values


@dataclass(frozen=True, slots=True)
class RuleInWords:
    """A rule that led to a decision: where it stands, how it reads there, and what it means."""

    rule: str
    title: str
    clause: str
    quote: str | None
    language: str
    sentences: tuple[Words, ...]


REASONS = {
    "NOTHING_ASKED": "They did not ask for any part of your file.",
    "MEMBER_NOT_ACTIVE": "This member was suspended or removed, so it may not look.",
    "MEMBER_CLASS_NOT_ALLOWED": "A member of this kind may not look for this purpose.",
    "SCOPE_MISSING": "This member is not admitted to a part of your file that it asked for.",
    "STAFF_NOT_NAMED": "They did not name the member of staff who asked.",
    "SUBJECT_FROZEN": "You had frozen your file.",
    "RECIPROCITY": "This member does not share data of this kind, so it is not shown any.",
    "CONSENT_MISSING": "They did not have your consent.",
    "CONSENT_NOT_FOUND": "They named a consent that you have not given.",
    "TOKEN_OF_ANOTHER_CONSENT": "They used what you had allowed them under another consent.",
    "SUBJECT_DIFFERS": "They named a consent that is about somebody else.",
    "RECIPIENT_DIFFERS": "They named a consent that you gave to somebody else.",
    "JURISDICTION_DIFFERS": "Your consent was given under the law of another place.",
    "PURPOSE_NOT_COVERED": "You did not consent to this purpose.",
    "FIELDS_NOT_COVERED": "You did not consent to a part of your file that they asked for.",
    "WARNING_NOT_SHOWN": "You had not been told what sharing this sensitive data may lead to.",
    "CONSENT_NOT_STARTED": "Your consent had not begun.",
    "CONSENT_EXPIRED": "Your consent had ended.",
    "CONSENT_PAUSED": "You had paused your consent.",
    "CONSENT_REVOKED": "You had withdrawn your consent.",
    "CONSENT_REJECTED": "You had refused this request.",
    "ASKED_TOO_SOON": "You had refused this a short while before, so they may not ask again yet.",
    "CONSENT_SUPERSEDED": "A newer consent had taken the place of the one they named.",
    "CONSENT_NOT_ACTIVE": "You had not yet decided on their request.",
    "CONSENT_USED_UP": "Your consent was for one look, which they had already had.",
    "FREQUENCY_EXCEEDED": "They had already looked as often as your consent allows.",
    "GROUND_MISSING": "They named no lawful ground for looking without your consent.",
    "GROUND_NOT_FOUND": "They named a lawful ground that we do not hold.",
    "GROUND_EXPIRED": "Their lawful ground for looking without your consent had ended.",
    "INTEGRITY": "The consent did not match its signature, so nothing was opened.",
}
"""Why a look was refused, by the reason's code, as a borrower reads it afterwards."""

OTHER_REASON = "The rules did not allow this look."

REQUIREMENTS = {
    Requirement.CONSENT: "Nobody may look at your file without your consent.",
    Requirement.RECIPIENT: "A consent is for one named recipient only.",
    Requirement.PURPOSE: "A look must be for the purpose that you agreed to.",
    Requirement.FIELD_CLASSES: "Only the parts of your file that you agreed to may be shown.",
    Requirement.STAFF_NAMED: "The member of staff who looks must be named and recorded.",
    Requirement.SENSITIVE_WARNING: "You must first be told why sensitive data is needed and what it may lead to.",
    Requirement.CONSEQUENCES_TOLD: "You must first be told what giving this information may lead to.",
}
"""What each requirement of a rule means for a borrower."""

RETENTION = {
    RetentionAction.DELETE: "Negative information is deleted %(years)s years after it ended.",
    RetentionAction.SUPPRESS_DISPLAY: "Negative information that this rule covers is shown to nobody; it is kept.",
    RetentionAction.ANNOTATE: "Whoever reads the information that this rule covers is told more about it.",
    RetentionAction.KEEP_AT_LEAST: "What was done to collect a debt stays on record for at least %(years)s years.",
}
FREE_QUOTA = "You have the right to %(count)s free reports on yourself each year."
FORBIDDEN = "Some information may never be collected, such as your religion or your health."
CONDITIONALLY_FORBIDDEN = "Some information, such as your income, may be collected only with your written consent."
PRIOR_NOTICE = "You must be told before negative information about you is reported."
LAWFUL_BASIS = "What the law makes public may be recorded without your consent."
RESIDENCY = "Your data must be kept in the country whose law this is."
ASKING_PAUSE = "What you refused, they may not ask you again for %(days)s days."
DEADLINE = "It must be done within %(days)s days."

MESSAGES = (
    *REASONS.values(),
    OTHER_REASON,
    *REQUIREMENTS.values(),
    *RETENTION.values(),
    FREE_QUOTA,
    FORBIDDEN,
    CONDITIONALLY_FORBIDDEN,
    PRIOR_NOTICE,
    LAWFUL_BASIS,
    RESIDENCY,
    ASKING_PAUSE,
    DEADLINE,
)
"""Every message id of this file."""


def reason_in_words(code: str) -> Words:
    """What a reason's code means."""
    return Words(REASONS.get(code, OTHER_REASON))


def rule_in_words(pack: Pack, rule_id: str) -> RuleInWords:
    """A rule of the pack. One that the pack no longer has is only named."""
    rule = next((rule for rule in pack.rules if rule.id == rule_id), None)
    if rule is None:
        return RuleInWords(rule_id, "", "", None, "", ())
    source = rule.source
    return RuleInWords(rule_id, source.title, source.clause, source.quote, source.language, _sentences(rule))


def _sentences(rule: Rule) -> tuple[Words, ...]:
    match rule.terms:
        case Precondition(requires):
            return tuple(Words(REQUIREMENTS[requirement]) for requirement in Requirement if requirement in requires)
        case Retention(action=action, years=years):
            return (Words(RETENTION[action], {"years": years} if "%" in RETENTION[action] else {}),)
        case FreeQuota(count):
            return (Words(FREE_QUOTA, {"count": count}),)
        case ForbiddenField(unless=unless):
            return (Words(CONDITIONALLY_FORBIDDEN if unless else FORBIDDEN),)
        case PriorNotice():
            return (Words(PRIOR_NOTICE),)
        case LawfulBasis():
            return (Words(LAWFUL_BASIS),)
        case Residency():
            return (Words(RESIDENCY),)
        case AskingPause(days):
            return (Words(ASKING_PAUSE, {"days": days}),)
        case Deadline(days):
            return (Words(DEADLINE, {"days": days}),)
