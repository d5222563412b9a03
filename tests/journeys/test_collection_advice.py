"""What is suggested to do next about a debt: to whom, about whom, and what is told of others."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Bank, Exchange
from noun_rows import add_noun
from reporting import MANDATE, WRITING, agency, lender, named, payload, send
from traces import entries

from exchange.handover import NOBODY
from exchange.journeys.find_borrower import Document
from exchange.store.contact_wishes import stop_contact
from exchange.store.tables.collection import collection_action
from exchange.store.tables.repayment import repayment_plan
from schema.vocabulary.scope import Scope

CLEARING = WRITING | {Scope.CONTACT_CLEAR}
ADVICE = """query ($subject: SubjectInput!, $mandate: ID, $references: [String!]) {
  collectionAdvice(subject: $subject, mandateId: $mandate, accountReferences: $references) {
    step reasons { code text rule } pressure } }"""


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    return exchange.borrower()


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return lender(exchange, scopes=CLEARING)


@pytest.fixture
def owed(exchange: Exchange, alice: UUID, bank: Bank) -> UUID:
    return exchange.account(alice, bank.member_id, state="OVERDUE", days_past_due=95, past_due_minor=40_000)


def ask(who: Bank, document: Document = ALICE, **given: Any) -> dict[str, Any]:
    answered: dict[str, Any] = who.post(
        {"query": ADVICE, "variables": {"subject": named(document), **given}}
    ).get_json()
    return answered


def advice(who: Bank, **given: Any) -> dict[str, Any]:
    answered = ask(who, **given)
    assert "errors" not in answered, answered
    told: dict[str, Any] = answered["data"]["collectionAdvice"]
    return told


def refused(who: Bank, **given: Any) -> str:
    answered = ask(who, **given)
    assert answered["data"] == {"collectionAdvice": None}
    return str(answered["errors"][0]["extensions"]["code"])


def contacts(exchange: Exchange, alice: UUID, by: str, owed: UUID, times: int, days_ago: int = 10, **how: Any) -> None:
    for _ in range(times):
        at = exchange.clock.now() - timedelta(days=days_ago)
        usual = {"result": "NO_ANSWER", "promise_kept": None, "promised_on": None, "borrower_says": None}
        add_noun(exchange, collection_action, alice, by, account_keys=[owed], started_at=at, **(usual | how))


def test_the_gentlest_step_comes_first_with_its_reasons(exchange: Exchange, bank: Bank, owed: UUID) -> None:
    told = advice(bank)
    assert (told["step"], told["pressure"]) == ("REMIND", "LOW")
    assert told["reasons"] == [
        {
            "code": "NOT_SHOWN_TO_FAIL", "text": "This is the gentlest step that has not been shown to fail.",
            "rule": None,
        }
    ]  # fmt: skip


def test_what_was_tried_and_failed_is_not_suggested_again(
    exchange: Exchange, alice: UUID, bank: Bank, owed: UUID
) -> None:
    contacts(exchange, alice, bank.member_id, owed, 2, 40, stage="REMINDER", channel="SMS")
    assert advice(bank)["step"] == "OFFER_PLAN"
    add_noun(
        exchange, repayment_plan, alice, bank.member_id, account_keys=[owed], state="REJECTED",
        stop_collection_until=None, ended_on=date(2026, 4, 20),
    )  # fmt: skip
    told = advice(bank)
    assert told["step"] == "CALL"
    assert [reason["code"] for reason in told["reasons"]] == ["REMINDERS_FAILED", "PLAN_FAILED", "NOT_SHOWN_TO_FAIL"]


def test_a_borrower_who_asked_to_be_left_alone_is(exchange: Exchange, alice: UUID, bank: Bank, owed: UUID) -> None:
    with exchange.engine.begin() as connection:
        stop_contact(connection, alice, bank.member_id, exchange.clock.now())
    told = advice(bank)
    assert (told["step"], told["reasons"][0]["code"]) == ("WAIT", "STOP_REQUESTED")


def test_of_other_lenders_only_the_band_is_told(exchange: Exchange, alice: UUID, bank: Bank, owed: UUID) -> None:
    lender(exchange, "north-bank")
    elsewhere = exchange.account(alice, "north-bank", "N-1", days_past_due=400)
    contacts(exchange, alice, "north-bank", elsewhere, 30, result="EFFECTIVE")
    told = advice(bank)
    assert (told["step"], told["pressure"]) == ("WAIT", "EXCESSIVE")
    assert [reason["code"] for reason in told["reasons"]] == ["PRESSED_TOO_HARD"]
    assert "north" not in str(told)


def test_who_presses_a_borrower_that_pays_is_not_told(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    exchange.account(alice, bank.member_id)
    other = lender(exchange, "delta-bank")
    elsewhere = exchange.account(alice, other.member_id, state="OVERDUE", days_past_due=95)
    contacts(exchange, alice, other.member_id, elsewhere, times=40, stage="VISIT", channel="VISIT")
    told = advice(bank)
    assert (told["step"], told["pressure"]) == ("WAIT", "LOW")
    assert [reason["code"] for reason in told["reasons"]] == ["NOT_PAST_DUE"]


def test_it_is_logged_in_the_borrowers_file(exchange: Exchange, alice: UUID, bank: Bank, owed: UUID) -> None:
    advice(bank)
    last = entries(exchange)[-1]
    assert last.subject_key == alice
    said = {name: last.fields[name] for name in ("act", "member", "granted", "step", "pressure", "mandate")}
    assert said == {
        "act": "collection_advised", "member": bank.member_id, "granted": True, "step": "REMIND", "pressure": "LOW",
        "mandate": None,
    }  # fmt: skip


class TestWhoIsToldNothing:
    """Refused, and logged, whoever it is about."""

    def test_somebody_elses_debtor_and_somebody_unknown_alike(
        self, exchange: Exchange, alice: UUID, bank: Bank, owed: UUID
    ) -> None:
        other = lender(exchange, "north-bank", scopes=CLEARING)
        assert refused(other) == "DEBT_NOT_YOURS"
        last = entries(exchange)[-1]
        assert (last.subject_key, last.fields["granted"], last.fields["reasons"]) == (alice, False, ["DEBT_NOT_YOURS"])
        exchange.borrower(BOB)
        assert refused(bank, document=BOB) == refused(bank, document=NOBODY_WE_KNOW) == "DEBT_NOT_YOURS"
        assert entries(exchange)[-1].subject_key == NOBODY

    def test_a_reference_of_another_account(self, exchange: Exchange, bank: Bank, owed: UUID) -> None:
        assert refused(bank, references=["R-77"]) == "DEBT_NOT_YOURS"

    def test_a_caller_without_the_scope(self, exchange: Exchange, owed: UUID) -> None:
        assert refused(lender(exchange, "poor-bank")) == "SCOPE_MISSING"

    def test_an_agency_without_a_mandate_or_with_anothers(self, exchange: Exchange, bank: Bank, owed: UUID) -> None:
        collector, other = (agency(exchange, name, scopes=CLEARING) for name in ("agency-a", "agency-b"))
        told = payload(send(bank, "recordMandate", mandate=("MandateInput!", dict(MANDATE))))
        assert advice(collector, mandate=told["recordId"])["step"] == "REMIND"
        assert refused(collector) == "DEBT_NOT_YOURS"
        assert refused(other, mandate=told["recordId"]) == refused(other, mandate=str(uuid4())) == "MANDATE_NOT_FOUND"
        send(bank, "endMandate", reference=("String!", "M-1"))
        assert refused(collector, mandate=told["recordId"]) == "MANDATE_NOT_STANDING"
