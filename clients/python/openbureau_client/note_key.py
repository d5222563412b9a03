"""The keys of notes (C2SP signed-note and tlog-cosignature), and what each of them signs.

The Ed25519 key of a log (0x01) signs the text as it stands. Cosigners sign it with a time: with Ed25519 (0x04) the text
below two lines, with ML-DSA-44 (0x06) a structure of the two names, the time, the size and the root.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openbureau_client.checkpoint import Checkpoint, read_checkpoint
from openbureau_client.encoding import from_base64
from openbureau_client.errors import NoteDoesNotMatch

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:  # older releases of cryptography do not have it
    MLDSA44PublicKey = None  # type: ignore[assignment,misc]  # a class there, None here: mypy knows one of them

ED25519, COSIGNED_ED25519, COSIGNED_ML_DSA_44 = 1, 4, 6
OF_LOGS = {ED25519, COSIGNED_ML_DSA_44}
OF_WITNESSES = {COSIGNED_ED25519, COSIGNED_ML_DSA_44}


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs notes: its name, its 4-byte id as it stands in signatures, its type, and its bytes."""

    name: str
    key_id: bytes
    kind: int
    public_key: bytes
    check: Callable[[bytes, bytes], None]

    def verify(self, signature: bytes, text: str) -> None:
        """Check what follows the key id in a signature line. Raises NoteDoesNotMatch."""
        try:
            if self.kind == ED25519:
                self.check(signature, text.encode())
            else:
                seconds = int.from_bytes(signature[:8], "big")
                self.check(signature[8:], _cosigned_message(self, seconds, text))
        except InvalidSignature as fault:
            raise NoteDoesNotMatch(f"The signature of {self.name} does not hold.") from fault


def read_vkey(vkey: str) -> NoteKey:
    """The key that a vkey (`name+id+key`) names. Raises NoteDoesNotMatch."""
    try:
        name, key_id, key = vkey.split("+", 2)
        raw = from_base64(key)
        check = _checker(raw[0], raw[1:])
    except (ValueError, IndexError) as fault:
        raise NoteDoesNotMatch("This is not the key of a log or a witness.") from fault
    right_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if key_id != right_id.hex() or not is_key_name(name):
        raise NoteDoesNotMatch("This is not the key of a log or a witness.")
    return NoteKey(name, right_id, raw[0], raw[1:], check)


def is_key_name(name: str) -> bool:
    """Whether a key may have this name."""
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _checker(kind: int, public_key: bytes) -> Callable[[bytes, bytes], None]:
    """What checks a signature of a message with this key. Raises ValueError, NoteDoesNotMatch."""
    if kind in (ED25519, COSIGNED_ED25519):
        return Ed25519PublicKey.from_public_bytes(public_key).verify
    if kind != COSIGNED_ML_DSA_44:
        raise ValueError("a type of key that we do not know")
    try:
        if MLDSA44PublicKey is None:
            raise UnsupportedAlgorithm("ML-DSA-44")
        return MLDSA44PublicKey.from_public_bytes(public_key).verify
    except UnsupportedAlgorithm as fault:
        raise NoteDoesNotMatch("Checking an ML-DSA-44 key needs a newer release of `cryptography`.") from fault


def _cosigned_message(key: NoteKey, seconds: int, text: str) -> bytes:
    """What a cosigner signs of a checkpoint, at `seconds` since 1970. Raises NoteDoesNotMatch."""
    checkpoint = read_checkpoint(text)
    if seconds >= 1 << 63:
        raise NoteDoesNotMatch(f"The time of {key.name}'s signature is out of range.")
    if key.kind == COSIGNED_ED25519:
        return b"cosignature/v1\ntime %d\n" % seconds + text.encode()
    if text.count("\n") != 3:
        raise NoteDoesNotMatch(f"{key.name} has not signed the checkpoint's extension lines.")
    return _ml_dsa_message(key.name.encode(), checkpoint, seconds)


def _ml_dsa_message(name: bytes, checkpoint: Checkpoint, seconds: int) -> bytes:
    origin = checkpoint.origin.encode()
    if max(len(name), len(origin)) > 255:
        raise NoteDoesNotMatch("A name is too long for an ML-DSA-44 signature.")
    parts = (
        b"subtree/v1\n\0",
        *(len(name).to_bytes(1, "big"), name),
        seconds.to_bytes(8, "big"),
        *(len(origin).to_bytes(1, "big"), origin),
        bytes(8),  # the tree starts at leaf 0
        checkpoint.size.to_bytes(8, "big"),
        checkpoint.root,
    )
    return b"".join(parts)
