"""A signed JWT in compact form, read strictly: proofs, access tokens and client assertions alike.

joserfc makes and checks every signature. Reading is our own: joserfc refuses headers beyond 512 bytes (an RSA proof
key does not fit), reads them anew for every proof, and lets deep nesting end in a RecursionError.
"""

import re
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

_STANDARD = str.maketrans("-_", "+/")
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class NotReadable(ValueError):
    """The text is not a signed JWT in compact form."""


@dataclass(frozen=True, slots=True)
class SignedClaims:
    """A JWT that was read but not yet verified. `header_segment` is the header as sent, in base64url."""

    header_segment: str
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    def header(self) -> Mapping[str, Any]:
        """The protected header. Raises NotReadable, also where it holds `crit`: we know no extension."""
        header = _json_object(self.header_segment)
        if "crit" in header or "b64" in header:
            raise NotReadable("an extension of the header is not known here")
        return header

    def is_signed_by(self, key: Key, algorithm: str) -> bool:
        """Whether `key` made the signature with `algorithm`, which the caller has chosen, never the text."""
        return JWSRegistry.algorithms[algorithm].verify(self.signing_input, self.signature, key)


def read_signed_claims(text: str, length_max: int) -> SignedClaims:
    """Read `header.claims.signature` (RFC 7515, section 7.1; RFC 7519). Verifies nothing.

    Raises NotReadable.
    """
    parts = _COMPACT.fullmatch(text) if len(text) <= length_max else None
    if parts is None:
        raise NotReadable("not a compact JWT")
    header, claims, signature = parts.groups()
    return SignedClaims(header, _json_object(claims), f"{header}.{claims}".encode(), _bytes(signature))


def _json_object(segment: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(_bytes(segment))
    except orjson.JSONDecodeError:
        raise NotReadable("not JSON") from None
    if not isinstance(value, dict):
        raise NotReadable("not a JSON object")
    return value


def _bytes(segment: str) -> bytes:
    try:
        return a2b_base64(segment.translate(_STANDARD) + "=" * (-len(segment) % 4))
    except ValueError:
        raise NotReadable("not base64url") from None
