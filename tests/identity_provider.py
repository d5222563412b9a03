"""An OpenID Connect provider in one process: it authenticates nobody, and says of its user what the test wants.

It keeps to OpenID Connect Core 1.0 and RFC 7636 where our client could get them wrong: a code is redeemed once, by the
client that it was given to, with the PKCE verifier and the redirect URI of its request. Attributes change what it says.
"""

import hashlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from exchange.clock import Clock


@dataclass
class IdentityProvider:
    """A provider at `issuer`. `claims` are its user's; `spoil` may change an ID token's claims before it is signed."""

    clock: Clock
    issuer: str = "https://id.example"
    client_id: str = "openbureau"
    client_secret: str = "s3cret:with/signs"
    claims: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], Any] = lambda _claims: None
    algorithm: str = "ES256"
    described: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "p1", "use": "sig", "alg": "ES256"}))
    signing_key: Any = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def transport(self) -> httpx.MockTransport:
        """The way to it, for an httpx client."""
        return httpx.MockTransport(self._answer)

    def visit(self, address: str) -> dict[str, str]:
        """The user's browser follows the authorization address. What it brings back to the redirect URI."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.client_id
        assert asked["code_challenge_method"] == "S256"
        code = str(uuid4())
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self._metadata() | self.described)
        if request.url.path == "/jwks":
            return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        return self._token(request)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        credential = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        known = urlencode({"i": self.client_id})[2:] + ":" + urlencode({"s": self.client_secret})[2:]
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or credential != known
            or form["redirect_uri"] != asked["redirect_uri"]
            or urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(
            200, json={"access_token": "at", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}
        )

    def _id_token(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer, "sub": "u1", "aud": self.client_id, "iat": now, "exp": now + 60, "nonce": nonce,
            **self.claims,
        }  # fmt: skip
        self.spoil(claims)
        header = {"alg": self.algorithm, "kid": "p1"}
        if self.algorithm == "HS256":
            return jwt.encode(header, claims, OctKey.import_key(self.client_secret), algorithms=["HS256"])
        return jwt.encode(header, claims, self.signing_key or self.key, algorithms=[self.algorithm])
