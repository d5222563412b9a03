"""Exports the log to a directory that any web server or object store can serve as it is (C2SP tlog-tiles).

Each export adds what is new since the last one. Nothing in the directory is ever rewritten or deleted but the file
`checkpoint`, and that is replaced last, when all that it promises is on disk. So whenever an export ends, at a full
disk, a kill or a power cut, the directory holds the whole log as of the older or of the newer checkpoint.

An export needs no key. It recomputes each new tile from the entries, and what the log stores of them must lead to the
root that was signed: a log that does not hold is not published.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from exchange.audit.checkpoint import Checkpoint, checkpoint_in
from exchange.audit.last_signed import sync_directory
from exchange.audit.merkle import EMPTY_ROOT, Tree, leaf_hash
from exchange.audit.tiles import HASH_BYTES, TILE_WIDTH, bundle, tile_path, tile_width
from exchange.errors import LogDoesNotMatch, Unavailable

BATCH = 16 * TILE_WIDTH
CHECKPOINT = "checkpoint"
UNFINISHED = ".unfinished"


class LogReader(Protocol):
    """Where the log lies."""

    def newest_note(self) -> str | None:
        """The note of the newest checkpoint published."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""

    def leaves(self, first: int, stop: int) -> Sequence[bytes]:
        """The leaves from index `first` up to but without `stop`."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: from which size to which, and how many files it wrote."""

    size_before: int
    size: int
    files: int


Progress = Callable[[int, int], object]
"""Is told how many leaves of how many are exported."""


def export_log(log: LogReader, directory: Path, progress: Progress = lambda done, total: None) -> Exported:
    """Bring the directory up to the newest checkpoint of the log.

    1. What is there is an earlier state of this log, and whole at its right edge.
    2. New bundles and tiles are recomputed from the entries and written, each forced to disk.
    3. They lead to the root that was signed; only then the checkpoint is replaced.

    Raises Unavailable where nothing has been signed yet or another export runs, LogDoesNotMatch where the directory or
    the log does not hold, and OSError; the directory then still holds the log of the older or the newer checkpoint.
    """
    note = log.newest_note()
    if note is None:
        raise Unavailable("Nothing has been signed yet. Try again soon.")
    newest = checkpoint_in(note)
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory):
        files = _Files(directory)
        earlier = tree = _earlier_tree(log, files, newest)  # 1
        for grown in _grown(log, files, earlier, newest.size):  # 2
            tree = grown
            progress(tree.size, newest.size)
        if tree.root() != newest.root:  # 3
            raise LogDoesNotMatch("The log's entries do not lead to the root that was signed. Nothing was published.")
        if files.read(CHECKPOINT) != note.encode():
            files.sync_directories()
            files.put(CHECKPOINT, note.encode())
            files.sync_directories()
        return Exported(earlier.size, newest.size, files.written)


def _earlier_tree(log: LogReader, files: "_Files", newest: Checkpoint) -> Tree:
    """The tree that the directory holds. Raises LogDoesNotMatch unless it is the past of the newest one."""
    raw = files.read(CHECKPOINT)
    empty = Checkpoint(newest.origin, 0, EMPTY_ROOT)
    earlier = empty if raw is None else checkpoint_in(raw.decode(errors="replace"))
    if earlier.origin != newest.origin:
        raise LogDoesNotMatch(f"The directory holds another log, {earlier.origin}. Export to a directory of its own.")
    if earlier.size > newest.size:
        raise LogDoesNotMatch(f"The directory holds {earlier.size:,} leaves, but the log has only {newest.size:,}.")
    tree = Tree(log, earlier.size)
    if tree.root() != earlier.root:
        raise LogDoesNotMatch("The directory holds a log that this one contradicts.")
    _check_edge(log, files, earlier.size)
    return tree


def _check_edge(log: LogReader, files: "_Files", size: int) -> None:
    """The partial bundle and tiles of the earlier tree are there, as the log has them."""
    level = 0
    while size >> 8 * level:
        index = size >> 8 * (level + 1)
        width = tile_width(size, level, index)
        if width:
            files.must_hold(tile_path(level, index, width), log.tile(level, index, width))
        if width and level == 0:
            first = index * TILE_WIDTH
            files.must_hold(tile_path("entries", index, width), bundle(log.leaves(first, size)))
        level += 1


def _grown(log: LogReader, files: "_Files", tree: Tree, size: int) -> Iterator[Tree]:
    """Write what a tree of `size` leaves has beyond `tree`, batch by batch; gives the tree that each batch leads to."""
    while tree.size < size:
        whole = tree.size // TILE_WIDTH * TILE_WIDTH
        stop = min(whole + BATCH, size)
        leaves = log.leaves(whole, stop)
        if len(leaves) != stop - whole:
            raise LogDoesNotMatch(f"The log lacks entries between {whole:,} and {stop:,}. Nothing was published.")
        for first in range(0, len(leaves), TILE_WIDTH):
            entries = leaves[first : first + TILE_WIDTH]
            files.add(tile_path("entries", (whole + first) // TILE_WIDTH, len(entries)), bundle(entries))
        growth = tree.append(list(map(leaf_hash, leaves[tree.size - whole :])))
        for (level, index), hashes in growth.tiles.items():
            width = len(hashes) // HASH_BYTES
            if width == tile_width(size, level, index):  # narrower ones grow in a later batch
                files.add(tile_path(level, index, width), hashes)
        tree = growth.tree
        yield tree


class _Files:
    """The files of an export. A file is written under another name, forced to disk, and then put in its place."""

    def __init__(self, directory: Path) -> None:
        self.written = 0
        self._directory = directory
        self._changed: set[Path] = set()

    def read(self, path: str) -> bytes | None:
        try:
            return (self._directory / path).read_bytes()
        except FileNotFoundError:
            return None

    def must_hold(self, path: str, content: bytes) -> None:
        """Raises LogDoesNotMatch unless the file is there with this content."""
        if self.read(path) != content:
            raise LogDoesNotMatch(f"{path} in the directory is missing or was changed. Export to an empty directory.")

    def add(self, path: str, content: bytes) -> None:
        """Write a file that never changes. One that an export cut short has left must be the same."""
        if (self._directory / path).exists():
            self.must_hold(path, content)
            self._remember(path)
        else:
            self.put(path, content)

    def put(self, path: str, content: bytes) -> None:
        """Write a file, over an older one if there is one."""
        unfinished, place = self._directory / UNFINISHED, self._directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
        self.written += 1
        self._remember(path)

    def sync_directories(self) -> None:
        """Force the new names to disk. A file's own content is there before it gets its name."""
        for directory in sorted(self._changed):
            sync_directory(directory)
        self._changed.clear()

    def _remember(self, path: str) -> None:
        """Its directory, and those above it, may have got new names."""
        above = (self._directory / path).parents
        self._changed.update(parent for parent in above if parent.is_relative_to(self._directory))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Holds the directory against other exports. Raises Unavailable while one runs."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise Unavailable("Another export writes into this directory.") from fault
