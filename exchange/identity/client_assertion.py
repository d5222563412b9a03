"""How a member shows who it is at the token endpoint: `private_key_jwt` (RFC 7523; FAPI 2.0 Security Profile)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc7523.client import JWTBearerClientAssertion

from exchange.identity.member_keys import MemberKeys
from exchange.identity.member_request import OAuthRefused, ProvenRequest
from exchange.identity.one_time import OneTimeGuard, is_one_time_id, one_time
from exchange.identity.registered_client import RegisteredClient
from exchange.identity.signed_claims import NotReadable, SignedClaims, read_signed_claims
from exchange.settings import Settings

ASSERTION_LENGTH_MAX = 4096
ASSERTION_LIFE_SECONDS_MAX = 300
_TYPES = (None, "JWT", "client-authentication+jwt")


class MemberAssertion(JWTBearerClientAssertion):
    """Verifies the assertion of one request, on the clock of that request."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, settings: Settings, guard: OneTimeGuard, request: ProvenRequest) -> None:
        super().__init__()
        self._settings = settings
        self._guard = guard
        self._request = request
        self._instant = request.now.timestamp()
        self._signed: SignedClaims | None = None

    def extract_assertion(self, assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The header and the claims, still unverified."""
        try:
            self._signed = read_signed_claims(assertion, ASSERTION_LENGTH_MAX)
            return self._signed.header(), self._signed.claims
        except NotReadable:
            raise _refused("The client assertion is not a signed JWT.") from None

    def resolve_client_public_key(self, client: RegisteredClient) -> MemberKeys:
        """All keys of the member: the assertion's `kid` says which."""
        return MemberKeys(client.member.jwks)

    def process_assertion_claims(self, assertion: str, resolve_key: MemberKeys) -> Mapping[str, Any]:
        """Verify the assertion (RFC 7523, section 3).

        1. It names a key of this member, and that key's own algorithm.
        2. That key made the signature. From here on we know who is asking.
        3. It says that the member speaks of itself.
        4. It is for us: the issuer as one string, not a list (FAPI 2.0, section 5.3.2.1).
        5. It has begun, has not ended, and does not live long.
        6. It was not used before.
        """
        headers, claims = self.extract_assertion(assertion)
        found = resolve_key.find(headers.get("kid"))
        if found is None:  # 1
            raise _refused("The client assertion names no key of yours in its header kid.")
        key, algorithm = found
        if headers.get("alg") != algorithm or headers.get("typ") not in _TYPES:
            raise _refused(f"The client assertion must have alg {algorithm}, as its key is, and typ JWT.")
        if self._signed is None or not self._signed.is_signed_by(key, algorithm):  # 2
            raise _refused("The signature of the client assertion does not fit its key.")
        self._request.known_member_id = claims["sub"]
        self.verify_claims(claims)  # 3 to 6
        return claims

    def verify_claims(self, claims: Mapping[str, Any]) -> None:
        """Steps 3 to 6 of `process_assertion_claims`."""
        if claims.get("iss") != claims["sub"] or self._request.form.get("client_id", claims["sub"]) != claims["sub"]:
            raise _refused("The iss and sub of the client assertion, and client_id, must all be your member id.")  # 3
        if claims.get("aud") != self._settings.issuer:  # 4
            raise _refused("The aud of the client assertion must be our issuer, as one string.", "WRONG_AUDIENCE")
        self._check_times(claims)  # 5
        if not is_one_time_id(claims.get("jti")):  # 6
            raise _refused("The client assertion needs a jti of 1 to 128 visible ASCII characters.")
        dead_at = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=self._settings.clock_ahead_seconds)
        if not self._guard.spend(one_time("assertion", claims["sub"], claims["jti"], dead_at)):
            raise _refused("This client assertion was used before: make a new one for each request.", "REPLAYED")

    def authenticate_client(self, client: RegisteredClient) -> RegisteredClient:
        """The client, if its member may act today."""
        if not client.may_act:
            raise OAuthRefused("unauthorized_client", "MEMBER_NOT_ACTIVE", "Your membership is suspended or has ended.")
        return client

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        if not all(_is_number(claims.get(name, claims.get("exp"))) for name in ("exp", "iat", "nbf")):
            raise _refused("The client assertion needs an exp in seconds.")
        if claims["exp"] <= self._instant:
            raise _refused("The client assertion has expired.", "EXPIRED")
        if claims["exp"] > self._instant + ASSERTION_LIFE_SECONDS_MAX:
            raise _refused(
                f"The client assertion may live {ASSERTION_LIFE_SECONDS_MAX} seconds at most.", "LIVES_TOO_LONG"
            )
        begins = max(claims.get("iat", self._instant), claims.get("nbf", self._instant))
        if begins > self._instant + self._settings.clock_ahead_seconds:
            raise _refused("The client assertion is from the future: set your clock.", "FROM_THE_FUTURE")
        if self._instant - claims.get("iat", self._instant) > self._settings.proof_age_seconds:
            raise _refused(f"The client assertion is older than {self._settings.proof_age_seconds} seconds.", "EXPIRED")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refused(sentence: str, fault: str = "NOT_VALID") -> OAuth2Error:
    return OAuthRefused("invalid_client", f"ASSERTION_{fault}", sentence)
