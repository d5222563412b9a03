"""A bank that asks a borrower for consent, over HTTP, by hand: pushes a request, redeems the code, refreshes."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from factories import Bank, Exchange
from joserfc import jwt
from werkzeug.test import TestResponse

from exchange.handover import Borrower
from schema.vocabulary.scope import FieldClass, Scope

BACK = "https://harbour-bank.example/back"
VERIFIER = "v" * 43
MAY_ASK = frozenset({Scope.CONSENT_REQUEST, *(field_class.scope for field_class in FieldClass)})
DETAILS: dict[str, Any] = {
    "type": "openbureau_consent",
    "purpose": "LOAN_APPROVAL",
    "field_classes": sorted(FieldClass),
    "data_from": "2021-01-01",
    "data_to": None,
    "mode": "VIEW",
    "fetch": "PERIODIC",
    "frequency": None,
    "data_life_days": 0,
    "days": 91,
    "contribution_allowed": False,
}
"""What `Exchange.consent` gives in writing, so that a test can let the borrower say yes to just this."""


def send(bank: Bank, path: str, form: Mapping[str, Any], *, proven: bool = True) -> TestResponse:
    """A request of the bank with a fresh assertion, again with the nonce where one is asked for."""
    for _ in range(2):
        headers = {"DPoP": bank.proof(path)} if proven else {}
        answer = bank.exchange.client.post(path, data={**form, **_signed(bank)}, headers=headers)
        bank.nonce = answer.headers["DPoP-Nonce"]
        if answer.get_json().get("error") != "use_dpop_nonce":
            return answer
    raise AssertionError(answer.get_json())


def push(bank: Bank, **changes: Any) -> str:
    """The request_uri of a request of the bank."""
    form = {
        "response_type": "code",
        "redirect_uri": BACK,
        "state": "s-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
        "authorization_details": json.dumps([DETAILS]),
        **changes,
    }
    answer = send(bank, "/oauth/par", form)
    assert answer.status_code == 201, answer.get_json()
    return str(answer.get_json()["request_uri"])


def redeem(bank: Bank, code: str, **changes: str) -> TestResponse:
    """Brings a code; from a good answer on, the bank asks with the token that it got."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return _keep_token(bank, send(bank, "/oauth/token", {**form, **changes}))


def refresh(bank: Bank, refresh_token: str) -> TestResponse:
    """Brings a refresh token; from a good answer on, the bank asks with the token that it got."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _keep_token(bank, send(bank, "/oauth/token", form))


def parameters(address: str) -> dict[str, str]:
    """The parameters in an address, each there once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query, strict_parsing=True).items()}


def a_borrower(subject_key: UUID) -> Borrower:
    """A borrower who is signed in."""
    return Borrower(subject_key, b"s" * 32, "PASSKEY", "zh-Hans")


def requesting_bank(exchange: Exchange, member_id: str = "harbour-bank", **changes: Any) -> Bank:
    """A bank that may ask borrowers for consent."""
    return exchange.bank(member_id, **{"scopes": MAY_ASK, "redirect_uris": (BACK,), **changes})


def _signed(bank: Bank) -> dict[str, str]:
    issuer, now = bank.exchange.settings.issuer, int(bank.exchange.clock.now().timestamp())
    claims = {"iss": bank.member_id, "sub": bank.member_id, "aud": issuer, "iat": now, "exp": now + 60}
    signed = jwt.encode({"alg": "ES256", "kid": "k1"}, claims | {"jti": str(uuid4())}, bank.key, algorithms=["ES256"])
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"client_assertion_type": kind, "client_assertion": signed}


def _keep_token(bank: Bank, answer: TestResponse) -> TestResponse:
    if answer.status_code == 200:
        bank.token = answer.get_json()["access_token"]
    return answer
