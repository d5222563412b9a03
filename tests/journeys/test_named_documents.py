"""Documents that a request names by their digests instead of sending them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from factories import REPORT, Bank, Exchange, make_exchange, variables
from sqlalchemy import Engine
from traces import entries, error_of
from werkzeug.test import TestResponse

from exchange.clock import FixedClock
from exchange.errors import BadRequest
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.trust_documents import documents_of, forget_document, trust_documents
from exchange.settings import Settings
from schema.vocabulary.member_class import MemberStatus

RESPONSE_TYPE = "application/graphql-response+json"
SMALL = "{ __typename }"


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    bank = exchange.bank()
    bank.fetch_token()
    return bank


@pytest.fixture
def strict(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(replace(settings, trusted_documents_only=True), engine, clock)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apollo(text: str, **changes: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)} | changes}


def send(bank: Bank, accept: str = RESPONSE_TYPE, **body: Any) -> TestResponse:
    return bank.post(body, Accept=accept)


def outcome(answer: TestResponse) -> tuple[int, str | None]:
    """The status, and the code of the one error."""
    body = answer.get_json()
    return answer.status_code, error_of(answer)["extensions"]["code"] if "errors" in body else None


def kept(exchange: Exchange, member_id: str = "harbour-bank") -> list[str]:
    return [document.text for document in documents_of(exchange.services, member_id)]


def trust(exchange: Exchange, *texts: str, member_id: str = "harbour-bank") -> None:
    named = {f"file {number}": text for number, text in enumerate(texts)}
    trust_documents(exchange.services, member_id, named, "test")


def test_apollos_way_asks_is_told_to_send_and_then_names(exchange: Exchange, bank: Bank) -> None:
    exchange.account(exchange.borrower(), bank.member_id)
    asked = {"extensions": apollo(REPORT), "variables": variables(consent_id=exchange.consent(bank.member_id))}
    for accept, status in ((RESPONSE_TYPE, 400), ("application/json", 200)):
        unknown = send(bank, accept, **asked)
        assert outcome(unknown) == (status, "PERSISTED_QUERY_NOT_FOUND")
        assert error_of(unknown)["message"] == "PersistedQueryNotFound"
    assert kept(exchange) == []

    sent = send(bank, query=REPORT, **asked)
    assert kept(exchange) == [REPORT]
    named = send(bank, **asked)

    for answer in (sent, named):
        assert answer.get_json()["data"]["creditReport"]["accounts"]["totalCount"] == 1
    assert named.headers["OpenBureau-Receipt"] != sent.headers["OpenBureau-Receipt"]


def test_a_document_is_named_by_its_id_on_every_worker_and_by_its_member_alone(exchange: Exchange, bank: Bank) -> None:
    document_id = f"sha256:{digest(SMALL)}"
    assert send(bank, documentId=document_id, query=SMALL).get_json()["data"] == {"__typename": "Query"}
    assert send(bank, documentId=document_id).get_json()["data"] == {"__typename": "Query"}
    elsewhere = bank.post({"documentId": document_id}, exchange.another_worker())
    assert elsewhere.get_json()["data"] == {"__typename": "Query"}
    assert outcome(send(exchange.bank("river-bank"), documentId=document_id)) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert kept(exchange, "river-bank") == []


def test_the_digest_is_that_of_the_appendix() -> None:
    assert digest("query($id:ID!){user(id:$id){name}}") == (
        "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
    )


@pytest.mark.parametrize(
    "named",
    [
        {"documentId": f"sha256:{digest('{ other }')}"},
        {"extensions": apollo("{ other }")},
        {"documentId": f"sha256:{digest(SMALL)}", "extensions": apollo("{ other }")},
    ],
)
def test_a_name_that_belongs_to_another_document_is_refused(
    exchange: Exchange, bank: Bank, named: Mapping[str, Any]
) -> None:
    assert outcome(send(bank, query=SMALL, **named)) == (400, "DOCUMENT_DIGEST_DIFFERS")
    assert kept(exchange) == []


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"documentId": 1}, "documentId"),
        ({"documentId": digest(SMALL)}, "documentId"),
        ({"documentId": f"sha256:{digest(SMALL).upper()}"}, "documentId"),
        ({"documentId": f"sha256:{digest(SMALL)}0"}, "documentId"),
        ({"documentId": f"md5:{digest(SMALL)}"}, "documentId"),
        ({"extensions": []}, "extensions"),
        ({"extensions": {"persistedQuery": True}}, "persistedQuery"),
        ({"extensions": apollo(SMALL, version=2)}, "persistedQuery"),
        ({"extensions": apollo(SMALL, sha256Hash="abc")}, "persistedQuery"),
        ({"extensions": {"persistedQuery": None}}, "query"),
        ({"extensions": {"other": 1}}, "query"),
        ({"documentId": f"sha256:{digest(SMALL)}", "query": 1}, "query"),
        ({"documentId": None}, "query"),
    ],
)
def test_what_names_no_document_is_told(bank: Bank, body: dict[str, Any], about: str) -> None:
    answer = send(bank, **body)
    assert outcome(answer) == (400, "BAD_USER_INPUT")
    assert about in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("query A { __typename } query B { __typename }", "GRAPHQL_OPERATION_NOT_FOUND"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(60)) + "}", "TOO_MANY_ALIASES"),
    ],
)
def test_what_is_not_run_is_not_kept(exchange: Exchange, bank: Bank, text: str, code: str) -> None:
    assert outcome(send(bank, query=text, extensions=apollo(text))) == (400, code)
    assert kept(exchange) == []


@pytest.mark.parametrize(
    "text", ['{ member(id: "110101199003070038") { id } }', "{ __typename # 110101199003070038\n}"]
)
def test_a_document_that_may_name_a_person_is_answered_and_not_kept(exchange: Exchange, bank: Bank, text: str) -> None:
    assert outcome(send(bank, query=text, extensions=apollo(text))) == (200, None)
    assert kept(exchange) == []
    assert outcome(send(bank, extensions=apollo(text))) == (400, "PERSISTED_QUERY_NOT_FOUND")


def test_a_document_beyond_the_number_is_answered_and_not_kept(
    settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    exchange = make_exchange(replace(settings, kept_documents_max=2), engine, clock)
    bank = exchange.bank()
    trust(exchange, "{ t: __typename }")
    texts = [f"{{ a{number}: __typename }}" for number in range(3)]
    for text in (*texts, texts[0]):
        assert outcome(send(bank, query=text, extensions=apollo(text))) == (200, None)
    assert set(kept(exchange)) == {"{ t: __typename }", *texts[:2]}


def test_nothing_is_kept_for_a_stranger_nor_for_a_member_that_was_suspended(exchange: Exchange, bank: Bank) -> None:
    body = {"query": SMALL, "extensions": apollo(SMALL)}
    assert exchange.client.post("/graphql", json=body).status_code == 401
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    send(bank, **body)
    assert kept(exchange) == []


def test_only_what_the_operator_trusts_is_run_where_the_setting_says_so(strict: Exchange) -> None:
    bank = strict.bank()
    trust(strict, SMALL)
    trust(strict, "{ b: __typename }", member_id=strict.bank("river-bank").member_id)
    before = len(entries(strict))
    for body in ({"documentId": f"sha256:{digest(SMALL)}"}, {"extensions": apollo(SMALL)}, {"query": SMALL}):
        assert send(bank, **body).get_json()["data"] == {"__typename": "Query"}
    assert len(entries(strict)) == before

    refused = [
        {"query": "{ a: __typename }"},
        {"query": "{ a: __typename }", "extensions": apollo("{ a: __typename }")},
        {"extensions": apollo("{ a: __typename }")},
        {"query": "{ b: __typename }"},
        {"query": SMALL + " "},
        {"query": "no document at all"},
    ]
    for body in refused:
        for accept in (RESPONSE_TYPE, "application/json"):
            assert outcome(send(bank, accept, **body)) == (403, "DOCUMENT_NOT_TRUSTED")
    assert kept(strict) == [SMALL]
    logged = [entry.fields for entry in entries(strict)[before:]]
    assert {(f["act"], f["member"], *f["reasons"]) for f in logged} == {
        ("caller_refused", "harbour-bank", "DOCUMENT_NOT_TRUSTED")
    }
    assert len(logged) == 2 * len(refused)


def test_a_members_own_document_is_not_trusted_before_the_operator_says_so(
    exchange: Exchange, bank: Bank, settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    send(bank, query=SMALL, extensions=apollo(SMALL))
    worker = Exchange(replace(settings, trusted_documents_only=True), engine, clock, exchange.services)
    worker.services = replace(exchange.services, settings=worker.settings)
    assert outcome(bank.post({"extensions": apollo(SMALL)}, worker.client)) == (403, "DOCUMENT_NOT_TRUSTED")
    trust(exchange, SMALL)
    clock.instant += timedelta(seconds=settings.document_cache_seconds)
    assert outcome(bank.post({"extensions": apollo(SMALL)}, worker.client)) == (200, None)
    assert [document.trusted for document in documents_of(exchange.services, bank.member_id)] == [True]


def test_a_removed_document_is_taken_no_more_once_workers_have_forgotten_it(strict: Exchange) -> None:
    bank = strict.bank()
    trust(strict, SMALL)
    assert outcome(send(bank, query=SMALL)) == (200, None)
    forget_document(strict.services, bank.member_id, bytes.fromhex(digest(SMALL)), "test")
    assert outcome(bank.post({"query": SMALL}, strict.another_worker())) == (403, "DOCUMENT_NOT_TRUSTED")
    strict.clock.instant += timedelta(seconds=strict.settings.document_cache_seconds)
    assert outcome(send(bank, query=SMALL)) == (403, "DOCUMENT_NOT_TRUSTED")
    said = [(entry.fields["change"], entry.fields["document"]) for entry in entries(strict) if "change" in entry.fields]
    assert said == [("trusted", digest(SMALL)), ("removed", digest(SMALL))]
    strict.close()


def test_a_document_that_does_not_fit_is_not_trusted_nor_are_those_beside_it(exchange: Exchange, bank: Bank) -> None:
    before = len(entries(exchange))
    with pytest.raises(BadRequest, match=r"file 1: .*nothing.* file 2: ") as told:
        trust(exchange, SMALL, "{ nothing }", "{")
    assert told.value.stable_code == "DOCUMENT_NOT_VALID"
    for act in (
        lambda: trust(exchange, SMALL, member_id="nobody"),
        lambda: documents_of(exchange.services, "nobody"),
        lambda: forget_document(exchange.services, bank.member_id, b"x" * 32, "test"),
    ):
        with pytest.raises(BadRequest):
            act()
    assert kept(exchange) == []
    assert len(entries(exchange)) == before
