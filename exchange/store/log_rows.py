"""The transparency log in SQL: entries written with each act, and what the integrator and the log's readers need."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Connection,
    Engine,
    Insert,
    LargeBinary,
    ScalarSelect,
    Table,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from exchange.handover import LogEntry
from exchange.store.tables.log import (
    log_checkpoint,
    log_event,
    log_integrator,
    log_leaf,
    log_opening,
    log_pending,
    log_tile,
)

HASH_BYTES = 32
THE_INTEGRATOR = 1


def _row_of(table: Table) -> Insert:
    return insert(table).values({column: bindparam(column.name) for column in table.c})


_ADD_ENTRY = _row_of(log_pending).add_cte(_row_of(log_opening).cte("opening"))
_EVENT = tuple(column.name for column in log_event.c if column.name in log_pending.c and column.name != "recorded_at")


def append_log_entry(connection: Connection, entry: LogEntry) -> None:
    """Write an entry in the caller's transaction: its openings, and its leaf for the integrator. One statement."""
    connection.execute(_ADD_ENTRY, _entry_row(entry))


def append_log_entries(connection: Connection, entries: Sequence[LogEntry]) -> None:
    """Write many entries in the caller's transaction."""
    if entries:
        rows = [_entry_row(entry) for entry in entries]
        connection.execute(_row_of(log_opening), rows)
        connection.execute(_row_of(log_pending), rows)


def _entry_row(entry: LogEntry) -> dict[str, object]:
    event = {name: getattr(entry.event, name) for name in _EVENT}
    lists = {"reasons": list(entry.event.reasons), "rules": list(entry.event.rules)}
    return {column.name: getattr(entry, column.name) for column in log_opening.c} | event | lists


class SqlLog:
    """The log for readers: what is served to everybody, and how late the integrator is."""

    def __init__(self, engine: Engine, origin: str) -> None:
        """`origin`: the log's name, whose checkpoints alone count."""
        self._engine = engine
        self._origin = origin

    def newest_note(self) -> str | None:
        """The note of the newest checkpoint published."""
        with self._engine.connect() as connection:
            return _newest_note(connection, self._origin)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile; fewer if it is not that wide, none if it is not there."""
        with self._engine.connect() as connection:
            return _tile(connection, level, index, width)

    def leaves(self, first: int, stop: int) -> list[bytes]:
        """The leaves from index `first` up to but without `stop`."""
        wanted = select(log_leaf.c.leaf).where(log_leaf.c.leaf_index >= first, log_leaf.c.leaf_index < stop)
        with self._engine.connect() as connection:
            return list(connection.scalars(wanted.order_by(log_leaf.c.leaf_index)))

    def leaf_index(self, leaf_hash: bytes) -> int | None:
        """The place of the first leaf with this hash, or None while it has none."""
        with self._engine.connect() as connection:
            places = select(log_leaf.c.leaf_index).where(log_leaf.c.leaf_hash == leaf_hash)
            return connection.scalar(places.order_by(log_leaf.c.leaf_index).limit(1))

    def is_pending(self, leaf_hash: bytes) -> bool:
        """Whether a committed leaf with this hash still waits for its place."""
        with self._engine.connect() as connection:
            waits = select(log_pending).where(log_pending.c.leaf_hash == leaf_hash).exists()
            return bool(connection.scalar(select(waits)))

    def oldest_pending(self) -> datetime | None:
        """When the oldest leaf without a place was recorded."""
        with self._engine.connect() as connection:
            return connection.scalar(select(_oldest_pending()))

    def oldest_uncovered(self) -> datetime | None:
        """When the oldest leaf that is under no published checkpoint was recorded; it may have its place already."""
        published = select(log_checkpoint.c.tree_size).where(log_checkpoint.c.origin == self._origin)
        largest = published.order_by(log_checkpoint.c.tree_size.desc()).limit(1).scalar_subquery()
        first_beyond = select(log_event.c.recorded_at).where(log_event.c.leaf_index == func.coalesce(largest, 0))
        # Asked every second beside the looks: a rollback at its end would make the driver forget what is prepared.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.scalar(select(func.least(_oldest_pending(), first_beyond.scalar_subquery())))


class SqlLogStore(SqlLog):
    """The log for the integrator."""

    @contextmanager
    def locked(self) -> Iterator["SqlLockedLog | None"]:
        """A transaction with the integrator's lock, committed on leaving; None if another integrator holds it."""
        with self._engine.begin() as connection:
            # A commit must be on disk before the tree is signed, whatever the server's default is.
            connection.execute(text("SET LOCAL synchronous_commit TO on"))
            first = insert_or(log_integrator).values(id=THE_INTEGRATOR, tree_size=0)
            connection.execute(first.on_conflict_do_nothing())
            lock = select(log_integrator.c.tree_size).where(log_integrator.c.id == THE_INTEGRATOR)
            tree_size = connection.scalar(lock.with_for_update(skip_locked=True))
            yield None if tree_size is None else SqlLockedLog(connection, self._origin, tree_size)


class SqlLockedLog:
    """The log inside one transaction that holds the integrator's lock."""

    def __init__(self, connection: Connection, origin: str, tree_size: int) -> None:
        self._connection = connection
        self._origin = origin
        self._tree_size = tree_size

    def tree_size(self) -> int:
        """How many leaves have a place."""
        return self._tree_size

    def pending(self, most: int) -> list[tuple[uuid.UUID, bytes]]:
        """Committed leaves without a place, oldest first: entry id and leaf."""
        waiting = select(log_pending.c.entry_id, log_pending.c.leaf)
        oldest = waiting.order_by(log_pending.c.recorded_at, log_pending.c.entry_id).limit(most)
        return [(entry_id, leaf) for entry_id, leaf in self._connection.execute(oldest)]

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""
        return _tile(self._connection, level, index, width)

    def place(
        self, first: int, leaves: Sequence[tuple[uuid.UUID, bytes, bytes]], tiles: Mapping[tuple[int, int], bytes]
    ) -> None:
        """Write leaves (entry id, leaf, leaf hash) from index `first` on and the changed tiles; not pending now."""
        entry_ids = [entry_id for entry_id, _, _ in leaves]
        columns = {
            "leaf_index": (list(range(first, first + len(leaves))), BigInteger),
            "entry_id": (entry_ids, UUID),
            "leaf_hash": ([leaf_hash for _, _, leaf_hash in leaves], LargeBinary),
            "leaf": ([leaf for _, leaf, _ in leaves], LargeBinary),
        }
        rows = select(*(func.unnest(cast(values, ARRAY(kind))) for values, kind in columns.values()))
        self._connection.execute(insert(log_leaf).from_select(list(columns), rows))
        self._connection.execute(_UPSERT_TILE, [_tile_row(*place, hashes) for place, hashes in tiles.items()])
        self._describe(first)
        placed = log_pending.c.entry_id == func.any(cast(entry_ids, ARRAY(UUID)))
        self._connection.execute(delete(log_pending).where(placed))
        self._tree_size = first + len(leaves)
        grown = update(log_integrator).where(log_integrator.c.id == THE_INTEGRATOR)
        self._connection.execute(grown.values(tree_size=self._tree_size))

    def _describe(self, first: int) -> None:
        """Lets regulators search for the leaves that got their places just now."""
        copied = ("recorded_at", *_EVENT)
        events = select(log_leaf.c.leaf_index, *(log_pending.c[name] for name in copied))
        events = events.join_from(log_leaf, log_pending, log_leaf.c.entry_id == log_pending.c.entry_id)
        events = events.where(log_leaf.c.leaf_index >= first)
        self._connection.execute(insert(log_event).from_select(["leaf_index", *copied], events))

    def newest_note(self) -> str | None:
        """The note of the newest checkpoint published."""
        return _newest_note(self._connection, self._origin)

    def publish(self, tree_size: int, root: bytes, note: str, signed_at: datetime) -> None:
        """Add a checkpoint."""
        row = {"origin": self._origin, "tree_size": tree_size, "signed_at": signed_at, "root": root, "note": note}
        self._connection.execute(insert_or(log_checkpoint).values(row).on_conflict_do_nothing())


_new_tile = insert_or(log_tile)
_UPSERT_TILE = _new_tile.on_conflict_do_update(
    index_elements=[log_tile.c.level, log_tile.c.tile_index],
    set_={"width": _new_tile.excluded.width, "hashes": _new_tile.excluded.hashes},
)


def _oldest_pending() -> ScalarSelect[datetime]:
    return select(log_pending.c.recorded_at).order_by(log_pending.c.recorded_at).limit(1).scalar_subquery()


def _tile_row(level: int, index: int, hashes: bytes) -> dict[str, object]:
    return {"level": level, "tile_index": index, "width": len(hashes) // HASH_BYTES, "hashes": hashes}


def _tile(connection: Connection, level: int, index: int, width: int) -> bytes:
    hashes = func.substring(log_tile.c.hashes, 1, width * HASH_BYTES, type_=LargeBinary)
    here = (log_tile.c.level == level) & (log_tile.c.tile_index == index)
    return connection.scalar(select(hashes).where(here)) or b""


def _newest_note(connection: Connection, origin: str) -> str | None:
    ours = select(log_checkpoint.c.note).where(log_checkpoint.c.origin == origin)
    order = log_checkpoint.c.tree_size.desc(), log_checkpoint.c.signed_at.desc()
    return connection.scalar(ours.order_by(*order).limit(1))
