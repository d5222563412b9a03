"""A consent's receipt, checked without the exchange: the borrower gave this consent, and nobody else can have.

The borrower's passkey signed the digest of the consent. Which passkeys are the borrower's, the public log says: the
entry about each passkey's registration comes with the receipt, and its leaf hash can be looked for in the log.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openbureau_client.encoding import from_base64, from_base64url
from openbureau_client.errors import ConsentDoesNotMatch
from openbureau_client.merkle import leaf_hash
from openbureau_client.opening import verify_opening
from openbureau_client.passkey import thumbprint, verify_passkey
from openbureau_client.signed_words import verify_beside, verify_claims

KIND = "openbureau-consent-receipt"
NOTICE_KIND = "openbureau-notice"
DOMAIN = b"openbureau/consent/v1\n"
PARTS = {
    "type", "v", "issuer", "issued_at", "consent", "signatures", "state", "recipient", "notice", "log", "notices",
    "signature",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VerifiedConsent:
    """What a receipt shows, once all of it holds.

    `consent` is the consent itself. `given_by` is PASSKEY, WRITTEN (then a person must compare the paper) or REFUSED.
    `notice` is what the borrower was shown. `told` is what the recipient was told of a withdrawal. `leaves` are the
    hashes of the log entries behind it by what they show: whoever doubts the exchange looks for them in its log.
    """

    consent: Mapping[str, Any]
    given_by: str
    state: str
    issuer: str
    issued_at: str
    notice: str | None
    told: tuple[Mapping[str, Any], ...]
    leaves: Mapping[str, bytes]


def verify_consent(receipt: bytes, exchange_jwks: Mapping[str, Any]) -> VerifiedConsent:
    """What the receipt shows. `exchange_jwks` is the exchange's JSON Web Key Set.

    1. The receipt is JSON in its only form, with the parts that it must have, and the exchange has signed all of it.
    2. The exchange countersigned the consent.
    3. The borrower signed it, in the way that the consent itself says.
    4. The notice is the one whose digest the borrower signed.
    5. The log entries belong to their leaves and say what the receipt says of them.
    6. What the recipient was told is signed and about this consent.

    Raises ConsentDoesNotMatch, SignedWordsDoNotMatch or OpeningDoesNotMatch.
    """
    parts = _read(receipt, exchange_jwks)  # 1
    try:
        consent, slot = parts["consent"], parts["signatures"]["borrower"]
        message = DOMAIN + canonical(consent)
        _verify_countersignature(parts["signatures"]["exchange"], message, exchange_jwks)  # 2
        given_by = _verify_borrower(consent["given_by"], slot, hashlib.sha256(message).digest())  # 3
        _verify_notice(parts["notice"], consent)  # 4
        leaves = _verify_log(parts, consent, slot, message)  # 5
        told = tuple(verify_claims(notice, NOTICE_KIND, exchange_jwks) for notice in parts["notices"])  # 6
        if any(claims.get("consent_id") != consent["consent_id"] for claims in told):
            raise ConsentDoesNotMatch("The recipient was told about another consent.")
        return VerifiedConsent(
            consent, given_by, parts["state"], parts["issuer"], parts["issued_at"], parts["notice"], told, leaves
        )
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise ConsentDoesNotMatch("The receipt does not say all that it must.") from fault


def canonical(value: Any) -> bytes:
    """RFC 8785 for what a receipt may hold: objects with plain names, lists, text, whole numbers, true, false, null."""
    _refuse_others(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _refuse_others(value: Any) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            if not name.isascii():
                raise ValueError("a name is not plain")
            _refuse_others(part)
    elif isinstance(value, list):
        for part in value:
            _refuse_others(part)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise ValueError("a number is not whole, or too large")


def _read(receipt: bytes, keys: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parts = json.loads(receipt)
        only_form = canonical(parts) == receipt
        signed = canonical({name: part for name, part in parts.items() if name != "signature"})
    except (AttributeError, RecursionError, ValueError) as fault:
        raise ConsentDoesNotMatch("The receipt cannot be read.") from fault
    if not only_form or parts.keys() != PARTS or (parts["type"], parts["v"]) != (KIND, 1):
        raise ConsentDoesNotMatch("This is not a consent's receipt in its only form.")
    verify_beside(signed, str(parts["signature"]), KIND, keys)
    return dict(parts)


def _verify_countersignature(exchange: Mapping[str, str], message: bytes, keys: Mapping[str, Any]) -> None:
    if exchange["method"] != "Ed25519":
        raise ConsentDoesNotMatch("The consent is not countersigned in the way that we know.")
    jwk = next((key for key in keys["keys"] if key.get("kid") == exchange["key_id"]), None)
    if jwk is None or jwk.get("crv") != "Ed25519":
        raise ConsentDoesNotMatch("The countersignature names a key that the exchange does not have.")
    try:
        Ed25519PublicKey.from_public_bytes(from_base64url(jwk["x"])).verify(from_base64url(exchange["value"]), message)
    except InvalidSignature as fault:
        raise ConsentDoesNotMatch("The exchange did not countersign this consent.") from fault


def _verify_borrower(given: Mapping[str, Any], slot: Mapping[str, Any], digest: bytes) -> str:
    """The method by which the consent was given."""
    method = given["method"]
    if slot["method"] != method:
        raise ConsentDoesNotMatch("The borrower's signature is of another method than the consent says.")
    if method == "PASSKEY":
        if thumbprint(slot["public_key"]) not in given["key_thumbprints"]:
            raise ConsentDoesNotMatch("The consent was signed with another passkey than it names.")
        verify_passkey(slot, digest, given["origin"])
    elif method == "WRITTEN":
        if slot["value"] != given["document_digest"]:
            raise ConsentDoesNotMatch("The consent names another document than its signature.")
    elif method != "REFUSED" or slot != {"method": "REFUSED"}:
        raise ConsentDoesNotMatch("The consent was given in a way that we do not know.")
    return str(method)


def _verify_notice(notice: str | None, consent: Mapping[str, Any]) -> None:
    if notice is None and consent["given_by"]["method"] == "WRITTEN":
        return
    if notice is None or hashlib.sha256(notice.encode()).hexdigest() != consent["notice_digest"]:
        raise ConsentDoesNotMatch("The borrower signed another notice than the one in the receipt.")


def _verify_log(
    parts: Mapping[str, Any], consent: Mapping[str, Any], slot: Mapping[str, Any], message: bytes
) -> dict[str, bytes]:
    """The leaf hashes of the entries, once each is known to say what it must."""
    given, subject = consent["given_by"], consent["subject_key"]
    about = {
        "subject": subject,
        "consent": consent["consent_id"],
        "consent_digest": hashlib.sha256(message).hexdigest(),
    }
    refused = given["method"] == "REFUSED"
    must_say: dict[str, dict[str, Any]] = {
        "given": {"act": "consent_refused" if refused else "consent_given", **about},
    }
    if given["method"] == "PASSKEY":
        key = {"act": "passkey_added", "key": thumbprint(slot["public_key"])}
        must_say["key_registered"] = {**key, "subject": given["acted_by"] or subject}
        if given["acted_by"]:
            authority = {"act": "representative_added", "representative": given["acted_by"]}
            must_say["authority"] = {**authority, "subject": subject}
    if parts["state"] == "REVOKED":
        must_say["withdrawn"] = {"act": "consent_moved", "state": "REVOKED", **about}
    entries = {name: entry for name, entry in parts["log"].items() if name != "log_origin"}
    if entries.keys() != must_say.keys():
        raise ConsentDoesNotMatch("The receipt lacks a log entry, or has one too many.")
    return {name: _verify_entry(entries[name], said) for name, said in must_say.items()}


def _verify_entry(entry: Mapping[str, str], must_say: Mapping[str, Any]) -> bytes:
    leaf = from_base64(entry["leaf"])
    fields = verify_opening(leaf, from_base64(entry["opening"]))
    if any(fields.get(name) != value for name, value in must_say.items()):
        raise ConsentDoesNotMatch("A log entry does not say what the receipt says of it.")
    return leaf_hash(leaf)
