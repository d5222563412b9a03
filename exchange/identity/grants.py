"""The grants: how a token is asked for. So far client credentials alone; others stand beside it as they come."""

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from exchange.identity import dpop
from exchange.identity.registered_client import RegisteredClient
from exchange.identity.token_request import TokenRefused
from schema.vocabulary.scope import Scope


class MemberCredentialsGrant(ClientCredentialsGrant):
    """A member asks for itself (RFC 6749, section 4.4), and gets a token bound to its proof's key."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt",)
    scopes: frozenset[Scope] = frozenset()

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Authenticate the member, then spend the proof: nothing is stored for somebody we do not know."""
        client = super().authenticate_token_endpoint_client()
        if not self.server.guard.spend(self.request.proof.once):
            refusal = dpop.replayed()
            raise TokenRefused(refusal.oauth_error, refusal.stable_code, refusal.sentence)
        return client

    def validate_requested_scope(self) -> None:
        """Settle which scopes the token will have."""
        self.scopes = self.client.granted_scopes(self.request.payload.scope)

    def generate_token(self, **_of_other_grants: Any) -> dict[str, Any]:
        """The answer's body (RFC 9449, section 5). No refresh token: asking again is as easy."""
        tokens = self.server.tokens
        member_id, thumbprint = self.client.get_client_id(), self.request.proof.key_thumbprint
        return {
            "access_token": tokens.issue(member_id, self.scopes, thumbprint, self.request.now),
            "token_type": "DPoP",
            "expires_in": tokens.life_seconds,
            "scope": " ".join(sorted(self.scopes)),
        }
