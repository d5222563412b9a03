"""Checkpoints (C2SP tlog-checkpoint) and the notes that carry them (C2SP signed-note), with Ed25519 signatures."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.audit.tiles import HASH_BYTES
from exchange.errors import LogDoesNotMatch

ED25519 = b"\x01"
SIGNATURES_MAX = 100
DASH = "— "

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: how many leaves it has and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Signer(Protocol):
    """Holds a signing key, here or elsewhere. `name` is the key's name: the origin of the log."""

    @property
    def name(self) -> str: ...

    @property
    def public_key(self) -> bytes:
        """32 bytes (RFC 8032)."""

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""


class KeySigner:
    """A signer that has its key in memory."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not name or "+" in name or name.split() != [name]:
            raise ValueError("a key name is not empty and has neither spaces nor plus signs")
        self.name = name
        self.public_key = key.public_key().public_bytes_raw()
        self._key = key

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that a note may be signed with."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in a signature: SHA-256(name | 0x0A | 0x01 | key)[:4]."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as text: name, key id (hex) and key (base64), joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public_key).decode()}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raises LogDoesNotMatch."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature as fault:
            raise LogDoesNotMatch(f"The signature of {self.name} does not hold.") from fault


def parse_vkey(vkey: str) -> Verifier:
    """The key that a vkey names. Raises LogDoesNotMatch."""
    name, _, rest = vkey.partition("+")
    _, _, key = rest.partition("+")
    raw = _decode(key)
    verifier = Verifier(name, raw[1:])
    if not name or raw[:1] != ED25519 or len(raw) != 33 or verifier.vkey != vkey:
        raise LogDoesNotMatch("This is not an Ed25519 key of a log.")
    return verifier


def sign_note(text: str, *signers: Signer) -> str:
    """The text with one signature line for each signer. `text` ends with a newline."""
    return text + "\n" + "".join(_signature_line(text.encode(), signer) for signer in signers)


def open_note(note: str, verifiers: Sequence[Verifier]) -> str:
    """The text of a note that at least one of these keys has signed.

    1. The note is well formed. 2. Signatures of keys that we do not know are passed over. 3. Every signature of a
    known key holds, and there is at least one. Raises LogDoesNotMatch.
    """
    text, signatures = _split_note(note)  # 1
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    ours = [(known[name, key_id], raw) for name, key_id, raw in signatures if (name, key_id) in known]  # 2
    for verifier, signature in ours:  # 3
        verifier.verify(text.encode(), signature)
    if not ours:
        raise LogDoesNotMatch("No known key has signed this note.")
    return text


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text says. Raises LogDoesNotMatch."""
    *lines, end = text.split("\n")
    if end or len(lines) < 3 or "" in lines or not _SIZE.fullmatch(lines[1]):
        raise LogDoesNotMatch("This is not a checkpoint.")
    root = _decode(lines[2])
    if len(root) != HASH_BYTES:
        raise LogDoesNotMatch("The checkpoint's root is not 32 bytes long.")
    return Checkpoint(lines[0], int(lines[1]), root)


def checkpoint_in(note: str) -> Checkpoint:
    """The checkpoint in a note of our own store; its signatures are not looked at. Raises LogDoesNotMatch."""
    return parse_checkpoint(_split_note(note)[0])


def _signature_line(text: bytes, signer: Signer) -> str:
    signature = Verifier(signer.name, signer.public_key).key_id + signer.sign(text)
    return f"{DASH}{signer.name} {b64encode(signature).decode()}\n"


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and each signature as key name, key id and signature bytes."""
    text, blank, lines = note.rpartition("\n\n")
    signatures = lines.split("\n")
    if not blank or not text or signatures.pop() or not signatures or _CONTROL.search(note):
        raise LogDoesNotMatch("The note is not well formed.")
    if len(signatures) > SIGNATURES_MAX:
        raise LogDoesNotMatch(f"The note has more than {SIGNATURES_MAX} signatures.")
    return text + "\n", [_read_signature(line) for line in signatures]


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    dash, name, signature = line[:2], *line[2:].partition(" ")[::2]
    raw = _decode(signature)
    if dash != DASH or not name or "+" in name or name.split() != [name] or len(raw) < 5:
        raise LogDoesNotMatch("A signature line of the note is not well formed.")
    return name, raw[:4], raw[4:]


def _decode(text: str) -> bytes:
    """Bytes from their only base64 form (RFC 4648, section 4). Raises LogDoesNotMatch."""
    try:
        value = b64decode(text, validate=True)
    except ValueError as fault:
        raise LogDoesNotMatch("This is not base64.") from fault
    if b64encode(value).decode() != text:
        raise LogDoesNotMatch("This is not base64 in its only form.")
    return value
