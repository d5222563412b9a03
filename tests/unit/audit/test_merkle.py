"""The tree against the reference vectors, and against plain recursion."""

from hashlib import sha256

import pytest

from exchange.audit.merkle import EMPTY_ROOT, Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion
from exchange.errors import LogDoesNotMatch
from tests.memory_log import MemoryLog
from tests.vectors import read_vectors

VECTORS = read_vectors("log")["merkle"]
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
SOME = [sha256(index.to_bytes(4)).digest() for index in range(700)]


def grown(hashes: list[bytes]) -> Tree:
    return Tree(MemoryLog(), 0).append(hashes).tree


def from_hex(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in proof]


def plain_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, as it is written there."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(plain_root(hashes[:middle]), plain_root(hashes[middle:]))


def test_roots_are_those_of_the_reference_tree():
    assert [grown(LEAVES[:size]).root() for size in range(9)] == ROOTS


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_proofs_are_those_of_the_reference_tree(vector):
    proof = grown(LEAVES[: vector["size"]]).inclusion_proof(vector["index"])
    assert proof == from_hex(vector["proof"])
    verify_inclusion(LEAVES[vector["index"]], vector["index"], vector["size"], proof, ROOTS[vector["size"]])


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_proofs_are_those_of_the_reference_tree(vector):
    proof = grown(LEAVES[: vector["size"]]).consistency_proof(vector["old"])
    assert proof == from_hex(vector["proof"])
    verify_consistency(vector["old"], ROOTS[vector["old"]], vector["size"], ROOTS[vector["size"]], proof)


@pytest.mark.parametrize("step", [1, 3, 255, 256, 257, 700])
def test_a_tree_grown_in_steps_is_the_tree_grown_at_once(step):
    log = MemoryLog()
    for start in range(0, len(SOME), step):
        growth = Tree(log, start).append(SOME[start : start + step])
        log.tiles |= growth.tiles
        assert growth.tree.root() == Tree(log, growth.tree.size).root() == plain_root(SOME[: start + step])
    assert log.tiles == Tree(MemoryLog(), 0).append(SOME).tiles


def test_growth_writes_only_the_tiles_that_changed():
    log = MemoryLog(tiles=Tree(MemoryLog(), 0).append(SOME[:300]).tiles)
    assert set(Tree(log, 300).append(SOME[300:301]).tiles) == {(0, 1)}
    assert set(Tree(log, 300).append(SOME[300:520]).tiles) == {(0, 1), (0, 2), (1, 0)}
    assert Tree(log, 300).append([]).tiles == {}


def test_an_old_size_is_still_read_from_grown_tiles():
    log = MemoryLog(tiles=Tree(MemoryLog(), 0).append(SOME).tiles)
    assert all(Tree(log, size).root() == plain_root(SOME[:size]) for size in (0, 1, 255, 256, 257, 511, 512, 700))


def test_a_tile_that_is_too_narrow_gives_no_root():
    with pytest.raises(LogDoesNotMatch):
        Tree(MemoryLog(tiles={(0, 0): SOME[0]}), 2).root()


@pytest.mark.parametrize("ask", [lambda tree: tree.inclusion_proof(5), lambda tree: tree.inclusion_proof(-1)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(ask):
    with pytest.raises(ValueError, match="is not in a tree of 5 leaves"):
        ask(grown(SOME[:5]))


@pytest.mark.parametrize("old_size", [-1, 6])
def test_there_is_no_proof_from_a_size_that_never_was(old_size):
    with pytest.raises(ValueError, match="cannot grow to 5"):
        grown(SOME[:5]).consistency_proof(old_size)


def test_every_changed_inclusion_proof_is_rejected():
    tree = grown(SOME[:7])
    for index in range(7):
        proof, root = tree.inclusion_proof(index), tree.root()
        verify_inclusion(SOME[index], index, 7, proof, root)
        wrong = [
            (SOME[8], index, 7, proof, root),
            (SOME[index], index ^ 1, 7, proof, root),
            (SOME[index], index + 7, 7, proof, root),
            (SOME[index], -1, 7, proof, root),
            (SOME[index], index, 7, proof, EMPTY_ROOT),
            (SOME[index], index, 7, proof[:-1], root),
            (SOME[index], index, 7, [*proof, root], root),
            (SOME[index], index, 7, [root, *proof], root),
            *((SOME[index], index, 7, flipped, root) for flipped in flips(proof)),
        ]
        for claim in wrong:
            with pytest.raises(LogDoesNotMatch):
                verify_inclusion(*claim)


def test_every_changed_consistency_proof_is_rejected():
    new = grown(SOME[:7])
    for old_size in range(1, 8):
        old_root, root, proof = plain_root(SOME[:old_size]), new.root(), new.consistency_proof(old_size)
        verify_consistency(old_size, old_root, 7, root, proof)
        wrong = [
            (old_size, EMPTY_ROOT, 7, root, proof),
            (old_size, old_root, 7, EMPTY_ROOT, proof),
            (8, old_root, 7, root, proof),
            (old_size, old_root, 7, root, [*proof, root]),
            (old_size, old_root, 7, root, [root, *proof]),
            *((old_size, old_root, 7, root, proof[:-1]) for _ in proof[:1]),
            *((old_size, old_root, 7, root, flipped) for flipped in flips(proof)),
        ]
        for claim in wrong:
            with pytest.raises(LogDoesNotMatch):
                verify_consistency(*claim)


def test_only_the_true_empty_log_may_grow_into_any_other():
    root = plain_root(SOME[:3])
    verify_consistency(0, EMPTY_ROOT, 3, root, [])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    for claim in [(0, root, 3, root, []), (0, EMPTY_ROOT, 3, root, [root]), (0, EMPTY_ROOT, 0, root, [])]:
        with pytest.raises(LogDoesNotMatch):
            verify_consistency(*claim)


def flips(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit changed in each of its bytes."""
    return [
        [*proof[:at], one[:byte] + bytes([one[byte] ^ 1]) + one[byte + 1 :], *proof[at + 1 :]]
        for at, one in enumerate(proof)
        for byte in range(len(one))
    ]
