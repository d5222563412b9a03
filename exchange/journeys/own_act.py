"""What borrowers do in their own files: each act in one transaction with its log entry.

A borrower whose files were joined has earlier files too: nothing is done in them, but their looks are the borrower's.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import Borrower, LogEntry
from exchange.journeys.log_act import log_in_file
from exchange.journeys.services import Services
from exchange.store.joined_files import files_merged_into
from exchange.store.own_file import OwnFile, StoredLook, find_look, find_own_file, hold_own_file


def own_file_of(connection: Connection, borrower: Borrower) -> OwnFile:
    """The borrower's file, to read. Raises BadRequest once it was erased."""
    return _there(find_own_file(connection, borrower.subject_key))


def held_own_file(connection: Connection, borrower: Borrower) -> OwnFile:
    """The borrower's file, to write: looks and other acts wait until this transaction ends. Raises BadRequest."""
    return _there(hold_own_file(connection, borrower.subject_key))


def earlier_file_of(connection: Connection, borrower: Borrower, earlier: UUID | None) -> OwnFile:
    """One of the borrower's earlier files, or (None) the present one. Raises BadRequest FILE_NOT_FOUND."""
    if earlier is None:
        return own_file_of(connection, borrower)
    file = find_own_file(connection, earlier)
    if file is None or earlier not in files_merged_into(connection, borrower.subject_key):
        raise BadRequest("There is no such file of yours.", "FILE_NOT_FOUND")
    return file


def own_look(connection: Connection, borrower: Borrower, inquiry_key: UUID) -> tuple[OwnFile, StoredLook]:
    """A look at the borrower's file or an earlier one, and that file. Raises BadRequest LOOK_NOT_FOUND."""
    for key in (borrower.subject_key, *files_merged_into(connection, borrower.subject_key)):
        look, file = find_look(connection, key, inquiry_key), find_own_file(connection, key)
        if look is not None and file is not None:
            return file, look
    raise BadRequest("There is no such look at your file.", "LOOK_NOT_FOUND")


def log_own_act(
    services: Services, connection: Connection, borrower: Borrower, file: OwnFile, fields: Mapping[str, FieldValue]
) -> LogEntry:
    """Writes the log entry of an act of the borrower's own, and how they had signed in."""
    who: Mapping[str, FieldValue] = {"actor": "borrower", "signed_in_by": borrower.signed_in_by}
    cipher = services.keys.open(file.wrapped_key)
    return log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, {**fields, **who})


def _there(file: OwnFile | None) -> OwnFile:
    if file is None or file.merged:
        raise BadRequest("We no longer hold a file about you.", "SUBJECT_UNKNOWN")
    return file
