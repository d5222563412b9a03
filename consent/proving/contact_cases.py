"""Boundary cases of rules about contacts: a lawful call to the debtor, changed as the case says.

The debtor's clock shows ten in the morning of 13 May 2026, where the case does not say. The debt is 60 days past due,
and the stages before this one have been. A case speaks of its own rule: PERMIT where no reason names the rule.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from consent.contact import Contact, ContactQuestion, Denial, Standing, decide_contact
from consent.policy.rules import Pack, Rule
from consent.proving.given import CaseNotReadable, Read, count, read_case, tables, word, words, zone
from consent.proving.outcome import Outcome
from consent.read_values import Reader
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import Standstills
from schema.vocabulary.member_class import MemberClass

_ZONES = {"cn": "Asia/Shanghai", "us": "America/New_York", "eu": "Europe/Berlin", "uk": "Europe/London",
          "in": "Asia/Kolkata"}  # fmt: skip
_VALIDITY = timedelta(minutes=15)
_DEBT, _OTHER_DEBT = UUID(int=1), UUID(int=2)
_LENDER = "lender"
_OPEN = "OPEN"
_STAGES = list(CollectionStage)

_MAY: Mapping[str, Read] = {
    "zone": zone,
    "at": Reader.instant,
    "asked_by": Reader.text,
    "actor_class": word(MemberClass),
    "stage": word(CollectionStage),
    "channel": word(ContactChannel),
    "target": word(ContactTarget),
    "days_past_due": count,
    "standing": words(Standstills),
    "cannot_act": Reader.truth,
    "agreed_hours": Reader.truth,
    "failed_in_a_row": count,
    "number_not_valid": Reader.truth,
    "refused": Reader.truth,
    "past_stages": words(CollectionStage),
    "history": tables,
}
_MADE_MAY: Mapping[str, Read] = {
    "times": count,
    "days_ago": count,
    "by": Reader.text,
    "lender": Reader.text,
    "channel": word(ContactChannel),
    "number": Reader.text,
    "debt": Reader.text,
}


def contact(pack: Pack, rule: Rule, given: object) -> Outcome:
    """PERMIT, or the codes of the reasons that name the rule. Raises CaseNotReadable."""
    case = read_case(given, _MAY)
    here = case.get("zone") or ZoneInfo(_ZONES.get(pack.jurisdiction, "UTC"))
    now = case.get("at") or datetime(2026, 5, 13, 10, tzinfo=here).astimezone(UTC)
    question = _question(rule, case)
    history = [made for line in case.get("history", ()) for made in _made(line, question, now.astimezone(here))]
    decision = decide_contact(question, _standing(here, question, case), history, pack, now, _VALIDITY)
    reasons = decision.reasons if isinstance(decision, Denial) else ()
    codes = {reason.code for reason in reasons if reason.rule == rule.id}
    return Outcome(", ".join(sorted(codes)) or "PERMIT")


def _question(rule: Rule, case: Mapping[str, Any]) -> ContactQuestion:
    applies = rule.applies
    channel = next((each for each in ContactChannel if each in applies.channels), ContactChannel.VOICE_HUMAN)
    return ContactQuestion(
        lender=_LENDER,
        actor=case.get("asked_by", _LENDER),
        actor_class=case.get("actor_class", min(applies.member_classes, default=MemberClass.BANK)),
        stage=case.get("stage", CollectionStage.PHONE),
        channel=case.get("channel", channel),
        target=case.get("target", ContactTarget.DEBTOR),
        debts=frozenset({_DEBT}),
        number=0,
        days_past_due=case.get("days_past_due", 60),
    )


def _standing(here: ZoneInfo, question: ContactQuestion, case: Mapping[str, Any]) -> Standing:
    cannot_act = frozenset({Standstills.INCAPABLE} if case.get("cannot_act") else ())
    been = frozenset(_STAGES[: _STAGES.index(question.stage)])
    return Standing(
        zone=here,
        stands=case.get("standing", frozenset()) | cannot_act,
        agreed_hours=case.get("agreed_hours", False),
        failed_in_a_row=case.get("failed_in_a_row", 0),
        no_valid_number=case.get("number_not_valid", False),
        number_refused=case.get("refused", False),
        stages_been=case.get("past_stages", been),
    )


def _made(line: object, question: ContactQuestion, here: datetime) -> list[Contact]:
    """The contacts of one line of a history: each as the one asked about, where the line does not say."""
    said = read_case(line, _MADE_MAY, {"result": Reader.text})
    made = Contact(
        at=here - timedelta(days=said.get("days_ago", 0)),
        lender=_LENDER if _is_same(said, "lender") else "another lender",
        actor=said.get("by", question.actor),
        stage=question.stage,
        channel=said.get("channel", question.channel),
        target=question.target,
        debts=frozenset({_DEBT if _is_same(said, "debt") else _OTHER_DEBT}),
        number=0 if _is_same(said, "number") else 1,
        result=None if said["result"] == _OPEN else ContactResult(said["result"]),
    )
    return [made] * said.get("times", 1)


def _is_same(said: Mapping[str, Any], name: str) -> bool:
    which = said.get(name, "same")
    if which not in ("same", "other"):
        raise CaseNotReadable(f"{name}: same or other")
    return bool(which == "same")
