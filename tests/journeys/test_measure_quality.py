"""Data quality and reciprocity are measured from what is stored, and a measured level counts from the next look."""

from datetime import date
from typing import Any

from disputing import ANSWERING, answer, contest, later, own
from factories import ALICE, BOB, Bank, Exchange
from reporting import lender, report_account
from sqlalchemy import select
from traces import entries

from exchange.journeys.measure_quality import Measured, measure_quality
from exchange.journeys.own_disputes import withdraw_dispute
from exchange.journeys.own_words import add_statement
from exchange.store.tables.account import account
from exchange.store.tables.member import member, member_quality
from schema.vocabulary.dispute import DisputeKind
from schema.vocabulary.disputed_field import DisputedField
from schema.vocabulary.member_class import ContributionLevel, MemberClass

DAYS_LATER = 120


def measured(exchange: Exchange, member_id: str) -> Measured:
    (found,) = [each for each in measure_quality(exchange.services, "test") if each.member_id == member_id]
    return found


def level_entries(exchange: Exchange) -> list[Any]:
    return [entry.fields for entry in entries(exchange) if entry.fields["act"] == "member_level_measured"]


def withheld(bank: Bank, consent_id: Any) -> set[tuple[str, str]]:
    answer = bank.ask(consent_id=consent_id).get_json()["data"]["creditReport"]
    return {(part["fieldClass"], part["code"]) for part in answer["disclosure"]["withheld"]}


def test_the_measures_are_those_of_the_current_accounts(exchange: Exchange) -> None:
    exchange.bank()
    alice = exchange.borrower()
    exchange.account(alice, "harbour-bank", "R-1")
    exchange.account(alice, "harbour-bank", "R-2", reported_on=date(2026, 1, 31))
    exchange.account(alice, "harbour-bank", "R-3", superseded_at=exchange.clock.now(), balance_minor=None)

    found = measured(exchange, "harbour-bank")

    assert found.accounts == 2
    assert found.quality.completeness == 4 / 7
    assert found.quality.timeliness == 0.5
    assert found.quality.consistency is None
    assert (found.quality.dispute_rate, found.quality.upheld_share) == (0, None)
    with exchange.engine.connect() as connection:
        (kept,) = connection.execute(select(member_quality)).all()
    assert (kept.member_id, kept.quality_index) == ("harbour-bank", found.quality.index)


def test_an_account_counts_as_contested_for_a_year_after_a_dispute_that_was_not_taken_back(exchange: Exchange) -> None:
    exchange.bank()
    alice = exchange.borrower()
    accounts = [exchange.account(alice, "harbour-bank", reference) for reference in ("R-1", "R-2")]
    add_statement(exchange.services, own(alice), "I moved house.", accounts[1])
    assert measured(exchange, "harbour-bank").quality.dispute_rate == 0
    taken_back = contest(exchange, alice, accounts[1])
    withdraw_dispute(exchange.services, own(alice), taken_back)
    contest(exchange, alice, accounts[0])
    contest(exchange, alice, accounts[0], kind=DisputeKind.NOT_MINE)
    assert measured(exchange, "harbour-bank").quality.dispute_rate == 0.5
    exchange.later(days=366)
    assert measured(exchange, "harbour-bank").quality.dispute_rate == 0


def test_the_share_of_disputes_upheld_is_of_those_that_were_answered(exchange: Exchange) -> None:
    bank = lender(exchange, scopes=ANSWERING)
    alice = exchange.borrower()
    report_account(bank)
    with exchange.engine.connect() as connection:
        key = connection.scalar(select(account.c.account_key))
    wrong = contest(exchange, alice, key, field=DisputedField.BALANCE)
    right = contest(exchange, alice, key, kind=DisputeKind.NOT_MINE)
    contest(exchange, alice, key, kind=DisputeKind.OTHER)
    assert measured(exchange, "harbour-bank").quality.upheld_share is None
    later(exchange, bank, days=1)
    report_account(bank, reportedOn="2026-06-01", balanceMinor=1)
    assert answer(bank, wrong, "CORRECTED")["userErrors"] == []
    assert answer(bank, right, "MARK_REMOVED", "It is right.")["userErrors"] == []
    assert measured(exchange, "harbour-bank").quality.upheld_share == 0.5


def test_measuring_twice_in_a_day_keeps_one_row(exchange: Exchange) -> None:
    exchange.bank()
    measured(exchange, "harbour-bank")
    measured(exchange, "harbour-bank")
    with exchange.engine.connect() as connection:
        assert len(connection.execute(select(member_quality)).all()) == 1


def test_a_member_that_joined_lately_is_not_measured_for_reciprocity(exchange: Exchange) -> None:
    exchange.bank()
    assert measured(exchange, "harbour-bank").level is None
    assert level_entries(exchange) == []


def test_a_lender_that_contributes_nothing_receives_no_more_than_inquiries(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.bank("other-bank")
    alice = exchange.borrower()
    exchange.account(alice, "other-bank")
    exchange.later(days=DAYS_LATER)
    consent_id = exchange.consent("harbour-bank")
    assert withheld(bank, consent_id) == set()

    assert measured(exchange, "harbour-bank").level is ContributionLevel.INQUIRY_ONLY

    assert ("ACCOUNTS", "RECIPROCITY") in withheld(bank, consent_id)
    (entry,) = [each for each in level_entries(exchange) if each["member"] == "harbour-bank"]
    assert entry["level"] == "INQUIRY_ONLY"


def test_a_lender_that_contributes_again_receives_again(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice = exchange.borrower()
    exchange.later(days=DAYS_LATER)
    measured(exchange, "harbour-bank")
    exchange.account(alice, "harbour-bank", reported_on=exchange.clock.now().date())

    assert measured(exchange, "harbour-bank").level is ContributionLevel.FULL

    assert withheld(bank, exchange.consent("harbour-bank")) == set()
    assert [entry["level"] for entry in level_entries(exchange)] == ["INQUIRY_ONLY", "FULL"]


def test_a_lender_that_contributes_only_what_is_negative_is_found_out(exchange: Exchange) -> None:
    exchange.bank()
    bob = exchange.borrower(BOB)
    exchange.later(days=DAYS_LATER)
    today = exchange.clock.now().date()
    exchange.account(bob, "harbour-bank", "R-1", reported_on=today, history_codes="21N")
    exchange.account(bob, "harbour-bank", "R-2", reported_on=today, state="IN_RECOVERY")

    assert measured(exchange, "harbour-bank").level is ContributionLevel.NEGATIVE_ONLY


def test_what_was_agreed_is_never_exceeded(exchange: Exchange) -> None:
    exchange.bank(contribution_level=ContributionLevel.NEGATIVE_ONLY)
    alice = exchange.borrower(ALICE)
    exchange.later(days=DAYS_LATER)
    exchange.account(alice, "harbour-bank", reported_on=exchange.clock.now().date())
    assert measured(exchange, "harbour-bank").level is ContributionLevel.FULL
    with exchange.engine.connect() as connection:
        row = connection.execute(select(member)).one()
    assert (row.contribution_level, row.measured_level) == ("NEGATIVE_ONLY", "FULL")


def test_agencies_and_regulators_are_not_measured(exchange: Exchange) -> None:
    exchange.authority()
    exchange.bank("calm-collectors", member_class=MemberClass.COLLECTION_AGENCY)
    assert measure_quality(exchange.services, "test") == []
