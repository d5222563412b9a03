"""A member as an OAuth client."""

import re
from collections.abc import Sequence
from typing import Protocol

from authlib.oauth2.rfc6749 import ClientMixin

from exchange.handover import Member
from exchange.identity.member_request import OAuthRefused
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope

_MEMBER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class MemberRegister(Protocol):
    """Knows the members."""

    def find(self, member_id: str) -> Member | None:
        """The member of this id, whatever its status; None where there is none."""


def is_member_id(value: str) -> bool:
    """Whether `value` can be a member's id: 1 to 64 letters, digits and `. _ : -`, the first a letter or digit."""
    return _MEMBER_ID.fullmatch(value) is not None


class RegisteredClient(ClientMixin):
    """What Authlib asks of a client, answered for a member: keys and no secrets."""

    GRANT_TYPES: Sequence[str] = ("client_credentials", "authorization_code", "refresh_token")

    def __init__(self, member: Member) -> None:
        self.member = member

    @property
    def may_act(self) -> bool:
        """Only active members may."""
        return self.member.status is MemberStatus.ACTIVE

    def granted_scopes(self, asked: str | None) -> frozenset[Scope]:
        """The scopes asked for; all that the member holds where none are named (RFC 6749, section 3.3).

        Raises OAuthRefused where one is unknown or not held: never silently fewer.
        """
        names = set((asked or "").split()) or self.member.scopes
        granted = frozenset(scope for scope in self.member.scopes if scope in names)
        if not granted or len(granted) != len(names):
            raise OAuthRefused(
                "invalid_scope", "SCOPE_NOT_HELD", "A scope that was asked for is unknown or not held by you."
            )
        return granted

    def get_client_id(self) -> str:
        return self.member.member_id

    def get_default_redirect_uri(self) -> None:
        return None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.member.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "private_key_jwt"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.GRANT_TYPES
