"""A whole log, verified from its root down with no help of the log (C2SP tlog-tiles, tlog-checkpoint).

The checkpoint says the root; the tiles at the right edge of the tree must lead to it. Each of their hashes is the root
of a tile one level below, and so on down to level 0, whose hashes are those of the entries. So every file is compared
with one that is already known to be right. Besides the tiles on the way down, nothing is kept in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.errors import LogDoesNotHold, NoteDoesNotMatch, ProofDoesNotMatch
from openbureau_client.log_files import LogFiles
from openbureau_client.merkle import leaf_hash, root_of
from openbureau_client.note import Trust, as_policy, open_checkpoint

WIDTH = 256
HASH_BYTES = 32
ENTRY_BYTES_MAX = 2 + 65_535
NOTE_BYTES_MAX = 1_000_000
FAULTS_MAX = 1_000
TOP_LEVEL = 7  # 256**8 leaves are more than a checkpoint can name


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A log that holds: its checkpoint and note, how many files were verified, and the checkpoint it continues."""

    checkpoint: Checkpoint
    note: str
    tiles: int
    bundles: int
    continues: Checkpoint | None


def verify_log(
    files: LogFiles, trust: Trust, since: str | None = None, told: Callable[[int, int], object] = lambda done, of: None
) -> VerifiedLog:
    """Verify a whole log. `since` is an earlier checkpoint's note; `told` hears how many of how many leaves are done.

    1. The checkpoint is signed by those whom we trust. So is the earlier one, by the same log.
    2. Each tile leads to the hash above it, and the highest ones to the root; each entry to its hash on level 0.
    3. The first leaves are those of the earlier checkpoint.

    Raises NoteDoesNotMatch for 1, LogDoesNotHold with every fault of 2 and 3, Unavailable without an answer. What lies
    below a missing tile is not looked at; after `FAULTS_MAX` faults, nothing more is.
    """
    policy = as_policy(trust)
    note = _read_note(files)
    checkpoint = open_checkpoint(note, policy)  # 1
    earlier = None if since is None else _earlier(open_checkpoint(since, policy), checkpoint)
    walk = LogWalk(files, checkpoint.size, earlier.size if earlier else 0, told)
    walk.everything(checkpoint.root)  # 2
    if earlier is not None:
        walk.must_continue(earlier)  # 3
    if walk.faults:
        raise LogDoesNotHold(walk.faults)
    return VerifiedLog(checkpoint, note, walk.tiles, walk.bundles, earlier)


class LogWalk:
    """One walk through the files of a tree of `size` leaves. Collects the faults that it finds."""

    def __init__(
        self,
        files: LogFiles,
        size: int,
        earlier_size: int = 0,
        told: Callable[[int, int], object] = lambda done, of: None,
    ) -> None:
        self.faults: list[str] = []
        self.tiles = 0
        self.bundles = 0
        self._files = files
        self._size = size
        self._told = told
        self._kept: dict[tuple[int, int], Sequence[bytes] | None] = dict.fromkeys(_edge(earlier_size))

    def everything(self, root: bytes) -> None:
        """The tiles at the right edge lead to the root; and everything below each of their hashes."""
        edge = {place: self._tile(*place, width) for place, width in _edge(self._size).items()}
        found = [tile for tile in edge.values() if tile is not None]
        if len(found) == len(edge) and _root_over(found) != root:
            self._fault("checkpoint", "has a root that the tiles do not lead to")
        for (level, index), tile in edge.items():
            if tile is not None:
                self._below(level, index, tile)

    def subtree(self, level: int, index: int, root: bytes) -> None:
        """A full tile leads to `root`, a hash that is known to be right; and everything below it."""
        tile = self._tile(level, index, WIDTH)
        if tile is None:
            return
        if root_of(tile) != root:
            self._fault(tile_path(level, index, WIDTH), "does not lead to the hash above it")
        self._below(level, index, tile)

    def must_continue(self, earlier: Checkpoint) -> None:
        """The first leaves are those of the earlier checkpoint. To be asked after `everything`."""
        tiles = [(self._kept[place] or ())[:width] for place, width in _edge(earlier.size).items()]
        if _root_over(tiles) != earlier.root:
            self._fault("earlier checkpoint", f"was signed for other leaves than the first {earlier.size} of the log")

    def _below(self, level: int, index: int, tile: Sequence[bytes]) -> None:
        if level == 0:
            self._bundle(index, tile)
        else:
            for offset, root in enumerate(tile):
                self.subtree(level - 1, index * WIDTH + offset, root)

    def _bundle(self, index: int, tile: Sequence[bytes]) -> None:
        """The entries have the hashes of their tile."""
        self.bundles += 1
        path = tile_path("entries", index, len(tile))
        try:
            raw, width = self._read("entries", index, len(tile), ENTRY_BYTES_MAX)
            entries = split_bundle(raw)
            if len(entries) != width:
                raise ProofDoesNotMatch(f"does not hold {width} entries")
        except ProofDoesNotMatch as fault:
            self._fault(path, str(fault))
            return
        wrong = [index * WIDTH + at for at, right in enumerate(tile) if leaf_hash(entries[at]) != right]
        if wrong:
            self._fault(path, f"holds an entry, number {wrong[0]} of the log, that does not have its hash")
        self._told(index * WIDTH + len(tile), self._size)

    def _tile(self, level: int, index: int, width: int) -> Sequence[bytes] | None:
        """The hashes of a tile; None, and a fault, where it is not there or of another length."""
        self.tiles += 1
        try:
            raw, width_there = self._read(level, index, width, HASH_BYTES)
            if len(raw) != width_there * HASH_BYTES:
                raise ProofDoesNotMatch(f"is not {width_there * HASH_BYTES} bytes long")
        except ProofDoesNotMatch as fault:
            self._fault(tile_path(level, index, width), str(fault))
            return None
        tile = [raw[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(width)]
        if (level, index) in self._kept:
            self._kept[level, index] = tile
        return tile

    def _read(self, level: int | str, index: int, width: int, bytes_each: int) -> tuple[bytes, int]:
        """A file and its width: where a partial one is gone, the full one that has replaced it will do."""
        for width_there in dict.fromkeys((width, WIDTH)):
            content = self._files.read(tile_path(level, index, width_there), width_there * bytes_each)
            if content is not None:
                return content, width_there
        raise ProofDoesNotMatch("is missing")

    def _fault(self, path: str, sentence: str) -> None:
        self.faults.append(f"{path} {sentence}.")
        if len(self.faults) == FAULTS_MAX:
            raise LogDoesNotHold([*self.faults, "The rest was not looked at."])


def split_bundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle, each behind its length in two bytes. Raises ProofDoesNotMatch."""
    entries, start = [], 0
    while start < len(raw):
        end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
        if end > len(raw) or start + 2 > len(raw):
            raise ProofDoesNotMatch("ends in the middle of an entry")
        entries.append(raw[start + 2 : end])
        start = end
    return entries


def _read_note(files: LogFiles) -> str:
    try:
        raw = files.read("checkpoint", NOTE_BYTES_MAX)
        return "" if raw is None else raw.decode()
    except (ProofDoesNotMatch, UnicodeDecodeError) as fault:
        raise NoteDoesNotMatch("The checkpoint cannot be read.") from fault


def _earlier(earlier: Checkpoint, now: Checkpoint) -> Checkpoint:
    if earlier.origin != now.origin:
        raise NoteDoesNotMatch(f"The earlier checkpoint is of another log: {earlier.origin}.")
    if earlier.size > now.size:
        raise NoteDoesNotMatch(f"The log had {earlier.size} leaves and now has {now.size}.")
    return earlier


def _edge(size: int) -> dict[tuple[int, int], int]:
    """The partial tiles of a tree, from the highest level down: level and index, and the width of each."""
    edge = {}
    for level in range(TOP_LEVEL, -1, -1):
        index, width = divmod(size // WIDTH**level, WIDTH)
        if width:
            edge[level, index] = width
    return edge


def _root_over(edge: Sequence[Sequence[bytes]]) -> bytes:
    """The root over the partial tiles of a tree, from the highest level down: RFC 6962's, with ever smaller subtrees
    from left to right, each of a power of two leaves."""
    subtrees = []
    for tile in edge:
        start = 0
        for bit in range(7, -1, -1):
            if len(tile) >> bit & 1:
                subtrees.append(root_of(tile[start : start + (1 << bit)]))
                start += 1 << bit
    root = subtrees.pop() if subtrees else root_of([])
    while subtrees:
        root = root_of([subtrees.pop(), root])
    return root


def tile_path(level: int | str, index: int, width: int) -> str:
    """`tile/L/N` or `tile/L/N.p/W`: N in groups of three digits, all but the last after an x."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *high, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    name = "/".join([*(f"x{group}" for group in high), last])
    return f"tile/{level}/{name}" if width == WIDTH else f"tile/{level}/{name}.p/{width}"
