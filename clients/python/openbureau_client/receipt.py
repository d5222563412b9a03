"""Receipts: the exchange's signature over the exact bytes of its answer (JWS, RFC 7515, RFC 7797, RFC 9864)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openbureau_client.encoding import from_base64, from_base64url
from openbureau_client.errors import ReceiptDoesNotMatch

HEADER_NAME = "OpenBureau-Receipt"

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: who was answered what, and where the looks are logged. Times are seconds since 1970.

    `request_digest` is SHA-256 of the request's body; `leaves` are leaf hashes, one for each report, all in the log
    of `log_origin` by `integrate_by`.
    """

    request_id: str
    member: str
    request_digest: bytes
    leaves: tuple[bytes, ...]
    log_origin: str
    issued_at: int
    integrate_by: int


def verify_receipt(header_value: str, body: bytes, keys: Mapping[str, Any]) -> Receipt:
    """What the receipt says, once it is known to be given by the exchange for this body.

    `keys` is the exchange's JSON Web Key Set. 1. The receipt has a header and a signature and no payload. 2. The
    header asks for a detached, unencoded Ed25519 receipt and for nothing else. 3. The key is in the set. 4. The
    signature holds over header and body. 5. The header says all that a receipt must. Raises ReceiptDoesNotMatch.
    """
    encoded, header, signature = _read(header_value)  # 1
    if any(header.get(name) != value for name, value in _ASKED.items()) or header["b64"] is not False:  # 2
        raise ReceiptDoesNotMatch("The receipt is not signed in the way receipts are.")
    key = _find_key(header.get("kid"), keys)  # 3
    try:
        key.verify(signature, encoded.encode() + b"." + body)  # 4
    except InvalidSignature as fault:
        raise ReceiptDoesNotMatch("The receipt was not given for this answer.") from fault
    return _read_claims(header)  # 5


_ASKED: Mapping[str, Any] = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "typ": "openbureau-receipt"}


def _read(header_value: str) -> tuple[str, dict[str, Any], bytes]:
    """The header as it is encoded, the header, the signature."""
    try:
        encoded, payload, signature = header_value.split(".")
        header = json.loads(from_base64url(encoded))
        raw_signature = from_base64url(signature)
    except ValueError as fault:
        raise ReceiptDoesNotMatch("The receipt cannot be read.") from fault
    if payload or not isinstance(header, dict):
        raise ReceiptDoesNotMatch("The receipt is not a signature detached from its answer.")
    return encoded, header, raw_signature


def _find_key(kid: object, keys: Mapping[str, Any]) -> Ed25519PublicKey:
    try:
        jwk = next(key for key in keys["keys"] if key.get("kid") == kid and key.get("crv") == "Ed25519")
        return Ed25519PublicKey.from_public_bytes(from_base64url(jwk["x"]))
    except (KeyError, StopIteration, ValueError) as fault:
        raise ReceiptDoesNotMatch("The receipt names a key that the exchange does not have.") from fault


def _read_claims(header: Mapping[str, Any]) -> Receipt:
    try:
        return Receipt(
            request_id=_of_kind(str, header["request_id"]),
            member=_of_kind(str, header["member"]),
            request_digest=_hash(header["request_digest"]),
            leaves=tuple(_hash(leaf) for leaf in _of_kind(list, header["leaves"])),
            log_origin=_of_kind(str, header["log_origin"]),
            issued_at=_of_kind(int, header["iat"]),
            integrate_by=_of_kind(int, header["integrate_by"]),
        )
    except (KeyError, ValueError) as fault:
        raise ReceiptDoesNotMatch("The receipt does not say all that it must.") from fault


def _hash(value: object) -> bytes:
    raw = from_base64(_of_kind(str, value))
    if len(raw) != 32:
        raise ValueError("not a SHA-256 hash")
    return raw


def _of_kind(kind: type[_Kind], value: object) -> _Kind:
    if type(value) is not kind:
        raise ValueError(f"not of kind {kind.__name__}")
    return value
