"""Taking events out of the log, some at a time: which there are, what was written of each, how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update

from exchange.handover import EventFilter
from exchange.store.tables.log import log_event, log_leaf, log_opening
from exchange.store.tables.officer import log_export, officer

LOOK_AROUND = 1_000_000
"""How many places of the log are searched for an entry that got its place before, or after, its neighbours in time."""


@dataclass(frozen=True, slots=True)
class StoredExport:
    """An export as stored. `officer_name` is who asked; `digest` is there once it was taken whole."""

    export_id: UUID
    member_id: str
    officer_id: UUID
    query: str
    wanted: Mapping[str, Any]
    note: str
    asked_at: datetime
    events_total: int
    events_done: int = 0
    finished_at: datetime | None = None
    digest: bytes | None = None
    officer_name: str = ""


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A leaf in its place, and what the service wrote of it, still sealed."""

    index: int
    entry_id: UUID
    leaf: bytes
    leaf_hash: bytes
    service_opening: bytes


def add_export(connection: Connection, export: StoredExport) -> None:
    """Adds an export."""
    row = {column.name: getattr(export, column.name) for column in log_export.c}
    connection.execute(insert(log_export).values(row))


def find_export(connection: Connection, authority: str, export_id: UUID) -> StoredExport | None:
    """One export of this authority."""
    row = connection.execute(_exports(authority).where(log_export.c.export_id == export_id)).one_or_none()
    return _export(row) if row else None


def exports_of(connection: Connection, authority: str, most: int) -> list[StoredExport]:
    """The exports of an authority, the newest first."""
    newest_first = _exports(authority).order_by(log_export.c.asked_at.desc(), log_export.c.export_id).limit(most)
    return [_export(row) for row in connection.execute(newest_first)]


def note_progress(connection: Connection, export_id: UUID, events_done: int) -> None:
    """Says how far an unfinished export has come."""
    connection.execute(_unfinished(export_id).values(events_done=events_done))


def finish_export(connection: Connection, export_id: UUID, events: int, digest: bytes, now: datetime) -> None:
    """Ends an export, once: the digest of one that has ended stays."""
    connection.execute(_unfinished(export_id).values(events_done=events, digest=digest, finished_at=now))


def stretch_of(connection: Connection, wanted: EventFilter, tree_size: int) -> range:
    """The places of the log from the first event of a period to its last: all in between belong to it."""
    first, last = 0, tree_size - 1
    if wanted.from_time is not None:
        later = log_event.c.recorded_at >= wanted.from_time
        first = _edge(connection, later, tree_size, first_one=True)
    if wanted.until_time is not None:
        earlier = log_event.c.recorded_at < wanted.until_time
        last = _edge(connection, earlier, tree_size, first_one=False)
    return range(first, max(first, last + 1))


def leaves_of(connection: Connection, places: Sequence[int]) -> list[StoredLeaf]:
    """The leaves at these places, in this order; one that has no opening is left out."""
    found = select(
        log_leaf.c.leaf_index, log_leaf.c.entry_id, log_leaf.c.leaf, log_leaf.c.leaf_hash, log_opening.c.service_opening
    ).join(log_opening, log_opening.c.entry_id == log_leaf.c.entry_id)
    chosen = (
        log_leaf.c.leaf_index.between(places.start, places.stop - 1)
        if isinstance(places, range)
        else log_leaf.c.leaf_index == func.any(list(places))
    )
    by_place = {row.leaf_index: StoredLeaf(*row) for row in connection.execute(found.where(chosen))}
    return [by_place[place] for place in places if place in by_place]


def _edge(connection: Connection, within: ColumnElement[bool], tree_size: int, *, first_one: bool) -> int:
    """The lowest (or highest) place of an event on this side of an instant; past the end where there is none."""
    event = log_event.c
    under = select(event.leaf_index).where(within, event.leaf_index < tree_size)
    by_time = (
        (event.recorded_at, event.leaf_index) if first_one else (event.recorded_at.desc(), event.leaf_index.desc())
    )
    nearest = connection.scalar(under.order_by(*by_time).limit(1))
    if nearest is None:
        return tree_size if first_one else -1
    around = (nearest - LOOK_AROUND, nearest) if first_one else (nearest, min(nearest + LOOK_AROUND, tree_size - 1))
    furthest = func.min(event.leaf_index) if first_one else func.max(event.leaf_index)
    place: int = connection.execute(select(furthest).where(within, event.leaf_index.between(*around))).scalar_one()
    return place


def _unfinished(export_id: UUID) -> Any:
    return update(log_export).where(log_export.c.export_id == export_id, log_export.c.finished_at.is_(None))


def _exports(authority: str) -> Select[Any]:
    named = select(log_export, officer.c.name.label("officer_name"))
    return named.join(officer, officer.c.officer_id == log_export.c.officer_id).where(
        log_export.c.member_id == authority
    )


def _export(row: Row[Any]) -> StoredExport:
    return StoredExport(**row._mapping)
