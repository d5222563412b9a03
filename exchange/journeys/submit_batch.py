"""A member hands in a file of records.

    begin -> work: check the file -> for each batch: read -> check -> match -> seal -> append -> commit -> log entry

A file that cannot be read to its end changes nothing: it is read once for that before anything is written. An
all-or-nothing file is one transaction. One that is applied record by record commits batch by batch, and its counts
with them, so that it goes on behind the last batch after a kill.
"""

from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Row

from consent.policy.resolve import basis_rule
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.intake.whole_file import rewindable, sha256_of
from exchange.journeys.services import Services
from exchange.journeys.submission import (
    FAULTS_SHOWN,
    Begun,
    SubmissionOrder,
    SubmissionOutcome,
    digest_of,
    order_as_json,
    outcome_of,
    settled,
)
from exchange.journeys.work_file import FileWork, Progress, contributing_member
from exchange.store import submissions
from exchange.store.engine import database_errors
from schema.vocabulary.submission import SubmissionState


def submit_file(
    services: Services, file: Path | BinaryIO, order: SubmissionOrder, progress: Progress = lambda records, size: None
) -> SubmissionOutcome:
    """Applies a file and logs it; the same bytes, read the same way, are applied once.

    Raises FileNotReadable where there is no such file or it is too large, BadRequest where the member may not
    contribute on this basis, and Unavailable.
    """
    order = settled(order, services.clock.now())
    with rewindable(file, services.settings.import_bytes_max) as readable:
        digest = digest_of(order, sha256_of(readable))
        begun = begin(services, order, digest, readable.seek(0, 2))
        return work(services, begun.submission_id, readable, progress)


def begin(services: Services, order: SubmissionOrder, digest: bytes, bytes_total: int) -> Begun:
    """Takes a submission in, or finds the earlier one of this digest; one that was refused is tried again.

    `order` is settled. Raises BadRequest (MEMBER_UNKNOWN, MEMBER_NOT_ACTIVE, BASIS_UNKNOWN), Unavailable.
    """
    now = services.clock.now()
    if basis_rule(services.pack, order.basis, now.date()) is None:
        raise BadRequest("No rule of this id lets records be contributed today.", "BASIS_UNKNOWN")
    values = {
        "submission_id": new_id(now),
        "format": order.reading.format.value,
        "reading": order_as_json(order) | {"batch_records": services.settings.import_batch_records},
        "bytes_total": bytes_total,
    }
    with services.transaction() as connection:
        contributing_member(connection, order.member_id)
        row, is_new = submissions.begin(connection, order.member_id, digest, now, values)
    return Begun(row.submission_id, SubmissionState(row.state), is_new)


def work(
    services: Services, submission_id: UUID, file: BinaryIO, progress: Progress = lambda records, size: None
) -> SubmissionOutcome:
    """Works a submission to its end, behind the last batch that was committed; `file` can be read twice.

    Waits while another file of the member is worked. Raises BadRequest SUBMISSION_UNKNOWN, Unavailable.
    """
    started = perf_counter()
    row = _stored(services, submission_id)
    with (
        database_errors(),
        submissions.turn(services.engine, row.member_id, services.settings.import_statement_timeout_ms) as connection,
    ):
        is_new = FileWork(services, connection, submission_id, file, progress).finish()
        with connection.begin():
            done = submissions.fetch(connection, submission_id)
            faults = submissions.first_faults(connection, submission_id, FAULTS_SHOWN)
    return outcome_of(done, faults, is_new, perf_counter() - started)


def _stored(services: Services, submission_id: UUID) -> Row[Any]:
    with services.connection() as connection:
        row = submissions.find(connection, submission_id)
    if row is None:
        raise BadRequest("There is no submission of this id.", "SUBMISSION_UNKNOWN")
    return row
