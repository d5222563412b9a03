"""An authenticator in software: it makes real passkeys and real signatures, as a phone or security key would.

    authenticator = SoftwareAuthenticator("https://exchange.example", "exchange.example")
    response = authenticator.register(registration_options)
    response = authenticator.sign_in(assertion_options)
    response = authenticator.assert_challenge(challenge)       # any challenge, such as a consent's digest

Options and responses are JSON as browsers have it (W3C Web Authentication, sections 5.1.8 to 5.1.10). The public
attributes may be changed to make it misbehave.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.hashes import SHA256

ES256, EDDSA, RS256 = -7, -8, -257
USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40
Key = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey


@dataclass
class SoftwareAuthenticator:
    """Holds one passkey of one relying party, used from pages of `origin`."""

    origin: str
    rp_id: str
    algorithm: int = ES256
    counts: bool = True
    user_verified: bool = True
    user_present: bool = True
    cross_origin: bool = False
    sign_count: int = 0
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        self.key = _generate(self.algorithm)

    def register(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`, with an attestation of kind "none"."""
        self.user_handle = _from_base64url(options["user"]["id"])
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.public_key()
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._authenticator_data(HAS_CREDENTIAL) + credential}
        return self._credential(
            {
                "clientDataJSON": _base64url(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": _base64url(cbor2.dumps(attestation)),
                "transports": ["internal"],
            }
        )

    def sign_in(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        return self.assert_challenge(_from_base64url(options["challenge"]))

    def assert_challenge(self, challenge: bytes) -> dict[str, Any]:
        """The same, over a challenge given as bytes."""
        self.sign_count += self.counts
        authenticator_data = self._authenticator_data()
        client_data = self._client_data("webauthn.get", _base64url(challenge))
        signature = _sign(self.key, authenticator_data + hashlib.sha256(client_data).digest())
        return self._credential(
            {
                "clientDataJSON": _base64url(client_data),
                "authenticatorData": _base64url(authenticator_data),
                "signature": _base64url(signature),
                "userHandle": _base64url(self.user_handle) if self.user_handle else None,
            }
        )

    def public_key(self) -> bytes:
        """The public key in COSE."""
        return cbor2.dumps(_cose(self.key))

    def _authenticator_data(self, flags: int = 0) -> bytes:
        flags |= USER_PRESENT * self.user_present | USER_VERIFIED * self.user_verified
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said, separators=(",", ":")).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = _base64url(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": response,
        }


def _generate(algorithm: int) -> Key:
    if algorithm == EDDSA:
        return Ed25519PrivateKey.generate()
    return generate_ec_key(SECP256R1()) if algorithm == ES256 else generate_rsa_key(65537, 2048)


def _cose(key: Key) -> dict[int, Any]:
    """RFC 9053, sections 2 and 7; RFC 8230, section 4."""
    if isinstance(key, Ed25519PrivateKey):
        return {1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()}
    if isinstance(key, RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    point = key.public_key().public_numbers()
    return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def _sign(key: Key, message: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, RSAPrivateKey):
        return key.sign(message, PKCS1v15(), SHA256())
    return key.sign(message, ECDSA(SHA256()))


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
