"""The geometry of a tiled log: paths, widths and entry bundles (C2SP tlog-tiles)."""

import re
from collections.abc import Sequence

from exchange.errors import LogDoesNotMatch

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_BYTES = TILE_WIDTH * HASH_BYTES
LEVEL_MAX = 63
LEAF_BYTES_MAX = 0xFFFF

_LEVEL = re.compile(r"0|[1-9][0-9]?")
_TILE = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_width(tree_size: int, level: int, index: int) -> int:
    """How many hashes tile `index` of `level` has in a tree of `tree_size` leaves: 0 (none) to 256 (full)."""
    hashes_of_level = tree_size >> 8 * level
    return max(0, min(TILE_WIDTH, hashes_of_level - index * TILE_WIDTH))


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile, or of an entry bundle with the level "entries": `tile/0/x001/067.p/5`."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def parse_tile_path(path: str) -> tuple[int | str, int, int]:
    """The level (or "entries"), index and width that a path names.

    Raises ValueError for any path that `tile_path` would not print.
    """
    start, _, rest = path.partition("/")
    level, _, tile = rest.partition("/")
    found = _TILE.fullmatch(tile)
    if start != "tile" or not found or not (level == "entries" or _LEVEL.fullmatch(level)):
        raise ValueError("not a tile path")
    index = int(found[1].replace("x", "").replace("/", ""))
    width = int(found[2] or TILE_WIDTH)
    named = (level if level == "entries" else int(level), index, width)
    if tile_path(*named) != path or (named[0] != "entries" and int(level) > LEVEL_MAX):
        raise ValueError("not a tile path")
    return named


def bundle(leaves: Sequence[bytes]) -> bytes:
    """An entry bundle: each leaf behind its length (big-endian, 2 bytes). Raises ValueError for a leaf too long."""
    if any(len(leaf) > LEAF_BYTES_MAX for leaf in leaves):
        raise ValueError(f"a leaf is longer than {LEAF_BYTES_MAX} bytes")
    return b"".join(len(leaf).to_bytes(2) + leaf for leaf in leaves)


def unbundle(entries: bytes) -> list[bytes]:
    """The leaves of an entry bundle. Raises LogDoesNotMatch for a bundle cut short."""
    leaves = []
    position = 0
    while position < len(entries):
        start = position + 2
        position = start + int.from_bytes(entries[start - 2 : start])
        leaves.append(entries[start:position])
    if position != len(entries):
        raise LogDoesNotMatch("The entry bundle is cut short.")
    return leaves
