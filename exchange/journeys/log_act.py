"""How an act becomes an entry of the log: which fields it commits to, and under whose key they can be opened again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue, build_entry
from exchange.clock import new_id
from exchange.handover import NOBODY, LogEntry, LogEvent
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.store.subject_file import next_sequence
from exchange.vault.field_cipher import SubjectCipher


def entry_about(
    services: Services,
    now: datetime,
    subject_key: UUID,
    cipher: SubjectCipher,
    sequence: int,
    fields: Mapping[str, FieldValue],
) -> LogEntry:
    """An entry about a borrower: who it is and its number among theirs are sealed under the borrower's own key."""
    draft = build_entry(now, {"subject": str(subject_key), "sequence": sequence}, fields)
    entry_id = new_id(now)
    opening = cipher.seal_opening(entry_id, draft.subject_opening or b"")
    service_opening = services.keys.log_cipher().seal_opening(entry_id, draft.service_opening)
    return LogEntry(
        entry_id, subject_key, now, draft.leaf, draft.leaf_hash, opening, service_opening, sequence, _event(fields)
    )


def entry_about_nobody(services: Services, now: datetime, fields: Mapping[str, FieldValue]) -> LogEntry:
    """An entry about no known borrower: an act on members or files, or a refusal before anybody was found."""
    draft = build_entry(now, {}, fields)
    entry_id = new_id(now)
    service_opening = services.keys.log_cipher().seal_opening(entry_id, draft.service_opening)
    return LogEntry(entry_id, NOBODY, now, draft.leaf, draft.leaf_hash, None, service_opening, None, _event(fields))


def log_in_file(
    services: Services,
    connection: Connection,
    now: datetime,
    subject_key: UUID,
    cipher: SubjectCipher,
    fields: Mapping[str, FieldValue],
) -> LogEntry:
    """Writes the next entry about a borrower in the caller's transaction; other writers of theirs wait for its end."""
    entry = entry_about(services, now, subject_key, cipher, next_sequence(connection, subject_key), fields)
    append_log_entry(connection, entry)
    return entry


def log_refused_caller(services: Services, code: str, member_id: str | None) -> bytes:
    """Logs that a caller was turned away before any question was heard. Returns the leaf's hash."""
    return _log_alone(services, "caller_refused", code, member_id)


def log_stopped_look(services: Services, code: str, member_id: str) -> bytes:
    """Logs that a look was stopped because what is stored does not match its proof. Returns the leaf's hash."""
    return _log_alone(services, "look_stopped", code, member_id)


def _log_alone(services: Services, act: str, code: str, member_id: str | None) -> bytes:
    fields: dict[str, FieldValue] = {"act": act, "member": member_id, "granted": False, "reasons": [code]}
    entry = entry_about_nobody(services, services.clock.now(), fields)
    with services.connection() as connection:
        append_log_entry(connection, entry)
    return entry.leaf_hash


def _event(fields: Mapping[str, Any]) -> LogEvent:
    return LogEvent(
        act=fields["act"],
        member_id=fields.get("member"),
        purpose=fields.get("purpose"),
        basis=fields.get("basis"),
        granted=fields.get("granted"),
        reasons=tuple(fields.get("reasons", ())),
        rules=tuple(fields.get("rules", ())),
    )
