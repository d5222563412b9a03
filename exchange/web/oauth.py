"""The OAuth endpoints: tokens, keys, and what we say of ourselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from exchange.identity.authorization_server import MemberAuthorizationServer
from exchange.identity.client_assertion import MemberAssertion
from exchange.identity.grants import MemberCredentialsGrant
from exchange.identity.public_key import ALGORITHMS
from exchange.identity.token_request import TokenRequest
from exchange.settings import Settings
from schema.vocabulary.scope import Scope

RecordRefusal = Callable[[str, str | None], None]
"""Logs a refusal: its stable code, and the member where a signature showed who was asking."""

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a password
KEYS_PATH = "/oauth/jwks"
FORM_BYTES_MAX = 16_384
_CACHE_SECONDS = 300


def oauth_blueprint(
    server: MemberAuthorizationServer,
    settings: Settings,
    public_keys: Sequence[Mapping[str, Any]],
    record_refusal: RecordRefusal,
) -> Blueprint:
    """The routes. `public_keys` are all keys that others need: those of tokens, and those of receipts.

    No route answers other origins (no CORS): tokens are for machines, not for pages.
    Raises ValueError where the issuer has a path: the well-known addresses would lie elsewhere.
    """
    if urlsplit(settings.issuer)._replace(scheme="", netloc="").geturl():
        raise ValueError("OPENBUREAU_ISSUER must be scheme://host[:port] and nothing more, without a last slash")
    routes = Blueprint("oauth", __name__)

    @routes.post(TOKEN_PATH)
    def token() -> Response:
        answer = server.answer(_token_request(settings))
        # A missing or old nonce is not a refusal: it is how a proof's nonce is asked for (RFC 9449, section 8).
        if answer.refused_code is not None and answer.refused_code != "PROOF_NONCE_NEEDED":
            record_refusal(answer.refused_code, answer.member_id)
        return Response(orjson.dumps(answer.body), answer.status, answer.headers)

    @routes.get(KEYS_PATH)
    def keys() -> Response:
        return _public({"keys": list(public_keys)})

    @routes.get("/.well-known/oauth-authorization-server")
    def authorization_server() -> Response:
        return _public(authorization_server_metadata(settings))

    @routes.get("/.well-known/oauth-protected-resource")
    def protected_resource() -> Response:
        return _public(protected_resource_metadata(settings))

    return routes


def authorization_server_metadata(settings: Settings) -> dict[str, Any]:
    """What the token endpoint can do (RFC 8414; RFC 9449, section 5.1)."""
    return {
        "issuer": settings.issuer,
        "token_endpoint": settings.issuer + TOKEN_PATH,
        "jwks_uri": settings.issuer + KEYS_PATH,
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": [],
        "grant_types_supported": [MemberCredentialsGrant.GRANT_TYPE],
        "token_endpoint_auth_methods_supported": [MemberAssertion.CLIENT_AUTH_METHOD],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }


def protected_resource_metadata(settings: Settings) -> dict[str, Any]:
    """What the resources of this exchange ask for (RFC 9728). They share one identifier: the issuer."""
    return {
        "resource": settings.issuer,
        "resource_name": "OpenBureau",
        "authorization_servers": [settings.issuer],
        "jwks_uri": settings.issuer + KEYS_PATH,
        "scopes_supported": [scope.value for scope in Scope],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_bound_access_tokens_required": True,
    }


def _token_request(settings: Settings) -> TokenRequest:
    request.max_content_length = FORM_BYTES_MAX
    try:
        form = {name: request.form.getlist(name) for name in request.form}
    except RequestEntityTooLarge:
        form = {}
    return TokenRequest(request.method, settings.issuer + TOKEN_PATH, form, request.headers.getlist("DPoP"))


def _public(document: Mapping[str, Any]) -> Response:
    headers = {"Cache-Control": f"public, max-age={_CACHE_SECONDS}"}
    return Response(orjson.dumps(document), content_type="application/json", headers=headers)
