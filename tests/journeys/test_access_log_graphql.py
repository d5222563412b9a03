"""The log through GraphQL: an authority's own client searches it and sees events with their proofs."""

import json
from base64 import b64decode
from typing import Any

import pytest
from factories import Bank, Exchange, OfficerSignedIn
from traces import entries, marks
from werkzeug.test import TestResponse

from exchange.audit.merkle import leaf_hash
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.open_event import ask_opening, decide_opening, opening_options
from schema.contract import build_contract
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope

SEARCH = """query ($filter: AccessLogFilter, $first: Int!, $after: String) {
  accessLog(filter: $filter, first: $first, after: $after) {
    nodes { id recordedAt act memberId memberName purpose basis granted reasons rules leafHash
      leaf proof checkpoint fields { name } closed opening { state } }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
EVENT = """query ($id: ID!) { event(id: $id) {
    id act granted purpose leafHash leaf proof checkpoint fields { name value } closed
    opening { state reason askedBy decidedBy askedAt decidedAt endsAt } } }"""


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank that was refused once and answered once, and the leaves in their places."""
    bank = exchange.bank()
    exchange.account(exchange.borrower(), bank.member_id)
    bank.ask()
    exchange.later(seconds=1)
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    return bank


@pytest.fixture
def authority(exchange: Exchange, bank: Bank) -> Bank:
    """The authority's client, after the bank's looks."""
    authority = exchange.authority()
    authority.fetch_token("audit:read audit:open")
    return authority


def send(client: Bank, query: str, **variables: Any) -> TestResponse:
    return client.post({"query": query, "variables": variables})


def log_of(client: Bank, first: int = 10, after: str | None = None, **wanted: Any) -> dict[str, Any]:
    answer = send(client, SEARCH, filter=wanted, first=first, after=after).get_json()
    assert "errors" not in answer, answer
    return dict(answer["data"]["accessLog"])


def event_of(client: Bank, event_id: str) -> dict[str, Any]:
    answer = send(client, EVENT, id=event_id).get_json()
    assert "errors" not in answer, answer
    return dict(answer["data"]["event"])


def fields_of(event: dict[str, Any]) -> dict[str, Any]:
    return {field["name"]: json.loads(field["value"]) for field in event["fields"]}


def code_of(answer: TestResponse) -> str:
    (error,) = answer.get_json()["errors"]
    return str(error["extensions"]["code"])


def open_it(exchange: Exchange, event_id: str) -> OfficerSignedIn:
    first, second = exchange.officer("Li Na"), exchange.officer("Wang Wei")
    request_id = ask_opening(exchange.services, first.officer, event_id, "Case 17")
    options = opening_options(exchange.services, second.officer, request_id)
    decide_opening(exchange.services, second.officer, request_id, True, second.authenticator.sign_in(options))
    return first


def test_an_authority_searches_the_log(exchange: Exchange, authority: Bank) -> None:
    before = len(entries(exchange))
    found = log_of(authority, act="look", memberId="harbour-bank", **{"from": "2026-06-01T00:00:00Z"})
    assert [node["granted"] for node in found["nodes"]] == [True, False]
    node = found["nodes"][0]
    assert (node["act"], node["memberName"], node["purpose"], node["basis"]) == (
        "look", "Harbour-Bank", "LOAN_APPROVAL", "CONSENT",
    )  # fmt: skip
    assert node["leaf"] is node["proof"] is node["checkpoint"] is node["fields"] is node["opening"] is None
    assert [edge["node"]["id"] for edge in found["edges"]] == [node["id"] for node in found["nodes"]]
    (logged,) = entries(exchange)[before:]
    assert (logged.fields["act"], logged.fields["officer"], logged.fields["found"]) == ("log_searched", None, 2)
    assert logged.fields["wanted"] == [
        "member_id=harbour-bank", "act=look", "from_time=2026-06-01T00:00:00+00:00",
    ]  # fmt: skip


def test_cursors_lead_through_the_log(authority: Bank) -> None:
    whole = log_of(authority)
    assert whole["pageInfo"]["hasNextPage"] is False
    first = log_of(authority, 2)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = log_of(authority, 2, first["pageInfo"]["endCursor"])
    assert second["pageInfo"]["hasPreviousPage"] is True
    shown = [node["id"] for node in first["nodes"] + second["nodes"]]
    assert shown == [node["id"] for node in whole["nodes"]][:4]
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]


def test_an_event_is_shown_with_its_proof_and_without_whom_it_was_about(exchange: Exchange, authority: Bank) -> None:
    (node,) = log_of(authority, act="look", granted=True)["nodes"]
    before = len(entries(exchange))
    event = event_of(authority, node["id"])
    assert leaf_hash(event["leaf"].encode()) == b64decode(event["leafHash"])
    assert event["proof"].endswith(event["checkpoint"])
    fields = fields_of(event)
    assert (fields["member"], fields["granted"], fields["consent_use"]) == ("harbour-bank", True, 1)
    assert not {"subject", "sequence", "staff"} & set(fields)
    assert set(event["closed"]) == {"subject", "sequence", "staff", "ground", "request_digest"}
    assert event["opening"] is None
    (logged,) = entries(exchange)[before:]
    assert (logged.fields["act"], logged.fields["event"]) == ("event_viewed", node["id"])


def test_closed_fields_are_shown_once_two_officers_have_agreed(exchange: Exchange, authority: Bank) -> None:
    (node,) = log_of(authority, act="look", granted=True)["nodes"]
    open_it(exchange, node["id"])
    before = len(entries(exchange))
    event = event_of(authority, node["id"])
    assert fields_of(event)["staff"] == ["s-17", "Wang Fang"]
    assert {"subject", "sequence"} <= set(fields_of(event))
    assert event["closed"] == []
    assert (event["opening"]["state"], event["opening"]["askedBy"]) == ("APPROVED", "Li Na")
    assert (event["opening"]["reason"], event["opening"]["decidedBy"]) == ("Case 17", "Wang Wei")
    assert [entry.fields["act"] for entry in entries(exchange)[before:]] == ["event_viewed", "event_opened"]


def test_what_was_opened_stays_closed_where_no_field_is_asked_for(exchange: Exchange, authority: Bank) -> None:
    (node,) = log_of(authority, act="look", granted=True)["nodes"]
    open_it(exchange, node["id"])
    before = len(entries(exchange))
    answer = send(authority, "query ($id: ID!) { event(id: $id) { proof } }", id=node["id"]).get_json()
    assert "errors" not in answer
    assert [entry.fields["act"] for entry in entries(exchange)[before:]] == ["event_viewed"]


def test_without_audit_open_an_opened_event_stays_closed(exchange: Exchange, authority: Bank) -> None:
    (node,) = log_of(authority, act="look", granted=True)["nodes"]
    open_it(exchange, node["id"])
    authority.fetch_token("audit:read")
    event = event_of(authority, node["id"])
    assert not {"subject", "sequence", "staff"} & set(fields_of(event))
    assert {"subject", "sequence", "staff"} <= set(event["closed"])
    assert event["opening"]["reason"] is None


def test_after_its_days_an_opened_event_is_closed(exchange: Exchange, authority: Bank) -> None:
    (node,) = log_of(authority, act="look", granted=True)["nodes"]
    open_it(exchange, node["id"])
    exchange.later(days=7)
    authority.fetch_token("audit:read audit:open")
    event = event_of(authority, node["id"])
    assert "staff" in event["closed"]
    assert event["opening"]["state"] == "ENDED"


@pytest.mark.parametrize("query", [SEARCH, EVENT], ids=["search", "event"])
def test_who_is_no_regulator_sees_nothing_and_the_refusal_is_logged(
    exchange: Exchange, bank: Bank, authority: Bank, query: str
) -> None:
    lender = exchange.bank("curious-bank", scopes=frozenset({Scope.AUDIT_READ, Scope.CREDIT_READ}))
    lender.fetch_token("audit:read")
    before = len(entries(exchange))
    answer = send(lender, query, **({"first": 10} if query is SEARCH else {"id": "e0"}))
    assert code_of(answer) == "NOT_A_REGULATOR"
    assert not any((answer.get_json().get("data") or {}).values())
    (logged,) = entries(exchange)[before:]
    assert (logged.fields["act"], logged.fields["member"]) == ("caller_refused", "curious-bank")
    assert (logged.fields["granted"], logged.fields["reasons"]) == (False, ["NOT_A_REGULATOR"])


@pytest.mark.parametrize("query", [SEARCH, EVENT], ids=["search", "event"])
def test_without_audit_read_nothing_is_shown_and_the_refusal_is_logged(
    exchange: Exchange, authority: Bank, query: str
) -> None:
    authority.fetch_token("audit:open")
    before = len(entries(exchange))
    answer = send(authority, query, **({"first": 10} if query is SEARCH else {"id": "e0"}))
    assert code_of(answer) == "SCOPE_MISSING"
    (logged,) = entries(exchange)[before:]
    assert logged.fields["reasons"] == ["SCOPE_MISSING"]


def test_a_suspended_authority_sees_nothing(exchange: Exchange, authority: Bank) -> None:
    change_member_status(exchange.services, authority.member_id, MemberStatus.SUSPENDED, "test")
    answer = send(authority, SEARCH, first=10)
    assert code_of(answer) == "MEMBER_NOT_ACTIVE"
    assert "log_searched" not in {entry.fields["act"] for entry in entries(exchange)}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "BAD_USER_INPUT"),
        ({"first": 101}, "BAD_USER_INPUT"),
        ({"first": 10, "after": "nonsense"}, "CURSOR_NOT_VALID"),
        ({"first": 10, "filter": {"act": "two words"}}, "FILTER_NOT_VALID"),
        ({"first": 10, "filter": {"purpose": "FOR_FUN"}}, "BAD_USER_INPUT"),
        ({"first": 10, "filter": {"from": "2026-06-02T00:00:00", "until": "2026-06-01T00:00:00Z"}}, "FILTER_NOT_VALID"),
        ({"first": 10, "filter": {"from": "yesterday"}}, "BAD_USER_INPUT"),
        ({"first": 10, "filter": {"borrower": "x"}}, "BAD_USER_INPUT"),
    ],
    ids=["none", "too many", "cursor", "act", "purpose", "period", "time", "unknown"],
)
def test_a_search_that_cannot_be_read_is_refused_and_not_logged(
    exchange: Exchange, authority: Bank, variables: dict[str, Any], code: str
) -> None:
    before = marks(exchange)
    assert code_of(send(authority, SEARCH, **variables)) == code
    assert marks(exchange) == before


def test_an_event_that_is_not_there_is_told_so(authority: Bank) -> None:
    answer = send(authority, EVENT, id="e999")
    assert code_of(answer) == "EVENT_NOT_FOUND"
    assert answer.get_json()["data"] == {"event": None}


def test_openings_cannot_be_asked_for_by_a_machine() -> None:
    contract = build_contract()
    assert contract.mutation_type
    assert not [name for name in contract.mutation_type.fields if "pening" in name]
    assert "for persons" in (contract.type_map["EventOpening"].description or "")
