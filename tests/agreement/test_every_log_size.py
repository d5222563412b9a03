"""What the server proves at every size of a log, a verifier that shares no code with it accepts."""

import random
from hashlib import sha256

import pytest
from openbureau_client import verify_consistency, verify_inclusion, verify_log

from exchange.audit.merkle import Tree
from exchange.audit.verify_log import verify_log as verify_log_at_the_server
from tests.published_log import KEY, TRUST, PublishedLog

CHUNKS = [range(start, min(start + 100, 1_101)) for start in range(0, 1_101, 100)] + [range(65_535, 65_538)]
PROOFS = 10_000


@pytest.fixture(scope="module")
def log() -> PublishedLog:
    return PublishedLog(65_537)


@pytest.fixture(scope="module")
def roots(log: PublishedLog) -> dict[int, bytes]:
    """The root at every size, by merging equal subtrees as leaves come in: code of this file alone."""
    peaks: list[tuple[int, bytes]] = []
    found = {0: sha256(b"").digest()}
    for size, (_, _, hash_) in enumerate(log.placed, start=1):
        height = 0
        while peaks and peaks[-1][0] == height:
            hash_ = sha256(b"\x01" + peaks.pop()[1] + hash_).digest()
            height += 1
        peaks.append((height, hash_))
        if size in {*range(1_101), *range(65_535, 65_538)} or size % 997 == 0:
            root = peaks[-1][1]
            for _, left in reversed(peaks[:-1]):
                root = sha256(b"\x01" + left + root).digest()
            found[size] = root
    return found


def chosen_leaves(size: int) -> set[int]:
    """The first and the last, those at the edge of the last tile, and two at random."""
    full = size // 256 * 256
    at_random = [random.Random(size + number).randrange(size or 1) for number in range(2)]
    return {index for index in (0, size - 1, full - 1, full, *at_random) if 0 <= index < size}


def chosen_sizes(size: int, known: dict[int, bytes]) -> set[int]:
    """Nothing, one leaf, one leaf ago, this size, the size of the last full tile, and two at random."""
    at_random = [random.Random(~size - number).randint(0, size) for number in range(2)]
    chosen = (0, 1, size - 1, size, size // 256 * 256, *at_random)
    return {earlier for earlier in chosen if earlier <= size and earlier in known}


@pytest.mark.parametrize("sizes", CHUNKS, ids=str)
def test_inclusion_and_consistency_are_proved_at_every_size(log, roots, sizes):
    for size in sizes:
        tree = Tree(log, size)
        assert tree.root() == roots[size]
        for index in chosen_leaves(size):
            verify_inclusion(log.placed[index][2], index, size, tree.inclusion_proof(index), roots[size])
        for earlier in chosen_sizes(size, roots):
            verify_consistency(earlier, roots[earlier], size, roots[size], tree.consistency_proof(earlier))


@pytest.mark.parametrize("sizes", CHUNKS, ids=str)
def test_the_whole_log_holds_at_every_size_for_both(log, roots, sizes):
    for size in sizes:
        log.sign(size)
        since = log.note(size // 3)
        assert verify_log(log, [KEY.vkey], since).checkpoint.root == roots[size]
        verdict = verify_log_at_the_server(log, TRUST, since)
        assert verdict.holds
        assert verdict.checkpoint.root == roots[size]


def test_ten_thousand_random_proofs_of_each_kind_are_accepted(log, roots):
    chosen = random.Random(20260601)
    sizes = sorted(roots)[1:]
    large = [size for size in sizes if size > 1_100]
    for _ in range(PROOFS // 100):
        size = chosen.choice(chosen.choice([sizes, large]))
        tree = Tree(log, size)
        for _ in range(100):
            index = chosen.randrange(size)
            verify_inclusion(log.placed[index][2], index, size, tree.inclusion_proof(index), roots[size])
            earlier = chosen.choice(sizes[: sizes.index(size) + 1])
            verify_consistency(earlier, roots[earlier], size, roots[size], tree.consistency_proof(earlier))
