"""Things that the exchange says and signs: compact JWS (RFC 7515), or a signature beside a document (RFC 7797).

The signature is Ed25519 (RFC 9864), by the key that also signs receipts. `typ` says what kind of thing it is, so that
none can be passed off as another.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exchange.audit.receipt import ReceiptKey
from exchange.errors import IntegrityError

ALGORITHM = "Ed25519"


def sign_claims(key: ReceiptKey, kind: str, claims: Mapping[str, Any]) -> str:
    """The claims as a compact JWS of type `kind`."""
    header = orjson.dumps({"alg": ALGORITHM, "typ": kind, "kid": key.kid})
    signed = encode_url(header) + b"." + encode_url(orjson.dumps(claims))
    return (signed + b"." + encode_url(key.key.sign(signed))).decode()


def sign_beside(key: ReceiptKey, kind: str, content: bytes) -> str:
    """A detached signature of type `kind` over these bytes: `header..signature`."""
    header = {"alg": ALGORITHM, "b64": False, "crit": ["b64"], "typ": kind, "kid": key.kid}
    protected = encode_url(orjson.dumps(header))
    return (protected + b".." + encode_url(key.key.sign(protected + b"." + content))).decode()


def read_claims(token: str, kind: str, keys: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The claims of a compact JWS, once it is known that one of these keys (by id) has signed it as this kind.

    1. It has three parts in their only form. 2. The header is the one we write. 3. The key is known. 4. The
    signature holds. Raises IntegrityError.
    """
    try:
        protected, payload, signature = token.split(".")  # 1
        header, claims = orjson.loads(_decode(protected)), orjson.loads(_decode(payload))
        known = header == {"alg": ALGORITHM, "typ": kind, "kid": header["kid"]}  # 2
        key = keys[header["kid"]]  # 3
        key.verify(_decode(signature), f"{protected}.{payload}".encode())  # 4
    except (ValueError, KeyError, TypeError, InvalidSignature) as fault:
        raise IntegrityError("This was not said and signed by this exchange.") from fault
    if not known or not isinstance(claims, dict):
        raise IntegrityError("This was not said and signed in the way that we do.")
    return claims


def encode_url(value: bytes) -> bytes:
    """Base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(value).rstrip(b"=")


def _decode(text: str) -> bytes:
    """Bytes from their only base64url form without padding. Raises ValueError."""
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_url(value).decode() != text:
        raise ValueError("not base64url in its only form")
    return value
