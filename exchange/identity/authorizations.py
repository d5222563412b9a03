"""What the authorization server asks of whoever keeps its requests, codes and tokens."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from exchange.handover import AuthorizationCode, PushedRequest, RefreshToken


class Authorizations(Protocol):
    """Keeps what lies between two requests. Each call is its own transaction."""

    def push(self, request: PushedRequest) -> None:
        """Keep a request until its borrower decides on it."""

    def find_code(self, digest: bytes) -> AuthorizationCode | None:
        """The code of this digest, used or not; None where there is none."""

    def redeem(self, code: AuthorizationCode, refresh_token: RefreshToken, now: datetime) -> bool:
        """Use the code up and keep the token that it bought. False, with nothing kept, where it was used or ended."""

    def find_refresh_token(self, digest: bytes) -> RefreshToken | None:
        """The token of this digest, revoked or not; None where there is none."""

    def find_grant(self, grant_id: str) -> RefreshToken | None:
        """The refresh token that was issued with an access token, from the first part of that one's id."""

    def revoke_grants(self, code: AuthorizationCode, now: datetime, until: datetime) -> None:
        """Revoke every token that its member holds under the code's consent. `until`: when the last of them ends."""

    def revoke_grant(self, token: RefreshToken, now: datetime, until: datetime) -> None:
        """Revoke a refresh token and all that was issued with it. `until`: when the last of that ends."""

    def revoke_access_token(self, token_id: str, now: datetime, until: datetime) -> None:
        """Revoke one access token. `until`: when it ends."""

    def is_revoked(self, token_id: str) -> bool:
        """Whether this access token, or the grant that it was issued under, was revoked."""


class ConsentStanding(Protocol):
    """Knows which consents stand."""

    def stands_until(self, subject_key: UUID, consent_id: UUID, now: datetime) -> datetime | None:
        """When a consent ends that is active at `now`; None where it is not."""
