"""Staff of lenders and agencies at their own desk: what they see, and what they may not."""

from collections.abc import Iterator

import pytest
from factories import Exchange, make_exchange
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.journeys.manage_members import change_member_status
from exchange.settings import Settings
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope

LISTS = [f"/member/{name}" for name in ("mandates", "submissions", "disputes", "complaints", "plans", "notices")]
STAFF = frozenset({Scope.DISPUTE_ANSWER, Scope.COLLECTION_WRITE, Scope.RECORDS_WRITE, Scope.CONSENT_REQUEST})


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(settings, engine, clock)
    exchange.bank(scopes=STAFF | {Scope.CREDIT_READ})
    yield exchange
    exchange.close()


def test_staff_see_what_waits_for_their_own_institution(exchange: Exchange) -> None:
    staff = exchange.officer("Chen Yi", STAFF, "harbour-bank")
    assert staff.client.get("/member").headers["Location"] == "/member/home"
    shown = staff.client.get("/member/home").text
    assert "What waits for you" in shown
    assert "Harbour" in shown


@pytest.mark.parametrize("path", LISTS)
def test_a_list_without_anything_says_so(exchange: Exchange, path: str) -> None:
    staff = exchange.officer("Chen Yi", STAFF, "harbour-bank")
    assert staff.client.get(path).status_code == 200


def test_a_page_beyond_what_one_may_do_says_what_is_missing(exchange: Exchange) -> None:
    staff = exchange.officer("Chen Yi", frozenset({Scope.RECORDS_WRITE}), "harbour-bank")
    assert staff.client.get("/member/submissions").status_code == 200
    refused = staff.client.get("/member/mandates")
    assert refused.status_code == 403
    assert "collection:write" in refused.text


def test_staff_of_a_lender_do_not_audit_and_auditors_are_not_staff(exchange: Exchange) -> None:
    staff, officer = exchange.officer("Chen Yi", STAFF, "harbour-bank"), exchange.officer()
    assert staff.client.get("/audit/members").status_code == 403
    assert officer.client.get("/member/submissions").status_code == 403


def test_staff_of_a_suspended_member_are_signed_out_at_once(exchange: Exchange) -> None:
    staff = exchange.officer("Chen Yi", STAFF, "harbour-bank")
    change_member_status(exchange.services, "harbour-bank", MemberStatus.SUSPENDED, "operator")
    assert staff.client.get("/member/home").headers["Location"].startswith("/member/sign-in")
