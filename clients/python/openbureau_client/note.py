"""Signed notes (C2SP signed-note) and the checkpoints they carry (C2SP tlog-checkpoint)."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openbureau_client.encoding import from_base64
from openbureau_client.errors import NoteDoesNotMatch

ED25519 = 1
SIGNATURES_MAX = 100


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs notes: its name, and its 4-byte id as it stands in signatures."""

    name: str
    key_id: bytes
    public_key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes


def read_vkey(vkey: str) -> NoteKey:
    """The key that a vkey (`name+id+key`) names. Raises NoteDoesNotMatch."""
    try:
        name, key_id, key = vkey.split("+", 2)
        raw = from_base64(key)
        public_key = Ed25519PublicKey.from_public_bytes(raw[1:])
    except ValueError as fault:
        raise NoteDoesNotMatch("This is not a log's key.") from fault
    right_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[0] != ED25519 or key_id != right_id.hex() or not _is_key_name(name):
        raise NoteDoesNotMatch("This is not an Ed25519 key of a log.")
    return NoteKey(name, right_id, public_key)


def open_note(note: str, vkeys: Iterable[str]) -> tuple[str, frozenset[str]]:
    """The text of a note, and the names of the given keys that have signed it: at least one.

    1. The note is well formed. 2. Signatures of other keys are passed over. 3. Each signature of a given key holds.
    Raises NoteDoesNotMatch.
    """
    text, signatures = _read_note(note)  # 1
    signed_by = set()
    for key in map(read_vkey, vkeys):
        for name, raw in signatures:
            if name == key.name and raw[:4] == key.key_id:  # 2
                _verify(key, raw[4:], text)  # 3
                signed_by.add(name)
    if not signed_by:
        raise NoteDoesNotMatch("The note is not signed by a key we trust.")
    return text, frozenset(signed_by)


def open_checkpoint(note: str, log_vkeys: Iterable[str]) -> Checkpoint:
    """The checkpoint in a note that the log itself has signed. Raises NoteDoesNotMatch."""
    text, signed_by = open_note(note, log_vkeys)
    checkpoint = read_checkpoint(text)
    if checkpoint.origin not in signed_by:
        raise NoteDoesNotMatch("The checkpoint is of another log than its signature.")
    return checkpoint


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text says; its signature is not looked at. Raises NoteDoesNotMatch."""
    lines = text.split("\n")[:-1]
    try:
        origin, size, root = lines[0], int(lines[1]), from_base64(lines[2])
    except (IndexError, ValueError) as fault:
        raise NoteDoesNotMatch("This is not a checkpoint.") from fault
    if not origin or lines[1] != str(size) or size < 0 or len(root) != 32 or "" in lines:
        raise NoteDoesNotMatch("This is not a checkpoint.")
    return Checkpoint(origin, size, root)


def _read_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and each signature as key name and bytes (4 of them the key's id)."""
    blank = note.rfind("\n\n")
    text, lines = note[: blank + 1], note[blank + 2 :].split("\n")
    if blank < 1 or len(lines) < 2 or lines[-1] or any(c < " " and c != "\n" for c in note):
        raise NoteDoesNotMatch("The note is not well formed.")
    if len(lines) > SIGNATURES_MAX + 1:
        raise NoteDoesNotMatch("The note has too many signatures.")
    return text, [_read_signature(line) for line in lines[:-1]]


def _read_signature(line: str) -> tuple[str, bytes]:
    try:
        dash, name, signature = line.split(" ")
        raw = from_base64(signature)
    except ValueError as fault:
        raise NoteDoesNotMatch("A signature line is not well formed.") from fault
    if dash != "\N{EM DASH}" or not _is_key_name(name) or len(raw) < 5:
        raise NoteDoesNotMatch("A signature line is not well formed.")
    return name, raw


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _verify(key: NoteKey, signature: bytes, text: str) -> None:
    try:
        key.public_key.verify(signature, text.encode())
    except InvalidSignature as fault:
        raise NoteDoesNotMatch(f"The signature of {key.name} does not hold.") from fault
