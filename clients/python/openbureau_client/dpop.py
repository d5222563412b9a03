"""Proofs that our requests come from us (RFC 9449)."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

ALGORITHM = "ES256"


class Prover:
    """Proves possession of a key that lives as long as this object, and no longer.

    `clock` gives seconds since 1970. May be shared between threads.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = ECKey.generate_key("P-256")
        self._header = {"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": self._key.as_dict(private=False)}
        self._nonces: dict[str, str] = {}
        self._lock = threading.Lock()

    def proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """A proof for one request, and for no other; with the token, if the request brings one."""
        claims: dict[str, object] = {
            "htm": method,
            "htu": _without_query(url),
            "iat": int(self._clock()),
            "jti": secrets.token_urlsafe(16),
        }
        if access_token is not None:
            claims["ath"] = urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).decode()
        with self._lock:
            nonce = self._nonces.get(_origin(url))
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode(self._header, claims, self._key, algorithms=[ALGORITHM])

    def remember_nonce(self, response: httpx.Response) -> None:
        """Keep the nonce that a server gave, for the next proof to it (RFC 9449, section 8.2)."""
        nonce = response.headers.get("DPoP-Nonce")
        if nonce:
            with self._lock:
                self._nonces[_origin(str(response.request.url))] = nonce


def asks_for_nonce(response: httpx.Response) -> bool:
    """Whether the request should be sent again with the nonce that came with the refusal."""
    if response.status_code not in (400, 401) or "DPoP-Nonce" not in response.headers:
        return False
    return "use_dpop_nonce" in response.headers.get("WWW-Authenticate", "") or b'"use_dpop_nonce"' in response.content


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
