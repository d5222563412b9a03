"""The key file's format: a root, versioned KEKs wrapped under it, and log and index keys wrapped under their KEKs.

JSON, UTF-8:
    format     "openbureau-keys-1"
    root       the root key as text (bare_keys.py)
    keks       "subject", "log", "index" -> list of {version, wrapped}, versions from 1
    service    "log", "index" -> list of {number, kek_version, wrapped}, numbers from 1
where wrapped is base64 (RFC 4648, section 4) of
    01 | nonce (12) | AES-256-GCM-SIV ciphertext and tag (48)
Associated data, each part after its length (4 bytes, big endian):
    a KEK under the root        "openbureau kek v1", purpose, version (4)
    a key under a KEK           "openbureau wrap v1", kek_ref, version (4), the caller's context
Old KEK versions and service keys stay in the file, because stored rows still name them.
"""

import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from exchange.errors import IntegrityError
from exchange.vault.bare_keys import export_key, import_key, new_key
from exchange.vault.framing import RandomBytes, length_prefixed, number_bytes
from exchange.vault.key_hierarchy import KekPurpose, ServiceKey, Wrapped, service_key_context

FILE_FORMAT = "openbureau-keys-1"
WRAP_FORMAT = b"\x01"
NONCE_BYTES = 12
WRAPPED_BYTES = len(WRAP_FORMAT) + NONCE_BYTES + 32 + 16
SERVICE_PURPOSES = (KekPurpose.LOG, KekPurpose.INDEX)


@dataclass(frozen=True)
class KeyFile:
    """The file's content. `keks` are bare, by purpose and version; `service` is wrapped, by purpose, oldest first."""

    root: bytes
    keks: Mapping[KekPurpose, Mapping[int, bytes]]
    service: Mapping[KekPurpose, tuple[ServiceKey, ...]]

    def newest(self, purpose: KekPurpose) -> tuple[str, int]:
        """(kek_ref, kek_version) that new keys are wrapped under."""
        return kek_ref(purpose), max(self.keks[purpose])

    def wrap(self, purpose: KekPurpose, key: bytes, context: bytes, random_bytes: RandomBytes) -> Wrapped:
        """The key under the newest KEK of its purpose."""
        ref, version = self.newest(purpose)
        kek = self.keks[purpose][version]
        return Wrapped(ref, version, _wrap(kek, key, _place(ref, version, context), random_bytes))

    def unwrap(self, purpose: KekPurpose, wrapped: Wrapped, context: bytes) -> bytes:
        """The key. Raises IntegrityError."""
        kek = self.keks[purpose].get(wrapped.kek_version)
        if kek is None or wrapped.kek_ref != kek_ref(purpose):
            raise IntegrityError("A stored key was wrapped under a key that this key file does not have.")
        return _unwrap(kek, wrapped.ciphertext, _place(wrapped.kek_ref, wrapped.kek_version, context))

    def with_new_version(self, purpose: KekPurpose, random_bytes: RandomBytes) -> "KeyFile":
        """The same with one more KEK of a purpose and, for log and index, one more service key under it."""
        version = max(self.keks[purpose], default=0) + 1
        versions = {**self.keks[purpose], version: new_key(random_bytes)}
        grown = replace(self, keks={**self.keks, purpose: versions})
        if purpose not in SERVICE_PURPOSES:
            return grown
        number = len(self.service[purpose]) + 1
        wrapped = grown.wrap(purpose, new_key(random_bytes), service_key_context(purpose, number), random_bytes)
        held = (*self.service[purpose], ServiceKey(number, wrapped))
        return replace(grown, service={**self.service, purpose: held})


def new_key_file(random_bytes: RandomBytes) -> KeyFile:
    """A root and a first key of each kind."""
    file = KeyFile(new_key(random_bytes), {purpose: {} for purpose in KekPurpose}, dict.fromkeys(SERVICE_PURPOSES, ()))
    for purpose in KekPurpose:
        file = file.with_new_version(purpose, random_bytes)
    return file


def kek_ref(purpose: KekPurpose) -> str:
    """How a stored row names the KEK of a purpose."""
    return f"local-file:{purpose}"


def encode(file: KeyFile, random_bytes: RandomBytes) -> bytes:
    """The bytes to be written to disk."""
    document = {
        "format": FILE_FORMAT,
        "root": export_key(file.root),
        "keks": {
            purpose: [
                {
                    "version": version,
                    "wrapped": _text(_wrap(file.root, kek, _kek_place(purpose, version), random_bytes)),
                }
                for version, kek in versions.items()
            ]
            for purpose, versions in file.keks.items()
        },
        "service": {
            purpose: [
                {"number": key.number, "kek_version": key.wrapped.kek_version, "wrapped": _text(key.wrapped.ciphertext)}
                for key in held
            ]
            for purpose, held in file.service.items()
        },
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def decode(content: bytes) -> KeyFile:
    """The key file as read from disk, every wrapped key in it tried. Raises IntegrityError."""
    try:
        document = json.loads(content)
        if document["format"] != FILE_FORMAT:
            raise IntegrityError(f"The key file does not have the format {FILE_FORMAT}.")
        file = _decoded(document)
        for purpose, held in file.service.items():
            for key in held:
                file.unwrap(purpose, key.wrapped, service_key_context(purpose, key.number))
    except (ValueError, LookupError, TypeError, AttributeError, struct.error):
        raise IntegrityError("The key file is damaged: it cannot be read as its format says.") from None
    if not all(file.keks.values()) or not all(file.service.values()):
        raise IntegrityError("The key file is damaged: keys are missing from it.")
    return file


def _decoded(document: Any) -> KeyFile:
    root = import_key(document["root"])
    keks = {
        purpose: {
            row["version"]: _unwrap(root, _bytes(row["wrapped"]), _kek_place(purpose, row["version"]))
            for row in document["keks"][purpose]
        }
        for purpose in KekPurpose
    }
    service = {
        purpose: tuple(
            ServiceKey(row["number"], Wrapped(kek_ref(purpose), row["kek_version"], _bytes(row["wrapped"])))
            for row in document["service"][purpose]
        )
        for purpose in SERVICE_PURPOSES
    }
    return KeyFile(root, keks, service)


def _place(ref: str, version: int, context: bytes) -> bytes:
    return length_prefixed(b"openbureau wrap v1", ref.encode(), number_bytes(version), context)


def _kek_place(purpose: KekPurpose, version: int) -> bytes:
    return length_prefixed(b"openbureau kek v1", purpose.encode(), number_bytes(version))


def _wrap(kek: bytes, key: bytes, place: bytes, random_bytes: RandomBytes) -> bytes:
    nonce = random_bytes(NONCE_BYTES)
    return WRAP_FORMAT + nonce + _cipher(kek).encrypt(nonce, key, place)


def _unwrap(kek: bytes, wrapped: bytes, place: bytes) -> bytes:
    if len(wrapped) != WRAPPED_BYTES or wrapped[:1] != WRAP_FORMAT:
        raise IntegrityError("A stored key is wiped, or not wrapped as the format says.")
    nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
    try:
        return _cipher(kek).decrypt(nonce, sealed, place)
    except InvalidTag:
        raise IntegrityError("A stored key was changed, belongs to another, or to another key file.") from None


@lru_cache(maxsize=64)
def _cipher(kek: bytes) -> AESGCMSIV:
    # The key file's own keys are in memory as long as the process; making their ciphers anew costs half of a wrapping.
    return AESGCMSIV(kek)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
