"""Who is asking: the caller behind an access token and its proof of possession."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from exchange.errors import NotAuthenticated
from exchange.handover import Caller
from exchange.identity.access_token import AccessToken, AccessTokens, not_valid
from exchange.identity.bounded_cache import BoundedCache
from exchange.identity.dpop import ProofVerifier

TOKENS_KEPT = 10_000
_AUTHORIZATION = re.compile(r"([A-Za-z]+) +([A-Za-z0-9._-]+)")


class Authenticator:
    """Tells callers from strangers. Tokens that were verified are remembered by their SHA-256."""

    def __init__(self, tokens: AccessTokens, proofs: ProofVerifier) -> None:
        self._tokens = tokens
        self._proofs = proofs
        self._verified: BoundedCache[bytes, AccessToken] = BoundedCache(TOKENS_KEPT)

    def authenticate(
        self, method: str, url: str, authorization_header: str | None, dpop_headers: Sequence[str], now: datetime
    ) -> Caller:
        """Show who is asking (RFC 9449, section 7; RFC 9068, section 4).

        1. The Authorization header holds one token under the scheme DPoP.
        2. The token is ours, and for us.
        3. It has begun and has not ended.
        4. The proof is for this request and this token.
        5. The proof's key is the one that the token is bound to.

        Nothing is looked up and nothing is spent: whether the token was revoked, the member suspended, or the
        proof shown before (`Caller.once`) is for the act's own transaction.

        `url` is our own public address of the resource, without query. `dpop_headers` are all the DPoP headers.
        Raises NotAuthenticated; it names the member where the token was signed by us.
        """
        token_text = _token_of(authorization_header)  # 1
        digest = hashlib.sha256(token_text.encode()).digest()
        token = self._verified_token(token_text, digest)  # 2
        self._tokens.check_times(token, now)  # 3
        try:
            proof = self._proofs.verify(dpop_headers, method, url, now, digest)  # 4
        except NotAuthenticated as refusal:
            refusal.member_id = token.member_id
            raise
        if proof.key_thumbprint != token.key_thumbprint:  # 5
            raise NotAuthenticated(
                "This access token is bound to another key.", "TOKEN_BOUND_ELSEWHERE", member_id=token.member_id
            )
        return Caller(token.member_id, token.scopes, token.token_id, token.key_thumbprint, proof.once, token.consent_id)

    def _verified_token(self, text: str, digest: bytes) -> AccessToken:
        token = self._verified.get(digest)
        if token is None:
            token = self._tokens.read(text)
            self._verified.put(digest, token)
        return token


def _token_of(authorization_header: str | None) -> str:
    if not authorization_header:
        # RFC 6750, section 3.1: a request that brings nothing gets a challenge without an error word.
        raise NotAuthenticated("Send an access token: Authorization: DPoP <token>.", "TOKEN_MISSING", oauth_error="")
    parts = _AUTHORIZATION.fullmatch(authorization_header)
    if parts is None or parts[1].lower() != "dpop":
        raise not_valid()
    return parts[2]
