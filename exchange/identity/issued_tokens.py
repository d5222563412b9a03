"""Tokens after they were issued: revoking them (RFC 7009), and saying whether they still count (RFC 7662)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from exchange.errors import NotAuthenticated
from exchange.handover import Member, RefreshToken
from exchange.identity.access_token import AccessToken, AccessTokens
from exchange.identity.authorizations import Authorizations, ConsentStanding
from exchange.identity.member_request import OAuthRefused
from exchange.identity.secret_text import digest_of
from schema.vocabulary.member_class import MemberClass

_NOT_ACTIVE = {"active": False}


class IssuedTokens:
    """Access and refresh tokens, told apart by what they are, whatever a hint says."""

    def __init__(self, tokens: AccessTokens, authorizations: Authorizations, consents: ConsentStanding) -> None:
        self._tokens = tokens
        self._authorizations = authorizations
        self._consents = consents

    def revoke(self, text: str, member: Member, now: datetime) -> None:
        """Revoke a token of the member's own; with a refresh token, all that was issued with it.

        What is no token of ours, or has ended, needs no revoking. Raises OAuthRefused where it is another member's.
        """
        token = self._find(text)
        if token is not None and _owner(token) != member.member_id:
            raise OAuthRefused("invalid_grant", "TOKEN_OF_ANOTHER_MEMBER", "This token is another member's.")
        if isinstance(token, AccessToken):
            self._authorizations.revoke_access_token(token.token_id, now, datetime.fromtimestamp(token.expires_at, UTC))
        elif token is not None:
            last_ends_at = now + timedelta(seconds=self._tokens.life_seconds)
            self._authorizations.revoke_grant(token, now, last_ends_at)

    def describe(self, text: str, member: Member, now: datetime) -> dict[str, Any]:
        """What a token says and whether it counts: to the member that holds it, and to regulators.

        Everybody else learns nothing: for them no token is active.
        """
        token = self._find(text)
        if token is None or (_owner(token) != member.member_id and member.member_class is not MemberClass.REGULATOR):
            return dict(_NOT_ACTIVE)
        if isinstance(token, RefreshToken):
            return self._describe_refresh_token(token) if self._stands(token, now) else dict(_NOT_ACTIVE)
        return self._describe_access_token(token) if self._counts(token, now) else dict(_NOT_ACTIVE)

    def _find(self, text: str) -> AccessToken | RefreshToken | None:
        if "." not in text:
            return self._authorizations.find_refresh_token(digest_of(text))
        try:
            return self._tokens.read(text)
        except NotAuthenticated:
            return None

    def _stands(self, token: RefreshToken, now: datetime) -> bool:
        if token.revoked or token.expires_at <= now:
            return False
        return self._consents.stands_until(token.subject_key, token.consent_id, now) is not None

    def _counts(self, token: AccessToken, now: datetime) -> bool:
        try:
            self._tokens.check_times(token, now)
        except NotAuthenticated:
            return False
        if self._authorizations.is_revoked(token.token_id):
            return False
        grant = self._authorizations.find_grant(token.grant_id) if token.grant_id else None
        return token.grant_id is None or (grant is not None and self._stands(grant, now))

    def _describe_access_token(self, token: AccessToken) -> dict[str, Any]:
        described = {
            "active": True,
            "iss": self._tokens.issuer,
            "aud": self._tokens.issuer,
            "client_id": token.member_id,
            "sub": f"consent:{token.consent_id}" if token.consent_id else token.member_id,
            "scope": " ".join(sorted(token.scopes)),
            "token_type": "DPoP",
            "cnf": {"jkt": token.key_thumbprint},
            "jti": token.token_id,
            "iat": int(token.issued_at),
            "exp": int(token.expires_at),
        }
        return described | ({"consent_id": str(token.consent_id)} if token.consent_id else {})

    def _describe_refresh_token(self, token: RefreshToken) -> dict[str, Any]:
        return {
            "active": True,
            "iss": self._tokens.issuer,
            "client_id": token.client_id,
            "sub": f"consent:{token.consent_id}",
            "scope": " ".join(sorted(token.scopes)),
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
            "consent_id": str(token.consent_id),
        }


def _owner(token: AccessToken | RefreshToken) -> str:
    return token.member_id if isinstance(token, AccessToken) else token.client_id
