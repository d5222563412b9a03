"""Events of the log for an authority to take along: one signed zip, written while it is read, whatever its length.

The same filter, period and tree size give the same bytes. Every beginning and every taking is itself in the log.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from exchange.audit.checkpoint import Checkpoint, checkpoint_in
from exchange.audit.entry import FieldValue
from exchange.audit.evidence_pack import README, signed_manifest
from exchange.audit.inclusion_paths import InclusionPaths
from exchange.audit.merkle import verify_inclusion
from exchange.audit.zip_stream import ZipStream
from exchange.clock import new_id
from exchange.errors import BadRequest, IntegrityError
from exchange.handover import EventFilter, Officer
from exchange.journeys.evidence_words import OF_AN_EXPORT
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.openable import auditor_of, openable_part
from exchange.journeys.services import Services
from exchange.journeys.who_looked import log_behind
from exchange.store.engine import database_errors
from exchange.store.event_search import Place, search_events
from exchange.store.log_export import (
    StoredExport,
    StoredLeaf,
    add_export,
    exports_of,
    find_export,
    finish_export,
    leaves_of,
    note_progress,
    stretch_of,
)
from exchange.vault.field_cipher import LogCipher
from schema.vocabulary.scope import Scope

KIND = "openbureau-export"
LINES = "events.jsonl"
CHUNK_EVENTS = 1_000
COUNT_EVENTS = 10_000
EXPORTS_SHOWN = 100
_TIMES = frozenset({"from_time", "until_time"})


@dataclass(frozen=True, slots=True)
class Export:
    """An export as its authority sees it. `digest` is SHA-256 of the lines, once it was taken whole.

    `query` is the filter as an address has it.
    """

    export_id: UUID
    query: str
    asked_at: datetime
    officer_name: str
    events_total: int
    events_done: int
    finished_at: datetime | None
    digest: bytes | None


def begin_export(services: Services, officer: Officer, wanted: EventFilter, query: str) -> Export:
    """Writes down what is to be taken out, and binds it to the newest checkpoint.

    Raises Refused without the scope audit:read, Unavailable until the log has signed something.
    """
    auditor = auditor_of(officer)
    require_scope(services, auditor, Scope.AUDIT_READ)
    with database_errors():
        note = services.log.newest_note()
    if note is None:
        raise log_behind()
    total = _count(services, wanted, checkpoint_in(note).size)
    now = services.clock.now()
    begun = StoredExport(
        new_id(now), officer.authority, officer.officer_id, query, _as_stored(wanted), note, now, total,
        officer_name=officer.name,
    )  # fmt: skip
    with services.transaction() as connection:
        add_export(connection, begun)
        log_view(services, connection, auditor, "log_exported", _logged(wanted, total, "BEGUN"))
    return _shown(begun)


def list_exports(services: Services, officer: Officer) -> tuple[Export, ...]:
    """The exports of the officer's authority, the newest 100 first. Raises Refused without the scope audit:read."""
    require_scope(services, auditor_of(officer), Scope.AUDIT_READ)
    with services.connection() as connection:
        return tuple(map(_shown, exports_of(connection, officer.authority, EXPORTS_SHOWN)))


def stream_export(services: Services, officer: Officer, export_id: UUID) -> Iterator[bytes]:
    """The zip, piece by piece. It may be taken again, and is then the same.

    Before the first piece it raises Refused without the scope audit:read, BadRequest where the authority has no such
    export; between pieces, IntegrityError where an entry does not match its proof, Unavailable.
    """
    auditor = auditor_of(officer)
    require_scope(services, auditor, Scope.AUDIT_READ)
    with services.transaction() as connection:
        stored = find_export(connection, officer.authority, export_id)
        if stored is None:
            raise BadRequest("Your authority has no export with this id.", "EXPORT_NOT_FOUND")
        logged = _logged(_from_stored(stored.wanted), stored.events_total, "TAKEN")
        log_view(services, connection, auditor, "log_exported", logged)
    return _written(services, stored)


def _written(services: Services, stored: StoredExport) -> Iterator[bytes]:
    archive, lines = ZipStream(), _Lines(services, checkpoint_in(stored.note))
    archive.add(README, OF_AN_EXPORT.encode())
    with archive.part(LINES) as part:
        for leaves in _chunks(services, _from_stored(stored.wanted), lines.checkpoint.size):
            part.write(lines.write(leaves))
            with services.connection() as connection:
                note_progress(connection, stored.export_id, lines.number)
            yield archive.take()
    for name, content in _manifest(services, stored, lines).items():
        archive.add(name, content)
    yield archive.close()
    with services.connection() as connection:
        finish_export(connection, stored.export_id, lines.number, lines.digest.digest(), services.clock.now())


class _Lines:
    """The lines of an export, one for each leaf, each with its path to the checkpoint, which is checked."""

    def __init__(self, services: Services, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.digest = sha256()
        self.number = 0
        self.first: int | None = None
        self.last: int | None = None
        self._services = services
        with database_errors():
            self._paths = InclusionPaths(services.log, checkpoint.size)

    def write(self, leaves: Sequence[StoredLeaf]) -> bytes:
        """The lines of these leaves. Raises IntegrityError."""
        cipher = self._services.keys.log_cipher()
        with database_errors():
            content = b"".join(self._line(cipher, leaf) for leaf in leaves)
        self.digest.update(content)
        self.number += len(leaves)
        self.first = leaves[0].index if self.first is None else self.first
        self.last = leaves[-1].index
        return content

    def _line(self, cipher: LogCipher, leaf: StoredLeaf) -> bytes:
        path = self._paths.path(leaf.index)
        verify_inclusion(leaf.leaf_hash, leaf.index, self.checkpoint.size, path, self.checkpoint.root)
        opening = openable_part(cipher.unseal_opening(leaf.entry_id, leaf.service_opening))
        line = {
            "index": leaf.index,
            "leaf": leaf.leaf.decode(),
            "opening": orjson.Fragment(opening),
            "path": [b64encode(beside).decode() for beside in path],
        }
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _manifest(services: Services, stored: StoredExport, lines: _Lines) -> dict[str, bytes]:
    whole = _is_period(_from_stored(stored.wanted))
    said = {
        "kind": KIND,
        "issuer": services.settings.issuer,
        "log_origin": lines.checkpoint.origin,
        "tree_size": lines.checkpoint.size,
        "checkpoint": stored.note,
        "wanted": stored.wanted,
        "events": lines.number,
        "contiguous": whole,
        "first_index": lines.first if whole else None,
        "last_index": lines.last if whole else None,
        "order": "index" if whole else "newest first",
    }
    files = {LINES: lines.digest.hexdigest(), README: sha256(OF_AN_EXPORT.encode()).hexdigest()}
    return signed_manifest(services.signing, KIND, said, files)


def _chunks(services: Services, wanted: EventFilter, tree_size: int) -> Iterator[list[StoredLeaf]]:
    """The leaves that are wanted, some at a time, each time in a transaction of its own. Raises IntegrityError."""
    for places in _places(services, wanted, tree_size, CHUNK_EVENTS):
        with services.connection() as connection:
            leaves = leaves_of(connection, places)
        if len(leaves) != len(places):
            raise IntegrityError("What was written of an event is no longer there.")
        yield leaves


def _places(services: Services, wanted: EventFilter, tree_size: int, most: int) -> Iterator[Sequence[int]]:
    """Where the wanted events lie: of a period alone the whole stretch in its order, else the newest first."""
    if _is_period(wanted):
        with services.connection() as connection:
            stretch = stretch_of(connection, wanted, tree_size)
        yield from (stretch[start : start + most] for start in range(0, len(stretch), most))
        return
    after: Place | None = None
    while True:
        with services.transaction() as connection:
            found = search_events(connection, wanted, most, after)
        if places := [event.leaf_index for event in found if event.leaf_index < tree_size]:
            yield places
        if len(found) < most:
            return
        after = found[-1].place


def _count(services: Services, wanted: EventFilter, tree_size: int) -> int:
    if _is_period(wanted):
        with services.connection() as connection:
            return len(stretch_of(connection, wanted, tree_size))
    return sum(map(len, _places(services, wanted, tree_size, COUNT_EVENTS)))


def _is_period(wanted: EventFilter) -> bool:
    """Whether nothing but the time is asked for, so that the export can show that it is whole."""
    return all(getattr(wanted, name) is None for name in EventFilter.__slots__ if name not in _TIMES)


def _logged(wanted: EventFilter, total: int, state: str) -> dict[str, FieldValue]:
    return {"wanted": wanted_in_words(wanted), "found": total, "state": state}


def _as_stored(wanted: EventFilter) -> dict[str, Any]:
    """Only what was asked for; times in UTC (RFC 3339)."""
    given = {name: getattr(wanted, name) for name in EventFilter.__slots__}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in given.items()
        if value is not None
    }


def _from_stored(stored: Mapping[str, Any]) -> EventFilter:
    times = {name: datetime.fromisoformat(stored[name]) for name in _TIMES & stored.keys()}
    return EventFilter(**{**stored, **times})


def _shown(stored: StoredExport) -> Export:
    return Export(
        stored.export_id, stored.query, stored.asked_at, stored.officer_name, stored.events_total, stored.events_done,
        stored.finished_at, stored.digest,
    )  # fmt: skip
