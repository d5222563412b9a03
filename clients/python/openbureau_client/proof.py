"""Proofs that a leaf is in the log (C2SP tlog-proof@v1), checked without the log's help."""

from dataclasses import dataclass

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.encoding import from_base64
from openbureau_client.errors import ProofDoesNotMatch
from openbureau_client.merkle import verify_inclusion
from openbureau_client.note import Trust, open_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it was read; nothing of it is checked yet. `extra` is never authenticated."""

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A leaf's place in the log, and the checkpoint that it is proved under."""

    index: int
    checkpoint: Checkpoint


def read_proof(text: str) -> Proof:
    """A proof's parts. Raises ProofDoesNotMatch if it is malformed."""
    head, blank, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not blank:
        raise ProofDoesNotMatch("This is not a log proof of a version we know.")
    try:
        extra = (
            from_base64(lines.pop(0).removeprefix("extra ")) if lines[:1] and lines[0].startswith("extra ") else None
        )
        index = _read_index(lines.pop(0))
        path = tuple(from_base64(line) for line in lines)
    except (IndexError, ValueError) as fault:
        raise ProofDoesNotMatch("The log proof is not well formed.") from fault
    return Proof(index, path, note, extra)


def verify_proof(text: str, leaf_hash: bytes, trust: Trust) -> Inclusion:
    """Where the leaf is in the log, once that is certain.

    1. The proof is well formed. 2. Its checkpoint is signed by the log, and by the witnesses that the policy asks.
    3. The path leads from the leaf to the checkpoint's root. Raises ProofDoesNotMatch or NoteDoesNotMatch.
    """
    proof = read_proof(text)  # 1
    checkpoint = open_checkpoint(proof.note, trust)  # 2
    verify_inclusion(leaf_hash, proof.index, checkpoint.size, proof.path, checkpoint.root)  # 3
    return Inclusion(proof.index, checkpoint)


def _read_index(line: str) -> int:
    index = int(line.removeprefix("index "))
    if line != f"index {index}" or index < 0:
        raise ValueError("not an index")
    return index
