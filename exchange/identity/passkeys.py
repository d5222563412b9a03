"""Passkeys: making them, signing in with them, and signing what a borrower agrees to (W3C Web Authentication, level 3).

A passkey is discoverable (no name is typed) and always verifies its user. What it signs is our own challenge: random
for signing in, the digest of a consent for giving one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from exchange.errors import BadRequest
from exchange.handover import Passkey
from exchange.identity.cose_key import jwk_of
from exchange.settings import Settings

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
CHALLENGE_BYTES = 32
CREDENTIAL_ID_BYTES_MAX = 1023
TIMEOUT_MS = 300_000
_ATTESTATIONS = (AttestationFormat.NONE, AttestationFormat.PACKED)
_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Us, as authenticators know us: the host that passkeys belong to, and the one origin they are used on."""

    rp_id: str
    origin: str
    name: str = "OpenBureau"


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made. `public_key` is COSE."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """A challenge signed by a passkey: `signature` is over `authenticator_data` and SHA-256 of `client_data`."""

    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    credential_id: bytes
    sign_count: int


def relying_party(settings: Settings) -> RelyingParty:
    """Us, at the issuer's address."""
    return RelyingParty(urlsplit(settings.issuer).hostname or "", settings.issuer)


def registration_options(
    party: RelyingParty, user_handle: UUID, user_name: str, challenge: bytes, held: Sequence[Passkey]
) -> dict[str, Any]:
    """What a browser needs to make a passkey, as JSON (section 5.4). Authenticators that hold one are passed over."""
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_id=user_handle.bytes,
        user_name=user_name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(held),
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(json.loads(options_to_json(options)))


def assertion_options(party: RelyingParty, challenge: bytes, passkeys: Sequence[Passkey] = ()) -> dict[str, Any]:
    """What a browser needs to sign a challenge, as JSON (section 5.5); without `passkeys` any of ours may sign."""
    options = generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_descriptors(passkeys),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def verify_registration(party: RelyingParty, challenge: bytes, response: Mapping[str, Any]) -> NewPasskey:
    """Section 7.1. Raises BadRequest: it is not a passkey made for us, now, by a verified user."""
    try:
        verified = verify_registration_response(
            credential=dict(response),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        _refuse_framed(base64url_to_bytes(response["response"]["clientDataJSON"]))
        transports = response["response"].get("transports") or []
        kept = tuple(sorted(_TRANSPORTS & {str(transport) for transport in transports}))
        jwk_of(verified.credential_public_key)
    except Exception as fault:  # The library lets many kinds of error out where bytes cannot be read.
        raise _not_valid() from fault
    if verified.fmt not in _ATTESTATIONS or len(verified.credential_id) > CREDENTIAL_ID_BYTES_MAX:
        raise _not_valid()
    return NewPasskey(verified.credential_id, verified.credential_public_key, verified.sign_count, kept)


def verify_assertion(
    party: RelyingParty, passkey: Passkey, challenge: bytes, response: Mapping[str, Any]
) -> VerifiedAssertion:
    """Section 7.2. The caller has found `passkey` by `credential_id_of(response)` and stores the new sign count.

    Raises BadRequest: the signature is not this passkey's over this challenge, for us, by a verified user; or the
    count went backwards, as that of a copied passkey does.
    """
    try:
        verified = verify_authentication_response(
            credential=dict(response),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        parts = response["response"]
        client_data = base64url_to_bytes(parts["clientDataJSON"])
        _refuse_framed(client_data)
        handle = parts.get("userHandle")
        if verified.credential_id != passkey.credential_id or (
            handle and base64url_to_bytes(handle) != passkey.user_handle.bytes
        ):
            raise ValueError("another credential")
        return VerifiedAssertion(
            client_data,
            base64url_to_bytes(parts["authenticatorData"]),
            base64url_to_bytes(parts["signature"]),
            verified.credential_id,
            verified.new_sign_count,
        )
    except Exception as fault:  # The library lets many kinds of error out where bytes cannot be read.
        raise _not_valid() from fault


def credential_id_of(response: Mapping[str, Any]) -> bytes:
    """The credential that a response says it is of. Raises BadRequest."""
    try:
        return base64url_to_bytes(response["rawId"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _not_valid() from None


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id, transports=[AuthenticatorTransport(name) for name in passkey.transports]
        )
        for passkey in passkeys
    ]


def _refuse_framed(client_data: bytes) -> None:
    """Our pages are never shown within another's (section 7.2, steps 13 and 14)."""
    said = json.loads(client_data)
    if said.get("crossOrigin") or "topOrigin" in said:
        raise ValueError("used from within another origin's page")


def _not_valid() -> BadRequest:
    return BadRequest("This passkey did not work. Nothing was changed; please try again.", "PASSKEY_NOT_VALID")
