"""Merkle trees as RFC 6962 and RFC 9162 define them, read from tiles (C2SP tlog-tiles).

Tile `n` of level `l` holds up to 256 hashes; each is the root of a complete subtree of 256**l leaves. Every other
hash of the tree is computed from these.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from exchange.audit.tiles import HASH_BYTES, TILE_BYTES, TILE_WIDTH, tile_width
from exchange.errors import LogDoesNotMatch

EMPTY_ROOT = sha256().digest()


class TileReader(Protocol):
    """Where the tiles of a log lie."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, 32 bytes each; fewer if the tile is not that wide."""


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, section 2.1: SHA-256(0x00 | leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, section 2.1: SHA-256(0x01 | left | right)."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree of `size` leaves, read from its tiles. Each tile is read once; a tree never changes."""

    def __init__(self, reader: TileReader, size: int, tiles: dict[tuple[int, int], bytes] | None = None) -> None:
        self.size = size
        self._reader = reader
        self._tiles = dict(tiles or {})

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        return self._range_root(0, self.size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, section 2.1.1: from the leaf's sibling up to the root's child."""
        if not 0 <= index < self.size:
            raise ValueError(f"leaf {index} is not in a tree of {self.size} leaves")
        ranges = []
        start, stop = 0, self.size
        while stop - start > 1:
            middle = start + _split(stop - start)
            if index < middle:
                ranges.append((middle, stop))
                stop = middle
            else:
                ranges.append((start, middle))
                start = middle
        return [self._range_root(*beside) for beside in reversed(ranges)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """PROOF(old_size, D[size]) of RFC 6962, section 2.1.2; empty from size 0 and from the same size."""
        if not 0 <= old_size <= self.size:
            raise ValueError(f"a tree of {old_size} leaves cannot grow to {self.size}")
        if old_size == 0:
            return []
        ranges = []
        start, stop = 0, self.size
        while stop != old_size:
            middle = start + _split(stop - start)
            if old_size <= middle:
                ranges.append((middle, stop))
                stop = middle
            else:
                ranges.append((start, middle))
                start = middle
        if start > 0:
            ranges.append((start, stop))
        return [self._range_root(*beside) for beside in reversed(ranges)]

    def append(self, leaf_hashes: Sequence[bytes]) -> "Growth":
        """The tree with these leaves added, and the tiles that this makes or widens: O(leaves added)."""
        changed: dict[tuple[int, int], bytes] = {}
        level, position, added = 0, self.size, b"".join(leaf_hashes)
        while added:
            index, width = divmod(position, TILE_WIDTH)
            if width:
                added = self._tile(level, index) + added
            for tile in _pieces(added, TILE_BYTES):
                changed[level, index] = tile
                index += 1
            full = [tile for tile in _pieces(added, TILE_BYTES) if len(tile) == TILE_BYTES]
            level, position, added = level + 1, position // TILE_WIDTH, b"".join(map(complete_root, full))
        grown = Tree(self._reader, self.size + len(leaf_hashes), changed)
        return Growth(grown, changed)

    def _range_root(self, start: int, stop: int) -> bytes:
        """The hash of leaves `start` to `stop`, `start` being where a subtree of that height may begin."""
        root = b""
        for height, index in _complete_subtrees(start, stop):
            left = self._subtree_root(height, index)
            root = node_hash(left, root) if root else left
        return root or EMPTY_ROOT

    def _subtree_root(self, height: int, index: int) -> bytes:
        """The root of the complete subtree number `index` of 2**height leaves."""
        level, height_in_tile = divmod(height, 8)
        tile_index, offset = divmod(index << height_in_tile, TILE_WIDTH)
        start = offset * HASH_BYTES
        return complete_root(self._tile(level, tile_index)[start : start + (HASH_BYTES << height_in_tile)])

    def _tile(self, level: int, index: int) -> bytes:
        tile = self._tiles.get((level, index))
        if tile is None:
            width = tile_width(self.size, level, index)
            tile = self._reader.tile(level, index, width)
            if len(tile) != width * HASH_BYTES:
                raise LogDoesNotMatch(f"Tile {index} of level {level} is not {width} hashes wide.")
            self._tiles[level, index] = tile
        return tile


@dataclass(frozen=True, slots=True)
class Growth:
    """A grown tree, and the tiles (by level and index) that are new or wider than before."""

    tree: Tree
    tiles: dict[tuple[int, int], bytes]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf of hash `leaf` is number `index` of the tree: RFC 9162, section 2.1.3.2.

    Raises LogDoesNotMatch.
    """
    if not 0 <= index < size:
        raise LogDoesNotMatch(f"Leaf {index} is not in a tree of {size} leaves.")
    node, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise LogDoesNotMatch("The inclusion proof is too long.")
        if node & 1 or node == last:
            found = node_hash(beside, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        node, last = node >> 1, last >> 1
    if last or found != root:
        raise LogDoesNotMatch("The inclusion proof does not lead to the root.")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `size` leaves continues the one of `old_size`: RFC 9162, section 2.1.4.2.

    Raises LogDoesNotMatch.
    """
    if old_size in (0, size) or old_size > size:
        _verify_trivially(old_size, old_root, size, root, proof)
        return
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        raise LogDoesNotMatch("The consistency proof is empty.")
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    found_old = found = path[0]
    for beside in path[1:]:
        if last == 0:
            raise LogDoesNotMatch("The consistency proof is too long.")
        if node & 1 or node == last:
            found_old, found = node_hash(beside, found_old), node_hash(beside, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        node, last = node >> 1, last >> 1
    if last or found_old != old_root or found != root:
        raise LogDoesNotMatch("The consistency proof does not join the two roots.")


def _verify_trivially(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    if old_size > size:
        raise LogDoesNotMatch(f"The log shrank from {old_size} to {size} leaves.")
    if proof:
        raise LogDoesNotMatch("The consistency proof is too long.")
    if old_size == size and old_root != root:
        raise LogDoesNotMatch(f"Two roots are given for {size} leaves.")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise LogDoesNotMatch("The root of the empty log is wrong.")


def _split(leaves: int) -> int:
    """The largest power of two below `leaves` (RFC 6962, section 2.1)."""
    return 1 << (leaves - 1).bit_length() - 1


def _complete_subtrees(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees that `start` to `stop` falls into, from the right: (height, number at that height)."""
    while stop > start:
        leaves = stop - start
        height = (leaves & -leaves).bit_length() - 1
        stop -= 1 << height
        yield height, stop >> height


def complete_root(hashes: bytes) -> bytes:
    """The root over 2**n hashes."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(sha256(b"\x01" + pair).digest() for pair in _pieces(hashes, 2 * HASH_BYTES))
    return hashes


def _pieces(whole: bytes, size: int) -> Iterator[bytes]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
