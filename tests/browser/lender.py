"""A lender that asks a borrower for consent: pushes a request, is sent a code, redeems it, and asks for a report."""

import hashlib
import json
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

from factories import ALICE, Bank, Exchange
from joserfc import jwt
from werkzeug.test import TestResponse

from schema.vocabulary.scope import FieldClass, Scope

NAME = "Harbour Bank"
CONTACT = "consent@harbour-bank.example"
SCOPES = frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.RECORDS_WRITE, Scope.CONSENT_REQUEST})


class _LendersPage(BaseHTTPRequestHandler):
    """Where the lender's own site takes the borrower back."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>Harbour Bank</title><p>Thank you.")

    def log_message(self, *_: Any) -> None:
        """Says nothing: a borrower's code would stand in the log."""


@dataclass
class Lender:
    """One lender, and what it keeps between its request and the borrower's answer."""

    exchange: Exchange
    bank: Bank
    callback: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @classmethod
    @contextmanager
    def open_for_business(cls, exchange: Exchange) -> Iterator["Lender"]:
        """A member with a web server of its own, to which borrowers come back."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _LendersPage)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        callback = f"http://127.0.0.1:{server.server_port}/consent"
        bank = exchange.bank(name=NAME, scopes=SCOPES, redirect_uris=(callback,), contact=CONTACT)
        try:
            yield cls(exchange, bank, callback)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def request_consent(self, **changes: Any) -> str:
        """Pushes a request. Returns the address to which the lender sends the borrower's browser."""
        answer = self._post("/oauth/par", self._asked(changes))
        assert answer.status_code == 201, answer.get_json()
        named = {"client_id": self.bank.member_id, "request_uri": answer.get_json()["request_uri"]}
        return f"/oauth/authorize?{urlencode(named)}"

    def redeem(self, address: str) -> UUID:
        """Takes the code from the address that the browser came back to. Returns the consent's id."""
        answered = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (answered["iss"], answered["state"]) == (self.exchange.settings.issuer, self.state), answered
        form = {
            "grant_type": "authorization_code",
            "code": answered["code"],
            "redirect_uri": self.callback,
            "code_verifier": self.verifier,
        }
        answer = self._post("/oauth/token", form)
        assert answer.status_code == 200, answer.get_json()
        self.bank.token = answer.get_json()["access_token"]
        return UUID(answer.get_json()["authorization_details"][0]["consent_id"])

    def ask(self, consent_id: UUID) -> TestResponse:
        """Asks for the borrower's report under the consent."""
        return self.bank.ask(ALICE, consent_id)

    def _asked(self, changes: dict[str, Any]) -> dict[str, str]:
        today = self.exchange.clock.now().date()
        wanted = {
            "type": "openbureau_consent",
            "purpose": "LOAN_APPROVAL",
            "field_classes": [FieldClass.ACCOUNTS, FieldClass.PAYMENT_HISTORY, FieldClass.DELINQUENCIES],
            "data_from": (today - timedelta(days=730)).isoformat(),
            "data_to": None,
            "mode": "STORE",
            "fetch": "PERIODIC",
            "frequency": {"count": 2, "unit": "WEEK"},
            "data_life_days": 90,
            "days": 30,
            "contribution_allowed": False,
        }
        return {
            "response_type": "code",
            "redirect_uri": self.callback,
            "state": self.state,
            "scope": "credit:read delinquency:read",
            "code_challenge": urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "authorization_details": json.dumps([wanted | changes]),
        }

    def _post(self, path: str, form: dict[str, str]) -> TestResponse:
        """Posts with an assertion and a proof, once more where a nonce is asked for."""
        for _ in range(2):
            sent = form | {
                "client_id": self.bank.member_id,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": self._assertion(),
            }
            answer = self.exchange.client.post(path, data=sent, headers={"DPoP": self.bank.proof(path)})
            self.bank.nonce = answer.headers.get("DPoP-Nonce", self.bank.nonce)
            if answer.status_code < 400:
                break
        return answer

    def _assertion(self) -> str:
        now = int(self.exchange.clock.now().timestamp())
        member, issuer = self.bank.member_id, self.exchange.settings.issuer
        claims = {"iss": member, "sub": member, "aud": issuer, "iat": now, "exp": now + 60, "jti": str(uuid4())}
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.bank.key, algorithms=["ES256"])
