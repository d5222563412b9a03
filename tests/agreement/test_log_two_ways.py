"""What the server proves, the client's own code verifies; what the client computes, the server computes."""

import random
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from openbureau_client import (
    DoesNotMatch,
    ProofDoesNotMatch,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
    verify_opening,
    verify_proof,
)
from openbureau_client.merkle import root_of
from openbureau_client.note import open_checkpoint

from exchange.audit import entry, merkle
from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.proof import prove
from exchange.audit.tiles import HASH_BYTES
from exchange.errors import LogDoesNotMatch
from tests.memory_log import MemoryLog

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LARGE = 65_537
HASHES = [sha256(index.to_bytes(4)).digest() for index in range(LARGE)]
LOG = MemoryLog(tiles=merkle.Tree(MemoryLog(), 0).append(HASHES).tiles)
KEY = KeySigner("log.example", Ed25519PrivateKey.generate())
VKEY = Verifier(KEY.name, KEY.public_key).vkey


def check_inclusion(size: int, index: int, root: bytes) -> None:
    proof = merkle.Tree(LOG, size).inclusion_proof(index)
    verify_inclusion(HASHES[index], index, size, proof, root)
    merkle.verify_inclusion(HASHES[index], index, size, proof, root)


def check_consistency(old_size: int, size: int) -> None:
    proof = merkle.Tree(LOG, size).consistency_proof(old_size)
    roots = merkle.Tree(LOG, old_size).root(), merkle.Tree(LOG, size).root()
    verify_consistency(old_size, roots[0], size, roots[1], proof)
    merkle.verify_consistency(old_size, roots[0], size, roots[1], proof)


@pytest.mark.parametrize("sizes", [range(0, 301), range(511, 514), range(767, 770)], ids=str)
def test_roots_agree_at_every_size(sizes):
    for size in sizes:
        assert merkle.Tree(LOG, size).root() == root_of(HASHES[:size])


@pytest.mark.parametrize("size", [1_000, 65_535, 65_536, 65_537])
def test_roots_agree_at_large_sizes(size):
    assert merkle.Tree(LOG, size).root() == root_of(HASHES[:size])


def test_every_leaf_of_every_small_tree_is_proved():
    for size in range(1, 71):
        root = root_of(HASHES[:size])
        for index in range(size):
            check_inclusion(size, index, root)


def test_every_pair_of_small_trees_is_proved_consistent():
    for size in range(71):
        for old_size in range(size + 1):
            check_consistency(old_size, size)


def test_leaves_of_every_size_up_to_300_are_proved():
    chosen = random.Random(20260601)
    for size in range(71, 301):
        root = root_of(HASHES[:size])
        for index in {0, size - 1, *chosen.choices(range(size), k=6)}:
            check_inclusion(size, index, root)
        for old_size in {1, size - 1, size, *chosen.choices(range(size), k=6)}:
            check_consistency(old_size, size)


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537])
def test_trees_at_the_edges_of_tiles_are_proved(size):
    chosen = random.Random(size)
    root = merkle.Tree(LOG, size).root()
    edges = {0, 1, 254, max(0, size // 256 * 256 - 1), size - 2, size - 1}
    for index in edges | set(chosen.choices(range(size), k=40)):
        check_inclusion(size, index, root)
    for old_size in edges | {255, size} | set(chosen.choices(range(size), k=40)):
        check_consistency(old_size, size)


def test_both_reject_the_same_changed_proofs():
    chosen = random.Random(7)
    for _ in range(2_000):
        size = chosen.randint(1, 300)
        index, old_size = chosen.randrange(size), chosen.randint(0, size)
        tree = merkle.Tree(LOG, size)
        root, old_root = tree.root(), merkle.Tree(LOG, old_size).root()
        inclusion = spoil(chosen, tree.inclusion_proof(index))
        other_index, other_size = chosen.choice([(index, size), (chosen.randint(-1, size), chosen.randint(0, 300))])
        claim = (HASHES[index], other_index, other_size, inclusion, root)
        assert rejects(verify_inclusion, claim) == rejects(merkle.verify_inclusion, claim)
        consistency = spoil(chosen, tree.consistency_proof(old_size))
        claim = (old_size, chosen.choice([old_root, root]), other_size, root, consistency)
        assert rejects(verify_consistency, claim) == rejects(merkle.verify_consistency, claim)


def spoil(chosen: random.Random, proof: list[bytes]) -> list[bytes]:
    """The proof, or one with a hash flipped, dropped, doubled or moved."""
    if not proof:
        return chosen.choice([proof, [bytes(HASH_BYTES)]])
    at = chosen.randrange(len(proof))
    flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    return chosen.choice(
        [proof, [*proof[:at], flipped, *proof[at + 1 :]], proof[:at], [*proof, proof[at]], proof[::-1]]
    )


def rejects(verify, claim) -> bool:
    try:
        verify(*claim)
    except (ProofDoesNotMatch, LogDoesNotMatch):
        return True
    return False


def noted(size: int) -> str:
    return sign_note(Checkpoint(KEY.name, size, merkle.Tree(LOG, size).root()).body(), KEY)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_537])
def test_a_proof_from_the_server_verifies_at_the_client(size):
    note = noted(size)
    for index in {0, size // 2, size - 1}:
        found = verify_proof(prove(LOG, note, index, HASHES[index]), HASHES[index], [VKEY])
        assert found.index == index
        assert found.checkpoint == open_checkpoint(note, [VKEY])


def test_a_proof_with_any_byte_changed_does_not_verify():
    text = prove(LOG, noted(300), 123, HASHES[123]).encode()
    for at in range(len(text)):
        for flip in (0x01, 0x20):
            changed = text[:at] + bytes([text[at] ^ flip]) + text[at + 1 :]
            with pytest.raises((DoesNotMatch, UnicodeDecodeError)):
                verify_proof(changed.decode(), HASHES[123], [VKEY])


def test_the_server_gives_no_proof_that_does_not_hold():
    with pytest.raises(LogDoesNotMatch):
        prove(LOG, noted(300), 123, HASHES[124])


def test_leaf_hashes_agree():
    assert leaf_hash(b"leaf") == merkle.leaf_hash(b"leaf")


values = st.one_of(st.text(), st.booleans(), st.none(), st.integers(-(2**53) + 1, 2**53 - 1), st.lists(st.text()))


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), values), values, st.booleans())
def test_openings_of_the_server_verify_at_the_client(subject, value, shown):
    draft = entry.build_entry(NOW, subject, {"event": value})
    openings = [opening for opening in (draft.subject_opening, draft.service_opening) if opening]
    names = [*subject, "event"] if shown else ["event"]
    opening = entry.open_fields(names, *openings)
    assert verify_opening(draft.leaf, opening) == entry.verify_opening(draft.leaf, opening)
