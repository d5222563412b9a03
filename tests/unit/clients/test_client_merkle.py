"""The client's tree against the reference vectors."""

import pytest
from openbureau_client import ProofDoesNotMatch, leaf_hash, verify_consistency, verify_inclusion
from openbureau_client.merkle import root_of

from tests.vectors import read_vectors

VECTORS = read_vectors("log")["merkle"]
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def from_hex(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in proof]


def test_roots_are_those_of_the_reference_tree():
    assert [root_of(LEAVES[:size]) for size in range(9)] == ROOTS


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_proofs_of_the_reference_tree_verify_and_changed_ones_do_not(vector):
    index, size, proof = vector["index"], vector["size"], from_hex(vector["proof"])
    leaf, root = LEAVES[index], ROOTS[size]
    verify_inclusion(leaf, index, size, proof, root)
    wrong = [
        (ROOTS[0], index, size, proof, root),
        (leaf, index - 1, size, proof, root),
        (leaf, index + 1, size, proof, root),
        (leaf, index ^ 2, size, proof, root),
        (leaf, index, size * 2, proof, root),
        (leaf, index, size // 2, proof, root),
        (leaf, index, size, proof, ROOTS[0]),
        (leaf, index, size, [*proof, b""], root),
        (leaf, index, size, [*proof, root], root),
        (leaf, index, size, [root, *proof], root),
        (leaf[:31], index, size, proof, root),
        *((leaf, index, size, proof[:-1], root) for _ in proof[:1]),
    ]
    for claim in wrong:
        with pytest.raises(ProofDoesNotMatch):
            verify_inclusion(*claim)


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_proofs_of_the_reference_tree_verify_and_changed_ones_do_not(vector):
    old, size, proof = vector["old"], vector["size"], from_hex(vector["proof"])
    verify_consistency(old, ROOTS[old], size, ROOTS[size], proof)
    wrong = [
        (old, ROOTS[0], size, ROOTS[size], proof),
        (old, ROOTS[old], size, ROOTS[0], proof),
        (old, ROOTS[old], old - 1, ROOTS[old - 1], proof),
        (old, ROOTS[old], size, ROOTS[size], [*proof, b""]),
        (old, ROOTS[old], size, ROOTS[size], [*proof, ROOTS[old]]),
        (old, ROOTS[old], size, ROOTS[size], [ROOTS[old], *proof]),
        *((old, ROOTS[old], size * 2, ROOTS[size], proof) for _ in proof[:1]),
        *((old, ROOTS[old], size, ROOTS[size], proof[:-1]) for _ in proof[:1]),
        *((old, ROOTS[old], size, ROOTS[size], []) for _ in proof[:1]),
    ]
    for claim in wrong:
        with pytest.raises(ProofDoesNotMatch):
            verify_consistency(*claim)


def test_only_the_true_empty_log_may_grow_into_any_other():
    verify_consistency(0, ROOTS[0], 3, ROOTS[3], [])
    for claim in [
        (0, ROOTS[1], 3, ROOTS[3], []),
        (0, ROOTS[0], 3, ROOTS[3], [ROOTS[3]]),
        (-1, ROOTS[0], 3, ROOTS[3], []),
    ]:
        with pytest.raises(ProofDoesNotMatch):
            verify_consistency(*claim)
