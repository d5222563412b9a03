"""The OAuth endpoints of members: pushed requests, tokens, registration, keys, and what we say of ourselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from exchange.handover import Member
from exchange.identity.authorization_server import MemberAuthorizationServer
from exchange.identity.consent_request import CONSENT_REQUEST_TYPE
from exchange.identity.grants import AUTHENTICATION, ConsentCodeGrant, ConsentRefreshGrant, MemberCredentialsGrant
from exchange.identity.member_request import MemberAnswer, MemberRequest, OAuthRefused
from exchange.identity.public_key import ALGORITHMS
from exchange.settings import Settings
from schema.vocabulary.scope import Scope

RecordRefusal = Callable[[str, str | None], None]
"""Logs a refusal: its stable code, and the member where a signature showed who was asking."""

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a password
PUSH_PATH = "/oauth/par"
AUTHORIZE_PATH = "/oauth/authorize"
REVOKE_PATH = "/oauth/revoke"
INTROSPECT_PATH = "/oauth/introspect"
REGISTER_PATH = "/oauth/register"
KEYS_PATH = "/oauth/jwks"
BODY_BYTES_MAX = 16_384
_CACHE_SECONDS = 300
_GRANTS = (MemberCredentialsGrant, ConsentCodeGrant, ConsentRefreshGrant)


def oauth_blueprint(
    server: MemberAuthorizationServer,
    settings: Settings,
    public_keys: Callable[[], Sequence[Mapping[str, Any]]],
    record_refusal: RecordRefusal,
    register: Callable[[str], Member] | None = None,
) -> Blueprint:
    """The routes. `public_keys` are all keys that others need: those of tokens, and those of receipts.

    `register` makes the member that a software statement describes; None: registration is closed.
    No route answers other origins (no CORS): these are for machines, not for pages.
    Raises ValueError where the issuer has a path: the well-known addresses would lie elsewhere.
    """
    if urlsplit(settings.issuer)._replace(scheme="", netloc="").geturl():
        raise ValueError("OPENBUREAU_ISSUER must be scheme://host[:port] and nothing more, without a last slash")
    routes = Blueprint("oauth", __name__)

    def answer_members(path: str, act: Callable[[MemberRequest], MemberAnswer]) -> None:
        def answer() -> Response:
            told = act(_member_request(settings.issuer + path))
            # A missing or old nonce is not a refusal: it is how a proof's nonce is asked for (RFC 9449, section 8).
            if told.refused_code is not None and told.refused_code != "PROOF_NONCE_NEEDED":
                record_refusal(told.refused_code, told.member_id)
            return Response(orjson.dumps(told.body), told.status, told.headers)

        routes.post(path, endpoint=path.rpartition("/")[2])(answer)

    answer_members(TOKEN_PATH, server.issue)
    answer_members(PUSH_PATH, server.push)
    answer_members(REVOKE_PATH, server.revoke)
    answer_members(INTROSPECT_PATH, server.introspect)

    @routes.post(REGISTER_PATH)
    def registration() -> Response:
        if register is None:
            closed = OAuthRefused("access_denied", "REGISTRATION_CLOSED", "The operator registers members here.")
            return _registration_refused(closed, 403, record_refusal)
        try:
            return _registered(register(_statement()))
        except OAuthRefused as refusal:
            return _registration_refused(refusal, 400, record_refusal)

    @routes.get(KEYS_PATH)
    def keys() -> Response:
        return _public({"keys": list(public_keys())})

    @routes.get("/.well-known/oauth-authorization-server")
    def authorization_server() -> Response:
        return _public(authorization_server_metadata(settings, registration_open=register is not None))

    @routes.get("/.well-known/oauth-protected-resource")
    def protected_resource() -> Response:
        return _public(protected_resource_metadata(settings))

    return routes


def authorization_server_metadata(settings: Settings, registration_open: bool) -> dict[str, Any]:
    """What the authorization server can do (RFC 8414; RFC 9126, 9207, 9396 and 9449, each section on metadata)."""
    issuer = settings.issuer
    metadata = {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE_PATH,
        "pushed_authorization_request_endpoint": issuer + PUSH_PATH,
        "require_pushed_authorization_requests": True,
        "token_endpoint": issuer + TOKEN_PATH,
        "revocation_endpoint": issuer + REVOKE_PATH,
        "introspection_endpoint": issuer + INTROSPECT_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant.GRANT_TYPE for grant in _GRANTS],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "authorization_details_types_supported": [CONSENT_REQUEST_TYPE],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "ui_locales_supported": ["en", "zh-Hans", "zh-Hant"],
    }
    for endpoint in ("token", "revocation", "introspection"):
        metadata[f"{endpoint}_endpoint_auth_methods_supported"] = list(AUTHENTICATION)
        metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    return metadata | ({"registration_endpoint": issuer + REGISTER_PATH} if registration_open else {})


def protected_resource_metadata(settings: Settings) -> dict[str, Any]:
    """What the resources of this exchange ask for (RFC 9728). They share one identifier: the issuer."""
    return {
        "resource": settings.issuer,
        "resource_name": "OpenBureau",
        "authorization_servers": [settings.issuer],
        "jwks_uri": settings.issuer + KEYS_PATH,
        "scopes_supported": [scope.value for scope in Scope],
        "bearer_methods_supported": ["header"],
        "authorization_details_types_supported": [CONSENT_REQUEST_TYPE],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_bound_access_tokens_required": True,
    }


def _member_request(url: str) -> MemberRequest:
    request.max_content_length = BODY_BYTES_MAX
    try:
        form = {name: request.form.getlist(name) for name in request.form}
    except RequestEntityTooLarge:
        form = {}
    return MemberRequest(request.method, url, form, request.headers.getlist("DPoP"))


def _statement() -> str:
    request.max_content_length = BODY_BYTES_MAX
    try:
        body = orjson.loads(request.get_data())
    except (orjson.JSONDecodeError, RequestEntityTooLarge):
        body = None
    statement = body.get("software_statement") if isinstance(body, dict) else None
    if not isinstance(statement, str):
        raise OAuthRefused(
            "invalid_client_metadata", "REQUEST_NOT_VALID", "Send a JSON object with software_statement."
        )
    return statement


def _registered(member: Member) -> Response:
    """RFC 7591, section 3.2.1: all that was registered, whatever was asked for beside the statement."""
    described = {
        "client_id": member.member_id,
        "client_name": member.name,
        "redirect_uris": list(member.redirect_uris),
        "grant_types": [grant.GRANT_TYPE for grant in _GRANTS],
        "response_types": ["code"],
        "token_endpoint_auth_method": AUTHENTICATION[0],
        "dpop_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
        "scope": " ".join(sorted(member.scopes)),
        "jwks": dict(member.jwks),
    }
    return _private(described, 201)


def _registration_refused(refusal: OAuthRefused, status: int, record_refusal: RecordRefusal) -> Response:
    record_refusal(refusal.code, None)
    _, body, _ = refusal()
    return _private({**body, "code": refusal.code}, status)


def _private(document: Mapping[str, Any], status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(document), status, headers, content_type="application/json")


def _public(document: Mapping[str, Any]) -> Response:
    headers = {"Cache-Control": f"public, max-age={_CACHE_SECONDS}"}
    return Response(orjson.dumps(document), content_type="application/json", headers=headers)
