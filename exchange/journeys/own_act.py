"""What borrowers do in their own files: each act in one transaction with its log entry."""

from collections.abc import Mapping

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import Borrower, LogEntry
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.store.own_file import OwnFile, find_own_file, hold_own_file
from exchange.store.subject_file import next_sequence


def own_file_of(connection: Connection, borrower: Borrower) -> OwnFile:
    """The borrower's file, to read. Raises BadRequest once it was erased."""
    return _there(find_own_file(connection, borrower.subject_key))


def held_own_file(connection: Connection, borrower: Borrower) -> OwnFile:
    """The borrower's file, to write: looks and other acts wait until this transaction ends. Raises BadRequest."""
    return _there(hold_own_file(connection, borrower.subject_key))


def log_own_act(
    services: Services, connection: Connection, borrower: Borrower, file: OwnFile, fields: Mapping[str, FieldValue]
) -> LogEntry:
    """Writes the log entry of an act of the borrower's own, and how they had signed in."""
    who: Mapping[str, FieldValue] = {"actor": "borrower", "signed_in_by": borrower.signed_in_by}
    sequence = next_sequence(connection, file.subject_key)
    cipher = services.keys.open(file.wrapped_key)
    entry = entry_about(services, services.clock.now(), file.subject_key, cipher, sequence, {**fields, **who})
    append_log_entry(connection, entry)
    return entry


def _there(file: OwnFile | None) -> OwnFile:
    if file is None:
        raise BadRequest("We no longer hold a file about you.", "SUBJECT_UNKNOWN")
    return file
