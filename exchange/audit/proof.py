"""Proofs that a leaf is in the log, as text to keep (C2SP tlog-proof@v1)."""

from base64 import b64encode
from collections.abc import Sequence

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.merkle import TileReader, Tree, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


def format_proof(index: int, path: Sequence[bytes], note: str, extra: bytes | None = None) -> str:
    """The proof's text: index, inclusion path, and the signed checkpoint as it stands."""
    lines = [HEADER, *([f"extra {b64encode(extra).decode()}"] if extra is not None else []), f"index {index}"]
    lines += [b64encode(beside).decode() for beside in path]
    return "\n".join([*lines, "", note])


def prove(reader: TileReader, note: str, index: int, leaf_hash: bytes) -> str:
    """A proof that leaf `index` is under the checkpoint in `note`.

    Raises LogDoesNotMatch rather than give a proof that does not hold.
    """
    return prove_each(reader, note, [(index, leaf_hash)])[0]


def prove_each(reader: TileReader, note: str, leaves: Sequence[tuple[int, bytes]]) -> list[str]:
    """The same for many leaves (index and hash), each tile read once."""
    checkpoint = checkpoint_in(note)
    tree = Tree(reader, checkpoint.size)
    proofs = []
    for index, leaf_hash in leaves:
        path = tree.inclusion_proof(index)
        verify_inclusion(leaf_hash, index, checkpoint.size, path, checkpoint.root)
        proofs.append(format_proof(index, path, note))
    return proofs
