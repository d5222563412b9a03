"""Who signed a consent: the borrower (in a slot that names its method) and the exchange, which countersigns.

A consent given by PASSKEY is signed by the borrower: the digest of the consent is what the passkey was asked to sign,
and the thumbprint of its key stands inside the consent. Nobody else can make that signature, not even the exchange.

A consent given in WRITING is shown by its paper alone: the slot repeats the SHA-256 of the signed document, and
that proves nothing by itself. A person must compare the paper. The exchange's signature (Ed25519, RFC 8032) shows
that this consent, with this document's digest, is the one that the exchange took.

One that was REFUSED has an empty slot: it is signed by the exchange alone and opens nothing in any state.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.artefact import ArtefactNotValid, ConsentArtefact, GivenBy, GivingMethod
from consent.passkey import PasskeySignature, PasskeySignatureDoesNotMatch, thumbprint, verify_passkey

DOMAIN = b"openbureau/consent/v1\n"
"""Goes before the canonical bytes, so that a signature over a consent can never be taken for one over another thing."""


class ConsentSignatureDoesNotMatch(Exception):
    """The consent is not what was signed, or not signed by whom it says. Nothing may be opened under it."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The borrower's slot (`method`, and what belongs to it) and the exchange's countersignature (64 bytes)."""

    borrower: Mapping[str, Any]
    exchange_key_id: str
    exchange_signature: bytes

    def to_values(self) -> dict[str, dict[str, Any]]:
        """As stored and shown: the signature in base64url without padding."""
        value = base64.urlsafe_b64encode(self.exchange_signature).rstrip(b"=").decode()
        return {
            "borrower": dict(self.borrower),
            "exchange": {"method": "Ed25519", "key_id": self.exchange_key_id, "value": value},
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Mapping[str, Any]]) -> Self:
        """What `to_values` wrote. Raises ConsentSignatureDoesNotMatch if it is not that."""
        try:
            exchange = values["exchange"]
            signature = base64.b64decode(exchange["value"] + "==", altchars=b"-_", validate=True)
            signatures = cls(dict(values["borrower"]), exchange["key_id"], signature)
        except (KeyError, TypeError, ValueError) as fault:
            raise ConsentSignatureDoesNotMatch("the signatures cannot be read") from fault
        if signatures.to_values() != values:
            raise ConsentSignatureDoesNotMatch("the signatures are not in their one spelling")
        return signatures


def message(canonical: bytes) -> bytes:
    """What is signed: the domain, then the canonical bytes."""
    return DOMAIN + canonical


def digest(canonical: bytes) -> bytes:
    """SHA-256 of the message: names the consent, and is the challenge that a passkey signs."""
    return hashlib.sha256(message(canonical)).digest()


def sign(
    artefact: ConsentArtefact, key: Ed25519PrivateKey, key_id: str, passkey: PasskeySignature | None = None
) -> Signatures:
    """The signatures of a consent, countersigned by the exchange under the key named `key_id`.

    `passkey` is the borrower's signature where the consent was given by passkey; nothing is verified here.
    """
    given = artefact.given_by
    slot: dict[str, Any] = {"method": str(given.method)}
    if given.method is GivingMethod.WRITTEN:
        slot["value"] = given.document_digest
    elif passkey is not None:
        slot = passkey.to_values()
    return Signatures(slot, key_id, key.sign(message(artefact.to_canonical())))


def verify(canonical: bytes, signatures: Signatures, exchange_keys: Mapping[str, Ed25519PublicKey]) -> None:
    """Check a stored consent against its signatures. `exchange_keys` are the exchange's public keys by id.

    1. The bytes are a consent, in canonical form.
    2. The countersignature is by a key of the exchange and over exactly these bytes.
    3. The borrower's slot is of the method that the consent says, and holds: a passkey that the consent names signed
       the digest of these bytes; or the slot names the document that the consent names; or nothing was given.

    Whether the passkey was the borrower's is not seen here: its registration is in the log.
    Returns nothing; raises ConsentSignatureDoesNotMatch.
    """
    # 1
    try:
        artefact = ConsentArtefact.from_canonical(canonical)
    except ArtefactNotValid as fault:
        raise ConsentSignatureDoesNotMatch("the bytes are not a consent in canonical form") from fault
    # 2
    key = exchange_keys.get(signatures.exchange_key_id)
    if key is None:
        raise ConsentSignatureDoesNotMatch("the countersignature names no key of the exchange")
    try:
        key.verify(signatures.exchange_signature, message(canonical))
    except InvalidSignature:
        raise ConsentSignatureDoesNotMatch("the countersignature is not over these bytes") from None
    # 3
    if signatures.borrower.get("method") != artefact.given_by.method:
        raise ConsentSignatureDoesNotMatch("the borrower's signature is of another method than the consent says")
    match artefact.given_by.method:
        case GivingMethod.PASSKEY:
            _verify_passkey(canonical, signatures.borrower, artefact.given_by)
        case GivingMethod.WRITTEN:
            _verify_document(signatures.borrower, artefact.given_by)
        case GivingMethod.REFUSED if len(signatures.borrower) > 1:
            raise ConsentSignatureDoesNotMatch("the borrower gave nothing, and yet the slot is not empty")


def _verify_passkey(canonical: bytes, slot: Mapping[str, Any], given: GivenBy) -> None:
    try:
        signature = PasskeySignature.from_values(slot)
        if thumbprint(signature.public_key) not in given.key_thumbprints:
            raise ConsentSignatureDoesNotMatch("the borrower signed with another passkey than the consent names")
        verify_passkey(signature, digest(canonical), given.origin or "")
    except (PasskeySignatureDoesNotMatch, ValueError) as fault:
        raise ConsentSignatureDoesNotMatch(f"the borrower's signature does not hold: {fault}") from fault


def _verify_document(slot: Mapping[str, Any], given: GivenBy) -> None:
    value = str(slot.get("value", ""))
    if not hmac.compare_digest(value.encode(), (given.document_digest or "").encode()):
        raise ConsentSignatureDoesNotMatch("the borrower signed another document than the consent says")
