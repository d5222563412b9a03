"""Searching the log's events, newest first, page by page, in a time that does not grow with the log.

Events come in few kinds: all that share act, purpose, basis, outcome, reasons and rules are of one `kind`. A search
for any of these

1. walks the distinct kinds along an index, and keeps those that are looked for;
2. takes the next events of each kept kind, at most a page of each, along the index of its kind;
3. merges these, keeps one page, and reads its rows.

So it reads at most as many index entries as there are kinds times a page, whatever is looked for and however rare it
is. A search by time and member alone reads one page along its own index. Pages are cut by place, never by offset: new
leaves change nothing in the pages that follow.
"""

import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, any_, select, text, true, tuple_

from exchange.errors import BadRequest
from exchange.handover import EventFilter
from exchange.store.tables.log import log_event, log_leaf, log_opening
from exchange.store.tables.member import member

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">qq")
_CHECK_BYTES = 8
_CURSOR_LABEL = b"openbureau/event-cursor/v1\n"
_NO_BITMAPS = text("SET LOCAL enable_bitmapscan TO off")
_OF_A_KIND = ("act", "purpose", "granted", "reason", "rule")

Place = tuple[datetime, int]
"""Where an event lies in every list: when it was recorded, and its leaf index."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is searched. `member_name` is None where no member is meant or registered."""

    leaf_index: int
    recorded_at: datetime
    act: str
    member_id: str | None
    member_name: str | None
    purpose: str | None
    basis: str | None
    granted: bool | None
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    leaf_hash: bytes

    @property
    def place(self) -> Place:
        """Where it lies in every list."""
        return self.recorded_at, self.leaf_index


@dataclass(frozen=True, slots=True)
class SealedOpening:
    """The leaf of an event and its openings, still sealed. `subject_key` is NOBODY where no borrower is meant."""

    entry_id: UUID
    subject_key: UUID
    leaf: bytes
    leaf_hash: bytes
    subject_opening: bytes | None
    service_opening: bytes


def search_events(connection: Connection, wanted: EventFilter, most: int, after: Place | None) -> list[StoredEvent]:
    """At most so many events, the newest first, from those that lie after this place. Within a transaction."""
    # A bitmap would be made of all events of a kind where statistics promise few of them in the period.
    connection.execute(_NO_BITMAPS)
    places = _places_of_kinds(wanted, most, after) if _asks_for_kind(wanted) else _places(wanted, most, after)
    found = _events().join(places, places.c.leaf_index == log_event.c.leaf_index)
    newest_first = found.order_by(log_event.c.recorded_at.desc(), log_event.c.leaf_index.desc())
    return [_event(row) for row in connection.execute(newest_first)]


def find_event(connection: Connection, leaf_index: int) -> StoredEvent | None:
    """The event at this place of the log."""
    row = connection.execute(_events().where(log_event.c.leaf_index == leaf_index)).one_or_none()
    return _event(row) if row else None


def find_opening(connection: Connection, leaf_index: int) -> SealedOpening | None:
    """The entry whose leaf is at this place, and its sealed openings."""
    here = _openings().join(log_leaf, log_leaf.c.entry_id == log_opening.c.entry_id)
    row = connection.execute(here.where(log_leaf.c.leaf_index == leaf_index)).one_or_none()
    return SealedOpening(*row) if row else None


def find_entry(connection: Connection, entry_id: UUID) -> SealedOpening | None:
    """An entry, whether or not its leaf has a place yet, and its sealed openings."""
    row = connection.execute(_openings().where(log_opening.c.entry_id == entry_id)).one_or_none()
    return SealedOpening(*row) if row else None


def write_cursor(place: Place) -> str:
    """A place as a cursor: base64url of microseconds and leaf index (8 bytes each) and a check of 8 bytes."""
    recorded_at, leaf_index = place
    packed = _PLACE.pack((recorded_at - _EPOCH) // _MICROSECOND, leaf_index)
    return urlsafe_b64encode(packed + _check(packed)).decode()


def read_cursor(cursor: str) -> Place:
    """The place in a cursor. Raises BadRequest CURSOR_NOT_VALID for anything that `write_cursor` did not write."""
    try:
        content = urlsafe_b64decode(cursor)
        microseconds, leaf_index = _PLACE.unpack(content[:-_CHECK_BYTES])
        place = _EPOCH + microseconds * _MICROSECOND, leaf_index
    except (ValueError, struct.error, OverflowError):
        raise _cursor_not_valid() from None
    if write_cursor(place) != cursor:
        raise _cursor_not_valid()
    return place


def _asks_for_kind(wanted: EventFilter) -> bool:
    return any(getattr(wanted, name) is not None for name in _OF_A_KIND)


def _places(wanted: EventFilter, most: int, after: Place | None) -> Subquery:
    events = log_event.alias("listed")
    return _cut(_listed(events, wanted, after), events, most).subquery("places")


def _places_of_kinds(wanted: EventFilter, most: int, after: Place | None) -> Subquery:
    kinds = _distinct_kinds(wanted)  # 1
    sample, listed = log_event.alias("sample"), log_event.alias("listed")
    one_of_it = select(sample).where(sample.c.kind == kinds.c.kind).limit(1).lateral("one_of_it")
    page_of_it = _cut(_listed(listed, wanted, after).where(listed.c.kind == kinds.c.kind), listed, most)  # 2
    page = page_of_it.lateral("page")
    looked_for = select(page).select_from(kinds.join(one_of_it, true()).join(page, true()))
    return _cut(looked_for.where(*_kind_conditions(one_of_it, wanted)), page, most).subquery("places")  # 3


def _distinct_kinds(wanted: EventFilter) -> Any:
    """The kinds there are (of one member's events), each found by one step along an index from the one before."""
    events = log_event.alias("kind_of")
    theirs = select(events.c.kind).order_by(events.c.kind).limit(1)
    if wanted.member_id is not None:
        theirs = theirs.where(events.c.member_id == wanted.member_id)
    first = select(theirs.scalar_subquery().label("kind")).cte("kinds", recursive=True)
    following = theirs.where(events.c.kind > first.c.kind).correlate(first).scalar_subquery()
    return first.union_all(select(following).where(first.c.kind.is_not(None)))


def _listed(events: Any, wanted: EventFilter, after: Place | None) -> Select[Any]:
    listed = select(events.c.recorded_at, events.c.leaf_index)
    return listed.where(*_index_conditions(events, wanted, after))


def _cut(listed: Select[Any], events: Any, most: int) -> Select[Any]:
    return listed.order_by(events.c.recorded_at.desc(), events.c.leaf_index.desc()).limit(most)


def _index_conditions(events: Any, wanted: EventFilter, after: Place | None) -> Iterator[ColumnElement[bool]]:
    if wanted.member_id is not None:
        yield events.c.member_id == wanted.member_id
    if wanted.from_time is not None:
        yield events.c.recorded_at >= wanted.from_time
    if wanted.until_time is not None:
        yield events.c.recorded_at < wanted.until_time
    if after is not None:
        yield tuple_(events.c.recorded_at, events.c.leaf_index) < tuple_(*after)


def _kind_conditions(one: Any, wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.act is not None:
        yield one.c.act == wanted.act
    if wanted.purpose is not None:
        yield one.c.purpose == wanted.purpose
    if wanted.granted is not None:
        yield one.c.granted == wanted.granted
    if wanted.reason is not None:
        yield any_(one.c.reasons) == wanted.reason
    if wanted.rule is not None:
        yield any_(one.c.rules) == wanted.rule


def _events() -> Select[Any]:
    event = log_event.c
    return (
        select(
            event.leaf_index, event.recorded_at, event.act, event.member_id, member.c.name.label("member_name"),
            event.purpose, event.basis, event.granted, event.reasons, event.rules, log_leaf.c.leaf_hash,
        )
        .join(log_leaf, log_leaf.c.leaf_index == event.leaf_index)
        .outerjoin(member, member.c.member_id == event.member_id)
    )  # fmt: skip


def _openings() -> Select[Any]:
    opening = log_opening.c
    return select(
        opening.entry_id, opening.subject_key, opening.leaf, opening.leaf_hash, opening.subject_opening,
        opening.service_opening,
    )  # fmt: skip


def _event(row: Row[Any]) -> StoredEvent:
    values = row._mapping
    return StoredEvent(**{**values, "reasons": tuple(values["reasons"]), "rules": tuple(values["rules"])})


def _check(packed: bytes) -> bytes:
    return hashlib.sha256(_CURSOR_LABEL + packed).digest()[:_CHECK_BYTES]


def _cursor_not_valid() -> BadRequest:
    return BadRequest("This cursor does not belong to this list.", "CURSOR_NOT_VALID")
