"""An exchange under the law of another place starts, and its looks are decided by that place's pack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from factories import Bank, Exchange, make_exchange
from sqlalchemy import Engine

from consent.artefact import Fetch, Mode
from consent.policy.load import load_pack
from exchange.clock import FixedClock
from exchange.errors import BadRequest
from exchange.identity.consent_request import RequestedConsent
from exchange.journeys.borrower_consents import draft_requested, list_consents, refuse
from exchange.settings import Settings
from exchange.store.member_register import registered_member
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


@pytest.fixture
def abroad(request: pytest.FixtureRequest, settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(replace(settings, jurisdiction=request.param), engine, clock)
    yield exchange
    exchange.close()


def lender(exchange: Exchange) -> Bank:
    bank = exchange.bank()
    exchange.account(exchange.borrower(), bank.member_id)
    return bank


@pytest.mark.parametrize("abroad", ["us", "eu", "uk"], indirect=True)
def test_a_look_is_answered_under_the_pack_of_the_place(abroad: Exchange) -> None:
    bank = lender(abroad)
    jurisdiction = abroad.settings.jurisdiction
    answer = bank.ask(consent_id=abroad.consent(bank.member_id)).json
    report = answer["data"]["creditReport"]
    assert report["accounts"]["totalCount"] == 1
    assert report["disclosure"]["pack"] == load_pack(jurisdiction).version
    assert report["disclosure"]["rules"]
    assert all(rule.startswith(f"{jurisdiction}.") for rule in report["disclosure"]["rules"])
    assert "errors" not in answer


@pytest.mark.parametrize("abroad", ["us", "eu", "uk", "in"], indirect=True)
def test_a_look_without_a_consent_is_refused_by_a_rule_of_the_place(abroad: Exchange) -> None:
    (error,) = lender(abroad).ask().json["errors"]
    (reason,) = error["extensions"]["reasons"]
    assert reason["code"] == "CONSENT_MISSING"
    assert reason["rule"].startswith(f"{abroad.settings.jurisdiction}.")


@pytest.mark.parametrize("abroad", ["in"], indirect=True)
def test_in_india_a_consent_above_the_ceilings_opens_nothing_and_one_below_does(abroad: Exchange) -> None:
    bank, now = lender(abroad), abroad.clock.now()
    (error,) = bank.ask(consent_id=abroad.consent(bank.member_id)).json["errors"]
    reasons = error["extensions"]["reasons"]
    assert {(reason["code"], reason["rule"]) for reason in reasons} == {("CONSENT_ABOVE_CEILING", "in.sahamati.103")}
    assert len(reasons) == 3
    below = {
        "fetch": Fetch.ONCE,
        "starts_at": now,
        "expires_at": now + timedelta(days=31),
        "data_from": now.date() - timedelta(days=365),
    }
    consent = abroad.consent(bank.member_id, **below)
    assert bank.ask(consent_id=consent).json["data"]["creditReport"]["accounts"]["totalCount"] == 1


@pytest.mark.parametrize("abroad", ["in"], indirect=True)
def test_in_india_what_goes_above_the_ceilings_can_be_refused_and_never_signed(abroad: Exchange) -> None:
    bank, today = abroad.bank(), abroad.clock.now().date()
    alice = abroad.borrower_signed_in(abroad.borrower())
    with abroad.services.connection() as connection:
        member = registered_member(connection, bank.member_id)
    below = RequestedConsent(
        Purpose.LOAN_APPROVAL, frozenset({FieldClass.ACCOUNTS}), today - timedelta(days=365), None, Mode.VIEW,
        Fetch.ONCE, None, 0, 31, contribution_allowed=False,
    )  # fmt: skip
    assert draft_requested(abroad.services, alice.borrower, below, member).notice
    for above in ({"days": 32}, {"fetch": Fetch.PERIODIC}, {"data_from": today - timedelta(days=430)}):
        with pytest.raises(BadRequest, match=r"in\.sahamati\.103") as found:
            draft_requested(abroad.services, alice.borrower, replace(below, **above), member)
        assert found.value.stable_code == "CONSENT_ABOVE_CEILING"
        refuse(abroad.services, alice.borrower, replace(below, **above), member)
    assert {view.state.value for view in list_consents(abroad.services, alice.borrower)} == {"REJECTED"}
