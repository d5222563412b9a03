"""Access tokens: signed JWTs (RFC 9068) that only the holder of one key can use (`cnf.jkt`, RFC 9449, section 6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey

from exchange.clock import new_id
from exchange.errors import NotAuthenticated
from exchange.identity.signed_claims import NotReadable, SignedClaims, read_signed_claims
from exchange.settings import Settings
from schema.vocabulary.scope import Scope

SIGNING_ALGORITHM = "ES256"
TOKEN_LENGTH_MAX = 4096


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token of ours says. Times are seconds since 1970, UTC.

    `consent_id`: the consent that it was issued under; None: the member asked for itself.
    """

    member_id: str
    scopes: frozenset[Scope]
    token_id: str
    key_thumbprint: str
    issued_at: float
    expires_at: float
    consent_id: UUID | None = None

    @property
    def grant_id(self) -> str | None:
        """The grant that it was issued under (`RefreshToken.grant_id`)."""
        return self.token_id.partition(".")[0] if self.consent_id else None


class AccessTokens:
    """Issues and reads our tokens. The audience of every token is the issuer itself: it is the only resource server.

    `keys` says which keys count at the moment: the first signs; all verify, so that a key can be replaced while its
    tokens are still out.
    """

    def __init__(self, settings: Settings, keys: Callable[[], Sequence[ECKey]]) -> None:
        self.life_seconds = settings.access_token_seconds
        self.issuer = settings.issuer
        self._ahead_seconds_max = settings.clock_ahead_seconds
        self._keys = keys

    def public_keys(self) -> list[Mapping[str, Any]]:
        """The keys as others may see them, for the key set that we publish."""
        return [
            {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": SIGNING_ALGORITHM}
            for key in self._keys()
        ]

    def issue(
        self,
        member_id: str,
        scopes: frozenset[Scope],
        key_thumbprint: str,
        now: datetime,
        consent_id: UUID | None = None,
        grant_id: str | None = None,
    ) -> str:
        """A new token, bound to the key of that thumbprint, and to a consent where one is named.

        The id of a token under a consent begins with that of its grant, so that a grant can be revoked as a whole.
        """
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": f"consent:{consent_id}" if consent_id else member_id,
            "client_id": member_id,
            "scope": " ".join(sorted(scopes)),
            "jti": f"{grant_id}.{new_id(now)}" if grant_id else str(new_id(now)),
            "iat": issued_at,
            "exp": issued_at + self.life_seconds,
            "cnf": {"jkt": key_thumbprint},
        }
        if consent_id:
            claims["consent_id"] = str(consent_id)
        signing_key = self._keys()[0]
        header = {"alg": SIGNING_ALGORITHM, "typ": "at+jwt", "kid": signing_key.thumbprint()}
        return jwt.encode(header, claims, signing_key, algorithms=[SIGNING_ALGORITHM])

    def read(self, token: str) -> AccessToken:
        """Verify a token, its times apart (RFC 9068, section 4): a token verified once stays so until it ends.

        1. It is an at+jwt, signed with the one algorithm that we use, by a key of ours.
        2. We issued it, for ourselves.
        3. It says who, what for, which key, from when until when.

        Raises NotAuthenticated; from step 2 on it names the member.
        """
        claims = self._signed_by_us(token).claims  # 1
        client_id = claims.get("client_id")
        member_id = client_id if isinstance(client_id, str) else None
        if claims.get("iss") != self.issuer or claims.get("aud") != self.issuer:  # 2
            raise NotAuthenticated(
                "This access token is for another service.", "TOKEN_WRONG_AUDIENCE", member_id=member_id
            )
        try:  # 3
            return _read_claims(claims)
        except (KeyError, TypeError, ValueError):
            raise not_valid(member_id) from None

    def check_times(self, token: AccessToken, now: datetime) -> None:
        """Raises NotAuthenticated where `token` has ended or has not begun."""
        instant = now.timestamp()
        if instant >= token.expires_at:
            raise NotAuthenticated(
                "This access token has expired: ask for a new one.", "TOKEN_EXPIRED", member_id=token.member_id
            )
        if token.issued_at > instant + self._ahead_seconds_max:
            raise not_valid(token.member_id)

    def _signed_by_us(self, token: str) -> SignedClaims:
        try:
            signed = read_signed_claims(token, TOKEN_LENGTH_MAX)
            header = signed.header()
        except NotReadable:
            raise not_valid() from None
        key_id = header.get("kid")
        key = next((key for key in self._keys() if key.thumbprint() == key_id), None)
        if key is None or header.get("typ") != "at+jwt" or header.get("alg") != SIGNING_ALGORITHM:
            raise not_valid()
        if not signed.is_signed_by(key, SIGNING_ALGORITHM):
            raise not_valid()
        return signed


def not_valid(member_id: str | None = None) -> NotAuthenticated:
    """A token that is none of ours, or says too little."""
    return NotAuthenticated("This access token is not valid here.", "TOKEN_NOT_VALID", member_id=member_id)


def _read_claims(claims: Mapping[str, Any]) -> AccessToken:
    begins = max(claims["iat"], claims.get("nbf", claims["iat"]))
    return AccessToken(
        member_id=_text(claims["client_id"]),
        scopes=frozenset(Scope(scope) for scope in _text(claims["scope"]).split()),
        token_id=_text(claims["jti"]),
        key_thumbprint=_text(claims["cnf"]["jkt"]),
        issued_at=float(begins),
        expires_at=float(claims["exp"]),
        consent_id=UUID(_text(claims["consent_id"])) if "consent_id" in claims else None,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value
