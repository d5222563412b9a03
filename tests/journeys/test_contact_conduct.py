"""What a regulator sees of how members contact borrowers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from factories import ALICE, BOB, Exchange
from noun_rows import add_noun
from sqlalchemy import insert
from traces import entries

from exchange.clock import new_id
from exchange.errors import BadRequest, Refused
from exchange.journeys.contact_conduct import ContactConduct, contact_conduct
from exchange.journeys.openable import Auditor
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance
from schema.vocabulary.contact import BreachKind
from schema.vocabulary.pressure import PressureBand
from schema.vocabulary.scope import Scope

AUDITOR = Auditor("audit-office", None, frozenset({Scope.AUDIT_READ}))


@pytest.fixture
def people(exchange: Exchange) -> tuple[UUID, UUID]:
    exchange.authority()
    for name in ("harbour-bank", "north-bank"):
        exchange.bank(name)
    return exchange.borrower(ALICE), exchange.borrower(BOB)


def contact(exchange: Exchange, borrower: UUID, by: str, days_ago: float, **how: Any) -> UUID:
    at = exchange.clock.now() - timedelta(days=days_ago)
    usual = {"result": "EFFECTIVE", "promised_on": None, "promise_kept": None}
    return add_noun(exchange, collection_action, borrower, by, started_at=at, **(usual | how))


def clearance(exchange: Exchange, borrower: UUID, by: str, granted: bool) -> None:
    now = exchange.clock.now()
    row = {
        "subject_key": borrower, "clearance_id": new_id(now), "lender": by, "actor": by, "account_keys": [],
        "stage": "PHONE", "channel": "VOICE_HUMAN", "target": "DEBTOR", "granted": granted, "counts": [],
        "reasons": [] if granted else ["CONTACT_TOO_OFTEN"], "told": [], "rules": [], "pack_version": "1", "facts": {},
        "asked_at": now - timedelta(days=1), "leaf_hash": b"l" * 32,
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(contact_clearance).values(row))


def breach(exchange: Exchange, borrower: UUID, by: str, kind: BreachKind, action: UUID) -> None:
    at = exchange.clock.now() - timedelta(days=1)
    row = {
        "subject_key": borrower, "action_key": action, "kind": kind.value, "actor": by, "lender": by, "rules": [],
        "happened_at": at, "recorded_at": at,
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(contact_breach).values(row))


def seen(exchange: Exchange, days: int = 7, member: str | None = None) -> dict[str, ContactConduct]:
    now = exchange.clock.now()
    found = contact_conduct(exchange.services, AUDITOR, now - timedelta(days=days), now, member)
    return {each.member_id: each for each in found}


def bands(conduct: ContactConduct) -> dict[PressureBand, int]:
    return {band: borrowers for band, borrowers in conduct.pressure.items() if borrowers}


def test_members_are_counted_each_for_itself(exchange: Exchange, people: tuple[UUID, UUID]) -> None:
    alice, bob = people
    action = contact(exchange, alice, "harbour-bank", 1)
    contact(exchange, bob, "harbour-bank", 2)
    contact(exchange, bob, "north-bank", 8)
    contact(exchange, bob, "north-bank", 1, direction="INBOUND")
    contact(exchange, bob, "north-bank", 1, withdrawn=True)
    clearance(exchange, alice, "harbour-bank", granted=True)
    clearance(exchange, alice, "harbour-bank", granted=False)
    breach(exchange, alice, "harbour-bank", BreachKind.NO_CLEARANCE, action)
    found = seen(exchange)
    assert sorted(found) == ["harbour-bank", "north-bank"]
    one, other = found["harbour-bank"], found["north-bank"]
    assert (one.contacts, one.borrowers) == (2, 2)
    assert (one.clearances_asked, one.clearances_granted, one.clearances_denied) == (2, 1, 1)
    assert one.breaches == {BreachKind.NO_CLEARANCE: 1}
    assert (other.contacts, other.borrowers, other.breaches, bands(other)) == (0, 0, {}, {})


def test_pressure_is_that_of_all_who_collect(exchange: Exchange, people: tuple[UUID, UUID]) -> None:
    alice, bob = people
    contact(exchange, alice, "harbour-bank", 1)
    contact(exchange, bob, "harbour-bank", 1)
    for _ in range(20):
        contact(exchange, bob, "north-bank", 20)
    found = seen(exchange)
    assert bands(found["harbour-bank"]) == {PressureBand.LOW: 1, PressureBand.EXCESSIVE: 1}
    assert bands(found["north-bank"]) == {}
    assert bands(seen(exchange, days=25)["north-bank"]) == {PressureBand.EXCESSIVE: 1}


def test_one_member_alone_and_the_view_is_logged(exchange: Exchange, people: tuple[UUID, UUID]) -> None:
    contact(exchange, people[0], "north-bank", 1)
    assert {name: each.contacts for name, each in seen(exchange, member="north-bank").items()} == {"north-bank": 1}
    assert entries(exchange)[-1].fields["act"] == "conduct_viewed"


def test_nobody_else_is_shown_it_and_a_period_is_a_period(exchange: Exchange, people: tuple[UUID, UUID]) -> None:
    now = exchange.clock.now()
    with pytest.raises(Refused):
        contact_conduct(exchange.services, Auditor("audit-office", None, frozenset()), now - timedelta(days=1), now)
    for start in (now, now - timedelta(days=367)):
        with pytest.raises(BadRequest):
            contact_conduct(exchange.services, AUDITOR, start, now)
    with pytest.raises(BadRequest):
        contact_conduct(exchange.services, AUDITOR, now - timedelta(days=1), now, "nobody")
