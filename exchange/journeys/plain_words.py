"""Reasons and rules in plain words, for borrowers. Pages show them in the reader's language."""

from dataclasses import dataclass

from consent.policy.rules import Pack
from exchange.journeys.rule_words import RULE_MESSAGES, sentences_of
from exchange.journeys.rule_words import Words as Words

NOT_READ = "not read"
"""The clause of a rule whose source was not read itself, as packs write it."""


@dataclass(frozen=True, slots=True)
class RuleInWords:
    """A rule that led to a decision: where it stands, how it reads there, and what it means."""

    rule: str
    title: str
    clause: str
    quote: str | None
    language: str
    sentences: tuple[Words, ...]

    @property
    def article(self) -> str:
        """Where it stands: "Law on Loans, 12". Without a clause where only reports about the source were read."""
        return self.title if self.clause == NOT_READ else f"{self.title}, {self.clause}"


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
    "CONSENT_ABOVE_CEILING": "Your consent went further than the law lets any consent go.",
    "GROUND_MISSING": "They named no lawful ground for looking without your consent.",
    "GROUND_NOT_FOUND": "They named a lawful ground that we do not hold.",
    "GROUND_EXPIRED": "Their lawful ground for looking without your consent had ended.",
    "MANDATE_NOT_FOUND": "They named a mandate to collect that they do not hold.",
    "MANDATE_NOT_STANDING": "Their mandate to collect was not in force.",
    "MANDATE_NAMES_NOTHING": "Their mandate to collect is not about a debt of yours.",
    "INTEGRITY": "The consent did not match its signature, so nothing was opened.",
}
"""Why a look was refused, by the reason's code, as a borrower reads it afterwards."""

OTHER_REASON = "The rules did not allow this look."

MESSAGES = (*REASONS.values(), OTHER_REASON, *RULE_MESSAGES)
"""Every message id of reasons and rules."""


def reason_in_words(code: str) -> Words:
    """What a reason's code means."""
    return Words(REASONS.get(code, OTHER_REASON))


def rule_in_words(pack: Pack, rule_id: str) -> RuleInWords:
    """A rule of the pack. One that the pack no longer has is only named."""
    rule = next((rule for rule in pack.rules if rule.id == rule_id), None)
    if rule is None:
        return RuleInWords(rule_id, "", "", None, "", ())
    source = rule.source
    return RuleInWords(rule_id, source.title, source.clause, source.quote, source.language, sentences_of(rule))
