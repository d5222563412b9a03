"""A borrower who was contacted, with what the exchange holds of it, and complaints about that."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from factories import ALICE, Bank, Exchange, SignedInBorrower
from noun_rows import add_noun
from reporting import ACTION, WRITING, agency, lender, payload, report, report_account, send
from reporting import MANDATE as SOUND_MANDATE
from sqlalchemy import insert

from exchange.clock import new_id
from exchange.journeys.own_complaints import Draft, file_complaint
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance
from schema.vocabulary.complaint import ComplaintCategory
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope

ANSWERING = WRITING | {Scope.DISPUTE_ANSWER}
WORDS = "They rang me at half past ten at night and shouted that they would come to my office."
NIGHT = datetime(2026, 5, 30, 14, 30, tzinfo=UTC)
"""Half past ten in the evening in Shanghai."""


@dataclass(slots=True)
class Scene:
    """Alice owes a bank, which has an agency collect; both contacted her."""

    exchange: Exchange
    bank: Bank
    agency: Bank
    alice: SignedInBorrower
    mandate_id: UUID

    @property
    def key(self) -> UUID:
        """Alice's file."""
        return self.alice.borrower.subject_key

    def contact(self, at: datetime, by: str = "agency-a", **changes: Any) -> UUID:
        """A contact as it is stored, without an entry of the log."""
        mandate = {"mandate_id": self.mandate_id} if by == "agency-a" else {}
        made = {"started_at": at, "reference_token": at.isoformat().encode(), "result": "EFFECTIVE"}
        return add_noun(self.exchange, collection_action, self.key, by, **(mandate | made | changes))

    def reported_contact(self, at: str = "2026-05-31T10:00:00+08:00", **changes: Any) -> dict[str, Any]:
        """A contact that the bank reports, with its entry in the log."""
        return report(self.bank, RecordKind.COLLECTION_ACTION, startedAt=at, **changes)

    def clearance(self, at: datetime, granted: bool = True, **changes: Any) -> UUID:
        """A clearance as it is stored."""
        clearance_id = new_id(at)
        row = {
            "subject_key": self.key, "clearance_id": clearance_id, "lender": "harbour-bank", "actor": "agency-a",
            "account_keys": [], "stage": "PHONE", "channel": "VOICE_HUMAN", "target": "DEBTOR", "granted": granted,
            "told": [], "counts": [], "reasons": [] if granted else ["CONTACT_QUIET_HOURS"],
            "rules": ["cn.gbt45251.hours"], "pack_version": "1", "facts": {}, "asked_at": at,
            "leaf_hash": clearance_id.bytes * 2,
        }  # fmt: skip
        with self.exchange.engine.begin() as connection:
            connection.execute(insert(contact_clearance).values(row | changes))
        return clearance_id

    def breach(self, action_key: UUID, at: datetime, kind: str = "NO_CLEARANCE", **changes: Any) -> None:
        """A breach as it is stored."""
        row = {
            "subject_key": self.key, "action_key": action_key, "kind": kind, "actor": "agency-a",
            "lender": "harbour-bank", "rules": ["cn.gbt45251.hours"], "happened_at": at, "recorded_at": at,
        }  # fmt: skip
        with self.exchange.engine.begin() as connection:
            connection.execute(insert(contact_breach).values(row | changes))

    def complain(self, **changes: Any) -> UUID:
        """Files a complaint of the agency."""
        return file_complaint(self.exchange.services, self.alice.borrower, draft(**changes))


def draft(**changes: Any) -> Draft:
    """A sound complaint of the agency, for the bank."""
    sound = {
        "category": ComplaintCategory.HOURS, "member_id": "agency-a", "lender": "harbour-bank", "words": WORDS,
    }  # fmt: skip
    return Draft(**(sound | changes))


def make_scene(exchange: Exchange) -> Scene:
    """The scene, with one contact in the daytime by each."""
    alice = exchange.borrower()
    bank = lender(exchange, scopes=ANSWERING)
    collector = agency(exchange, scopes=ANSWERING)
    report_account(bank)
    mandate_id = UUID(payload(send(bank, "recordMandate", mandate=("MandateInput!", dict(SOUND_MANDATE))))["recordId"])
    scene = Scene(exchange, bank, collector, exchange.borrower_signed_in(alice), mandate_id)
    scene.contact(datetime(2026, 5, 29, 2, tzinfo=UTC))
    scene.contact(datetime(2026, 5, 29, 3, tzinfo=UTC), by="harbour-bank")
    exchange.later(seconds=2)
    return scene


def days_ago(exchange: Exchange, days: float) -> datetime:
    """An instant of the past."""
    return exchange.clock.now() - timedelta(days=days)


__all__ = ["ACTION", "ALICE", "ANSWERING", "NIGHT", "WORDS", "Scene", "days_ago", "draft", "make_scene"]
