"""The client asks a whole exchange for leave to contact a borrower, and believes what is signed."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from clearing import CLEARING
from factories import ALICE, Bank, Exchange, make_exchange
from openbureau_client.clearances import Clearance
from openbureau_client.errors import SignedWordsDoNotMatch
from openbureau_client.refusals import BadRequest
from openbureau_client.session import Session
from reporting import lender, report_account
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.settings import Settings


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


@pytest.fixture
def session(exchange: Exchange) -> Session:
    exchange.borrower()
    bank = lender(exchange, scopes=CLEARING)
    report_account(bank)
    return session_of(exchange, bank)


def session_of(exchange: Exchange, bank: Bank) -> Session:
    http = httpx.Client(transport=httpx.WSGITransport(app=exchange.app))
    clock = exchange.clock
    return Session(
        exchange.settings.issuer, bank.member_id, bank.key, "k1", http=http, clock=lambda: clock.now().timestamp()
    )


def remind(session: Session, reference: str = "R-1") -> Clearance:
    whose = (ALICE.id_type, ALICE.country, ALICE.id_number)
    return session.request_clearance(*whose, [reference], "REMINDER", "SMS", contact="+8613800138000")


def test_leave_comes_typed_and_what_is_signed_says_the_same(exchange: Exchange, session: Session) -> None:
    given = remind(session)
    assert given.granted
    assert given.expires_at == exchange.clock.now() + timedelta(minutes=15)
    assert given.rules
    assert session.verify_clearance(given)["channel"] == "SMS"
    assert remind(session) == given


def test_a_denial_is_an_answer_with_every_reason(exchange: Exchange, session: Session) -> None:
    exchange.later(hours=6)
    denied = remind(session)
    assert not denied.granted
    assert {reason.code for reason in denied.reasons} == {"CONTACT_QUIET_HOURS"}
    assert denied.again_at == exchange.clock.now() + timedelta(hours=10)
    assert denied.expires_at is None


def test_everything_wrong_with_the_question_is_told(session: Session) -> None:
    with pytest.raises(BadRequest) as raised:
        remind(session, "nothing")
    assert raised.value.code == "ACCOUNT_NOT_YOURS"


def test_what_is_shown_otherwise_than_it_was_signed_is_not_believed(session: Session) -> None:
    given = remind(session)
    assert given.expires_at
    for changed in (
        replace(given, clearance_id="another"),
        replace(given, granted=False),
        replace(given, expires_at=given.expires_at + timedelta(minutes=1)),
        replace(given, signed=given.signed[:-4] + "AAAA"),
    ):
        with pytest.raises(SignedWordsDoNotMatch):
            session.verify_clearance(changed)
    stranger = Session(session.issuer, "another-bank", session._signing_key, "k1", http=session._http)
    with pytest.raises(SignedWordsDoNotMatch):
        stranger.verify_clearance(given)
