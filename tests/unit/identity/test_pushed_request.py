"""Pushed authorization requests: what is kept for a borrower's decision, and what never gets that far."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from exchange.identity.secret_text import digest_of
from exchange.settings import Settings
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope
from tests.unit.identity.consent_cases import (
    BACK,
    DETAILS,
    MAY_ASK,
    PUSH,
    VERIFIER,
    a_request,
    call,
    may_ask,
    push,
    refused,
    the_pushed,
)
from tests.unit.identity.identity_cases import ISSUER, OTHER_KEY, PROOF_KEYS, TOKEN, Exchange, a_member
from tests.unit.identity.test_dpop import BAD_PROOFS


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange(proof_url=PUSH)
    may_ask(made)
    return made


def details(**changes: Any) -> str:
    return json.dumps([{name: value for name, value in {**DETAILS, **changes}.items() if value != "absent"}])


def test_a_request_is_kept_as_it_was_asked_for_and_only_by_its_digest(exchange: Exchange) -> None:
    answer = push(exchange)
    kept = the_pushed(exchange, answer)
    assert answer.body["expires_in"] == exchange.settings.pushed_request_seconds < 600
    assert answer.headers["Cache-Control"] == "no-store"
    assert kept.digest == digest_of(answer.body["request_uri"])
    assert answer.body["request_uri"] not in repr(kept)
    assert (kept.client_id, kept.redirect_uri, kept.state) == ("bank-a", BACK, "s-1")
    assert kept.scopes == {Scope.CREDIT_READ}
    assert kept.code_challenge == create_s256_code_challenge(VERIFIER)
    assert kept.authorization_details == [DETAILS]
    assert kept.key_thumbprint == PROOF_KEYS["ES256"].thumbprint()
    assert kept.expires_at == exchange.now + timedelta(seconds=answer.body["expires_in"])
    assert not kept.used


def test_two_requests_never_have_the_same_name(exchange: Exchange) -> None:
    assert push(exchange).body["request_uri"] != push(exchange).body["request_uri"]


def test_the_key_may_be_named_without_a_proof_or_with_one_that_agrees(exchange: Exchange) -> None:
    named = PROOF_KEYS["Ed25519"].thumbprint()
    without = call(exchange, PUSH, a_request(dpop_jkt=named), [])
    assert the_pushed(exchange, without).key_thumbprint == named
    agreeing = push(exchange, exchange.a_proof("Ed25519"), dpop_jkt=named)
    assert the_pushed(exchange, agreeing).key_thumbprint == named


def test_a_named_key_that_is_not_the_proofs_is_refused(exchange: Exchange) -> None:
    answer = push(exchange, dpop_jkt=OTHER_KEY.thumbprint())
    assert refused(answer) == ("invalid_dpop_proof", "AUTHORIZATION_REQUEST_NOT_VALID")
    assert exchange.authorizations.requests == {}


def test_scopes_not_named_are_those_that_the_parts_of_the_file_need(exchange: Exchange) -> None:
    assert the_pushed(exchange, push(exchange, scope=None)).scopes == {Scope.CREDIT_READ}
    asked = push(exchange, scope=None, authorization_details=details(field_classes=["ACCOUNTS", "DELINQUENCIES"]))
    assert the_pushed(exchange, asked).scopes == {Scope.CREDIT_READ, Scope.DELINQUENCY_READ}


def test_any_registered_address_will_do_and_parameters_we_do_not_know_are_ignored(exchange: Exchange) -> None:
    kept = the_pushed(exchange, push(exchange, redirect_uri=BACK + "?branch=2", prompt="login", unknown="x"))
    assert kept.redirect_uri == BACK + "?branch=2"


BAD_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a token in the browser": ("unsupported_response_type", {"response_type": "token"}),
    "a hybrid": ("unsupported_response_type", {"response_type": "code id_token"}),
    "no response type": ("unsupported_response_type", {"response_type": None}),
    "an answer in the fragment": ("invalid_request", {"response_mode": "fragment"}),
    "an answer by form": ("invalid_request", {"response_mode": "form_post"}),
    "no address": ("invalid_request", {"redirect_uri": None}),
    "another address": ("invalid_request", {"redirect_uri": "https://evil.example/back"}),
    "an address that begins like ours": ("invalid_request", {"redirect_uri": BACK + ".evil.example"}),
    "a deeper address": ("invalid_request", {"redirect_uri": BACK + "/more"}),
    "an address with more": ("invalid_request", {"redirect_uri": BACK + "?more=1"}),
    "an address in other letters": ("invalid_request", {"redirect_uri": BACK.replace("bank-a", "BANK-A")}),
    "an address with dots": ("invalid_request", {"redirect_uri": "https://bank-a.example/x/../back"}),
    "a plain challenge": ("invalid_request", {"code_challenge_method": "plain", "code_challenge": "c" * 43}),
    "a challenge by default": ("invalid_request", {"code_challenge_method": None}),
    "a method in small letters": ("invalid_request", {"code_challenge_method": "s256"}),
    "no challenge": ("invalid_request", {"code_challenge": None}),
    "neither challenge nor method": ("invalid_request", {"code_challenge": None, "code_challenge_method": None}),
    "a short challenge": ("invalid_request", {"code_challenge": "c" * 42}),
    "a padded challenge": ("invalid_request", {"code_challenge": "c" * 43 + "="}),
    "a challenge with a line end": ("invalid_request", {"code_challenge": "c" * 43 + "\n"}),
    "a state without end": ("invalid_request", {"state": "s" * 513}),
    "a state with a line end": ("invalid_request", {"state": "s\r\nSet-Cookie: a=b"}),
    "a nonce without end": ("invalid_request", {"nonce": "n" * 513}),
    "another request inside": ("invalid_request", {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
    "a signed request": ("request_not_supported", {"request": "e30.e30.x"}),
    "a scope not held": ("invalid_scope", {"scope": "credit:read plan:read"}),
    "a scope that opens no file": ("invalid_scope", {"scope": "consent:request"}),
    "an unknown scope": ("invalid_scope", {"scope": "openid"}),
    "no details": ("invalid_authorization_details", {"authorization_details": None}),
    "details that are not JSON": ("invalid_authorization_details", {"authorization_details": "{"}),
    "details without end": ("invalid_authorization_details", {"authorization_details": "[" * 8_001}),
    "details nested without end": ("invalid_authorization_details", {"authorization_details": "[" * 4_000}),
    "one object without a list": ("invalid_authorization_details", {"authorization_details": json.dumps(DETAILS)}),
    "an empty list": ("invalid_authorization_details", {"authorization_details": "[]"}),
    "two requests at once": (
        "invalid_authorization_details",
        {"authorization_details": json.dumps([DETAILS, DETAILS])},
    ),
    "another type": ("invalid_authorization_details", {"authorization_details": details(type="payment")}),
    "a key too short": ("invalid_request", {"dpop_jkt": "x"}),
}


@pytest.mark.parametrize(("error", "changes"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_a_bad_parameter_is_refused_and_nothing_is_kept(
    exchange: Exchange, error: str, changes: dict[str, Any]
) -> None:
    assert refused(push(exchange, **changes)) == (error, "AUTHORIZATION_REQUEST_NOT_VALID")
    assert exchange.authorizations.requests == {}


BAD_DETAILS: dict[str, dict[str, Any]] = {
    "purpose: SELF": {"purpose": "SELF"},
    "purpose: one of": {"purpose": "CURIOSITY"},
    "field_classes: at least one": {"field_classes": []},
    "field_classes: a list": {"field_classes": ["ACCOUNTS", "ACCOUNTS"]},
    "data_from: a date": {"data_from": "yesterday"},
    "data_from: missing": {"data_from": "absent"},
    "data_to: not before": {"data_to": "2020-12-31"},
    "mode: one of": {"mode": "SELL"},
    "fetch: one of": {"fetch": "ALWAYS"},
    "frequency: none where": {"fetch": "ONCE"},
    "frequency.count: a whole number": {"frequency": {"count": 0, "unit": "MONTH"}},
    "frequency.unit: one of": {"frequency": {"count": 1, "unit": "MINUTE"}},
    "data_life_days: 0 where": {"mode": "VIEW"},
    "days: a whole number": {"days": 0},
    "days: at most": {"days": 3661},
    "contribution_allowed: true": {"contribution_allowed": "yes"},
    "1 unknown field": {"recipient": "bank-b"},
}


@pytest.mark.parametrize(("fault", "changes"), BAD_DETAILS.items(), ids=BAD_DETAILS)
def test_a_bad_detail_is_named(exchange: Exchange, fault: str, changes: dict[str, Any]) -> None:
    answer = push(exchange, authorization_details=details(**changes))
    assert refused(answer)[0] == "invalid_authorization_details"
    assert f"authorization_details: {fault}" in answer.body["error_description"]
    assert exchange.authorizations.requests == {}


def test_every_fault_is_told_at_once(exchange: Exchange) -> None:
    bad = details(mode="SELL", days=0)
    answer = push(exchange, redirect_uri=None, code_challenge_method="plain", scope="x", authorization_details=bad)
    assert refused(answer)[0] == "invalid_request"
    told = answer.body["error_description"]
    assert all(name in told for name in ("redirect_uri", "code_challenge_method", "scope", "mode:", "days:"))


def test_a_request_without_any_key_is_refused(exchange: Exchange) -> None:
    answer = call(exchange, PUSH, a_request(), [])
    assert refused(answer) == ("invalid_request", "AUTHORIZATION_REQUEST_NOT_VALID")


def test_a_member_without_addresses_or_without_the_scope_cannot_ask(exchange: Exchange) -> None:
    may_ask(exchange, redirect_uris=())
    assert refused(push(exchange))[0] == "invalid_request"
    may_ask(exchange, scopes=MAY_ASK - {Scope.CONSENT_REQUEST})
    assert refused(push(exchange)) == ("unauthorized_client", "SCOPE_NOT_HELD")
    may_ask(exchange, status=MemberStatus.SUSPENDED)
    assert refused(push(exchange)) == ("unauthorized_client", "MEMBER_NOT_ACTIVE")
    assert exchange.authorizations.requests == {}


def test_who_does_not_sign_keeps_nothing_here(exchange: Exchange) -> None:
    exchange.register.members["bank-b"] = a_member("bank-b", OTHER_KEY, redirect_uris=(BACK,), scopes=MAY_ASK)
    for changes in (
        {"client_assertion": None, "client_id": "bank-a"},
        {"client_assertion": None, "client_id": "bank-a", "client_secret": "x"},
        {"client_assertion": exchange.an_assertion(key=OTHER_KEY)},
        {"client_assertion": exchange.an_assertion(aud=PUSH)},
        {"client_assertion": exchange.an_assertion(aud=[ISSUER])},
        {"client_id": "bank-b"},
    ):
        assert refused(push(exchange, **changes))[0] == "invalid_client"
    assert exchange.authorizations.requests == {}
    assert exchange.guard.spent == {}


def test_an_assertion_pushes_one_request_and_buys_no_token_after(exchange: Exchange) -> None:
    assertion = exchange.an_assertion()
    assert push(exchange, client_assertion=assertion).status == 201
    assert refused(push(exchange, client_assertion=assertion)) == ("invalid_client", "ASSERTION_REPLAYED")
    form = {"grant_type": "client_credentials", "client_assertion": assertion}
    assert refused(call(exchange, TOKEN, form, [exchange.a_proof(url=TOKEN)]))[1] == "ASSERTION_REPLAYED"
    assert len(exchange.authorizations.requests) == 1


def test_a_proof_pushes_one_request(exchange: Exchange) -> None:
    proof = exchange.a_proof()
    assert push(exchange, proof).status == 201
    answer = push(exchange, proof)
    assert refused(answer) == ("invalid_dpop_proof", "PROOF_REPLAYED")
    assert answer.member_id == "bank-a"


def test_an_assertion_can_be_sent_again_with_the_nonce_that_was_missing(exchange: Exchange) -> None:
    assertion = exchange.an_assertion()
    first = push(exchange, exchange.a_proof(nonce=None), client_assertion=assertion)
    assert refused(first) == ("use_dpop_nonce", "PROOF_NONCE_NEEDED")
    again = exchange.a_proof(nonce=first.headers["DPoP-Nonce"])
    assert push(exchange, again, client_assertion=assertion).status == 201


SENT = {name: case for name, case in BAD_PROOFS.items() if case[0] != "PROOF_MISSING"}


@pytest.mark.parametrize(("expected", "make"), SENT.values(), ids=SENT)
def test_a_bad_proof_pushes_nothing_even_where_the_key_is_named(
    exchange: Exchange, expected: str, make: Callable[[Exchange], list[str]]
) -> None:
    named = a_request(dpop_jkt=PROOF_KEYS["ES256"].thumbprint())
    answer = call(exchange, PUSH, named, make(exchange))
    assert refused(answer)[1] == expected
    assert exchange.authorizations.requests == {}
    assert exchange.guard.spent == {}


@pytest.mark.parametrize("seconds", [0, 600, 3_600])
def test_requests_may_not_live_600_seconds(seconds: int) -> None:
    with pytest.raises(ValueError, match="OPENBUREAU_PUSHED_REQUEST_SECONDS"):
        Exchange(settings=replace(Settings(issuer=ISSUER), pushed_request_seconds=seconds))
