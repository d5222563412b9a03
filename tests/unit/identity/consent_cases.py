"""A bank that asks a borrower for consent: pushed requests, codes and tokens, made by hand so that they can be bad."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from exchange.handover import AuthorizationCode, PushedRequest
from exchange.identity.authorization_server import REQUEST_URI_PREFIX
from exchange.identity.member_request import MemberAnswer, MemberRequest
from exchange.identity.secret_text import digest_of, fresh_secret
from schema.vocabulary.scope import Scope
from tests.unit.identity.identity_cases import ISSUER, PROOF_KEYS, TOKEN, Exchange, a_member

PUSH = ISSUER + "/oauth/par"
REVOKE = ISSUER + "/oauth/revoke"
INTROSPECT = ISSUER + "/oauth/introspect"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BACK = "https://bank-a.example/back"
VERIFIER = "v" * 43
ALICE = UUID(int=1)
CONSENT = UUID(int=2)
MAY_ASK = frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.CONSENT_REQUEST})
DETAILS: dict[str, Any] = {
    "type": "openbureau_consent",
    "purpose": "LOAN_APPROVAL",
    "field_classes": ["ACCOUNTS", "PAYMENT_HISTORY"],
    "data_from": "2021-01-01",
    "data_to": None,
    "mode": "STORE",
    "fetch": "PERIODIC",
    "frequency": {"count": 2, "unit": "MONTH"},
    "data_life_days": 90,
    "days": 90,
    "contribution_allowed": True,
}


def may_ask(exchange: Exchange, **changes: Any) -> None:
    """Lets bank-a ask borrowers for consent."""
    values: dict[str, Any] = {"scopes": MAY_ASK, "redirect_uris": (BACK, BACK + "?branch=2")}
    exchange.register.members["bank-a"] = a_member(**values | changes)


def a_request(**changes: Any) -> dict[str, Any]:
    return {
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "credit:read",
        "state": "s-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
        "authorization_details": json.dumps([DETAILS]),
        **changes,
    }


def call(exchange: Exchange, url: str, form: dict[str, Any], proofs: list[str], **changes: Any) -> MemberAnswer:
    """A request of bank-a to one of the endpoints."""
    values = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": exchange.an_assertion(), **form, **changes}
    given = {name: [value] for name, value in values.items() if value is not None}
    server = exchange.server
    act = {PUSH: server.push, TOKEN: server.issue, REVOKE: server.revoke, INTROSPECT: server.introspect}[url]
    return act(MemberRequest("POST", url, given, proofs))


def push(exchange: Exchange, proof: str | None = None, **changes: Any) -> MemberAnswer:
    """Pushes a request, with a proof of its own unless there is another."""
    return call(exchange, PUSH, a_request(), [proof or exchange.a_proof(url=PUSH)], **changes)


def the_pushed(exchange: Exchange, answer: MemberAnswer) -> PushedRequest:
    assert (answer.status, answer.refused_code) == (201, None)
    assert answer.body["request_uri"].startswith(REQUEST_URI_PREFIX)
    return exchange.authorizations.requests[digest_of(answer.body["request_uri"])]


def allowed(exchange: Exchange, **changes: Any) -> str:
    """A code, as a borrower's yes leaves it."""
    code = fresh_secret()
    kept = AuthorizationCode(
        digest=digest_of(code),
        client_id="bank-a",
        subject_key=ALICE,
        consent_id=CONSENT,
        redirect_uri=BACK,
        code_challenge=create_s256_code_challenge(VERIFIER),
        key_thumbprint=PROOF_KEYS["ES256"].thumbprint(),
        scopes=frozenset({Scope.CREDIT_READ}),
        authorization_details=[DETAILS],
        expires_at=exchange.now + timedelta(seconds=60),
    )
    exchange.authorizations.codes[kept.digest] = replace(kept, **changes)
    exchange.consents.until.setdefault((ALICE, CONSENT), exchange.now + timedelta(days=30))
    return code


def redeem(exchange: Exchange, code: str, proof: str | None = None, **changes: Any) -> MemberAnswer:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return call(exchange, TOKEN, form, [proof or exchange.a_proof(url=TOKEN)], **changes)


def refresh(exchange: Exchange, token: str, proof: str | None = None, **changes: Any) -> MemberAnswer:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return call(exchange, TOKEN, form, [proof or exchange.a_proof(url=TOKEN)], **changes)


def refused(answer: MemberAnswer) -> tuple[str, str | None]:
    """The error word and our code. Nothing was given."""
    assert answer.status == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert not {"access_token", "refresh_token", "request_uri"} & answer.body.keys()
    return answer.body["error"], answer.refused_code
