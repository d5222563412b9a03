"""What an exchange says and signs besides receipts: compact JWS (RFC 7515), or detached from a document (RFC 7797)."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openbureau_client.encoding import from_base64url
from openbureau_client.errors import SignedWordsDoNotMatch

COPY_KIND = "openbureau-copy"


def verify_claims(token: str, kind: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a compact JWS of this kind, once it is known that the exchange has signed it.

    `keys` is the exchange's JSON Web Key Set. Raises SignedWordsDoNotMatch.
    """
    protected, payload, signature = _split(token)
    _verify(protected, signature, f"{protected}.{payload}".encode(), {"alg": "Ed25519", "typ": kind}, keys)
    return _read_object(payload)


def verify_copy(content: bytes, signature: str, keys: Mapping[str, Any]) -> None:
    """Check that the exchange has signed exactly these bytes as a borrower's copy. Raises SignedWordsDoNotMatch."""
    verify_beside(content, signature, COPY_KIND, keys)


def verify_beside(content: bytes, signature: str, kind: str, keys: Mapping[str, Any]) -> None:
    """The same for a document of any kind, with its detached signature."""
    protected, payload, raw = _split(signature)
    if payload:
        raise SignedWordsDoNotMatch("The signature is not detached from its document.")
    expected = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "typ": kind}
    _verify(protected, raw, protected.encode() + b"." + content, expected, keys)


def _verify(
    protected: str, signature: str, signed: bytes, expected: Mapping[str, Any], keys: Mapping[str, Any]
) -> None:
    """1. The header asks for what is expected and nothing else. 2. The key is in the set. 3. The signature holds."""
    header = _read_object(protected)
    kid = header.pop("kid", None)
    if header != expected or header.get("b64", False) is not False:  # 1
        raise SignedWordsDoNotMatch("This is not signed in the way that the exchange signs such things.")
    try:
        jwk = next(key for key in keys["keys"] if key.get("kid") == kid and key.get("crv") == "Ed25519")  # 2
        key = Ed25519PublicKey.from_public_bytes(from_base64url(jwk["x"]))
        key.verify(from_base64url(signature), signed)  # 3
    except (KeyError, StopIteration, ValueError) as fault:
        raise SignedWordsDoNotMatch("This names a key that the exchange does not have.") from fault
    except InvalidSignature as fault:
        raise SignedWordsDoNotMatch("The exchange has not signed this.") from fault


def _split(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise SignedWordsDoNotMatch("This is not a signature of a form that we know.")
    return parts[0], parts[1], parts[2]


def _read_object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(from_base64url(text))
    except ValueError as fault:
        raise SignedWordsDoNotMatch("The signature's parts cannot be read.") from fault
    if not isinstance(said, dict):
        raise SignedWordsDoNotMatch("The signature's parts cannot be read.")
    return said
