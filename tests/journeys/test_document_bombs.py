"""Requests made to cost much: at the door of members each is refused with a clear code, and nothing else happens."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from document_bombs import BOMBS
from factories import Bank, make_exchange, report_of, variables
from sqlalchemy import Engine
from traces import error_of, marks

from exchange.clock import FixedClock
from exchange.settings import Settings

RESPONSE_TYPE = "application/graphql-response+json"
REQUESTS = {
    "a batch": (b"[" + b",".join([b'{"query":"{ __typename }"}'] * 2_000) + b"]", "BAD_USER_INPUT"),
    "nested JSON": (b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, "NOT_JSON"),
    "more bytes than are taken": (b'{"query": "{ __typename }' + b" " * 64_000 + b'"}', "REQUEST_TOO_LONG"),
}


@pytest.fixture(scope="module")
def bank(shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A member of an exchange that lets introspection through, so that its bombs reach the limits meant for them."""
    settings = replace(Settings(home=tmp_path_factory.mktemp("bombs") / "home"), introspection=True)
    exchange = make_exchange(settings, shared_engine, FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC)))
    exchange.borrower()
    yield exchange.bank()
    exchange.close()


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_made_to_cost_much_is_refused_and_leaves_nothing(bank: Bank, name: str) -> None:
    text, code = BOMBS[name]
    before = marks(bank.exchange)
    answer = bank.post({"query": text}, Accept=RESPONSE_TYPE)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (400, code)
    assert len(answer.get_data()) < 3_000
    assert marks(bank.exchange) == before


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_made_to_cost_much_is_refused_and_leaves_nothing(bank: Bank, name: str) -> None:
    body, code = REQUESTS[name]
    before = marks(bank.exchange)
    answer = bank.post(body, Accept=RESPONSE_TYPE)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (400, code)
    assert marks(bank.exchange) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"consentId": "x" * 50_000},
        {"consentId": 10**400},
        {"staff": [[[[[[[[{}]]]]]]]]},
        {"subject": {f"field{n}": n for n in range(2_000)}},
        {"purpose": ["LOAN_APPROVAL"] * 3_000},
        {f"unknown{n}": n for n in range(3_000)},
    ],
    ids=["long", "large number", "nested", "many fields", "many values", "many variables"],
)
def test_variables_made_to_cost_much_show_nothing(bank: Bank, wrong: dict[str, object]) -> None:
    before = marks(bank.exchange)
    body = json.dumps({"query": report_of("asOf"), "variables": variables() | wrong}).encode()
    answer = bank.post(body, Accept=RESPONSE_TYPE)
    assert answer.status_code in (200, 400) and answer.get_json()["errors"]
    assert marks(bank.exchange).inquiries - before.inquiries in (0, 1)
    assert marks(bank.exchange).uses == before.uses
