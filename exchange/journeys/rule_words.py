"""What a rule of the pack means for a borrower: sentences as English message ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.policy.contact_terms import Hours, Rate, Targets
from consent.policy.rules import (
    AskingPause,
    Deadline,
    Explain,
    ForbiddenField,
    FreeQuota,
    Kind,
    LawfulBasis,
    Precondition,
    PriorNotice,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Rule,
    TwoPerson,
)
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, as the English message id with `%(name)s` for each of `values`."""

    text: str
    values: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The sentence in English."""
        return self.text % self.values


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
KEPT_LOOKS = "Who looked at your file stays on record for at least %(years)s years."
KEPT_OTHERWISE = "What this rule covers stays on record for at least %(years)s years."
FREE_QUOTA = "You have the right to %(count)s free reports on yourself each year."
FORBIDDEN = "Some information may never be collected, such as your religion or your health."
CONDITIONALLY_FORBIDDEN = "Some information, such as your income, may be collected only with your written consent."
PRIOR_NOTICE = "You must be told before negative information about you is reported."
LAWFUL_BASIS = "What the law makes public may be recorded without your consent."
CEILING = "A consent for this purpose may not last, open or be used for more than the law allows."
RECIPROCITY = "A member is shown only data of the kind that it shares itself."
ACCESS_ALERT = "You are told each time somebody looks at your file."
TWO_PERSON = "It takes %(persons)s persons together."
EXPLAIN = "What a machine judged about you must be explained to you."
REVIEW = "You may ask that a person look again at what a machine judged about you."
RIGHT = "It gives you rights over what is held about you."
DUTY = "It binds those who keep or use your file."
HOURS = "Nobody may contact you about a debt from %(quiet_from)s until %(quiet_until)s where you live."
HOURS_AGREED = "You may agree to be contacted at other hours."
RATE_DAY = "You may not be contacted about a debt more than %(limit)s times a day."
RATE_DAYS = "You may not be contacted about a debt more than %(limit)s times in %(days)s days."
STANDSTILL = (
    "Nobody may contact you about a debt while something stands against it, such as your wish or an agreed plan."
)
TARGETS = "Others may be contacted only where you cannot be reached, and are never told of your debt."
TARGETS_NEVER = "People who have nothing to do with your debt may not be contacted about it."
STAGE_ORDER = "A stronger step to collect a debt comes only after a gentler one."
RESIDENCY = "Your data must be kept in the country whose law this is."
ASKING_PAUSE = "What you refused, they may not ask you again for %(days)s days."
DEADLINE = "It must be done within %(days)s days."

RULE_MESSAGES = (
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
    KEPT_LOOKS,
    KEPT_OTHERWISE,
    CEILING,
    RECIPROCITY,
    ACCESS_ALERT,
    TWO_PERSON,
    EXPLAIN,
    REVIEW,
    RIGHT,
    DUTY,
    HOURS,
    HOURS_AGREED,
    RATE_DAY,
    RATE_DAYS,
    STANDSTILL,
    TARGETS,
    TARGETS_NEVER,
    STAGE_ORDER,
)
"""Every message id of this file."""


def sentences_of(rule: Rule) -> tuple[Words, ...]:
    """What a rule means for a borrower, in one sentence or more."""
    match rule.terms:
        case Precondition(requires):
            return tuple(Words(REQUIREMENTS[requirement]) for requirement in Requirement if requirement in requires)
        case Retention(action=action, years=years):
            text = _retention(action, rule.applies.field_classes)
            return (Words(text, {"years": years} if "%" in text else {}),)
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
        case _:
            return _more_sentences(rule)


def _more_sentences(rule: Rule) -> tuple[Words, ...]:
    match rule.terms:
        case Explain(human_review):
            return (Words(EXPLAIN), Words(REVIEW)) if human_review else (Words(EXPLAIN),)
        case TwoPerson(persons):
            return (Words(TWO_PERSON, {"persons": persons}),)
        case Hours(quiet_from, quiet_until):
            span = {"quiet_from": f"{quiet_from:%H:%M}", "quiet_until": f"{quiet_until:%H:%M}"}
            return (Words(HOURS, span), Words(HOURS_AGREED)) if rule.override else (Words(HOURS, span),)
        case Rate(days=days, limit=limit):
            return (
                Words(RATE_DAY, {"limit": limit}) if days == 1 else Words(RATE_DAYS, {"limit": limit, "days": days}),
            )
        case Targets(failures_in_a_row=None):
            return (Words(TARGETS_NEVER),)
    return (Words(_BY_KIND[rule.kind]),)


def _retention(action: RetentionAction, field_classes: frozenset[FieldClass]) -> str:
    if action is not RetentionAction.KEEP_AT_LEAST or FieldClass.COLLECTIONS in field_classes:
        return RETENTION[action]
    return KEPT_LOOKS if FieldClass.INQUIRIES in field_classes else KEPT_OTHERWISE


_BY_KIND = {
    Kind.CEILING: CEILING,
    Kind.RECIPROCITY: RECIPROCITY,
    Kind.ACCESS_ALERT: ACCESS_ALERT,
    Kind.RIGHT: RIGHT,
    Kind.DUTY: DUTY,
    Kind.STANDSTILL: STANDSTILL,
    Kind.TARGETS: TARGETS,
    Kind.STAGE_ORDER: STAGE_ORDER,
}
