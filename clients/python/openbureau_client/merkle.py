"""Merkle trees of RFC 6962, section 2.1, written straight from its recursive definitions."""

from collections.abc import Sequence
from hashlib import sha256

from openbureau_client.errors import ProofDoesNotMatch

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return sha256(b"\x00" + leaf).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """MTH(D): the root over these leaves."""
    if not leaf_hashes:
        return sha256(b"").digest()
    level = list(leaf_hashes)
    while len(level) > 1:
        pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf of hash `leaf` is number `index` (from 0) of the tree of `size` leaves.

    Raises ProofDoesNotMatch.
    """
    if not 0 <= index < size:
        raise ProofDoesNotMatch(f"Leaf {index} cannot be in a tree of {size} leaves.")
    path = _hashes([leaf, *proof])
    found = _root_from_path(index, size, path)
    if path or found != root:
        raise ProofDoesNotMatch("The inclusion proof does not lead from the leaf to the root.")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `size` leaves begins with the very leaves of the tree of `old_size`.

    Raises ProofDoesNotMatch.
    """
    if not 0 <= old_size <= size:
        raise ProofDoesNotMatch(f"The log shrank from {old_size} to {size} leaves.")
    path = _hashes(proof)
    found_old, found = root_of([]), root
    if old_size > 0:
        found_old, found = _roots_from_path(old_size, size, path, old_root)
    if path or found_old != old_root or found != root:
        raise ProofDoesNotMatch("The consistency proof does not join the two roots.")


def _root_from_path(index: int, size: int, path: list[bytes]) -> bytes:
    """Undo PATH(index, D[size]): takes the hashes that it uses off the end of `path`."""
    if size == 1:
        return _take(path)
    middle = _split(size)
    beside = _take(path)
    if index < middle:
        return _node(_root_from_path(index, middle, path), beside)
    return _node(beside, _root_from_path(index - middle, size - middle, path))


def _roots_from_path(old_size: int, size: int, path: list[bytes], old_root: bytes | None) -> tuple[bytes, bytes]:
    """Undo SUBPROOF(old_size, D[size], whole): the old and the new root. `old_root` is given where `whole` holds."""
    if old_size == size:
        same = _take(path) if old_root is None else old_root
        return same, same
    middle = _split(size)
    beside = _take(path)
    if old_size <= middle:
        old, new = _roots_from_path(old_size, middle, path, old_root)
        return old, _node(new, beside)
    old, new = _roots_from_path(old_size - middle, size - middle, path, None)
    return _node(beside, old), _node(beside, new)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle


def _take(path: list[bytes]) -> bytes:
    if not path:
        raise ProofDoesNotMatch("The proof is too short.")
    return path.pop()


def _hashes(proof: Sequence[bytes]) -> list[bytes]:
    if any(len(one) != HASH_BYTES for one in proof):
        raise ProofDoesNotMatch("The proof holds something that is not a hash.")
    return list(proof)
