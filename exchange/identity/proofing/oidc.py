"""Identity proofing by an OpenID Connect provider (OpenID Connect Core 1.0, authorization code flow with PKCE).

Authlib makes the authorization address and the token request, joserfc checks the ID token. The PKCE verifier and the
nonce are derived from the session's secret `state` and the client's secret, so nothing more needs to be kept.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from exchange.clock import Clock
from exchange.errors import Unavailable
from exchange.identity.proofing import ProofedIdentity, proofing_not_valid
from exchange.identity.proofing.provider_file import Provider
from schema.vocabulary.identifiers import IdType

TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 30
DISCOVERY_PATH = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcProofing:
    """A client of one provider. What the provider says of itself is read at first use, its keys with each answer."""

    def __init__(
        self, provider: Provider, client_secret: str, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._provider = provider
        self._secret = client_secret
        self._clock = clock
        self._transport = transport
        self._metadata: Mapping[str, Any] | None = None

    def begin(self, return_url: str, state: str) -> str:
        """The provider's authorization address. Raises Unavailable."""
        with self._http() as http:
            endpoint = self._described(http)["authorization_endpoint"]
            extra = {"acr_values": " ".join(self._provider.acr_values)} if self._provider.acr_values else {}
            address, _ = self._client(http, return_url).create_authorization_url(
                endpoint,
                state=state,
                code_verifier=self._derive("pkce", state),
                nonce=self._derive("nonce", state),
                **extra,
            )
        return str(address)

    def finish(self, return_url: str, state: str, params: Mapping[str, str]) -> ProofedIdentity:
        """1. The answer is to our request, and from this provider (RFC 9207). 2. The code is redeemed. 3. The ID token
        is verified. 4. Its claims are read.

        Raises BadRequest PROOFING_NOT_VALID, Unavailable.
        """
        if not hmac.compare_digest(params.get("state", "").encode(), state.encode()) or "code" not in params:
            raise proofing_not_valid()
        with self._http() as http:
            described = self._described(http)
            if params.get("iss", self._provider.issuer) != self._provider.issuer or (
                described.get("authorization_response_iss_parameter_supported") and "iss" not in params
            ):
                raise proofing_not_valid()
            id_token = self._redeem(http, described["token_endpoint"], return_url, state, params["code"])
            claims = self._verify(id_token, self._keys(http, described["jwks_uri"]), state)
        return self._identity(claims)

    def _redeem(self, http: httpx.Client, endpoint: str, return_url: str, state: str, code: str) -> str:
        # RFC 6749, section 2.3.1: both parts are form-encoded before they become a Basic credential.
        credential = httpx.BasicAuth(quote(self._provider.client_id, safe=""), quote(self._secret, safe=""))
        try:
            answer = self._client(http, return_url).fetch_token(
                endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=self._derive("pkce", state),
                auth=credential,
            )
        except httpx.HTTPError as fault:
            raise _does_not_answer() from fault
        except (AuthlibBaseError, ValueError):
            raise proofing_not_valid() from None
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise proofing_not_valid()
        return id_token

    def _verify(self, id_token: str, keys: KeySet, state: str) -> Mapping[str, Any]:
        """OpenID Connect Core 1.0, section 3.1.3.7."""
        provider = self._provider
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": self._derive("nonce", state)},
        )
        try:
            claims: Mapping[str, Any] = jwt.decode(id_token, keys, algorithms=list(provider.algorithms)).claims
            rules.validate(dict(claims))
        except (JoseError, ValueError):
            raise proofing_not_valid() from None
        other_party = claims.get("azp", provider.client_id) != provider.client_id
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims
        too_weak = provider.acr_values and claims.get("acr") not in provider.acr_values
        if other_party or several or too_weak:
            raise proofing_not_valid()
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> ProofedIdentity:
        """Raises BadRequest where a claim is missing or cannot be one."""
        said = {ours: claims.get(theirs) for ours, theirs in self._provider.claims.items()}
        names = said.get("names") or []
        try:
            return ProofedIdentity(
                id_type=self._provider.id_type or IdType(_text(said["id_type"])),
                country=_text(said.get("country") or self._provider.country),
                id_number=_text(said["id_number"]),
                names=(names,) if isinstance(names, str) else tuple(_text(name) for name in names),
                birth_date=date.fromisoformat(_text(said["birth_date"])) if said.get("birth_date") else None,
                provider=self._provider.name,
                evidence=dict(claims),
            )
        except (ValueError, TypeError):
            raise proofing_not_valid() from None

    def _described(self, http: httpx.Client) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0, section 4.3). Raises Unavailable."""
        if self._metadata is None:
            said = _json(http, self._provider.issuer.rstrip("/") + DISCOVERY_PATH)
            if said.get("issuer") != self._provider.issuer or not all(_is_https(said.get(name)) for name in _ENDPOINTS):
                raise _does_not_answer()
            self._metadata = said
        return self._metadata

    def _keys(self, http: httpx.Client, address: str) -> KeySet:
        try:
            return KeySet.import_key_set(_json(http, address))  # type: ignore[arg-type]  # its faults are JoseErrors
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise _does_not_answer() from fault

    def _client(self, http: httpx.Client, return_url: str) -> OAuth2Client:
        return OAuth2Client(
            http,
            client_id=self._provider.client_id,
            client_secret=self._secret,
            scope=self._provider.scope,
            redirect_uri=return_url,
            code_challenge_method="S256",
        )

    def _derive(self, label: str, state: str) -> str:
        digest = hmac.digest(self._secret.encode(), f"openbureau proofing {label}\0{state}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _http(self) -> httpx.Client:
        return httpx.Client(timeout=TIMEOUT_SECONDS, transport=self._transport, follow_redirects=False)


def _json(http: httpx.Client, address: str) -> dict[str, Any]:
    try:
        answer = http.get(address)
        answer.raise_for_status()
        said = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise _does_not_answer() from fault
    if not isinstance(said, dict):
        raise _does_not_answer()
    return said


def _is_https(address: object) -> bool:
    return isinstance(address, str) and address.startswith("https://")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _does_not_answer() -> Unavailable:
    return Unavailable("The service that confirms identities does not answer. Please try again later.")
