"""Receipts: a detached signature over the exact bytes of an answer (JWS, RFC 7515; unencoded payload, RFC 7797).

The receipt is `header..signature`, both base64url; the signature is Ed25519 (RFC 9864) over `header.body`.
"""

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.audit.tiles import HASH_BYTES
from exchange.errors import ReceiptDoesNotMatch

HEADER_NAME = "OpenBureau-Receipt"
TYPE = "openbureau-receipt"


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """The key that signs receipts, and its id in our JSON Web Key Set."""

    kid: str
    key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: who was answered what, and where the looks are logged. Times are seconds since 1970.

    `request_digest` is SHA-256 of the request's body; `leaves` are the leaf hashes, one for each report, all in the
    log of `log_origin` by `integrate_by`.
    """

    request_id: str
    member: str
    request_digest: bytes
    leaves: tuple[bytes, ...]
    log_origin: str
    issued_at: int
    integrate_by: int


def issue_receipt(
    key: ReceiptKey,
    body: bytes,
    *,
    request_id: str,
    member: str,
    request_digest: bytes,
    leaves: Sequence[bytes],
    log_origin: str,
    issued_at: datetime,
    integrate_by: datetime,
) -> str:
    """The receipt for this body, for the header `OpenBureau-Receipt`."""
    header = orjson.dumps(
        {
            "alg": "Ed25519",
            "b64": False,
            "crit": ["b64"],
            "typ": TYPE,
            "kid": key.kid,
            "iat": int(issued_at.timestamp()),
            "request_id": request_id,
            "member": member,
            "request_digest": b64encode(request_digest).decode(),
            "leaves": [b64encode(leaf).decode() for leaf in leaves],
            "log_origin": log_origin,
            "integrate_by": int(integrate_by.timestamp()),
        }
    )
    protected = urlsafe_b64encode(header).rstrip(b"=")
    signature = key.key.sign(protected + b"." + body)
    return f"{protected.decode()}..{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def verify_receipt(receipt: str, body: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Receipt:
    """What the receipt says, once it is known to be ours and for this body.

    1. It has a header and a signature, no payload, each in its only form. 2. The header asks for what we do and
    nothing else. 3. The key is one of ours. 4. The signature holds over header and body. 5. The header says all that
    a receipt must. Raises ReceiptDoesNotMatch.
    """
    protected, signature = _split(receipt)  # 1
    header = _read_header(protected)  # 2
    key = keys.get(str(header.get("kid")))  # 3
    if key is None:
        raise ReceiptDoesNotMatch("The receipt names a key that we do not know.")
    try:
        key.verify(signature, protected.encode() + b"." + body)  # 4
    except InvalidSignature as fault:
        raise ReceiptDoesNotMatch("The receipt was not given for this answer.") from fault
    return _read_claims(header)  # 5


def _split(receipt: str) -> tuple[str, bytes]:
    parts = receipt.split(".")
    if len(parts) != 3 or parts[1]:
        raise ReceiptDoesNotMatch("The receipt is not a signature detached from its answer.")
    return parts[0], _decode(parts[2])


def _read_header(protected: str) -> dict[str, object]:
    try:
        header = orjson.loads(_decode(protected))
    except ValueError as fault:
        raise ReceiptDoesNotMatch("The receipt's header cannot be read.") from fault
    asked = {name: header.get(name) for name in ("alg", "b64", "crit", "typ")} if isinstance(header, dict) else {}
    if asked != {"alg": "Ed25519", "b64": False, "crit": ["b64"], "typ": TYPE} or asked["b64"] is not False:
        raise ReceiptDoesNotMatch("The receipt is not signed in the way receipts are.")
    return dict(header)


def _read_claims(header: Mapping[str, object]) -> Receipt:
    leaves = header.get("leaves")
    try:
        return Receipt(
            _text(header.get("request_id")),
            _text(header.get("member")),
            _hash(header.get("request_digest")),
            tuple(map(_hash, leaves if isinstance(leaves, list) else [None])),
            _text(header.get("log_origin")),
            _seconds(header.get("iat")),
            _seconds(header.get("integrate_by")),
        )
    except ValueError as fault:
        raise ReceiptDoesNotMatch("The receipt does not say all that it must.") from fault


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def _seconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


def _hash(value: object) -> bytes:
    raw = b64decode(_text(value), validate=True)
    if len(raw) != HASH_BYTES:
        raise ValueError("not a SHA-256 hash")
    return raw


def _decode(text: str) -> bytes:
    """Bytes from their only base64url form without padding (RFC 7515, section 2)."""
    try:
        value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as fault:
        raise ReceiptDoesNotMatch("The receipt is not in base64url.") from fault
    if urlsafe_b64encode(value).rstrip(b"=").decode() != text:
        raise ReceiptDoesNotMatch("The receipt is not in base64url.")
    return value
