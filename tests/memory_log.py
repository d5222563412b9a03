"""A log in memory: stands in for the database, with the same transactions and the same lock."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from exchange.audit.merkle import leaf_hash


@dataclass
class MemoryLog:
    """What is committed; inside `locked`, a working copy of it."""

    waiting: dict[UUID, tuple[datetime, bytes]] = field(default_factory=dict)
    placed: list[tuple[UUID, bytes, bytes]] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    published: list[tuple[int, datetime, bytes, str]] = field(default_factory=list)
    recorded: dict[UUID, datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def commit_entry(self, recorded_at: datetime, entry_id: UUID, leaf: bytes) -> None:
        self.waiting[entry_id] = (recorded_at, leaf)
        self.recorded[entry_id] = recorded_at

    def copy(self) -> "MemoryLog":
        return replace(
            self,
            waiting=dict(self.waiting),
            placed=list(self.placed),
            tiles=dict(self.tiles),
            published=list(self.published),
        )

    def restore(self, older: "MemoryLog") -> None:
        self.waiting, self.placed = dict(older.waiting), list(older.placed)
        self.tiles, self.published = dict(older.tiles), list(older.published)

    @contextmanager
    def locked(self) -> Iterator["MemoryLog | None"]:
        if not self.lock.acquire(blocking=False):
            yield None
            return
        try:
            work = self.copy()
            yield work
            placed_now = [entry_id for entry_id, _, _ in work.placed[len(self.placed) :]]
            self.restore(replace(work, waiting=self.waiting))
            for entry_id in placed_now:
                del self.waiting[entry_id]  # others may have committed entries meanwhile
        finally:
            self.lock.release()

    def tree_size(self) -> int:
        return len(self.placed)

    def pending(self, most: int) -> list[tuple[UUID, bytes]]:
        order = sorted(self.waiting.items(), key=lambda item: (item[1][0], item[0]))
        return [(entry_id, leaf) for entry_id, (_, leaf) in order[:most]]

    def tile(self, level: int, index: int, width: int) -> bytes:
        return self.tiles.get((level, index), b"")[: width * 32]

    def place(
        self, first: int, leaves: Sequence[tuple[UUID, bytes, bytes]], tiles: Mapping[tuple[int, int], bytes]
    ) -> None:
        assert first == len(self.placed)
        self.placed += leaves
        self.tiles |= tiles
        for entry_id, _, _ in leaves:
            del self.waiting[entry_id]

    def newest_note(self) -> str | None:
        return max(self.published)[3] if self.published else None

    def publish(self, tree_size: int, root: bytes, note: str, signed_at: datetime) -> None:
        self.published.append((tree_size, signed_at, root, note))

    def oldest_uncovered(self) -> datetime | None:
        covered = max((size for size, *_ in self.published), default=0)
        unseen = [self.recorded[entry_id] for entry_id, _, _ in self.placed[covered:]]
        return min([*unseen, *(recorded_at for recorded_at, _ in list(self.waiting.values()))], default=None)

    def leaves(self, first: int, stop: int) -> list[bytes]:
        return [leaf for _, leaf, _ in self.placed[first:stop]]

    def leaf_index(self, leaf_hash: bytes) -> int | None:
        return next((index for index, (_, _, hash_) in enumerate(self.placed) if hash_ == leaf_hash), None)

    def is_pending(self, wanted: bytes) -> bool:
        return any(leaf_hash(leaf) == wanted for _, leaf in self.waiting.values())
