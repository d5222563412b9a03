"""Cosignatures (C2SP tlog-cosignature): at this time, this was the largest consistent tree that the cosigner had seen.

Two types: Ed25519 (0x04) signs the checkpoint's text, ML-DSA-44 (0x06, FIPS 204) a structure with both names in it.
In the signature line stand the time (8 bytes, seconds since 1970, big-endian) and the signature over it.

The ML-DSA-44 message leaves out a checkpoint's extension lines. So that no unsigned text is ever passed on, we neither
sign nor accept such a cosignature of a checkpoint that has any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from exchange.audit.checkpoint import (
    ED25519,
    NoteVerifier,
    Verifier,
    parse_checkpoint,
    read_signature_lines,
    signature_line,
    split_note,
)
from exchange.audit.note_key import format_vkey, is_key_name, key_id, split_vkey
from exchange.clock import Clock
from exchange.errors import LogDoesNotMatch

COSIGNATURE_ED25519 = b"\x04"
COSIGNATURE_ML_DSA_44 = b"\x06"
TIMESTAMP_BYTES = 8
TIMESTAMP_MAX = 2**63 - 1
NAME_BYTES_MAX = 255

_ML_DSA_LABEL = b"subtree/v1\n\x00"
_KEY_BYTES = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_ML_DSA_44: 1312}


class CosignatureVerifier(NoteVerifier, Protocol):
    """A key that cosigns."""

    def message(self, text: bytes, timestamp: int) -> bytes:
        """The bytes that are signed. Raises LogDoesNotMatch where `text` cannot be cosigned with such a key."""


class CosigningKey(Protocol):
    """Cosigns with a key held here or elsewhere."""

    @property
    def verifier(self) -> CosignatureVerifier:
        """Its public half."""

    def cosign(self, text: bytes, timestamp: int) -> bytes:
        """Time and signature: what follows the key id in the signature line. Raises LogDoesNotMatch."""


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    """An Ed25519 key that cosigns (signature type 0x04). The name is not signed: a key belongs to one cosigner."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in a signature."""
        return key_id(self.name, COSIGNATURE_ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as text."""
        return format_vkey(self.name, COSIGNATURE_ED25519, self.public_key)

    def message(self, text: bytes, timestamp: int) -> bytes:
        """Two lines, and the whole text of the checkpoint. Raises LogDoesNotMatch."""
        parse_checkpoint(text.decode())
        return f"cosignature/v1\ntime {_checked(timestamp)}\n".encode() + text

    def verify(self, text: bytes, signature: bytes) -> None:
        """Raises LogDoesNotMatch."""
        timestamp, raw = split_cosignature(signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(raw, self.message(text, timestamp))
        except InvalidSignature as fault:
            raise LogDoesNotMatch(f"The cosignature of {self.name} does not hold.") from fault


@dataclass(frozen=True, slots=True)
class MlDsaVerifier:
    """An ML-DSA-44 key that cosigns (signature type 0x06); names are at most 255 bytes long."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in a signature."""
        return key_id(self.name, COSIGNATURE_ML_DSA_44, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as text."""
        return format_vkey(self.name, COSIGNATURE_ML_DSA_44, self.public_key)

    def message(self, text: bytes, timestamp: int) -> bytes:
        """A `cosigned_message` over the whole tree: start 0, end its size. Raises LogDoesNotMatch."""
        checkpoint = parse_checkpoint(text.decode())
        if checkpoint.body().encode() != text:
            raise LogDoesNotMatch("An ML-DSA-44 cosignature does not cover the extension lines of this checkpoint.")
        return subtree_message(self.name, timestamp, checkpoint.origin, 0, checkpoint.size, checkpoint.root)

    def verify(self, text: bytes, signature: bytes) -> None:
        """Raises LogDoesNotMatch."""
        timestamp, raw = split_cosignature(signature)
        try:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(raw, self.message(text, timestamp))
        except InvalidSignature as fault:
            raise LogDoesNotMatch(f"The cosignature of {self.name} does not hold.") from fault


def subtree_message(name: str, timestamp: int, origin: str, start: int, end: int, root: bytes) -> bytes:
    """The `cosigned_message` of leaves `start` to `end` (tlog-cosignature, "ML-DSA-44 signed message").

    Raises LogDoesNotMatch where a name is too long.
    """
    numbers = start.to_bytes(8, "big") + end.to_bytes(8, "big")
    time = _checked(timestamp).to_bytes(TIMESTAMP_BYTES, "big")
    return _ML_DSA_LABEL + _prefixed(name) + time + _prefixed(origin) + numbers + root


class Ed25519Cosigner:
    """A cosigner that has its Ed25519 key in memory."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.verifier = Ed25519Verifier(_key_name(name), key.public_key().public_bytes_raw())
        self._key = key

    def cosign(self, text: bytes, timestamp: int) -> bytes:
        return timestamp.to_bytes(TIMESTAMP_BYTES, "big") + self._key.sign(self.verifier.message(text, timestamp))


class MlDsaCosigner:
    """A cosigner that has its ML-DSA-44 key in memory."""

    def __init__(self, name: str, key: MLDSA44PrivateKey) -> None:
        self.verifier = MlDsaVerifier(_key_name(name), key.public_key().public_bytes_raw())
        self._key = key

    def cosign(self, text: bytes, timestamp: int) -> bytes:
        return timestamp.to_bytes(TIMESTAMP_BYTES, "big") + self._key.sign(self.verifier.message(text, timestamp))


class TimedSigner:
    """A cosigner as a signer of notes: it signs with the time of the clock. For the log's own second signature."""

    def __init__(self, key: CosigningKey, clock: Clock) -> None:
        self.name, self.key_id = key.verifier.name, key.verifier.key_id
        self._key, self._clock = key, clock

    def sign(self, text: bytes) -> bytes:
        return self._key.cosign(text, int(self._clock.now().timestamp()))


def read_vkey(vkey: str) -> NoteVerifier:
    """The key that a vkey names: of a log (0x01), or one that cosigns (0x04, 0x06). Raises LogDoesNotMatch."""
    name, key_type, public_key = split_vkey(vkey)
    if _KEY_BYTES.get(key_type) != len(public_key):
        raise LogDoesNotMatch("This is not a key of a type that we know.")
    if key_type == ED25519:
        return Verifier(name, public_key)
    return _cosigner(name, key_type, public_key)


def read_witness_vkey(vkey: str) -> CosignatureVerifier:
    """The key that a witness's vkey names (0x04 or 0x06). Raises LogDoesNotMatch."""
    name, key_type, public_key = split_vkey(vkey)
    if key_type == ED25519 or _KEY_BYTES.get(key_type) != len(public_key):
        raise LogDoesNotMatch("This is not the key of a witness.")
    return _cosigner(name, key_type, public_key)


def cosignature_line(key: CosigningKey, text: str, timestamp: int) -> str:
    """The signature line with which this key cosigns a checkpoint's text. Raises LogDoesNotMatch."""
    return signature_line(key.verifier.name, key.verifier.key_id, key.cosign(text.encode(), timestamp))


def cosigned(note: str, verifiers: Sequence[CosignatureVerifier]) -> dict[str, int]:
    """Who of these has cosigned a note, by name, with the newest time (seconds since 1970).

    Signatures of other keys are passed over. Raises LogDoesNotMatch where one of a known key does not hold.
    """
    text, signatures = split_note(note)
    times: dict[str, int] = {}
    for verifier, signature in _of_known_keys(signatures, verifiers):
        verifier.verify(text.encode(), signature)
        times[verifier.name] = max(split_cosignature(signature)[0], times.get(verifier.name, 0))
    return times


def with_cosignatures(note: str, lines: str, verifiers: Sequence[CosignatureVerifier]) -> str:
    """The note with the cosignatures that a witness has answered; an older one of the same key gives way.

    Lines of other keys are left out. Raises LogDoesNotMatch where a line of a known key does not hold, or none is
    there.
    """
    text, present = split_note(note)
    answered = _of_known_keys(read_signature_lines(lines), verifiers)
    if not answered:
        raise LogDoesNotMatch("The answer holds no cosignature of a known key.")
    for verifier, signature in answered:
        verifier.verify(text.encode(), signature)
    fresh = {(verifier.name, verifier.key_id): signature for verifier, signature in answered}
    kept = [one for one in present if one[:2] not in fresh]
    added = [(*key, signature) for key, signature in fresh.items()]
    return text + "\n" + "".join(signature_line(*one) for one in [*kept, *added])


def split_cosignature(signature: bytes) -> tuple[int, bytes]:
    """The time (seconds since 1970) and the signature over it. Raises LogDoesNotMatch."""
    timestamp = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
    if len(signature) <= TIMESTAMP_BYTES:
        raise LogDoesNotMatch("A cosignature is too short.")
    return _checked(timestamp), signature[TIMESTAMP_BYTES:]


def _of_known_keys(
    signatures: Sequence[tuple[str, bytes, bytes]], verifiers: Sequence[CosignatureVerifier]
) -> list[tuple[CosignatureVerifier, bytes]]:
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    return [(known[name, identity], raw) for name, identity, raw in signatures if (name, identity) in known]


def _cosigner(name: str, key_type: bytes, public_key: bytes) -> CosignatureVerifier:
    if key_type == COSIGNATURE_ED25519:
        return Ed25519Verifier(name, public_key)
    return MlDsaVerifier(name, public_key)


def _key_name(name: str) -> str:
    if not is_key_name(name) or len(name.encode()) > NAME_BYTES_MAX:
        raise ValueError("a key name is 1 to 255 bytes long and has neither spaces nor plus signs")
    return name


def _checked(timestamp: int) -> int:
    if not 0 <= timestamp <= TIMESTAMP_MAX:
        raise LogDoesNotMatch("A cosignature's time is out of range.")
    return timestamp


def _prefixed(name: str) -> bytes:
    raw = name.encode()
    if not 1 <= len(raw) <= NAME_BYTES_MAX:
        raise LogDoesNotMatch("A name is too long for an ML-DSA-44 cosignature.")
    return bytes([len(raw)]) + raw
