"""A request of a member to the authorization server, its answer, and its refusal: free of any web framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from exchange.identity.dpop import Proof


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """What came in: the method, our own public address, every form value, every DPoP header."""

    method: str
    url: str
    form: Mapping[str, Sequence[str]]
    dpop_headers: Sequence[str]


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """What goes out. `refused_code` is None where the request was granted.

    `member_id` is set only where a signature showed who was asking.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    refused_code: str | None = None
    member_id: str | None = None


class OAuthRefused(OAuth2Error):
    """A refusal of the authorization server: the OAuth error word, our stable code, and a sentence in plain ASCII."""

    def __init__(self, oauth_error: str, code: str, sentence: str) -> None:
        super().__init__(description=sentence, error=oauth_error)
        self.code = code


class ProvenRequest(OAuth2Request):
    """A request as Authlib wants to see it. `proof` holds; None where none was needed and none was sent."""

    def __init__(self, request: MemberRequest, form: Mapping[str, str], proof: Proof | None, now: datetime) -> None:
        super().__init__(request.method, request.url)
        self.payload = BasicOAuth2Payload(form)
        self.proof = proof
        self.now = now
        self.known_member_id: str | None = None

    @property
    def form(self) -> Mapping[str, str]:
        """The form values, each given once."""
        return self.payload.data


def single_values(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The form with each parameter once; empty ones count as absent (RFC 6749, section 3.2).

    Raises OAuthRefused where one is repeated, or where nothing is left.
    """
    values = {name: value for name, given in form.items() for value in given if value}
    if any(len(given) > 1 for given in form.values()):
        raise OAuthRefused("invalid_request", "REQUEST_NOT_VALID", "A parameter is given more than once.")
    if not values:
        raise OAuthRefused("invalid_request", "REQUEST_NOT_VALID", "Send the parameters as a form in the body.")
    return values
