"""Callers who do not count: every one is turned away with a challenge and an entry, and nothing is released."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from factories import Exchange, make_exchange, several_reports, variables
from joserfc import jwt
from sqlalchemy import Engine, insert
from traces import assert_only_logged, entries, error_of, looks, marks
from werkzeug.test import TestResponse

from consent.artefact import Fetch
from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.tables.member import revoked_token

QUESTION = b'{"query": "{ __typename }"}'


def assert_turned_away(exchange: Exchange, answer: TestResponse, code: str, member: str | None) -> None:
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")
    assert answer.headers["Cache-Control"] == "no-store"
    assert error_of(answer)["extensions"]["code"] == code
    assert "data" not in answer.get_json()
    fields = entries(exchange)[-1].fields
    assert fields == {"act": "caller_refused", "member": member, "granted": False, "reasons": [code]}


def test_a_request_without_a_token_gets_a_challenge_without_an_error_word(exchange: Exchange) -> None:
    before = marks(exchange)
    answer = exchange.client.post("/graphql", data=QUESTION, content_type="application/json")
    assert_turned_away(exchange, answer, "TOKEN_MISSING", None)
    assert "error=" not in answer.headers["WWW-Authenticate"]
    assert "OpenBureau-Receipt" not in answer.headers
    assert_only_logged(exchange, before)


@pytest.mark.parametrize("header", ["DPoP x.y.z", "Bearer x.y.z", "DPoP", "DPoP a b", "Basic eDp5", "DPoP \xff"])
def test_a_token_that_is_none_of_ours_is_turned_away(exchange: Exchange, header: str) -> None:
    before = marks(exchange)
    answer = exchange.client.post(
        "/graphql", data=QUESTION, content_type="application/json", headers={"Authorization": header}
    )
    assert_turned_away(exchange, answer, "TOKEN_NOT_VALID", None)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert_only_logged(exchange, before)


def test_a_token_that_somebody_else_signed_is_turned_away(exchange: Exchange) -> None:
    bank = exchange.bank()
    bank.fetch_token()
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
    bank.token = jwt.encode(header, {"client_id": bank.member_id}, bank.key, algorithms=["ES256"])
    before = marks(exchange)
    assert_turned_away(exchange, bank.post(QUESTION), "TOKEN_NOT_VALID", None)
    assert_only_logged(exchange, before)


def test_an_expired_token_is_turned_away_with_the_name_of_its_member_in_the_log(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    bank.fetch_token()
    exchange.later(seconds=exchange.settings.access_token_seconds)
    before = marks(exchange)
    assert_turned_away(exchange, bank.post(QUESTION), "TOKEN_EXPIRED", bank.member_id)
    assert_only_logged(exchange, before)


def test_a_stolen_token_is_of_no_use_with_another_key(exchange: Exchange) -> None:
    bank, thief = exchange.bank(), exchange.bank("thief")
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    thief.token, thief.nonce = bank.fetch_token(), bank.nonce
    before = marks(exchange)
    assert_turned_away(exchange, thief.ask(consent_id=consent_id), "TOKEN_BOUND_ELSEWHERE", bank.member_id)
    assert_only_logged(exchange, before)


def test_a_revoked_token_opens_nothing_from_the_next_request_on(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    revoke(exchange, bank.token)
    before = marks(exchange)

    answer = bank.ask(query=several_reports(consent_id, consent_id))

    assert_turned_away(exchange, answer, "TOKEN_REVOKED", bank.member_id)
    assert_only_logged(exchange, before)


@pytest.mark.parametrize("second_worker", [False, True])
def test_a_proof_that_is_shown_twice_is_turned_away_the_second_time(exchange: Exchange, second_worker: bool) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    proof = bank.proof("/graphql")
    body = {"query": several_reports(consent_id, consent_id), "variables": variables()}
    first = bank.post(body, DPoP=proof)
    assert "errors" not in first.get_json()
    before = marks(exchange)

    worker = exchange.another_worker() if second_worker else None
    second = bank.post(body, worker, DPoP=proof)

    assert_turned_away(exchange, second, "PROOF_REPLAYED", bank.member_id)
    assert 'error="invalid_dpop_proof"' in second.headers["WWW-Authenticate"]
    assert_only_logged(exchange, before)


def test_a_replayed_proof_does_not_use_up_a_consent_for_one_look(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
    bank.fetch_token()
    proof = bank.proof("/graphql")
    bank.post(QUESTION, DPoP=proof)
    replayed = bank.post({"query": several_reports(consent_id, consent_id), "variables": variables()}, DPoP=proof)
    assert_turned_away(exchange, replayed, "PROOF_REPLAYED", bank.member_id)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


@pytest.mark.parametrize(
    "body", [QUESTION, b"not json", b'{"query": "{ nothing }"}', b'{"query": "{ __schema { queryType { name } } }"}']
)
def test_a_proof_is_spent_even_where_nothing_was_looked_at(exchange: Exchange, body: bytes) -> None:
    bank = exchange.bank()
    bank.fetch_token()
    proof = bank.proof("/graphql")
    assert bank.post(body, DPoP=proof).status_code in (200, 400)
    before = marks(exchange)
    assert_turned_away(exchange, bank.post(body, DPoP=proof), "PROOF_REPLAYED", bank.member_id)
    assert_only_logged(exchange, before)


def test_one_proof_shown_to_two_workers_at_once_opens_one_report(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    workers = [exchange.another_worker(), exchange.another_worker()]
    for _round in range(8):
        proof = bank.proof("/graphql")
        before = marks(exchange)

        def show(worker, proof=proof):
            body = {"query": several_reports(consent_id), "variables": variables()}
            return bank.post(body, worker, DPoP=proof).status_code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(show, workers)) == [200, 401]
        after = marks(exchange)
        assert (after.uses, after.inquiries, after.entries) == (
            before.uses + 1,
            before.inquiries + 1,
            before.entries + 2,
        )
    assert len(looks(exchange)) == 8


def test_asking_for_a_nonce_is_no_refusal_and_leaves_no_entry(exchange: Exchange) -> None:
    bank = exchange.bank()
    bank.fetch_token()
    exchange.later(seconds=exchange.settings.nonce_seconds * 2)
    before = marks(exchange)
    answer = bank.post(QUESTION)
    assert answer.status_code == 401
    assert error_of(answer)["extensions"]["code"] == "PROOF_NONCE_NEEDED"
    assert answer.headers["DPoP-Nonce"] != bank.nonce
    assert marks(exchange) == before
    bank.nonce = answer.headers["DPoP-Nonce"]
    assert bank.post(QUESTION).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"htm": "GET"}, "PROOF_FOR_ANOTHER_REQUEST"),
        ({"htu": "https://elsewhere.example/graphql"}, "PROOF_FOR_ANOTHER_REQUEST"),
        ({"ath": urlsafe_b64encode(hashlib.sha256(b"x").digest()).rstrip(b"=").decode()}, "PROOF_FOR_ANOTHER_TOKEN"),
        ({"iat": 1}, "PROOF_EXPIRED"),
        ({"jti": ""}, "PROOF_NOT_VALID"),
    ],
)
def test_a_proof_for_something_else_is_turned_away(exchange: Exchange, changes: dict[str, object], code: str) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    bank.fetch_token()
    before = marks(exchange)
    answer = bank.post(QUESTION, DPoP=bank.proof("/graphql", **changes))
    assert_turned_away(exchange, answer, code, bank.member_id)
    assert_only_logged(exchange, before)


def test_strangers_are_logged_up_to_a_rate_and_beyond_it_turned_away_without_an_entry(
    settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    exchange = make_exchange(replace(settings, anonymous_refusals_per_second=3), engine, clock)
    bank = exchange.bank()
    bank.fetch_token()
    before = marks(exchange)

    answers = [exchange.client.post("/graphql", data=QUESTION) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429, 429]
    assert {answer.headers["Retry-After"] for answer in answers[3:]} == {"1"}
    assert {answer.get_json()["code"] for answer in answers[3:]} == {"RATE_LIMITED"}
    assert_only_logged(exchange, before, entries=3)
    assert bank.post(QUESTION).status_code == 200
    clock.instant += timedelta(seconds=1)
    assert exchange.client.post("/graphql", data=QUESTION).status_code == 401


def revoke(exchange: Exchange, token: str) -> None:
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    now = exchange.clock.now()
    row = {"token_id": claims["jti"], "expires_at": now + timedelta(minutes=5), "revoked_at": now}
    with exchange.engine.begin() as connection:
        connection.execute(insert(revoked_token).values(row))
