"""Looking into the log: searching its events, seeing one with its proof, keeping searches. Every look is itself logged.

What is shown of an event is what its log entry was opened to, after it was checked against the entry's public leaf.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.entry import FieldValue
from exchange.audit.merkle import leaf_hash
from exchange.audit.proof import prove
from exchange.clock import new_id
from exchange.errors import BadRequest, IntegrityError
from exchange.handover import EventFilter, Officer
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.open_event import Opening, present_request, view_request
from exchange.journeys.openable import Auditor, event_id_of, event_not_found, leaf_index_of, opened_alone
from exchange.journeys.services import Services
from exchange.planning.selection import check_size
from exchange.store.engine import database_errors
from exchange.store.event_search import (
    StoredEvent,
    find_event,
    find_opening,
    read_cursor,
    search_events,
    write_cursor,
)
from exchange.store.saved_searches import SavedSearch, drop_search, keep_search, list_searches
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.scope import Scope

WORD_CHARACTERS_MAX = 100
NAME_CHARACTERS_MAX = 100
QUERY_CHARACTERS_MAX = 2_000
SAVED_MAX = 100
BEFORE_SEARCHES = "earlier"
"""The act of entries from before events could be searched: nothing was noted of them but their time."""

_WORD = re.compile(rf"[!-~]{{1,{WORD_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a list shows it. `event_id` names it in addresses; `cursor` is its place in every list."""

    leaf_index: int
    event_id: str
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
    cursor: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, the newest first. `after` leads to the next page; None on the last one."""

    events: tuple[Event, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event in full: `fields` that one person may open, names of `closed` ones, and how its opening stands.

    `note` is the newest checkpoint and `proof` shows the leaf under it; both are None while the leaf waits for one.
    """

    event: Event
    leaf: bytes
    fields: Mapping[str, FieldValue]
    closed: tuple[str, ...]
    index: int
    proof: str | None
    note: str | None
    opening: Opening | None


def search(
    services: Services, auditor: Auditor, wanted: EventFilter, first: int, after: str | None = None
) -> EventPage:
    """A page of the events that are looked for, the newest first.

    Raises Refused without audit:read; BadRequest: for a page of another size, CURSOR_NOT_VALID, FILTER_NOT_VALID.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_size("first", first, PAGE_ITEMS_MAX)
    if faults := list(_faults(wanted)):
        raise BadRequest(" ".join(faults), "FILTER_NOT_VALID")
    place = None if after is None else read_cursor(after)
    with services.transaction() as connection:
        found = search_events(connection, wanted, first + 1, place)
        shown = tuple(_event(stored) for stored in found[:first])
        searched: dict[str, FieldValue] = {"wanted": wanted_in_words(wanted), "found": len(shown)}
        log_view(services, connection, auditor, "log_searched", searched)
    return EventPage(shown, shown[-1].cursor if len(found) > first else None)


def view_event(services: Services, auditor: Auditor, event_id: str) -> EventDetail:
    """One event, its openable fields checked against its leaf, with its proof.

    Raises Refused without audit:read; BadRequest EVENT_NOT_FOUND; IntegrityError where something does not match.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    leaf_index = leaf_index_of(event_id)
    with services.transaction() as connection:
        stored, sealed = find_event(connection, leaf_index), find_opening(connection, leaf_index)
        if stored is None or sealed is None:
            raise event_not_found()
        request = present_request(services, connection, auditor, leaf_index)
        log_view(services, connection, auditor, "event_viewed", {"event": event_id})
    opening = services.keys.log_cipher().unseal_opening(sealed.entry_id, sealed.service_opening)
    fields, closed = opened_alone(sealed.leaf, opening)
    _check_described(stored, fields)
    proof, note = _proof(services, leaf_index, sealed.leaf)
    return EventDetail(
        event=_event(stored),
        leaf=sealed.leaf,
        fields=fields,
        closed=closed,
        index=leaf_index,
        proof=proof,
        note=note,
        opening=view_request(services, auditor, request) if request else None,
    )


def save_search(services: Services, officer: Officer, name: str, query: str) -> UUID:
    """Keeps a search under a name, in place of an earlier one of that name. `query` is its address after `?`.

    Raises BadRequest: SEARCH_NOT_VALID, TOO_MANY_SEARCHES.
    """
    called = " ".join(name.split())
    if not 1 <= len(called) <= NAME_CHARACTERS_MAX or len(query) > QUERY_CHARACTERS_MAX:
        raise BadRequest(f"Name the search, in 1 to {NAME_CHARACTERS_MAX} characters.", "SEARCH_NOT_VALID")
    now = services.clock.now()
    kept = SavedSearch(new_id(now), called, query, now)
    with services.transaction() as connection:
        if len(list_searches(connection, officer.officer_id)) >= SAVED_MAX:
            raise BadRequest(f"You keep {SAVED_MAX} searches already. Forget one first.", "TOO_MANY_SEARCHES")
        keep_search(connection, officer.officer_id, kept)
    return kept.search_id


def saved_searches(services: Services, officer: Officer) -> tuple[SavedSearch, ...]:
    """The searches that the officer keeps, by name."""
    with services.connection() as connection:
        return tuple(list_searches(connection, officer.officer_id))


def forget_search(services: Services, officer: Officer, search_id: UUID) -> None:
    """Forgets a search that the officer keeps. Raises BadRequest SEARCH_NOT_FOUND."""
    with services.transaction() as connection:
        if not drop_search(connection, officer.officer_id, search_id):
            raise BadRequest("You keep no such search.", "SEARCH_NOT_FOUND")


def _faults(wanted: EventFilter) -> Iterator[str]:
    for name in ("member_id", "act", "purpose", "reason", "rule"):
        value = getattr(wanted, name)
        if value is not None and not _WORD.fullmatch(value):
            yield f"`{name}` is one word of at most {WORD_CHARACTERS_MAX} plain characters."
    if wanted.from_time and wanted.until_time and wanted.from_time >= wanted.until_time:
        yield "The period ends before it begins."


def _event(stored: StoredEvent) -> Event:
    return Event(
        leaf_index=stored.leaf_index,
        event_id=event_id_of(stored.leaf_index),
        recorded_at=stored.recorded_at,
        act=stored.act,
        member_id=stored.member_id,
        member_name=stored.member_name,
        purpose=stored.purpose,
        basis=stored.basis,
        granted=stored.granted,
        reasons=stored.reasons,
        rules=stored.rules,
        leaf_hash=stored.leaf_hash,
        cursor=write_cursor(stored.place),
    )


def _check_described(stored: StoredEvent, fields: Mapping[str, Any]) -> None:
    """What is searched by stands beside the entry, and is not committed to: here it is compared."""
    searched = (stored.act, stored.member_id, stored.purpose, stored.basis, stored.granted)
    said = tuple(fields.get(name) for name in ("act", "member", "purpose", "basis", "granted"))
    lists = tuple(tuple(fields.get(name, ())) for name in ("reasons", "rules"))
    if stored.act != BEFORE_SEARCHES and (*searched, stored.reasons, stored.rules) != (*said, *lists):
        raise IntegrityError("What the log is searched by does not match this entry.")


def _proof(services: Services, index: int, leaf: bytes) -> tuple[str | None, str | None]:
    log = services.log
    with database_errors():
        note = log.newest_note()
        if note is None or index >= checkpoint_in(note).size:
            return None, None
        return prove(log, note, index, leaf_hash(leaf)), note
