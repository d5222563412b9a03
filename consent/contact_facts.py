"""What a clearance was decided on, as plain values to keep, so that the same can be decided again under other rules.

No number and no token of one is among them: numbers stand as small ordinals, which mean nothing elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from consent.contact import Contact, ContactQuestion, Denial, Permit, Standing, decide_contact
from consent.policy.rules import Pack
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import Standstills
from schema.vocabulary.member_class import MemberClass


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """All that `decide_contact` is handed, but the pack."""

    question: ContactQuestion
    standing: Standing
    history: tuple[Contact, ...]
    now: datetime
    validity: timedelta

    def decide(self, pack: Pack) -> Permit | Denial:
        """What this pack makes of it."""
        return decide_contact(self.question, self.standing, self.history, pack, self.now, self.validity)


def to_facts(facts: ContactFacts) -> dict[str, Any]:
    """The facts as JSON takes them."""
    return {
        "now": facts.now.isoformat(),
        "validity_seconds": facts.validity.total_seconds(),
        "question": {
            **_act_values(facts.question),
            "actor_class": facts.question.actor_class.value,
            "days_past_due": facts.question.days_past_due,
        },
        "standing": {
            "zone": facts.standing.zone.key,
            "stands": sorted(facts.standing.stands),
            "agreed_hours": facts.standing.agreed_hours,
            "failed_in_a_row": facts.standing.failed_in_a_row,
            "no_valid_number": facts.standing.no_valid_number,
            "number_refused": facts.standing.number_refused,
            "stages_been": sorted(facts.standing.stages_been),
        },
        "history": [
            {**_act_values(contact), "at": contact.at.isoformat(), "result": contact.result and contact.result.value}
            for contact in facts.history
        ],
    }


def from_facts(kept: Mapping[str, Any]) -> ContactFacts:
    """The facts again, from what `to_facts` gave."""
    question, standing = kept["question"], kept["standing"]
    return ContactFacts(
        question=ContactQuestion(
            **_read_act(question),
            actor_class=MemberClass(question["actor_class"]),
            days_past_due=question["days_past_due"],
        ),
        standing=Standing(
            zone=ZoneInfo(standing["zone"]),
            stands=frozenset(map(Standstills, standing["stands"])),
            agreed_hours=standing["agreed_hours"],
            failed_in_a_row=standing["failed_in_a_row"],
            no_valid_number=standing["no_valid_number"],
            number_refused=standing["number_refused"],
            stages_been=frozenset(map(CollectionStage, standing["stages_been"])),
        ),
        history=_read_history(kept["history"]),
        now=datetime.fromisoformat(kept["now"]),
        validity=timedelta(seconds=kept["validity_seconds"]),
    )


def _act_values(act: Contact | ContactQuestion) -> dict[str, Any]:
    return {
        "lender": act.lender,
        "actor": act.actor,
        "stage": act.stage.value,
        "channel": act.channel.value,
        "target": act.target.value,
        "debts": sorted(map(str, act.debts)),
        "number": act.number,
    }


def _read_act(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lender": kept["lender"],
        "actor": kept["actor"],
        "stage": CollectionStage(kept["stage"]),
        "channel": ContactChannel(kept["channel"]),
        "target": ContactTarget(kept["target"]),
        "debts": frozenset(map(UUID, kept["debts"])),
        "number": kept["number"],
    }


def _read_history(kept: Sequence[Mapping[str, Any]]) -> tuple[Contact, ...]:
    return tuple(
        Contact(
            **_read_act(each),
            at=datetime.fromisoformat(each["at"]),
            result=ContactResult(each["result"]) if each["result"] else None,
        )
        for each in kept
    )
