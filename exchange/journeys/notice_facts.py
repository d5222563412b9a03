"""What a stored notice says, by name."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import orjson

FACTS_MAX = 100
"""The most facts of one notice that are shown; its signed text holds all of them."""
_ENVELOPE = frozenset({"iss", "aud", "jti", "iat", "kind", "about", "due_at"})


def payload_of(body: bytes) -> bytes:
    """The payload of a stored notice (a compact JWS, RFC 7515), as it was signed. The signature is not looked at."""
    payload = body.split(b".")[1]
    return urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))


def said_in(body: bytes) -> Mapping[str, Any]:
    """What a stored notice says, without what every notice says."""
    claims: dict[str, Any] = orjson.loads(payload_of(body))
    return {name: value for name, value in claims.items() if name not in _ENVELOPE}


def facts_in(body: bytes) -> tuple[tuple[str, str], ...]:
    """The same as pairs of name and text; a list is one pair for each of its values."""
    pairs = [
        (name, each if isinstance(each, str) else orjson.dumps(each).decode())
        for name, value in said_in(body).items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]
    return tuple(pairs[:FACTS_MAX])
