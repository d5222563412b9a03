"""The token endpoint: Authlib's authorization server under the FAPI 2.0 Security Profile, on our clock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InsecureTransportError, OAuth2Error

from exchange.clock import Clock
from exchange.errors import NotAuthenticated
from exchange.identity.access_token import AccessTokens
from exchange.identity.client_assertion import MemberAssertion
from exchange.identity.dpop import ProofVerifier
from exchange.identity.grants import MemberCredentialsGrant
from exchange.identity.nonce import Nonces
from exchange.identity.one_time import OneTimeGuard
from exchange.identity.registered_client import MemberRegister, RegisteredClient, is_member_id
from exchange.identity.token_request import ProvenRequest, TokenAnswer, TokenRefused, TokenRequest, single_values
from exchange.settings import Settings

_CODE_OF_AUTHLIB = {
    "invalid_client": "ASSERTION_NOT_VALID",
    "unauthorized_client": "GRANT_TYPE_NOT_ALLOWED",
    "unsupported_grant_type": "GRANT_TYPE_NOT_ALLOWED",
}


class MemberAuthorizationServer(AuthorizationServer):
    """Issues access tokens to members."""

    def __init__(
        self,
        settings: Settings,
        register: MemberRegister,
        guard: OneTimeGuard,
        tokens: AccessTokens,
        proofs: ProofVerifier,
        nonces: Nonces,
        clock: Clock,
    ) -> None:
        """Raises InsecureTransportError where the issuer is neither https nor on this machine."""
        super().__init__()
        InsecureTransportError.check(settings.issuer)
        self.guard = guard
        self.tokens = tokens
        self._register = register
        self._proofs = proofs
        self._nonces = nonces
        self._clock = clock
        self.register_client_auth_method(
            MemberAssertion.CLIENT_AUTH_METHOD,
            lambda query_client, request: MemberAssertion(settings, guard, request)(query_client, request),
        )
        self.register_grant(MemberCredentialsGrant)

    def answer(self, request: TokenRequest) -> TokenAnswer:
        """Answer one token request.

        1. Each parameter is given once.
        2. The proof of possession holds. Before the client is authenticated: some clients send one assertion again
           with the nonce that they were given.
        3. The member is authenticated; its assertion is spent, then the proof.
        4. The scopes are known and held.
        5. A token is issued, bound to the proof's key.

        Every answer brings the nonce for the next request.
        """
        now = self._clock.now()
        try:
            form = single_values(request.form)  # 1
            proof = self._proofs.verify(request.dpop_headers, request.method, request.url, now)  # 2
            answer = self.create_token_response(ProvenRequest(request, form, proof, now))  # 3 to 5
        except NotAuthenticated as refusal:
            answer = _refused(TokenRefused(refusal.oauth_error, refusal.stable_code, refusal.sentence))
        except TokenRefused as refusal:
            answer = _refused(refusal)
        return replace(answer, headers={**answer.headers, "DPoP-Nonce": self._nonces.current(now)})

    def query_client(self, client_id: str) -> RegisteredClient:
        """The member of this id. Raises TokenRefused where there is none."""
        member = self._register.find(client_id) if is_member_id(client_id) else None
        if member is None:
            raise TokenRefused("invalid_client", "MEMBER_UNKNOWN", "No member of this id is registered.")
        return RegisteredClient(member)

    def create_oauth2_request(self, request: ProvenRequest) -> ProvenRequest:
        """The request is already as Authlib wants it."""
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> TokenAnswer:
        """Authlib's answer as ours."""
        return TokenAnswer(status, body, dict(headers))

    def handle_error_response(self, request: ProvenRequest, error: OAuth2Error) -> TokenAnswer:
        """Authlib's refusal as ours, with the member where a signature showed who it is."""
        return _refused(error, request.known_member_id)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: Mapping[str, Any], request: ProvenRequest) -> None:
        """Nothing is kept: a token carries what it says, and revocation goes by its id."""


def _refused(error: OAuth2Error, member_id: str | None = None) -> TokenAnswer:
    status, body, headers = error()
    code = error.code if isinstance(error, TokenRefused) else _CODE_OF_AUTHLIB.get(error.error, "REQUEST_NOT_VALID")
    return TokenAnswer(status, body, dict(headers), code, member_id)
