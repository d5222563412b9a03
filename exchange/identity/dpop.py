"""Proofs of possession (RFC 9449): that a request comes from whoever holds the key that a token is bound to."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import Key

from exchange.errors import NotAuthenticated
from exchange.handover import OneTime
from exchange.identity.bounded_cache import BoundedCache
from exchange.identity.nonce import Nonces
from exchange.identity.one_time import is_one_time_id, one_time
from exchange.identity.public_key import algorithm_of, import_public_key
from exchange.identity.signed_claims import NotReadable, SignedClaims, read_signed_claims
from exchange.identity.target_uri import same_target
from exchange.settings import Settings

PROOF_LENGTH_MAX = 4096
PROOF_KEYS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds, but for one thing: `once` must still be spent, or it could be shown again."""

    key_thumbprint: str
    once: OneTime


@dataclass(frozen=True, slots=True)
class _ProofKey:
    key: Key
    algorithm: str
    thumbprint: str


class ProofVerifier:
    """Verifies proofs. Keeps the keys it has met, since a client sends the same header with every proof."""

    def __init__(self, settings: Settings, nonces: Nonces) -> None:
        self._age_seconds_max = settings.proof_age_seconds
        self._ahead_seconds_max = settings.clock_ahead_seconds
        self._nonces = nonces
        self._keys: BoundedCache[str, _ProofKey] = BoundedCache(PROOF_KEYS_KEPT)

    def verify(
        self, dpop_headers: Sequence[str], method: str, url: str, now: datetime, token_digest: bytes | None = None
    ) -> Proof:
        """Verify the proof of one request (RFC 9449, section 4.3), spending nothing.

        1. There is exactly one DPoP header, and it is one signed JWT.
        2. Its header says dpop+jwt, and holds a public key that we take, with that key's own algorithm.
        3. That key made the signature.
        4. The proof is for this method and this address.
        5. It is neither too old nor too far in the future.
        6. It has an id, by which it can be spent.
        7. On the resource side it is for this token: `token_digest` is the token's SHA-256.
        8. It holds a nonce of ours. Last, so that a nonce is only offered for a proof that is otherwise good.

        `url` is our own public address of the resource, not what the request says its host is.
        Raises NotAuthenticated.
        """
        signed = self._the_one_proof(dpop_headers)  # 1
        proof_key = self._proof_key(signed)  # 2
        if not signed.is_signed_by(proof_key.key, proof_key.algorithm):  # 3
            raise not_valid("The signature of the DPoP proof does not fit its key.")
        claims = signed.claims
        if claims.get("htm") != method or not same_target(claims.get("htu"), url):  # 4
            raise _refused("PROOF_FOR_ANOTHER_REQUEST", "The DPoP proof is for another method or address (htm, htu).")
        issued_at = self._issued_at(claims.get("iat"), now)  # 5
        proof_id = claims.get("jti")
        if not is_one_time_id(proof_id):  # 6
            raise not_valid("The DPoP proof needs a jti of 1 to 128 visible ASCII characters.")
        if token_digest is not None and claims.get("ath") != _base64url(token_digest):  # 7
            raise _refused("PROOF_FOR_ANOTHER_TOKEN", "The DPoP proof is for another access token (ath).")
        self._check_nonce(claims.get("nonce"), now)  # 8
        return Proof(proof_key.thumbprint, one_time("proof", proof_key.thumbprint, proof_id, self._dead_at(issued_at)))

    def _the_one_proof(self, dpop_headers: Sequence[str]) -> SignedClaims:
        if not dpop_headers:
            raise _refused("PROOF_MISSING", "This request needs a DPoP proof in the header DPoP (RFC 9449).")
        if len(dpop_headers) > 1:
            raise not_valid("This request has more than one DPoP header.")
        try:
            return read_signed_claims(dpop_headers[0], PROOF_LENGTH_MAX)
        except NotReadable:
            raise not_valid("The DPoP header is not one signed JWT.") from None

    def _proof_key(self, signed: SignedClaims) -> _ProofKey:
        # The header segment holds the type, the algorithm and the key: all that is checked here, in the same bytes.
        kept = self._keys.get(signed.header_segment)
        if kept is None:
            kept = _read_proof_key(signed)
            self._keys.put(signed.header_segment, kept)
        return kept

    def _issued_at(self, value: Any, now: datetime) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise not_valid("The DPoP proof needs an iat in seconds.")
        age_seconds = now.timestamp() - value
        if age_seconds > self._age_seconds_max:
            raise _refused("PROOF_EXPIRED", f"The DPoP proof is older than {self._age_seconds_max} seconds.")
        if -age_seconds > self._ahead_seconds_max:
            raise _refused(
                "PROOF_FROM_THE_FUTURE",
                f"The DPoP proof is more than {self._ahead_seconds_max} seconds in the future: set your clock.",
            )
        return float(value)

    def _check_nonce(self, value: Any, now: datetime) -> None:
        if not isinstance(value, str) or not self._nonces.is_taken(value, now):
            raise _refused(
                "PROOF_NONCE_NEEDED", "Repeat the request with the nonce of the header DPoP-Nonce.", "use_dpop_nonce"
            )

    def _dead_at(self, issued_at: float) -> datetime:
        # Remembered a little longer than it is taken, so that no worker's clock can outlive the memory.
        return datetime.fromtimestamp(issued_at, UTC) + timedelta(
            seconds=self._age_seconds_max + self._ahead_seconds_max
        )


def replayed(member_id: str | None = None) -> NotAuthenticated:
    """What to raise where a proof's `once` was spent before."""
    refusal = _refused("PROOF_REPLAYED", "This DPoP proof was used before: make a new one for each request.")
    refusal.member_id = member_id
    return refusal


def not_valid(sentence: str) -> NotAuthenticated:
    """A proof that cannot be one."""
    return _refused("PROOF_NOT_VALID", sentence)


def _read_proof_key(signed: SignedClaims) -> _ProofKey:
    try:
        header = signed.header()
    except NotReadable:
        raise not_valid("The header of the DPoP proof cannot be read.") from None
    jwk = header.get("jwk")
    if header.get("typ") != "dpop+jwt":
        raise not_valid("The typ of the DPoP proof must be dpop+jwt.")
    if not isinstance(jwk, dict):
        raise not_valid("The DPoP proof needs its public key in the header jwk.")
    try:
        key = import_public_key(jwk)
    except ValueError as fault:
        raise not_valid(f"The key of the DPoP proof cannot be taken: {fault}.") from None
    algorithm = algorithm_of(jwk)
    if algorithm is None or header.get("alg") != algorithm:
        raise not_valid(f"The alg of the DPoP proof must be {algorithm}, as its key is.")
    return _ProofKey(key, algorithm, key.thumbprint())


def _refused(code: str, sentence: str, oauth_error: str = "invalid_dpop_proof") -> NotAuthenticated:
    return NotAuthenticated(sentence, code, oauth_error)


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
