"""Verifies a whole log from what anybody can fetch (C2SP tlog-tiles, tlog-checkpoint): nothing is taken on trust.

From the bottom up: every leaf hash is recomputed from the entries, every tile of every level from the leaf hashes, and
the root from these; each tile served is compared with the recomputed one, byte for byte. So a fault in one file does
not hide the faults in others: all are found. At any time one bundle and one tile of each level are in memory.

Our own clients verify a log from the root down, in code of their own: what one of the two overlooks, the other finds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exchange.audit.checkpoint import Checkpoint, NoteVerifier, checkpoint_in, open_note
from exchange.audit.cosignature import CosignatureVerifier, cosigned
from exchange.audit.log_source import LogSource
from exchange.audit.merkle import Tree, complete_root, leaf_hash
from exchange.audit.note_key import split_vkey
from exchange.audit.tiles import (
    HASH_BYTES,
    LEAF_BYTES_MAX,
    TILE_BYTES,
    TILE_WIDTH,
    tile_path,
    tile_width,
    unbundle,
)
from exchange.errors import LogDoesNotMatch

CHECKPOINT = "checkpoint"
EARLIER_CHECKPOINT = "earlier checkpoint"
CHECKPOINT_BYTES_MAX = 1 << 20
FAULTS_MAX = 1_000
LEVELS = 8
"""A log of 2**63 leaves, the most that a checkpoint can name, has hashes on levels 0 to 7."""


@dataclass(frozen=True, slots=True)
class LogTrust:
    """Who must have signed: the log, by any of its keys, and at least `quorum` of the witnesses, counted by name.

    Raises ValueError for a quorum that cannot be met, one key of two witnesses, and a log as its own witness.
    """

    log_keys: Sequence[NoteVerifier]
    witnesses: Sequence[CosignatureVerifier] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        names = {witness.name for witness in self.witnesses}
        if self.quorum > len(names):
            raise ValueError(f"A quorum of {self.quorum} needs as many witnesses.")
        if names & {key.name for key in self.log_keys}:
            raise ValueError("A log is given as its own witness.")
        keys = {split_vkey(key.vkey)[2] for key in (*self.log_keys, *self.witnesses)}
        if len(keys) < len(self.log_keys) + len(self.witnesses):
            raise ValueError("One key is given twice.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold, and the path of the file in which it was seen."""

    path: str
    sentence: str


@dataclass
class Verdict:
    """What was found. `gave_up`: there were `FAULTS_MAX` faults or more, and the rest was not looked at.

    `note` and `checkpoint` are those of the log, `earlier` the checkpoint that it was compared with; None where there
    is none that can be trusted. `cosigned_at` has the seconds since 1970 by the witness's name.
    """

    note: str | None = None
    checkpoint: Checkpoint | None = None
    earlier: Checkpoint | None = None
    cosigned_at: Mapping[str, int] = field(default_factory=dict)
    bundles: int = 0
    tiles: int = 0
    faults: list[Fault] = field(default_factory=list)
    gave_up: bool = False

    @property
    def holds(self) -> bool:
        """Whether the whole log is what its checkpoint says."""
        return not self.faults


Progress = Callable[[int, int], object]
"""Is told how many leaves of how many are verified."""


def verify_log(
    source: LogSource, trust: LogTrust, since: str | None = None, progress: Progress = lambda done, total: None
) -> Verdict:
    """Verify a whole log. `since` is the note of a checkpoint kept from earlier, which the log must continue.

    1. The checkpoint is signed by the log and by enough witnesses. So is the earlier one, and of the same log.
    2. The entries and the tiles belong together, at every level.
    3. The root over the entries is the checkpoint's, and over the first of them the earlier checkpoint's.

    Without a checkpoint to be trusted nothing else can be verified. Raises Unavailable if the source cannot be reached.
    """
    verdict = Verdict()
    _read_checkpoints(source, trust, since, verdict)  # 1
    if verdict.checkpoint is not None:
        tops = [(CHECKPOINT, verdict.checkpoint)]
        if verdict.earlier is not None:
            tops.append((EARLIER_CHECKPOINT, verdict.earlier))
        edges = _Edges([top.size for _, top in tops])
        _verify_files(source, verdict.checkpoint.size, edges, verdict, progress)  # 2
        for path, top in tops if not verdict.gave_up else ():  # 3
            if Tree(edges, top.size).root() != top.root:
                verdict.faults.append(Fault(path, f"The root is not the one over the first {top.size:,} entries."))
    return verdict


def check_bundle(source: LogSource, size: int, index: int) -> tuple[bytes, list[Fault]]:
    """Compare an entry bundle of a log of `size` leaves with its tile of level 0.

    Returns the recomputed hashes, or those of the tile where there is no bundle to recompute them from, or zeros, and
    the faults found.
    """
    width = tile_width(size, 0, index)
    path = tile_path("entries", index, width)
    try:
        hashes = b"".join(map(leaf_hash, _read_bundle(source, index, width)))
    except LogDoesNotMatch as fault:
        try:
            served = _read_tile(source, 0, index, width)
        except LogDoesNotMatch:
            served = bytes(width * HASH_BYTES)
        return served, [Fault(path, fault.sentence), *check_tile(source, 0, index, served)]
    return hashes, check_tile(source, 0, index, hashes)


def check_tile(source: LogSource, level: int, index: int, hashes: bytes) -> list[Fault]:
    """Compare a tile served with the one that was recomputed. Returns the fault found, if any."""
    width = len(hashes) // HASH_BYTES
    path = tile_path(level, index, width)
    try:
        served = _read_tile(source, level, index, width)
    except LogDoesNotMatch as fault:
        return [Fault(path, fault.sentence)]
    if served == hashes:
        return []
    wrong = next(at for at in range(len(hashes)) if served[at] != hashes[at]) // HASH_BYTES
    return [Fault(path, f"Hash {wrong} is not the one recomputed from the entries.")]


def _read_checkpoints(source: LogSource, trust: LogTrust, since: str | None, verdict: Verdict) -> None:
    """Puts the checkpoints that can be trusted into the verdict, and the faults of the others."""
    try:
        note = _read_note(source)
        checkpoint, verdict.cosigned_at = _trusted_checkpoint(note, trust)
    except LogDoesNotMatch as fault:
        verdict.faults.append(Fault(CHECKPOINT, fault.sentence))
        return
    verdict.note, verdict.checkpoint = note, checkpoint
    if since is not None:
        try:
            verdict.earlier = _earlier_checkpoint(since, trust, checkpoint)
        except LogDoesNotMatch as fault:
            verdict.faults.append(Fault(EARLIER_CHECKPOINT, fault.sentence))


def _read_note(source: LogSource) -> str:
    raw = source.read(CHECKPOINT, CHECKPOINT_BYTES_MAX)
    if raw is None:
        raise LogDoesNotMatch("It is missing.")
    try:
        return raw.decode()
    except UnicodeDecodeError as fault:
        raise LogDoesNotMatch("It is not UTF-8.") from fault


def _trusted_checkpoint(note: str, trust: LogTrust) -> tuple[Checkpoint, dict[str, int]]:
    """The checkpoint, and when which witness cosigned it. Raises LogDoesNotMatch."""
    checkpoint = checkpoint_in(note)
    open_note(note, [key for key in trust.log_keys if key.name == checkpoint.origin])
    cosigned_at = cosigned(note, trust.witnesses)
    if len(cosigned_at) < trust.quorum:
        raise LogDoesNotMatch(f"Only {len(cosigned_at)} of {trust.quorum} witnesses have cosigned it.")
    return checkpoint, cosigned_at


def _earlier_checkpoint(since: str, trust: LogTrust, checkpoint: Checkpoint) -> Checkpoint:
    earlier, _ = _trusted_checkpoint(since, trust)
    if earlier.origin != checkpoint.origin:
        raise LogDoesNotMatch(f"It is of another log: {earlier.origin}.")
    if earlier.size > checkpoint.size:
        raise LogDoesNotMatch(f"The log shrank from {earlier.size:,} to {checkpoint.size:,} leaves.")
    return earlier


def _verify_files(source: LogSource, size: int, edges: "_Edges", verdict: Verdict, progress: Progress) -> None:
    """Verify every bundle and every tile; `edges` keeps what it wants of the recomputed tiles."""
    above = _TilesAbove()
    for index in range(-(-size // TILE_WIDTH)):
        hashes, faults = check_bundle(source, size, index)
        verdict.faults += faults
        verdict.bundles += 1
        verdict.tiles += 1
        edges.keep(0, index, hashes)
        for place in above.add(hashes):
            _verify_tile_above(source, place, edges, verdict)
        if len(verdict.faults) >= FAULTS_MAX:
            verdict.gave_up = True
            return
        progress(min(size, (index + 1) * TILE_WIDTH), size)
    for place in above.unfinished():
        _verify_tile_above(source, place, edges, verdict)


def _verify_tile_above(source: LogSource, place: "_Place", edges: "_Edges", verdict: Verdict) -> None:
    verdict.faults += check_tile(source, *place)
    verdict.tiles += 1
    edges.keep(*place)


_Place = tuple[int, int, bytes]
"""Level, index and hashes of a tile."""


class _TilesAbove:
    """The tiles above level 0, as those of level 0 come in; remembers the unfinished one of each level."""

    def __init__(self) -> None:
        self._tiles: list[tuple[int, bytes]] = []

    def add(self, hashes: bytes) -> Iterator[_Place]:
        """Take in the next tile of level 0; gives the tiles that are full now."""
        level = 0
        while len(hashes) == TILE_BYTES:
            if level == len(self._tiles):
                self._tiles.append((0, b""))
            index, begun = self._tiles[level]
            hashes = begun + complete_root(hashes)
            full = len(hashes) == TILE_BYTES
            self._tiles[level] = (index + 1, b"") if full else (index, hashes)
            level += 1
            if full:
                yield level, index, hashes

    def unfinished(self) -> Iterator[_Place]:
        """The tiles that are not full."""
        for level, (index, hashes) in enumerate(self._tiles, start=1):
            if hashes:
                yield level, index, hashes


class _Edges:
    """Of the recomputed tiles those from which the roots of trees of certain sizes follow: at their right edges."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._wanted = {(level, size >> 8 * (level + 1)) for size in sizes for level in range(LEVELS)}
        self._tiles: dict[tuple[int, int], bytes] = {}

    def keep(self, level: int, index: int, hashes: bytes) -> None:
        if (level, index) in self._wanted:
            self._tiles[level, index] = hashes

    def tile(self, level: int, index: int, width: int) -> bytes:
        """See TileReader."""
        return self._tiles[level, index][: width * HASH_BYTES]


def _read_tile(source: LogSource, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile. Raises LogDoesNotMatch."""
    tile, width_there = _read_partial_or_full(source, level, index, width, HASH_BYTES)
    if len(tile) != width_there * HASH_BYTES:
        raise LogDoesNotMatch(f"It is not {width_there} hashes long.")
    return tile[: width * HASH_BYTES]


def _read_bundle(source: LogSource, index: int, width: int) -> list[bytes]:
    """The first `width` entries of a bundle. Raises LogDoesNotMatch."""
    entries, width_there = _read_partial_or_full(source, "entries", index, width, 2 + LEAF_BYTES_MAX)
    leaves = unbundle(entries)
    if len(leaves) != width_there:
        raise LogDoesNotMatch(f"It does not hold {width_there} entries.")
    return leaves[:width]


def _read_partial_or_full(
    source: LogSource, level: int | str, index: int, width: int, bytes_each: int
) -> tuple[bytes, int]:
    """A partial tile or bundle, or the full one that may have taken its place since; and how wide it must be."""
    for width_there in dict.fromkeys((width, TILE_WIDTH)):
        content = source.read(tile_path(level, index, width_there), width_there * bytes_each)
        if content is not None:
            return content, width_there
    raise LogDoesNotMatch("It is missing.")
