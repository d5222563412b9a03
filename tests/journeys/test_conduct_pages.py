"""The auditors' pages about contacts, and about other rules."""

import re

import pytest
from debts import SCOPES, report_debt, request_of
from factories import ALICE, Exchange, OfficerSignedIn

from exchange.intake.check_contact import WantedContact
from exchange.journeys.pack_in_force import pack_text_in_force
from exchange.journeys.request_clearance import request_clearance
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactTarget
from schema.vocabulary.scope import Scope

NUMBER = "+86 138 0013 8000"


@pytest.fixture
def officer(exchange: Exchange) -> OfficerSignedIn:
    exchange.bank(scopes=SCOPES)
    since = exchange.clock.now().date().replace(month=5, day=10)
    report_debt(exchange, ALICE, "Asia/Shanghai", NUMBER, "harbour-bank", "R-1", since)
    wanted = WantedContact(("R-1",), CollectionStage.REMINDER, ContactChannel.SMS, ContactTarget.DEBTOR, contact=NUMBER)
    cleared = request_clearance(exchange.services, request_of("harbour-bank"), ALICE, wanted)
    assert cleared.clearance is not None
    assert cleared.clearance.granted
    exchange.integrate()
    return exchange.officer()


def sent(officer: OfficerSignedIn, text: str) -> str:
    """The page that answers the form, with this text as the rules."""
    form = officer.client.get("/audit/replay").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token
    return officer.client.post("/audit/replay", data={"csrf_token": token[1], "pack": text}).text


def test_contacts_are_counted_by_member(exchange: Exchange, officer: OfficerSignedIn) -> None:
    shown = officer.client.get("/audit/contacts").text
    assert "Harbour-Bank" in shown
    assert "Leave asked" in shown


def test_the_form_shows_the_rules_in_force_and_they_change_nothing(
    exchange: Exchange, officer: OfficerSignedIn
) -> None:
    text = pack_text_in_force(exchange.settings)
    assert "cn.cir.18" in officer.client.get("/audit/replay").text
    shown = sent(officer, text)
    assert "0 decisions would be others" in shown
    assert "1 requests for contact" in shown


def test_stricter_rules_tell_which_contact_they_would_have_denied(exchange: Exchange, officer: OfficerSignedIn) -> None:
    text = pack_text_in_force(exchange.settings)
    stricter = text.replace('quiet_from = "22:00"', 'quiet_from = "14:00"')
    stricter = stricter.replace('channels = ["VOICE_HUMAN"', 'channels = ["SMS", "VOICE_HUMAN"')
    shown = sent(officer, stricter)
    assert "1 decision would be another one" in shown
    assert "CONTACT_QUIET_HOURS" in shown


@pytest.mark.parametrize("text", ["", "not TOML at all [", 'jurisdiction = "cn"'], ids=["none", "not TOML", "no rules"])
def test_a_pack_that_cannot_be_used_is_told_with_its_faults(
    exchange: Exchange, officer: OfficerSignedIn, text: str
) -> None:
    assert "The pack cannot be used" in sent(officer, text)


def test_who_may_not_audit_tries_no_rules(exchange: Exchange, officer: OfficerSignedIn) -> None:
    staff = exchange.officer("Chen Yi", frozenset({Scope.DISPUTE_ANSWER}), "harbour-bank")
    assert staff.client.get("/audit/replay").status_code == 403
    assert staff.client.get("/audit/contacts").status_code == 403
