"""Checkpoints (C2SP tlog-checkpoint) and the notes that carry them (C2SP signed-note), with Ed25519 signatures."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.audit.note_key import KEY_ID_BYTES, decode_base64, format_vkey, is_key_name, key_id, split_vkey
from exchange.audit.tiles import HASH_BYTES
from exchange.errors import LogDoesNotMatch

ED25519 = b"\x01"
SIGNATURES_MAX = 100
SIZE_MAX = 2**63 - 1
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
    """Signs notes with a key held here or elsewhere. `name` is the key's name: for a log's own key, its origin."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name the key in a signature line."""

    def sign(self, text: bytes) -> bytes:
        """What follows the key id in the signature line."""


class KeySigner:
    """A signer that has its Ed25519 key in memory (signature type 0x01)."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not is_key_name(name):
            raise ValueError("a key name is not empty and has neither spaces nor plus signs")
        self.name = name
        self.public_key = key.public_key().public_bytes_raw()
        self.key_id = key_id(name, ED25519, self.public_key)
        self._key = key

    def sign(self, text: bytes) -> bytes:
        return self._key.sign(text)


class NoteVerifier(Protocol):
    """A key of any type that a note may be signed with."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    @property
    def vkey(self) -> str:
        """The key as text."""

    def verify(self, text: bytes, signature: bytes) -> None:
        """Check what follows the key id in a signature line. Raises LogDoesNotMatch."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """An Ed25519 key that signs the text of notes as it stands (signature type 0x01)."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in a signature."""
        return key_id(self.name, ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as text."""
        return format_vkey(self.name, ED25519, self.public_key)

    def verify(self, text: bytes, signature: bytes) -> None:
        """Raises LogDoesNotMatch."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except InvalidSignature as fault:
            raise LogDoesNotMatch(f"The signature of {self.name} does not hold.") from fault


def parse_vkey(vkey: str) -> Verifier:
    """The Ed25519 key that a vkey names. Raises LogDoesNotMatch."""
    name, key_type, public_key = split_vkey(vkey)
    if key_type != ED25519 or len(public_key) != 32:
        raise LogDoesNotMatch("This is not an Ed25519 key of a log.")
    return Verifier(name, public_key)


def sign_note(text: str, *signers: Signer) -> str:
    """The text with one signature line for each signer. `text` ends with a newline."""
    lines = [signature_line(signer.name, signer.key_id, signer.sign(text.encode())) for signer in signers]
    return text + "\n" + "".join(lines)


def open_note(note: str, verifiers: Sequence[NoteVerifier]) -> str:
    """The text of a note that at least one of these keys has signed.

    1. The note is well formed. 2. Signatures of keys that we do not know are passed over. 3. Every signature of a
    known key holds, and there is at least one. Raises LogDoesNotMatch.
    """
    text, signatures = split_note(note)  # 1
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
    if end or len(lines) < 3 or "" in lines or not _SIZE.fullmatch(lines[1]) or int(lines[1]) > SIZE_MAX:
        raise LogDoesNotMatch("This is not a checkpoint.")
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise LogDoesNotMatch("The checkpoint's root is not 32 bytes long.")
    return Checkpoint(lines[0], int(lines[1]), root)


def checkpoint_in(note: str) -> Checkpoint:
    """The checkpoint in a note of our own store; its signatures are not looked at. Raises LogDoesNotMatch."""
    return parse_checkpoint(split_note(note)[0])


def signature_line(name: str, identity: bytes, signature: bytes) -> str:
    """One signature line of a note: key name, and key id and signature in base64."""
    return f"{DASH}{name} {b64encode(identity + signature).decode()}\n"


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and each signature as key name, key id and signature bytes; none is verified.

    Raises LogDoesNotMatch.
    """
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not text or _CONTROL.search(note):
        raise LogDoesNotMatch("The note is not well formed.")
    return text + "\n", read_signature_lines(lines)


def read_signature_lines(lines: str) -> list[tuple[str, bytes, bytes]]:
    """Each signature line as key name, key id and signature bytes; at least one. Raises LogDoesNotMatch."""
    signatures = lines.split("\n")
    if signatures.pop() or not signatures:
        raise LogDoesNotMatch("The note is not well formed.")
    if len(signatures) > SIGNATURES_MAX:
        raise LogDoesNotMatch(f"The note has more than {SIGNATURES_MAX} signatures.")
    return [_read_signature(line) for line in signatures]


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    dash, name, signature = line[:2], *line[2:].partition(" ")[::2]
    raw = decode_base64(signature)
    if dash != DASH or not is_key_name(name) or len(raw) <= KEY_ID_BYTES:
        raise LogDoesNotMatch("A signature line of the note is not well formed.")
    return name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:]
