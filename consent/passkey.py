"""A passkey's signature over a challenge, checked with `cryptography` alone (W3C Web Authentication Level 2, 7.2).

What is signed is `authenticator data | SHA-256(client data)`; the client data is JSON that the browser wrote and that
holds the challenge and the origin. Here the challenge is the digest of a consent.
"""

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT = 0x01
USER_VERIFIED = 0x04
RP_ID_HASH_BYTES = 32
AUTHENTICATOR_DATA_BYTES_MIN = 37

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_PARTS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


class PasskeySignatureDoesNotMatch(Exception):
    """The passkey did not sign this challenge for this origin with its user present and verified."""


@dataclass(frozen=True, slots=True)
class PasskeySignature:
    """What a passkey gave: its public key as a JSON Web Key of its necessary parts alone, and what it signed."""

    public_key: Mapping[str, str]
    client_data: bytes
    authenticator_data: bytes
    signature: bytes

    def to_values(self) -> dict[str, Any]:
        """As stored and shown: bytes in base64url without padding."""
        return {
            "method": "PASSKEY",
            "public_key": dict(self.public_key),
            "client_data": _text(self.client_data),
            "authenticator_data": _text(self.authenticator_data),
            "signature": _text(self.signature),
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """What `to_values` wrote. Raises PasskeySignatureDoesNotMatch if it is not that."""
        try:
            read = cls(
                dict(values["public_key"]),
                _bytes(values["client_data"]),
                _bytes(values["authenticator_data"]),
                _bytes(values["signature"]),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise PasskeySignatureDoesNotMatch("the passkey's signature cannot be read") from fault
        if read.to_values() != values:
            raise PasskeySignatureDoesNotMatch("the passkey's signature is not in its one spelling")
        return read


def thumbprint(public_key: Mapping[str, str]) -> str:
    """Names a public key: SHA-256 over its necessary parts (RFC 7638), base64url.

    Raises ValueError where the key is not a JSON Web Key of exactly these parts.
    """
    parts = _PARTS.get(str(public_key.get("kty")))
    if parts is None or tuple(sorted(public_key)) != parts or not all(isinstance(v, str) for v in public_key.values()):
        raise ValueError("not a public key of a kind we take, of its necessary parts alone")
    return _text(hashlib.sha256(rfc8785.dumps(dict(public_key))).digest())


def verify_passkey(given: PasskeySignature, challenge: bytes, origin: str) -> None:
    """Check that the holder of the passkey signed `challenge` for `origin`.

    1. The browser says that it asked a passkey to sign.
    2. It was asked to sign exactly this challenge.
    3. The page was of this origin, and not inside a page of another.
    4. The passkey signed for the domain of this origin.
    5. Its user was present, and was verified (a fingerprint, a face or a PIN).
    6. The signature is by the key, over what the browser and the passkey say; the key's kind alone says how.

    Returns nothing; raises PasskeySignatureDoesNotMatch.
    """
    client_data = _client_data(given.client_data)
    # 1
    if client_data.get("type") != "webauthn.get":
        raise PasskeySignatureDoesNotMatch("the passkey was not asked to sign")
    # 2
    if not hmac.compare_digest(str(client_data.get("challenge")).encode(), _text(challenge).encode()):
        raise PasskeySignatureDoesNotMatch("the passkey signed another challenge")
    # 3
    if client_data.get("origin") != origin or client_data.get("crossOrigin", False) is not False:
        raise PasskeySignatureDoesNotMatch("the passkey signed on a page of another origin")
    # 4
    domain = (urlsplit(origin).hostname or "").encode()
    if len(given.authenticator_data) < AUTHENTICATOR_DATA_BYTES_MIN or not hmac.compare_digest(
        given.authenticator_data[:RP_ID_HASH_BYTES], hashlib.sha256(domain).digest()
    ):
        raise PasskeySignatureDoesNotMatch("the passkey signed for another domain")
    # 5
    flags = given.authenticator_data[RP_ID_HASH_BYTES]
    if not flags & USER_PRESENT or not flags & USER_VERIFIED:
        raise PasskeySignatureDoesNotMatch("the passkey did not verify that its user was present")
    # 6
    signed = given.authenticator_data + hashlib.sha256(given.client_data).digest()
    try:
        _verify_signature(given.public_key, given.signature, signed)
    except (InvalidSignature, ValueError, KeyError, TypeError) as fault:
        raise PasskeySignatureDoesNotMatch("the signature is not by this passkey over what it signed") from fault


def _client_data(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PasskeySignatureDoesNotMatch("the client data cannot be read")
    return value


def _verify_signature(key: Mapping[str, str], signature: bytes, signed: bytes) -> None:
    """ES256, EdDSA or RS256 (RFC 9053, RFC 8812). Raises InvalidSignature, ValueError, KeyError."""
    thumbprint(key)
    if key["kty"] == "EC" and key["crv"] == "P-256":
        point = EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), SECP256R1())
        point.public_key().verify(signature, signed, ECDSA(SHA256()))
    elif key["kty"] == "OKP" and key["crv"] == "Ed25519":
        Ed25519PublicKey.from_public_bytes(_bytes(key["x"])).verify(signature, signed)
    elif key["kty"] == "RSA":
        public = RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        public.verify(signature, signed, PKCS1v15(), SHA256())
    else:
        raise ValueError("not a key of a curve we take")


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Bytes from their only base64url form without padding (RFC 7515, section 2). Raises ValueError."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(value) != text:
        raise ValueError("not base64url in its only form")
    return value
