"""Staff of lenders and agencies at their own desk: what they see, and what they may not."""

from collections.abc import Iterator

import pytest
from disputing import WORDS, contest, own
from factories import Exchange, make_exchange
from sqlalchemy import Engine
from traces import entries

from exchange.clock import FixedClock
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.own_complaints import Draft, file_complaint, own_complaint
from exchange.settings import Settings
from schema.vocabulary.complaint import ComplaintCategory
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


def test_the_log_names_who_of_the_staff_read_a_borrowers_words_and_others_staff_read_none(exchange: Exchange) -> None:
    alice = exchange.borrower()
    contested = exchange.account(alice, "harbour-bank")
    dispute_id = contest(exchange, alice, contested)
    complained = Draft(ComplaintCategory.FEES, "harbour-bank", None, "They ask for interest that nobody agreed to.")
    complaint_id = file_complaint(exchange.services, own(alice), complained)
    exchange.bank("other-bank", scopes=STAFF)
    stranger = exchange.officer("Li Lei", STAFF, "other-bank")
    staff = exchange.officer("Chen Yi", STAFF, "harbour-bank")
    for path, words in (("/member/disputes", WORDS), ("/member/complaints", complained.words)):
        assert words not in stranger.client.get(path).text
        assert words in staff.client.get(path).text
    read = {
        entry.fields["act"]: (entry.fields["member"], entry.fields["officer"])
        for entry in entries(exchange)
        if str(entry.fields["act"]).endswith("_read")
    }
    by_staff = ("harbour-bank", str(staff.officer.officer_id))
    assert read == {"dispute_read": by_staff, "complaint_read": by_staff}
    (reading,) = own_complaint(exchange.services, own(alice), complaint_id).readings
    assert (reading.member_id, reading.officer) == ("harbour-bank", False)
    assert dispute_id
