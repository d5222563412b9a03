"""A bank, an exchange of its own for each test, and proofs and assertions made by hand, so that they can be bad."""

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode

from exchange.clock import FixedClock
from exchange.handover import AuthorizationCode, Member, OneTime, PushedRequest, RefreshToken
from exchange.identity.access_token import AccessTokens
from exchange.identity.authorization_server import MemberAuthorizationServer, Stores
from exchange.identity.bearer import Authenticator
from exchange.identity.dpop import ProofVerifier
from exchange.identity.nonce import Nonces
from exchange.settings import Settings
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

ISSUER = "https://exchange.example"
GRAPHQL = ISSUER + "/graphql"
TOKEN = ISSUER + "/oauth/token"
NONCE_KEY = b"n" * 32
BANK_KEY = ECKey.generate_key("P-256")
OTHER_KEY = ECKey.generate_key("P-256")
TOKEN_KEY = ECKey.generate_key("P-256")
PROOF_KEYS: Mapping[str, Key] = {
    "ES256": ECKey.generate_key("P-256"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    "PS256": RSAKey.generate_key(2048),
}
_ids = itertools.count()


class MemoryMemberRegister:
    """Members in a dictionary."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}

    def find(self, member_id: str) -> Member | None:
        return self.members.get(member_id)


class MemoryOneTimeGuard:
    """What was spent, in a dictionary."""

    def __init__(self) -> None:
        self.spent: dict[tuple[str, bytes], datetime] = {}

    def spend(self, once: OneTime) -> bool:
        first = (once.kind, once.digest) not in self.spent
        self.spent.setdefault((once.kind, once.digest), once.expires_at)
        return first

    def purge(self, now: datetime) -> int:
        expired = [key for key, expires_at in self.spent.items() if expires_at < now]
        for key in expired:
            del self.spent[key]
        return len(expired)


class MemoryAuthorizations:
    """Requests, codes and tokens, in dictionaries."""

    def __init__(self) -> None:
        self.requests: dict[bytes, PushedRequest] = {}
        self.codes: dict[bytes, AuthorizationCode] = {}
        self.refresh_tokens: dict[bytes, RefreshToken] = {}
        self.revoked: dict[str, datetime] = {}

    def push(self, request: PushedRequest) -> None:
        self.requests[request.digest] = request

    def find_code(self, digest: bytes) -> AuthorizationCode | None:
        return self.codes.get(digest)

    def redeem(self, code: AuthorizationCode, refresh_token: RefreshToken, now: datetime) -> bool:
        kept = self.codes[code.digest]
        if kept.used or kept.expires_at <= now:
            return False
        self.codes[code.digest] = replace(kept, used=True)
        self.refresh_tokens[refresh_token.digest] = refresh_token
        return True

    def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        return self.refresh_tokens.get(digest)

    def find_grant(self, grant_id: str) -> RefreshToken | None:
        return next((token for token in self.refresh_tokens.values() if token.grant_id == grant_id), None)

    def revoke_grants(self, code: AuthorizationCode, now: datetime, until: datetime) -> None:
        for token in list(self.refresh_tokens.values()):
            if (token.client_id, token.consent_id) == (code.client_id, code.consent_id):
                self.revoke_grant(token, now, until)

    def revoke_grant(self, token: RefreshToken, now: datetime, until: datetime) -> None:
        self.refresh_tokens[token.digest] = replace(token, revoked=True)
        self.revoked[token.grant_id] = until

    def revoke_access_token(self, token_id: str, now: datetime, until: datetime) -> None:
        self.revoked[token_id] = until

    def is_revoked(self, token_id: str) -> bool:
        return token_id in self.revoked or token_id.partition(".")[0] in self.revoked


class MemoryConsentStanding:
    """Until when each consent stands, in a dictionary."""

    def __init__(self) -> None:
        self.until: dict[tuple[UUID, UUID], datetime] = {}

    def stands_until(self, subject_key: UUID, consent_id: UUID, now: datetime) -> datetime | None:
        ends_at = self.until.get((subject_key, consent_id))
        return ends_at if ends_at and ends_at > now else None


def public_jwk(key: Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


def a_member(member_id: str = "bank-a", key: Key = BANK_KEY, **changes: Any) -> Member:
    values: dict[str, Any] = {
        "member_id": member_id,
        "name": "First Bank",
        "member_class": MemberClass.BANK,
        "licence": "L-1",
        "status": MemberStatus.ACTIVE,
        "contribution_level": ContributionLevel.FULL,
        "scopes": frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ}),
        "jwks": {"keys": [public_jwk(key, kid="key-1")]},
    }
    return Member(**{**values, **changes})


def token_hash(token: str) -> str:
    return segment(hashlib.sha256(token.encode()).digest())


def sign(header: Mapping[str, Any], claims: Any, key: Key) -> str:
    """A compact JWT of whatever header and claims; `claims` may be bytes that are no JSON."""
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(JWSRegistry.algorithms[header['alg']].sign(text.encode(), key))}"


def segment(value: Any) -> str:
    return urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


@dataclass
class Exchange:
    """A whole exchange's identity room, and a bank's ways of knocking at it."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC)))
    settings: Settings = field(default_factory=lambda: Settings(issuer=ISSUER))
    proof_url: str = GRAPHQL

    def __post_init__(self) -> None:
        self.nonces = Nonces(NONCE_KEY, self.settings.nonce_seconds)
        self.proofs = ProofVerifier(self.settings, self.nonces)
        self.tokens = AccessTokens(self.settings, lambda: [TOKEN_KEY])
        self.register = MemoryMemberRegister()
        self.register.members["bank-a"] = a_member()
        self.guard = MemoryOneTimeGuard()
        self.authenticator = Authenticator(self.tokens, self.proofs)
        self.authorizations = MemoryAuthorizations()
        self.consents = MemoryConsentStanding()
        stores = Stores(self.register, self.guard, self.authorizations, self.consents)
        self.server = MemberAuthorizationServer(
            self.settings, stores, self.tokens, self.proofs, self.nonces, self.clock
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def seconds(self) -> int:
        return int(self.now.timestamp())

    def a_token(self, key: Key = PROOF_KEYS["ES256"]) -> str:
        return self.tokens.issue("bank-a", frozenset({Scope.CREDIT_READ}), key.thumbprint(), self.now)

    def proof_claims(self, url: str | None = None, **changes: Any) -> dict[str, Any]:
        claims = {
            "htm": "POST",
            "htu": url or self.proof_url,
            "iat": self.seconds,
            "jti": f"proof-{next(_ids)}",
            "nonce": self.nonces.current(self.now),
        }
        return without_none({**claims, **changes})

    def a_proof(self, alg: str = "ES256", header: Mapping[str, Any] = {}, **claims: Any) -> str:
        key = PROOF_KEYS[alg]
        whole = {"typ": "dpop+jwt", "alg": alg, "jwk": public_jwk(key), **header}
        return sign(without_none(whole), self.proof_claims(**claims), key)

    def an_assertion(self, key: Key = BANK_KEY, header: Mapping[str, Any] = {}, **changes: Any) -> str:
        claims = {
            "iss": "bank-a",
            "sub": "bank-a",
            "aud": ISSUER,
            "iat": self.seconds,
            "exp": self.seconds + 60,
            "jti": f"assertion-{next(_ids)}",
        }
        whole = {"typ": "JWT", "alg": "ES256", "kid": "key-1", **header}
        return sign(without_none(whole), without_none({**claims, **changes}), key)


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
