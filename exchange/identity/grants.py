"""The ways to an access token: for the member itself, for a borrower's yes, and anew for as long as that yes stands."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749.grants import BaseGrant, ClientCredentialsGrant, TokenEndpointMixin
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from exchange.handover import AuthorizationCode, RefreshToken
from exchange.identity import dpop
from exchange.identity.member_request import OAuthRefused
from exchange.identity.registered_client import RegisteredClient
from exchange.identity.secret_text import digest_of, fresh_secret
from schema.vocabulary.scope import Scope

AUTHENTICATION = ("private_key_jwt",)
"""How a member shows who it is, at every endpoint. Always passed: Authlib's default are shared secrets."""

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class _ProvenGrant(BaseGrant):
    """What all grants share: a signature shows the member, a proof the key that its token will be bound to."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTHENTICATION

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Authenticate the member, then spend the proof: nothing is stored for somebody we do not know."""
        client = super().authenticate_token_endpoint_client()
        if not self.server.guard.spend(self.request.proof.once):
            refusal = dpop.replayed()
            raise OAuthRefused(refusal.oauth_error, refusal.stable_code, refusal.sentence)
        return client

    def token_body(self, scopes: frozenset[Scope], under: RefreshToken | None = None) -> dict[str, Any]:
        """The answer's body (RFC 9449, section 5; RFC 9396, section 7): `under` is what a borrower's yes gave."""
        tokens, now, thumbprint = self.server.tokens, self.request.now, self.request.proof.key_thumbprint
        member_id = self.request.client.get_client_id()
        body = {"token_type": "DPoP", "expires_in": tokens.life_seconds, "scope": " ".join(sorted(scopes))}
        if under is None:
            return body | {"access_token": tokens.issue(member_id, scopes, thumbprint, now)}
        issued = tokens.issue(member_id, scopes, thumbprint, now, under.consent_id, under.grant_id)
        return body | {
            "access_token": issued,
            # The member is told which consent it was given (RFC 9396, section 7.1): it names it when it asks.
            "authorization_details": [
                {**details, "consent_id": str(under.consent_id)} for details in under.authorization_details
            ],
        }


class MemberCredentialsGrant(_ProvenGrant, ClientCredentialsGrant):
    """A member asks for itself (RFC 6749, section 4.4). No refresh token: asking again is as easy."""

    scopes: frozenset[Scope] = frozenset()

    def validate_requested_scope(self) -> None:
        """Settle which scopes the token will have."""
        self.scopes = self.client.granted_scopes(self.request.payload.scope)

    def generate_token(self, **_of_other_grants: Any) -> dict[str, Any]:
        """The answer's body."""
        return self.token_body(self.scopes)


class ConsentCodeGrant(_ProvenGrant, TokenEndpointMixin):
    """A member brings the code that a borrower's yes gave it (RFC 6749, section 4.1.3)."""

    GRANT_TYPE = "authorization_code"
    code: AuthorizationCode
    consent_ends_at: datetime

    def validate_token_request(self) -> None:
        """Check the code, using nothing up.

        1. The member is known; its assertion and proof are spent.
        2. The code is one of ours, for this member.
        3. It was not used before: otherwise all that was issued from it ends (RFC 6749, section 4.1.2).
        4. It has not ended.
        5. The redirect address is the one of the request.
        6. The verifier fits the challenge (RFC 7636, section 4.6).
        7. The proof's key is the one that the code is bound to (RFC 9449, section 10).
        8. The consent still stands: it may have been withdrawn meanwhile.
        """
        self.request.client = self.authenticate_token_endpoint_client()  # 1
        form, now = self.request.form, self.request.now
        self.code = self._the_code(_needed(form, "code"))  # 2
        if self.code.used:  # 3
            raise self._replayed()
        if self.code.expires_at <= now:  # 4
            raise _not_granted("CODE_EXPIRED", "This code has expired: codes live 60 seconds.")
        if _needed(form, "redirect_uri") != self.code.redirect_uri:  # 5
            raise _not_granted("REDIRECT_URI_DIFFERS", "The redirect_uri is not the one of the request.")
        if not _fits(_needed(form, "code_verifier"), self.code.code_challenge):  # 6
            raise _not_granted("CODE_VERIFIER_DIFFERS", "The code_verifier does not fit the code_challenge.")
        if self.request.proof.key_thumbprint != self.code.key_thumbprint:  # 7
            raise _not_granted("CODE_BOUND_ELSEWHERE", "This code is bound to another DPoP key.", "invalid_dpop_proof")
        self.consent_ends_at = _standing_until(self, self.code.subject_key, self.code.consent_id)  # 8

    def create_token_response(self) -> tuple[int, dict[str, Any], Sequence[tuple[str, str]]]:
        """Use the code up for an access token, and a refresh token that ends with the consent at the latest."""
        code, now, secret = self.code, self.request.now, fresh_secret()
        expires_at = min(self.consent_ends_at, now + timedelta(seconds=self.server.settings.refresh_token_seconds))
        token = RefreshToken(
            digest_of(secret), code.client_id, code.subject_key, code.consent_id, code.scopes,
            code.authorization_details, now, expires_at,
        )  # fmt: skip
        if not self.server.authorizations.redeem(code, token, now):
            raise self._replayed()
        # From here the code is used, and coming back with it revokes what it bought.
        return 200, self.token_body(code.scopes, token) | {"refresh_token": secret}, self.TOKEN_RESPONSE_HEADER

    def _the_code(self, text: str) -> AuthorizationCode:
        code = self.server.authorizations.find_code(digest_of(text))
        if code is None or code.client_id != self.client.get_client_id():
            raise _not_granted("CODE_UNKNOWN", "This code is none that we gave you.")
        return code

    def _replayed(self) -> OAuthRefused:
        now = self.request.now
        self.server.authorizations.revoke_grants(self.code, now, _last_ends(self, now))
        return _not_granted("CODE_REPLAYED", "This code was used before; what was issued from it is revoked.")


class ConsentRefreshGrant(_ProvenGrant, TokenEndpointMixin):
    """A member asks for another token under a consent that still stands (RFC 6749, section 6).

    The refresh token stays the same (FAPI 2.0 Security Profile, section 5.3.2.1): a lost answer locks nobody out.
    """

    GRANT_TYPE = "refresh_token"
    token: RefreshToken

    def validate_token_request(self) -> None:
        """Check the refresh token.

        1. The member is known; its assertion and proof are spent.
        2. The token is one of ours, for this member, neither revoked nor ended.
        3. The consent that it rests on stands.
        4. The scopes asked for are among those it was issued with, and still held by the member.
        """
        self.request.client = self.authenticate_token_endpoint_client()  # 1
        self.token = self._the_token(_needed(self.request.form, "refresh_token"))  # 2
        _standing_until(self, self.token.subject_key, self.token.consent_id)  # 3
        held = self.token.scopes & self.client.member.scopes
        asked = self.request.payload.scope
        scopes = RegisteredClient(replace(self.client.member, scopes=held)).granted_scopes(asked)  # 4
        self.token = replace(self.token, scopes=scopes)

    def create_token_response(self) -> tuple[int, dict[str, Any], Sequence[tuple[str, str]]]:
        """Another access token. No new refresh token."""
        return 200, self.token_body(self.token.scopes, self.token), self.TOKEN_RESPONSE_HEADER

    def _the_token(self, text: str) -> RefreshToken:
        token = self.server.authorizations.find_refresh_token(digest_of(text))
        if token is None or token.client_id != self.client.get_client_id():
            raise _not_granted("REFRESH_TOKEN_UNKNOWN", "This refresh token is none that we gave you.")
        if token.revoked:
            raise _not_granted("REFRESH_TOKEN_REVOKED", "This refresh token was revoked.")
        if token.expires_at <= self.request.now:
            raise _not_granted("REFRESH_TOKEN_EXPIRED", "This refresh token has expired: ask the borrower anew.")
        return token


def _needed(form: Any, name: str) -> str:
    if name not in form:
        raise OAuthRefused("invalid_request", "REQUEST_NOT_VALID", f"The parameter {name} is missing.")
    return str(form[name])


def _fits(verifier: str, challenge: str) -> bool:
    made = create_s256_code_challenge(verifier) if _VERIFIER.fullmatch(verifier) else ""
    return hmac.compare_digest(made, challenge)


def _standing_until(grant: _ProvenGrant, subject_key: UUID, consent_id: UUID) -> datetime:
    ends_at = grant.server.consents.stands_until(subject_key, consent_id, grant.request.now)
    if ends_at is None:
        raise _not_granted("CONSENT_NOT_STANDING", "The borrower's consent was withdrawn, is paused, or has ended.")
    return ends_at


def _last_ends(grant: _ProvenGrant, now: datetime) -> datetime:
    return now + timedelta(seconds=grant.server.tokens.life_seconds)


def _not_granted(code: str, sentence: str, error: str = "invalid_grant") -> OAuthRefused:
    return OAuthRefused(error, code, sentence)
