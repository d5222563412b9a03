"""Boundary cases of rules about a look: a lawful look of a bank under a good consent, changed as the case says.

It happens on 3 May 2026 at 8 o'clock UTC, where the case does not say. The consent runs for the year 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from consent.artefact import ConsentArtefact, Fetch, Frequency, FrequencyUnit, GivenBy, GivingMethod, Mode
from consent.decision import Basis, Grant, decide
from consent.lifecycle import ConsentState
from consent.policy.rules import BasisKind, Pack, Rule
from consent.proving.given import Read, count, read_case, word, words
from consent.proving.outcome import Outcome
from consent.question import GroundKind, LawfulGround, Question
from consent.read_values import Reader
from consent.register import HeldConsent
from consent.signature import Signatures
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

NOW = datetime(2026, 5, 3, 8, tzinfo=UTC)
_SUBJECT, _CONSENT = UUID(int=1), UUID(int=2)
_RECIPIENT = "bank-a"
_UNSIGNED = Signatures({}, "", b"")
"""To decide looks at no signature: whoever reads a consent from the store has checked it."""

_MAY: Mapping[str, Read] = {
    "now": Reader.instant,
    "basis": Reader.text,
    "purpose": word(Purpose),
    "asked": words(FieldClass),
    "staff_named": Reader.truth,
    "contribution_level": word(ContributionLevel),
    "state": word(ConsentState),
    "consent_purpose": word(Purpose),
    "consent_field_classes": words(FieldClass),
    "recipient": Reader.text,
    "sensitive_warning_shown": Reader.truth,
    "starts_at": Reader.instant,
    "expires_at": Reader.instant,
    "fetch": word(Fetch),
    "count": count,
    "unit": word(FrequencyUnit),
    "days": count,
    "history_months": count,
    "history_days": count,
}


def look(pack: Pack, rule: Rule, given: object) -> Outcome:
    """GRANTED, or the codes of the reasons against it. Raises CaseNotReadable."""
    case = read_case(given, _MAY)
    question = _question(rule, case)
    answer = decide(question, _basis(pack, question, case), pack, case.get("now", NOW))
    if isinstance(answer, Grant):
        return Outcome("GRANTED")
    return Outcome(", ".join(sorted({reason.code for reason in answer.reasons})), frozenset(answer.rules))


def _question(rule: Rule, case: Mapping[str, Any]) -> Question:
    return Question(
        member_id=_RECIPIENT,
        member_class=min(rule.applies.member_classes, default=MemberClass.BANK),
        member_status=MemberStatus.ACTIVE,
        contribution_level=case.get("contribution_level", ContributionLevel.FULL),
        scopes=frozenset(Scope),
        purpose=case.get("purpose", min(rule.applies.purposes, default=Purpose.LOAN_APPROVAL)),
        field_classes=case.get("asked", frozenset(FieldClass)),
        staff_named=case.get("staff_named", True),
        subject_frozen=False,
        subject_key=_SUBJECT,
    )


def _basis(pack: Pack, question: Question, case: Mapping[str, Any]) -> Basis | None:
    kind = case.get("basis", BasisKind.CONSENT.value)
    if kind == "NONE":
        return None
    if kind == BasisKind.CONSENT:
        artefact = _consent(pack, question, case)
        return HeldConsent(artefact, case.get("state", ConsentState.ACTIVE), _UNSIGNED)
    return LawfulGround(
        kind=GroundKind(kind),
        reference="(2026) 1",
        subject_key=_SUBJECT,
        recipient=_RECIPIENT,
        purpose=question.purpose,
        field_classes=frozenset(FieldClass),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )


def _consent(pack: Pack, question: Question, case: Mapping[str, Any]) -> ConsentArtefact:
    """A good consent for all field classes, as often as the bank needs, with the changes of the case."""
    good = ConsentArtefact(
        consent_id=_CONSENT,
        subject_key=_SUBJECT,
        recipient=case.get("recipient", _RECIPIENT),
        purpose=case.get("consent_purpose", question.purpose),
        purpose_text="To decide.",
        field_classes=case.get("consent_field_classes", frozenset(FieldClass)),
        data_from=date(2021, 5, 1),
        data_to=None,
        mode=Mode.VIEW,
        fetch=case.get("fetch", Fetch.PERIODIC),
        frequency=Frequency(case["count"], case.get("unit", FrequencyUnit.MONTH)) if "count" in case else None,
        data_life_days=0,
        starts_at=case.get("starts_at", datetime(2026, 1, 1, tzinfo=UTC)),
        expires_at=case.get("expires_at", datetime(2027, 1, 1, tzinfo=UTC)),
        contribution_allowed=True,
        sensitive_warning_shown=case.get("sensitive_warning_shown", True),
        article_14_warning_shown=False,
        notice_language="en",
        notice_digest="0" * 64,
        jurisdiction=pack.jurisdiction,
        pack_version=pack.version,
        supersedes=None,
        given_by=GivenBy(GivingMethod.WRITTEN, "0" * 64),
    )
    if "days" in case:
        good = replace(good, starts_at=NOW, expires_at=NOW + timedelta(days=case["days"]))
    if "history_months" in case:
        first = _months_before(case["history_months"]) - timedelta(days=case.get("history_days", 0))
        good = replace(good, data_from=first, data_to=NOW.date())
    return good


def _months_before(months: int) -> date:
    """The third of an earlier month, as today is the third of its own."""
    number = NOW.year * 12 + NOW.month - 1 - months
    return NOW.date().replace(year=number // 12, month=number % 12 + 1)
