"""The parameters of an authorization request as a member pushes them (RFC 9126), checked in full before it is kept."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from exchange.handover import Member, PushedRequest
from exchange.identity.consent_request import ConsentRequestNotValid, RequestedConsent, read_consent_request
from exchange.identity.member_request import OAuthRefused
from schema.vocabulary.scope import FieldClass, Scope

DETAILS_LENGTH_MAX = 8_000
SCOPES_THAT_OPEN = frozenset(field_class.scope for field_class in FieldClass)
"""What a token under a consent may have: a scope that opens no part of a file needs no borrower."""

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_OPAQUE = re.compile(r"[\x20-\x7e]{1,512}")


def check_authorization_request(
    form: Mapping[str, str], member: Member, proof_thumbprint: str | None, digest: bytes, expires_at: datetime
) -> PushedRequest:
    """The request that `form` makes, to be kept under `digest` until `expires_at`.

    `proof_thumbprint`: the key of the proof that came with it, None where none came.
    Raises OAuthRefused with every fault; its error word is that of the first (RFC 6749, section 4.1.2.1; RFC 9396).
    """
    found = _Found(form)
    found.check("request", "request_not_supported", _is(None), "signed request objects are not taken")
    found.check("request_uri", "invalid_request", _is(None), "must not be pushed")
    found.check("response_type", "unsupported_response_type", _is("code"), "must be code")
    found.check("response_mode", "invalid_request", _is(None, "query"), "must be query")
    redirect_uri = found.check(
        "redirect_uri", "invalid_request", _is(*member.redirect_uris), "must be one that you registered, exactly"
    )
    found.check("code_challenge_method", "invalid_request", _is("S256"), "must be S256")
    challenge = found.check("code_challenge", "invalid_request", _is_digest, "must be a SHA-256 in base64url")
    state = found.check("state", "invalid_request", _is_opaque, "must be 1 to 512 printable ASCII characters")
    found.check("nonce", "invalid_request", _is_opaque, "must be 1 to 512 printable ASCII characters")
    thumbprint = _bound_key(found, proof_thumbprint)
    details, requested = _details(found)
    scopes = _scopes(found, member, requested)
    found.raise_faults()
    return PushedRequest(
        digest, member.member_id, redirect_uri, scopes, state, challenge, details, thumbprint, expires_at
    )


@dataclass(slots=True)
class _Found:
    """The parameters, and what is wrong with them: error words and sentences."""

    form: Mapping[str, str]
    faults: list[tuple[str, str]] = field(default_factory=list)

    def check(self, name: str, error: str, holds: Callable[[Any], bool], sentence: str) -> Any:
        """The value of a parameter, None where it is absent; a fault where it does not hold."""
        value = self.form.get(name)
        if not holds(value):
            self.faults.append((error, f"{name} {sentence}"))
        return value

    def raise_faults(self) -> None:
        """Raises OAuthRefused where anything was wrong."""
        if self.faults:
            sentence = "; ".join(sentence for _, sentence in self.faults)
            raise OAuthRefused(self.faults[0][0], "AUTHORIZATION_REQUEST_NOT_VALID", f"{sentence}.")


def _is(*words: str | None) -> Callable[[str | None], bool]:
    return lambda value: value in words


def _is_digest(value: str | None) -> bool:
    return value is not None and _DIGEST.fullmatch(value) is not None


def _is_opaque(value: str | None) -> bool:
    return value is None or _OPAQUE.fullmatch(value) is not None


def _bound_key(found: _Found, proof_thumbprint: str | None) -> str:
    """The key that the code will be bound to (RFC 9449, section 10): named, shown by a proof, or both and the same."""
    named = found.form.get("dpop_jkt")
    if named is None and proof_thumbprint is None:
        found.faults.append(("invalid_request", "dpop_jkt or a DPoP proof must name the key that the code is bound to"))
    if named is not None and not _is_digest(named):
        found.faults.append(("invalid_request", "dpop_jkt must be a SHA-256 in base64url"))
    if named is not None and proof_thumbprint not in (None, named):
        found.faults.append(("invalid_dpop_proof", "dpop_jkt must be the key of the DPoP proof"))
    return named or proof_thumbprint or ""


def _details(found: _Found) -> tuple[list[dict[str, Any]], RequestedConsent | None]:
    text = found.form.get("authorization_details", "")
    try:
        details = orjson.loads(text) if len(text) <= DETAILS_LENGTH_MAX else None
        return details, read_consent_request(details)
    except orjson.JSONDecodeError:
        faults = ["JSON is needed"]
    except ConsentRequestNotValid as fault:
        faults = fault.faults
    found.faults += [("invalid_authorization_details", f"authorization_details: {sentence}") for sentence in faults]
    return [], None


def _scopes(found: _Found, member: Member, requested: RequestedConsent | None) -> frozenset[Scope]:
    """The scopes asked for; where none are named, those that the parts of the file need."""
    names = set(found.form.get("scope", "").split())
    if not names and requested is not None:
        names = {field_class.scope for field_class in requested.field_classes}
    granted = frozenset(scope for scope in member.scopes & SCOPES_THAT_OPEN if scope in names)
    if len(granted) != len(names):
        found.faults.append(("invalid_scope", "scope must name only scopes that you hold and that open part of a file"))
    return granted
