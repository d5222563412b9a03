"""The OAuth endpoints over HTTP."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from flask import Flask
from flask.testing import FlaskClient

from exchange.handover import Member
from exchange.settings import Settings
from exchange.web.oauth import BODY_BYTES_MAX, oauth_blueprint
from tests.unit.identity.consent_cases import BACK, PUSH, a_request, may_ask
from tests.unit.identity.identity_cases import ISSUER, TOKEN, TOKEN_KEY, Exchange, a_member

RECEIPT_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": "receipts", "use": "sig", "alg": "Ed25519"}


@dataclass
class Door:
    """The endpoints of one exchange, and what they logged."""

    exchange: Exchange = field(default_factory=Exchange)
    refusals: list[tuple[str, str | None]] = field(default_factory=list)
    register: Callable[[str], Member] | None = None

    def __post_init__(self) -> None:
        app = Flask("exchange")

        def keys() -> list[Any]:
            return [*self.exchange.tokens.public_keys(), RECEIPT_KEY]

        app.register_blueprint(
            oauth_blueprint(self.exchange.server, self.exchange.settings, keys, self._record, self.register)
        )
        self.http: FlaskClient = app.test_client()

    def _record(self, code: str, member_id: str | None) -> None:
        self.refusals.append((code, member_id))

    def form(self, **changes: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.exchange.an_assertion(),
            **changes,
        }

    def post(self, proof: str | None = None, **form: str) -> Any:
        return self.http.post(
            "/oauth/token", data=self.form(**form), headers={"DPoP": proof or self.exchange.a_proof(url=TOKEN)}
        )


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_token_is_given_over_http_and_never_kept_by_anybody_between(door: Door) -> None:
    answer = door.post()
    assert answer.status_code == 200
    assert answer.json["token_type"] == "DPoP"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert door.exchange.nonces.is_taken(answer.headers["DPoP-Nonce"], door.exchange.now)
    assert door.refusals == []


def test_the_nonce_is_given_with_the_first_refusal_which_is_not_logged(door: Door) -> None:
    answer = door.post(door.exchange.a_proof(url=TOKEN, nonce=None))
    assert (answer.status_code, answer.json["error"]) == (400, "use_dpop_nonce")
    assert door.post(door.exchange.a_proof(url=TOKEN, nonce=answer.headers["DPoP-Nonce"])).status_code == 200
    assert door.refusals == []


def test_every_refusal_is_logged_with_its_code_and_with_the_member_once_known(door: Door) -> None:
    assert door.post(scope="root").status_code == 400
    assert door.post(client_assertion="x").status_code == 400
    assert door.post("x").status_code == 400
    assert door.refusals == [
        ("SCOPE_NOT_HELD", "bank-a"),
        ("ASSERTION_NOT_VALID", None),
        ("PROOF_NOT_VALID", None),
    ]


def test_two_dpop_headers_are_refused(door: Door) -> None:
    headers = [("DPoP", door.exchange.a_proof(url=TOKEN)), ("DPoP", door.exchange.a_proof(url=TOKEN))]
    answer = door.http.post("/oauth/token", data=door.form(), headers=headers)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")
    assert door.exchange.guard.spent == {}


def test_parameters_in_the_address_do_not_count(door: Door) -> None:
    headers = {"DPoP": door.exchange.a_proof(url=TOKEN)}
    answer = door.http.post("/oauth/token", query_string=door.form(), headers=headers)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_host_header_cannot_move_us(door: Door) -> None:
    headers = {"DPoP": door.exchange.a_proof(url="https://evil.example/oauth/token"), "Host": "evil.example"}
    answer = door.http.post("/oauth/token", data=door.form(), headers=headers)
    assert answer.json["error"] == "invalid_dpop_proof"


def test_a_form_without_end_is_refused(door: Door) -> None:
    answer = door.post(more="x" * BODY_BYTES_MAX)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert door.refusals == [("REQUEST_NOT_VALID", None)]


def test_tokens_are_not_given_to_gets_nor_to_other_origins(door: Door) -> None:
    assert door.http.get("/oauth/token").status_code == 405
    answer = door.http.post("/oauth/token", data=door.form(), headers={"Origin": "https://page.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_we_say_of_ourselves_what_is_true(door: Door) -> None:
    metadata = door.http.get("/.well-known/oauth-authorization-server").json
    AuthorizationServerMetadata(metadata).validate()
    assert metadata["issuer"] == ISSUER
    assert metadata["require_pushed_authorization_requests"] is True
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["grant_types_supported"] == ["client_credentials", "authorization_code", "refresh_token"]
    assert metadata["authorization_details_types_supported"] == ["openbureau_consent"]
    assert metadata["dpop_signing_alg_values_supported"] == ["PS256", "ES256", "Ed25519"]
    for endpoint in ("token", "revocation", "introspection"):
        assert metadata[f"{endpoint}_endpoint_auth_methods_supported"] == ["private_key_jwt"]
        assert metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] == ["PS256", "ES256", "Ed25519"]
    assert metadata["authorization_endpoint"] == ISSUER + "/oauth/authorize"


def test_every_endpoint_that_we_name_is_there_and_takes_only_what_it_should(door: Door) -> None:
    metadata = door.http.get("/.well-known/oauth-authorization-server").json
    named = {name: metadata[name].removeprefix(ISSUER) for name in metadata if name.endswith("_endpoint")}
    named.pop("authorization_endpoint")  # a page
    assert len(named) == 4
    for path in named.values():
        assert door.http.get(path).status_code == 405
        assert door.http.post(path).status_code == 400
    assert door.http.get(metadata["jwks_uri"].removeprefix(ISSUER)).status_code == 200


def test_no_endpoint_answers_other_origins(door: Door) -> None:
    for path in ("/oauth/par", "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/register"):
        for method in (door.http.post, door.http.options):
            answer = method(path, headers={"Origin": "https://page.example"})
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_request_is_pushed_over_http(door: Door) -> None:
    may_ask(door.exchange)
    form = {**door.form(), **a_request()}
    answer = door.http.post("/oauth/par", data=form, headers={"DPoP": door.exchange.a_proof(url=PUSH)})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["DPoP-Nonce"]
    assert set(answer.json) == {"request_uri", "expires_in"}
    assert door.refusals == []


def test_tokens_are_revoked_and_explained_over_http(door: Door) -> None:
    token = door.post().json["access_token"]
    assert door.http.post("/oauth/introspect", data=door.form(token=token)).json["active"] is True
    answer = door.http.post("/oauth/revoke", data=door.form(token=token))
    assert (answer.status_code, answer.json) == (200, {})
    assert door.http.post("/oauth/introspect", data=door.form(token=token)).json == {"active": False}
    door.http.post("/oauth/revoke", data=door.form(client_assertion="x", token=token))
    assert door.refusals == [("ASSERTION_NOT_VALID", None)]


def test_registration_is_closed_unless_somebody_is_trusted(door: Door) -> None:
    answer = door.http.post("/oauth/register", json={"software_statement": "x"})
    assert (answer.status_code, answer.json["code"]) == (403, "REGISTRATION_CLOSED")
    assert "registration_endpoint" not in door.http.get("/.well-known/oauth-authorization-server").json
    assert door.refusals == [("REGISTRATION_CLOSED", None)]


def test_a_member_that_registers_is_told_all_that_was_registered() -> None:
    door = Door(register=lambda statement: a_member(statement, redirect_uris=(BACK,)))
    asked = {"software_statement": "bank-n", "client_name": "Something else", "scope": "members:manage"}
    answer = door.http.post("/oauth/register", json=asked)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["client_id"], answer.json["client_name"]) == ("bank-n", "First Bank")
    assert answer.json["scope"] == "credit:read delinquency:read"
    assert answer.json["redirect_uris"] == [BACK]
    assert answer.json["token_endpoint_auth_method"] == "private_key_jwt"
    metadata = door.http.get("/.well-known/oauth-authorization-server").json
    assert metadata["registration_endpoint"] == ISSUER + "/oauth/register"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"software_statement": 1}', b"x" * BODY_BYTES_MAX + b"x"])
def test_a_registration_without_a_statement_is_refused(body: bytes) -> None:
    door = Door(register=lambda statement: a_member(statement))
    answer = door.http.post("/oauth/register", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert door.refusals == [("REQUEST_NOT_VALID", None)]


def test_the_resource_names_its_authorization_server(door: Door) -> None:
    metadata = door.http.get("/.well-known/oauth-protected-resource").json
    assert metadata["resource"] == ISSUER
    assert metadata["authorization_servers"] == [ISSUER]
    assert metadata["dpop_bound_access_tokens_required"] is True


def test_the_keys_are_public_and_only_public(door: Door) -> None:
    answer = door.http.get("/oauth/jwks")
    assert [key["kid"] for key in answer.json["keys"]] == [TOKEN_KEY.thumbprint(), "receipts"]
    assert all(key["use"] == "sig" and "d" not in key for key in answer.json["keys"])
    assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("issuer", ["https://exchange.example/", "https://exchange.example/a", "https://a.example?b"])
def test_an_issuer_with_a_path_is_refused_at_the_start(issuer: str) -> None:
    exchange = Exchange(settings=Settings(issuer=issuer))
    with pytest.raises(ValueError, match="OPENBUREAU_ISSUER"):
        oauth_blueprint(exchange.server, exchange.settings, list, lambda code, member_id: None)


def test_the_old_signatures_of_authlib_are_never_loaded() -> None:
    program = "import sys, exchange.web.oauth; sys.exit('authlib.jose' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_identity_knows_no_flask() -> None:
    program = (
        "import sys, exchange.identity.authorization_server, exchange.identity.bearer; sys.exit('flask' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
