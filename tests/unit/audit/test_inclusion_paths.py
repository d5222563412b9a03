"""Paths of many leaves in constant memory: the same as `Tree` gives, and each tile read once."""

import hashlib
from collections import Counter

import pytest

from exchange.audit.inclusion_paths import TILES_KEPT, InclusionPaths
from exchange.audit.merkle import Tree, verify_inclusion
from exchange.errors import LogDoesNotMatch
from tests.memory_log import MemoryLog


class CountingLog(MemoryLog):
    """Counts how often each tile is read."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        self.reads[level, index] += 1
        return super().tile(level, index, width)


def log_of(size: int) -> CountingLog:
    leaves = [hashlib.sha256(place.to_bytes(4)).digest() for place in range(size)]
    log = CountingLog(tiles=dict(Tree(MemoryLog(), 0).append(leaves).tiles))
    log.reads = Counter()
    return log


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 700])
def test_every_path_is_the_one_that_the_tree_gives(size: int) -> None:
    log = log_of(size)
    paths, tree = InclusionPaths(log, size), Tree(log, size)
    for index in range(size):
        path = paths.path(index)
        assert path == tree.inclusion_proof(index)
        verify_inclusion(hashlib.sha256(index.to_bytes(4)).digest(), index, size, path, tree.root())


@pytest.mark.parametrize("size", [65_536, 65_537, 70_001])
def test_paths_of_a_log_of_three_levels_hold(size: int) -> None:
    log = log_of(size)
    paths, root = InclusionPaths(log, size), Tree(log, size).root()
    for index in [*range(0, size, 997), size - 1]:
        verify_inclusion(hashlib.sha256(index.to_bytes(4)).digest(), index, size, paths.path(index), root)


@pytest.mark.parametrize("backwards", [False, True])
def test_each_tile_is_read_once_in_a_run_and_few_are_kept(backwards: bool) -> None:
    size = 70_000
    log = log_of(size)
    paths = InclusionPaths(log, size)
    for index in sorted(range(0, size, 16), reverse=backwards):
        paths.path(index)
    assert len(log.reads) > 8 * TILES_KEPT
    assert set(log.reads.values()) <= {1, 2}
    assert sum(times == 2 for times in log.reads.values()) <= 3  # those of the right edge, read at the start


def test_a_tile_that_is_too_narrow_is_refused() -> None:
    log = log_of(600)
    log.tiles[0, 1] = log.tiles[0, 1][:-32]
    paths = InclusionPaths(log, 600)
    paths.path(5)
    with pytest.raises(LogDoesNotMatch):
        paths.path(300)


def test_a_leaf_outside_of_the_tree_has_no_path() -> None:
    for size, index in ((0, 0), (5, 5), (5, -1)):
        with pytest.raises(ValueError, match="not in a tree"):
            InclusionPaths(log_of(size), size).path(index)
