"""The authorization server: Authlib's, under the FAPI 2.0 Security Profile, on our clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InsecureTransportError, OAuth2Error

from exchange.clock import Clock
from exchange.errors import NotAuthenticated
from exchange.identity import dpop
from exchange.identity.access_token import AccessTokens
from exchange.identity.authorization_request import check_authorization_request
from exchange.identity.authorizations import Authorizations, ConsentStanding
from exchange.identity.client_assertion import MemberAssertion
from exchange.identity.dpop import ProofVerifier
from exchange.identity.grants import AUTHENTICATION, ConsentCodeGrant, ConsentRefreshGrant, MemberCredentialsGrant
from exchange.identity.issued_tokens import IssuedTokens
from exchange.identity.member_request import (
    MemberAnswer,
    MemberRequest,
    OAuthRefused,
    ProvenRequest,
    single_values,
)
from exchange.identity.nonce import Nonces
from exchange.identity.one_time import OneTimeGuard
from exchange.identity.registered_client import MemberRegister, RegisteredClient, is_member_id
from exchange.identity.secret_text import digest_of, fresh_secret
from exchange.settings import Settings
from schema.vocabulary.scope import Scope

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
REQUEST_SECONDS_MAX = 599
"""A pushed request lives less than 600 seconds (FAPI 2.0 Security Profile, section 5.3.2.2)."""

_NO_STORE = {"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"}
_CODE_OF_AUTHLIB = {
    "invalid_client": "ASSERTION_NOT_VALID",
    "unauthorized_client": "GRANT_TYPE_NOT_ALLOWED",
    "unsupported_grant_type": "GRANT_TYPE_NOT_ALLOWED",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the authorization server's knowledge lies."""

    members: MemberRegister
    guard: OneTimeGuard
    authorizations: Authorizations
    consents: ConsentStanding


class MemberAuthorizationServer(AuthorizationServer):
    """Takes members' requests for borrowers' consent, and issues, revokes and explains tokens.

    Every answer brings the nonce for the next proof.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        tokens: AccessTokens,
        proofs: ProofVerifier,
        nonces: Nonces,
        clock: Clock,
    ) -> None:
        """Raises InsecureTransportError where the issuer is neither https nor on this machine.

        Raises ValueError where a pushed request would live too long.
        """
        super().__init__()
        InsecureTransportError.check(settings.issuer)
        if not 1 <= settings.pushed_request_seconds <= REQUEST_SECONDS_MAX:
            raise ValueError(f"OPENBUREAU_PUSHED_REQUEST_SECONDS must be 1 to {REQUEST_SECONDS_MAX}")
        self.settings = settings
        self.tokens = tokens
        self.guard, self.authorizations, self.consents = stores.guard, stores.authorizations, stores.consents
        self._members = stores.members
        self._issued = IssuedTokens(tokens, stores.authorizations, stores.consents)
        self._proofs = proofs
        self._nonces = nonces
        self._clock = clock
        self.register_client_auth_method(
            MemberAssertion.CLIENT_AUTH_METHOD,
            lambda query_client, request: MemberAssertion(settings, stores.guard, request)(query_client, request),
        )
        for grant in (MemberCredentialsGrant, ConsentCodeGrant, ConsentRefreshGrant):
            self.register_grant(grant)

    def issue(self, request: MemberRequest) -> MemberAnswer:
        """Answer one token request.

        1. Each parameter is given once.
        2. The proof of possession holds. Before the client is authenticated: some clients send one assertion again
           with the nonce that they were given.
        3. The member is authenticated; its assertion is spent, then the proof.
        4. What the grant needs holds: the scopes; the code; the refresh token; the consent.
        5. A token is issued, bound to the proof's key.
        """
        return self._answer(request, self._issue, proof_needed=True)

    def push(self, request: MemberRequest) -> MemberAnswer:
        """Answer one pushed authorization request (RFC 9126).

        1. Each parameter is given once.
        2. The proof of possession holds, if there is one.
        3. The member is authenticated; its assertion is spent, then the proof.
        4. The member may ask borrowers for consent at all.
        5. Everything that it asks for is valid; every fault is told.
        6. The request is kept for a short time, for one decision.
        """
        return self._answer(request, self._push, proof_needed=bool(request.dpop_headers))

    def revoke(self, request: MemberRequest) -> MemberAnswer:
        """Answer one request to revoke a token (RFC 7009). The member is authenticated; no proof is needed."""
        return self._answer(request, self._revoke, proof_needed=False)

    def introspect(self, request: MemberRequest) -> MemberAnswer:
        """Answer one question about a token (RFC 7662). The member is authenticated; no proof is needed."""
        return self._answer(request, self._introspect, proof_needed=False)

    def query_client(self, client_id: str) -> RegisteredClient:
        """The member of this id. Raises OAuthRefused where there is none."""
        member = self._members.find(client_id) if is_member_id(client_id) else None
        if member is None:
            raise OAuthRefused("invalid_client", "MEMBER_UNKNOWN", "No member of this id is registered.")
        return RegisteredClient(member)

    def create_oauth2_request(self, request: ProvenRequest) -> ProvenRequest:
        """The request is already as Authlib wants it."""
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> MemberAnswer:
        """Authlib's answer as ours."""
        return MemberAnswer(status, body, dict(headers))

    def handle_error_response(self, request: ProvenRequest, error: OAuth2Error) -> MemberAnswer:
        """Authlib's refusal as ours, with the member where a signature showed who it is."""
        return _refused(error, request.known_member_id)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: Mapping[str, Any], request: ProvenRequest) -> None:
        """Nothing is kept: an access token carries what it says, and revocation goes by its id."""

    def _answer(
        self, request: MemberRequest, act: Callable[[ProvenRequest], MemberAnswer], proof_needed: bool
    ) -> MemberAnswer:
        now = self._clock.now()
        try:
            form = single_values(request.form)
            proof = (
                self._proofs.verify(request.dpop_headers, request.method, request.url, now) if proof_needed else None
            )
            proven = ProvenRequest(request, form, proof, now)
            try:
                answer = act(proven)
            except OAuth2Error as refusal:
                answer = self.handle_error_response(proven, refusal)
        except NotAuthenticated as refusal:
            of_proof = OAuthRefused(refusal.oauth_error, refusal.stable_code, refusal.sentence)
            answer = _refused(of_proof, refusal.member_id)
        except OAuthRefused as refusal:
            answer = _refused(refusal)
        return replace(answer, headers={**answer.headers, "DPoP-Nonce": self._nonces.current(now)})

    def _issue(self, request: ProvenRequest) -> MemberAnswer:
        if "grant_type" not in request.form:
            raise OAuthRefused("invalid_request", "REQUEST_NOT_VALID", "The parameter grant_type is missing.")
        return self.create_token_response(request)

    def _push(self, request: ProvenRequest) -> MemberAnswer:
        member = self.authenticate_client(request, AUTHENTICATION, "pushed_authorization_request").member
        if request.proof and not self.guard.spend(request.proof.once):
            raise dpop.replayed(member.member_id)
        if Scope.CONSENT_REQUEST not in member.scopes:
            raise OAuthRefused(
                "unauthorized_client", "SCOPE_NOT_HELD", "To ask borrowers for consent you need consent:request."
            )
        life_seconds = self.settings.pushed_request_seconds
        request_uri = REQUEST_URI_PREFIX + fresh_secret()
        thumbprint = request.proof.key_thumbprint if request.proof else None
        expires_at = request.now + timedelta(seconds=life_seconds)
        pushed = check_authorization_request(request.form, member, thumbprint, digest_of(request_uri), expires_at)
        self.authorizations.push(pushed)
        return MemberAnswer(201, {"request_uri": request_uri, "expires_in": life_seconds}, _NO_STORE)

    def _revoke(self, request: ProvenRequest) -> MemberAnswer:
        member = self.authenticate_client(request, AUTHENTICATION, "revocation").member
        self._issued.revoke(_the_token(request), member, request.now)
        return MemberAnswer(200, {}, _NO_STORE)

    def _introspect(self, request: ProvenRequest) -> MemberAnswer:
        member = self.authenticate_client(request, AUTHENTICATION, "introspection").member
        return MemberAnswer(200, self._issued.describe(_the_token(request), member, request.now), _NO_STORE)


def _the_token(request: ProvenRequest) -> str:
    if "token" not in request.form:
        raise OAuthRefused("invalid_request", "REQUEST_NOT_VALID", "The parameter token is missing.")
    return request.form["token"]


def _refused(error: OAuth2Error, member_id: str | None = None) -> MemberAnswer:
    status, body, headers = error()
    code = error.code if isinstance(error, OAuthRefused) else _CODE_OF_AUTHLIB.get(error.error, "REQUEST_NOT_VALID")
    return MemberAnswer(status, body, dict(headers), code, member_id)
