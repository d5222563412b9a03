"""The sandbox: open to this machine in a demonstration, and nowhere else; what is asked there is asked for real."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest
from factories import AUDITING, REPORT, Bank, Exchange, make_exchange, variables
from flask.testing import FlaskClient
from sqlalchemy import Engine
from traces import error_of, looks, marks
from werkzeug.test import TestResponse

from exchange.app import make_app
from exchange.clock import FixedClock
from exchange.identity.proofing.demonstration import DemonstrationNotAllowed
from exchange.settings import Settings
from exchange.web.graphql.sandbox import sandbox
from exchange.web.graphql.sandbox_examples import example_for
from exchange.web.members_door import Door
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope

PATH = "/sandbox/graphql"
MUTATION = 'mutation { endMandate(reference: "M-1") { changed } }'


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(replace(settings, issuer="http://localhost", demonstration=True), engine, clock)
    yield exchange
    exchange.close()


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return exchange.bank()


def post(exchange: Exchange, query: str, member: str = "harbour-bank", **others: Any) -> TestResponse:
    return exchange.client.post(PATH, json={"query": query, **others}, headers={"OpenBureau-Sandbox-Member": member})


def get(exchange: Exchange, **asked: str) -> TestResponse:
    return exchange.client.get(PATH, query_string=asked)


def consented(exchange: Exchange, bank: Bank) -> UUID:
    exchange.account(exchange.borrower(), bank.member_id)
    return exchange.consent(bank.member_id)


def test_a_report_asked_for_here_is_a_look_of_that_member_and_marked(exchange: Exchange, bank: Bank) -> None:
    consent_id = consented(exchange, bank)
    answer = post(exchange, REPORT, variables=variables(consent_id=consent_id))
    assert answer.get_json()["data"]["creditReport"]["accounts"]["totalCount"] == 1
    assert answer.headers["OpenBureau-Sandbox"] == "made-up people"
    assert answer.headers["OpenBureau-Receipt"]
    (look,) = looks(exchange)
    assert (look.fields["member"], look.fields["granted"], look.fields["sandbox"]) == ("harbour-bank", True, True)
    assert marks(exchange).inquiries == 1


def test_a_look_through_the_door_of_members_is_not_marked(exchange: Exchange, bank: Bank) -> None:
    bank.fetch_token()
    answer = bank.ask(consent_id=consented(exchange, bank))
    (look,) = looks(exchange)
    assert "errors" not in answer.get_json() and "sandbox" not in look.fields
    assert "OpenBureau-Sandbox" not in answer.headers


def test_without_a_consent_nothing_is_shown_here_either(exchange: Exchange, bank: Bank) -> None:
    exchange.account(exchange.borrower(), bank.member_id)
    answer = post(exchange, REPORT, variables=variables())
    assert error_of(answer)["extensions"]["code"] == "CONSENT_MISSING"
    assert answer.get_json()["data"]["creditReport"] is None


def test_a_member_may_do_here_what_its_scopes_allow_and_no_more(exchange: Exchange, bank: Bank) -> None:
    exchange.authority()
    assert "errors" not in post(exchange, "{ accessLog(first: 1) { nodes { id } } }", "audit-office").get_json()
    refused = post(exchange, "{ accessLog(first: 1) { nodes { id } } }")
    assert error_of(refused)["extensions"]["code"] == "NOT_A_REGULATOR"


def test_a_member_that_is_not_there_or_not_active_cannot_be_chosen(exchange: Exchange, bank: Bank) -> None:
    exchange.bank("closed-bank", status=MemberStatus.SUSPENDED)
    before = marks(exchange)
    for member in ("nobody", "closed-bank", ""):
        answer = post(exchange, "{ __typename }", member)
        assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (400, "MEMBER_UNKNOWN")
    assert marks(exchange) == before


def test_a_query_may_be_asked_by_get_and_counts_alike(exchange: Exchange, bank: Bank) -> None:
    given = json.dumps(variables(consent_id=consented(exchange, bank)))
    answer = get(exchange, query=REPORT, variables=given)
    assert answer.get_json()["data"]["creditReport"]["accounts"]["totalCount"] == 1
    assert answer.headers["OpenBureau-Receipt"]
    named = get(exchange, query="query A { a: __typename } query B { b: __typename }", operationName="B")
    assert named.get_json()["data"] == {"b": "Query"}


def test_a_mutation_is_not_run_by_get(exchange: Exchange, bank: Bank) -> None:
    before = marks(exchange)
    answer = get(exchange, query=MUTATION)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert marks(exchange) == before
    assert post(exchange, MUTATION).status_code == 200


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "BAD_USER_INPUT"),
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ __typename }", "variables": "{"}, "NOT_JSON"),
        ({"query": "{ __typename }", "variables": "[]"}, "BAD_USER_INPUT"),
        ({"query": "{ __typename }", "extensions": "1"}, "BAD_USER_INPUT"),
    ],
    ids=str,
)
def test_an_address_that_cannot_be_read_is_a_bad_request(
    exchange: Exchange, bank: Bank, asked: dict[str, str], code: str
) -> None:
    assert error_of(get(exchange, **asked))["extensions"]["code"] == code


def test_the_page_begins_with_a_question_of_the_chosen_member(exchange: Exchange, bank: Bank) -> None:
    exchange.authority()
    page = exchange.client.get("/sandbox?member=audit-office")
    assert "Every person here is made up" in page.text
    assert "LastLooks" in page.text and "query Report" not in page.text
    assert "query Report" in exchange.client.get("/sandbox").text
    assert page.headers["OpenBureau-Sandbox"] == "made-up people"
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy


def test_the_page_is_there_before_anybody_is_registered(exchange: Exchange) -> None:
    assert exchange.client.get("/sandbox").status_code == 200
    assert exchange.client.get("/sandbox/static/graphiql.min.js").status_code == 200
    assert exchange.client.get("/sandbox/static/settings.py").status_code == 404


@pytest.mark.parametrize(
    "scopes", [{Scope.CREDIT_READ}, AUDITING, {Scope.COLLECTION_READ}], ids=["lender", "auditor", "agency"]
)
def test_every_example_fits_the_contract(exchange: Exchange, scopes: set[Scope]) -> None:
    exchange.bank("example", scopes=frozenset(scopes))
    answer = post(exchange, example_for(scopes), "example", variables=variables()).get_json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert not [code for code in codes if code.startswith("GRAPHQL_") or code == "BAD_USER_INPUT"], answer


@pytest.mark.parametrize("host", ["example.com", "localhost:1", "127.0.0.1"])
def test_another_name_does_not_lead_here(exchange: Exchange, bank: Bank, host: str) -> None:
    for path in ("/sandbox", PATH + "?query={__typename}", "/sandbox/static/graphiql.min.js"):
        assert exchange.client.get(path, headers={"Host": host}).status_code == 404


def test_another_machine_is_not_answered(exchange: Exchange, bank: Bank) -> None:
    for address in ("192.0.2.1", "10.0.0.1", "2001:db8::1"):
        answer = exchange.client.get("/sandbox", environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == 404
    assert exchange.client.get("/sandbox", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


@pytest.mark.parametrize("path", ["/sandbox", PATH, "/sandbox/static/graphiql.min.js"])
def test_a_real_service_has_no_sandbox(settings: Settings, engine: Engine, clock: FixedClock, path: str) -> None:
    exchange = make_exchange(replace(settings, issuer="http://localhost"), engine, clock)
    client: FlaskClient = exchange.client
    assert client.get(path).status_code == 404
    assert client.post(path, json={"query": "{ __typename }"}).status_code == 404


@pytest.mark.parametrize("issuer", ["https://bureau.example", "https://localhost"])
def test_no_service_starts_that_would_have_one_in_the_open(
    settings: Settings, engine: Engine, clock: FixedClock, issuer: str
) -> None:
    with pytest.raises(DemonstrationNotAllowed):
        exchange = make_exchange(replace(settings, issuer="http://localhost"), engine, clock)
        make_app(replace(exchange.settings, issuer=issuer, demonstration=True), engine, clock)


def test_the_blueprint_itself_refuses_to_be_made_in_the_open(exchange: Exchange) -> None:
    for settings in (
        replace(exchange.settings, demonstration=False),
        replace(exchange.settings, issuer="http://bureau.example"),
        replace(exchange.settings, issuer="https://localhost"),
    ):
        with pytest.raises(DemonstrationNotAllowed):
            sandbox(replace(exchange.services, settings=settings), cast(Door, None))  # It does not get that far.


def test_introspection_is_answered_here_and_not_at_the_door_of_members(exchange: Exchange, bank: Bank) -> None:
    query = "{ __schema { queryType { name } } }"
    assert post(exchange, query).get_json()["data"]["__schema"]["queryType"]["name"] == "Query"
    refused = bank.post({"query": query})
    assert error_of(refused)["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
