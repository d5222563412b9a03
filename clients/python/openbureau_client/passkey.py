"""A passkey's signature over a challenge (W3C Web Authentication, 7.2), checked without the exchange's help."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from openbureau_client.encoding import from_base64url, to_base64url
from openbureau_client.errors import ConsentDoesNotMatch

_NECESSARY = {"EC": {"kty", "crv", "x", "y"}, "OKP": {"kty", "crv", "x"}, "RSA": {"kty", "n", "e"}}
_PRESENT_AND_VERIFIED = 0b101


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """SHA-256 over the key's necessary parts (RFC 7638), base64url. Raises ConsentDoesNotMatch."""
    if not isinstance(jwk, dict) or jwk.keys() != _NECESSARY.get(str(jwk.get("kty"))):
        raise ConsentDoesNotMatch("The passkey's public key is not of a kind we know.")
    spelt = json.dumps(jwk, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return to_base64url(sha256(spelt.encode()).digest())


def verify_passkey(slot: Mapping[str, Any], challenge: bytes, origin: str) -> None:
    """Check that the key in `slot` signed this challenge on a page of this origin, its user present and verified.

    1. What the browser says: a signature was asked for, over this challenge, by this origin and no frame.
    2. What the passkey says: it is of this origin's domain, and its user was there and was verified.
    3. The signature holds over both. Raises ConsentDoesNotMatch.
    """
    try:
        client_data, authenticator_data = (
            from_base64url(slot["client_data"]),
            from_base64url(slot["authenticator_data"]),
        )
        said, signature = json.loads(client_data), from_base64url(slot["signature"])
        asked = (said["type"], said["challenge"], said["origin"], said.get("crossOrigin", False))
    except (KeyError, TypeError, ValueError) as fault:
        raise ConsentDoesNotMatch("The borrower's signature cannot be read.") from fault
    if asked != ("webauthn.get", to_base64url(challenge), origin, False):  # 1
        raise ConsentDoesNotMatch("The borrower's passkey was asked to sign something else, or somewhere else.")
    domain = sha256((urlsplit(origin).hostname or "").encode()).digest()
    if authenticator_data[:32] != domain or len(authenticator_data) < 37:  # 2
        raise ConsentDoesNotMatch("The borrower's passkey is of another domain.")
    if authenticator_data[32] & _PRESENT_AND_VERIFIED != _PRESENT_AND_VERIFIED:
        raise ConsentDoesNotMatch("The borrower's passkey did not verify that the borrower was there.")
    try:
        _verify(slot["public_key"], signature, authenticator_data + sha256(client_data).digest())  # 3
    except (InvalidSignature, KeyError, ValueError) as fault:
        raise ConsentDoesNotMatch("The borrower's signature does not hold.") from fault


def _verify(jwk: Mapping[str, str], signature: bytes, signed: bytes) -> None:
    """ES256, EdDSA or RS256, as the key's kind says. Raises InvalidSignature, KeyError, ValueError."""
    thumbprint(jwk)
    if (jwk["kty"], jwk.get("crv")) == ("EC", "P-256"):
        numbers = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), ec.SECP256R1())
        numbers.public_key().verify(signature, signed, ec.ECDSA(SHA256()))
    elif (jwk["kty"], jwk.get("crv")) == ("OKP", "Ed25519"):
        Ed25519PublicKey.from_public_bytes(from_base64url(jwk["x"])).verify(signature, signed)
    elif jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    else:
        raise ValueError("a curve that we do not take")


def _number(text: str) -> int:
    return int.from_bytes(from_base64url(text), "big")
