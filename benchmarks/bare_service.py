"""What every Python contestant but the service shares: a bare WSGI application around one function that answers.

Token and proof before it, the receipt and the headers behind it, by the very rooms that the service uses; the collector
of garbage as seldom as there. No Flask.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from graphql import execute, parse

from benchmarks.query import QUERY
from exchange.app import make_services
from exchange.audit.receipt import HEADER_NAME, issue_receipt
from exchange.clock import SystemClock, new_id
from exchange.identity.access_token import AccessTokens
from exchange.identity.bearer import Authenticator
from exchange.identity.dpop import ProofVerifier
from exchange.identity.nonce import Nonces
from exchange.journeys.describe_look import Asked, Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.services import Services
from exchange.key_files import open_web_keys
from exchange.planning.selection import Selection, read_selection
from exchange.serving import collect_seldom
from exchange.settings import read_settings
from exchange.store.engine import make_engine
from schema.contract import build_contract
from schema.vocabulary.purpose import Purpose

_HEADERS = [
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answer = Callable[[Request, dict[str, Any]], bytes]
"""Answers a request's JSON body with the bytes of the answer."""


def bare_application(make_answer: Callable[[Services], Answer]) -> Callable[..., Iterable[bytes]]:
    """A worker's application. A fault is the server's 500, which the harness counts."""
    settings = read_settings()
    services = make_services(settings, make_engine(settings, settings.database_url), SystemClock())
    keys = open_web_keys(settings, SystemClock())
    nonces = Nonces(keys.nonce, settings.nonce_seconds)
    authenticator = Authenticator(AccessTokens(settings, keys.token), ProofVerifier(settings, nonces))
    url, answer = settings.issuer + "/graphql", make_answer(services)
    collect_seldom()

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/health/ready":
            start_response("200 OK", _HEADERS)
            return [b"{}"]
        now = services.clock.now()
        header, proof = environ["HTTP_AUTHORIZATION"], environ["HTTP_DPOP"]
        caller = authenticator.authenticate("POST", url, header, [proof], now)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        request = Request(caller, hashlib.sha256(body).digest(), [])
        content = answer(request, orjson.loads(body))
        receipt = _receipt(services, request, content)
        headers = [*_HEADERS, ("Content-Length", str(len(content))), (HEADER_NAME, receipt)]
        start_response("200 OK", [*headers, ("DPoP-Nonce", nonces.current(now))])
        return [content]

    return application


def asked_by(variables: dict[str, Any]) -> Asked:
    """What the variables of the benchmark's query ask for."""
    subject, staff = variables["subject"], variables["staff"]
    return Asked(
        Document(subject["idType"], subject["country"], subject["idNumber"]),
        Purpose(variables["purpose"]),
        UUID(variables["consentId"]),
        (staff["id"], staff["name"]),
        known_selection(),
    )


@cache
def known_selection() -> Selection:
    """What the benchmark's query selects, read once."""
    contract, found = build_contract(), list[Selection]()
    assert contract.query_type
    contract.query_type.fields["creditReport"].resolve = lambda _, info, **__: found.append(read_selection(info))
    subject = {"idType": "PASSPORT", "country": "CN", "idNumber": "E1"}
    execute(contract, parse(QUERY), variable_values={"subject": subject, "purpose": "LOAN_APPROVAL"})
    return found[0]


def _receipt(services: Services, request: Request, content: bytes) -> str:
    now = services.clock.now()
    return issue_receipt(
        services.signing,
        content,
        request_id=str(new_id(now)),
        member=request.caller.member_id,
        request_digest=request.digest,
        leaves=request.leaves,
        log_origin=services.settings.log_origin,
        issued_at=now,
        integrate_by=now + timedelta(seconds=services.settings.pending_stop_seconds),
    )
