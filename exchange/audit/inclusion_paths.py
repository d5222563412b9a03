"""The inclusion paths of many leaves of one tree, one after another, in constant memory.

`Tree` keeps every tile that it reads; these keep a few. As long as leaves come roughly in their order, up or down,
each tile is read once in a whole run, and each of its inner nodes is computed once.
"""

from functools import lru_cache

from exchange.audit.merkle import TileReader, node_hash
from exchange.audit.tiles import HASH_BYTES, TILE_WIDTH, tile_width
from exchange.errors import LogDoesNotMatch

TILES_KEPT = 32
"""More than the levels of any log, so that leaves somewhat out of order read few tiles twice."""
TILE_HEIGHT = 8

_Rows = list[list[bytes]]


class InclusionPaths:
    """The paths of one tree of `size` leaves."""

    def __init__(self, reader: TileReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._tile = lru_cache(maxsize=TILES_KEPT)(self._read_tile)
        self._edge = self._right_edge() if size else []

    def path(self, index: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, section 2.1.1: from the leaf's sibling up to the root's child.

        Raises LogDoesNotMatch where a tile is too narrow.
        """
        if not 0 <= index < self._size:
            raise ValueError(f"leaf {index} is not in a tree of {self._size} leaves")
        path = []
        node, last, height = index, self._size - 1, 0
        while last:
            beside = node ^ 1
            if beside < last:
                path.append(self._node(height, beside))
            elif beside == last:
                path.append(self._edge[height])
            node, last, height = node >> 1, last >> 1, height + 1
        return path

    def _right_edge(self) -> list[bytes]:
        """The last node of each height, whether or not its subtree is complete."""
        last = self._size - 1
        edge = [self._node(0, last)]
        while last:
            height = len(edge) - 1
            edge.append(node_hash(self._node(height, last - 1), edge[-1]) if last & 1 else edge[-1])
            last >>= 1
        return edge

    def _node(self, height: int, index: int) -> bytes:
        """The root of the complete subtree number `index` of 2**height leaves."""
        level, height_in_tile = divmod(height, TILE_HEIGHT)
        tile, place = divmod(index << height_in_tile, TILE_WIDTH)
        return self._tile(level, tile)[height_in_tile][place >> height_in_tile]

    def _read_tile(self, level: int, index: int) -> _Rows:
        """The complete nodes of a tile: its hashes, then the row above them, and so on."""
        width = tile_width(self._size, level, index)
        hashes = self._reader.tile(level, index, width)
        if len(hashes) != width * HASH_BYTES:
            raise LogDoesNotMatch(f"Tile {index} of level {level} is not {width} hashes wide.")
        rows = [[hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]]
        while len(rows[-1]) > 1:
            below = rows[-1]
            rows.append([node_hash(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)])
        return rows
