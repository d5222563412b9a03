"""Members read the answers to their own offers, and nobody else's."""

from dataclasses import replace
from typing import Any

import pytest
from factories import Bank, Exchange
from plan_offers import WANTED, alice_of, fresh, offer, plan_now
from reporting import error_code, lender

from exchange.handover import Borrower
from exchange.journeys.own_plans import accept_option, counter_offer, refuse_plan
from schema.vocabulary.scope import Scope

REPLIES = """query ($first: Int!, $after: String, $waiting: Boolean! = false) {
  planReplies(first: $first, after: $after, waiting: $waiting) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id planId reference reply repliedAt option words waits version state acceptedOn stopCollectionUntil
    counter { instalments instalment { minor currency } total { minor } firstDueOn }
    schedule { dueOn amount { minor } paid { minor } } } } }"""


@pytest.fixture
def alice(exchange: Exchange) -> Borrower:
    return alice_of(exchange.borrower())


@pytest.fixture
def bank(exchange: Exchange, alice: Borrower) -> Bank:
    return lender(exchange)


def page(bank: Bank, first: int = 10, **variables: Any) -> dict[str, Any]:
    body = fresh(bank).post({"query": REPLIES, "variables": {"first": first, **variables}}).get_json()
    assert "errors" not in body, body
    return dict(body["data"]["planReplies"])


def test_a_counter_offer_waits_with_its_terms_and_words_until_another_offer_is_made(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    counter_offer(exchange.services, alice, made, WANTED, "After my wages, please.")
    (shown,) = page(bank, waiting=True)["nodes"]
    assert (shown["planId"], shown["reference"], shown["reply"], shown["waits"]) == (
        str(made.plan_id), "P-1", "COUNTERED", True,
    )  # fmt: skip
    assert shown["words"] == "After my wages, please."
    assert shown["counter"] == {
        "instalments": 5, "instalment": {"minor": 20_000, "currency": "CNY"}, "total": {"minor": 100_000},
        "firstDueOn": "2026-07-10",
    }  # fmt: skip
    assert (shown["version"], shown["state"], shown["schedule"], shown["option"]) == (2, "COUNTERED", [], None)
    exchange.later(minutes=1)
    offer(bank, answerBy="2026-06-20")
    assert page(bank, waiting=True)["totalCount"] == 0
    assert [each["waits"] for each in page(bank)["nodes"]] == [False]


def test_an_acceptance_comes_with_what_was_agreed(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    accept_option(exchange.services, alice, offer(bank), 0)
    (shown,) = page(bank)["nodes"]
    agreed = plan_now(exchange)
    assert (shown["reply"], shown["option"], shown["state"], shown["waits"]) == ("ACCEPTED", 0, "ACCEPTED", False)
    assert [each["amount"]["minor"] for each in shown["schedule"]] == [40_000, 40_000, 20_000]
    assert [each["paid"] for each in shown["schedule"]] == [None] * 3
    assert shown["acceptedOn"] == agreed["accepted_on"].isoformat()
    assert shown["stopCollectionUntil"] == agreed["stop_collection_until"].isoformat()


def test_answers_come_in_pages_the_oldest_first(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    for number in range(3):
        refuse_plan(exchange.services, alice, offer(bank, reference=f"P-{number}"))
        exchange.later(seconds=2)
    first = page(bank, first=2)
    assert [each["reference"] for each in first["nodes"]] == ["P-0", "P-1"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    second = page(bank, first=2, after=first["pageInfo"]["endCursor"])
    assert [each["reference"] for each in second["nodes"]] == ["P-2"]
    assert not second["pageInfo"]["hasNextPage"]


def test_another_member_reads_nothing_of_it(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    counter_offer(exchange.services, alice, offer(bank), WANTED, "For the lender alone.")
    other = lender(exchange, "other-bank")
    assert page(other) == {"totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}


def test_the_scope_is_needed(exchange: Exchange, bank: Bank) -> None:
    reader = lender(exchange, "reader", scopes=frozenset({Scope.RECORDS_WRITE}))
    assert error_code(reader.post({"query": REPLIES, "variables": {"first": 1}})) == "SCOPE_MISSING"


@pytest.mark.parametrize("wrong", [{"first": 0}, {"first": 101}, {"first": 1, "after": "x"}])
def test_a_page_of_another_size_or_place_is_refused(bank: Bank, wrong: dict[str, Any]) -> None:
    assert error_code(fresh(bank).post({"query": REPLIES, "variables": wrong})) == "BAD_USER_INPUT"


def test_a_refusal_after_a_counter_offer_is_an_answer_of_its_own(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    counter_offer(exchange.services, alice, made, WANTED)
    exchange.later(minutes=1)
    refuse_plan(exchange.services, alice, replace(made, version=2))
    assert [(each["reply"], each["waits"]) for each in page(bank)["nodes"]] == [
        ("COUNTERED", False), ("REJECTED", False),
    ]  # fmt: skip
