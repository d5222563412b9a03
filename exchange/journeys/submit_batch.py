"""A member hands in a file of records.

    read -> check -> match -> seal -> append -> log entry -> commit

One file is one transaction: it is applied (whole, or less its faulty records, as the member chose), or not at all.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Connection, Row

from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.intake.check_record import Checked, Rules, check_record
from exchange.intake.contribution import Contribution, FaultyRecord, ReadRecord, ReadRecords
from exchange.intake.months import first_day, months_before
from exchange.intake.read_batch import read_records
from exchange.intake.reading import FileFormat, Reading
from exchange.intake.whole_file import rewindable, sha256_of
from exchange.journeys.apply_records import RecordApplier
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.journeys.submission import (
    FileRefused,
    SubmissionOrder,
    SubmissionOutcome,
    SubmissionState,
    Tally,
    outcome_of,
)
from exchange.store import append
from exchange.store.log_rows import append_log_entry
from schema.vocabulary.member_class import MemberClass, MemberStatus

Progress = Callable[[int, int], None]
"""Told after each batch: records read, and bytes of the file as it was sent."""


def submit_file(
    services: Services, file: Path | BinaryIO, order: SubmissionOrder, progress: Progress = lambda records, size: None
) -> SubmissionOutcome:
    """Applies a file and logs it; the same bytes, read the same way, are applied once.

    Raises FileNotReadable where the file cannot be read at all, BadRequest where the member may not contribute, and
    Unavailable; nothing was applied then.
    """
    started, now = perf_counter(), services.clock.now()
    order = replace(order, reading=_with_newest_month(order.reading, now))
    tally = Tally()
    with rewindable(file, services.settings.import_bytes_max) as readable:
        digest = _digest(readable, order)
        try:
            with services.transaction() as connection:
                member = _held_member(services, connection, order.member_id)
                if earlier := _earlier(connection, order, digest):
                    return _already_applied(earlier, perf_counter() - started)
                _apply(services, connection, readable, order, member, tally, progress)
                submission_id = _record(services, connection, order, digest, tally, SubmissionState.APPLIED)
            return outcome_of(SubmissionState.APPLIED, submission_id, tally, perf_counter() - started)
        except FileRefused:
            # What was written is undone by now. That the file was refused, and why, is written for itself.
            with services.transaction() as connection:
                _held_member(services, connection, order.member_id)
                if earlier := _earlier(connection, order, digest):
                    return _already_applied(earlier, perf_counter() - started)
                submission_id = _record(services, connection, order, digest, tally, SubmissionState.REFUSED)
            return outcome_of(SubmissionState.REFUSED, submission_id, tally, perf_counter() - started)


def _apply(
    services: Services,
    connection: Connection,
    file: BinaryIO,
    order: SubmissionOrder,
    member: Member,
    tally: Tally,
    progress: Progress,
) -> None:
    """Reads, checks and applies batch after batch."""
    now = services.clock.now()
    origin = Provenance(order.member_id, order.basis, services.pack.jurisdiction, services.pack.version, now)
    applier = RecordApplier(connection, services.keys, origin)
    records, checks = read_records(file, order.reading)
    collector = member.member_class is MemberClass.COLLECTION_AGENCY
    rules = Rules(now.date(), checks, order.prior_notice, collector)
    with closing(_read_ahead(_batches(records, services.settings.import_batch_records))) as batches:
        for batch in batches:
            applied = applier.apply(_checked(batch, rules, tally))
            tally.applied += applied.changed
            tally.unchanged += applied.unchanged
            tally.add_faults(applied.faults)
            progress(tally.read, file.tell())
    if order.all_or_nothing and tally.faults:
        raise FileRefused


def _checked(batch: Sequence[ReadRecord], rules: Rules, tally: Tally) -> list[Checked]:
    """The records without faults; faults and notes are tallied."""
    sound = []
    for record in batch:
        if isinstance(record, Contribution):
            checked = check_record(record, rules)
            faults = checked.faults
            tally.notes.update(note.code for note in checked.notes)
            if not faults:
                sound.append(checked)
        elif isinstance(record, FaultyRecord):
            faults = record.faults
        else:
            tally.notes[record.note.code] += 1
            continue
        tally.read += 1
        if faults:
            tally.add_faults(faults, record.record_no)
    return sound


def _record(
    services: Services,
    connection: Connection,
    order: SubmissionOrder,
    digest: bytes,
    tally: Tally,
    state: SubmissionState,
) -> UUID:
    """Writes the log entry and what became of the file. Returns the submission's id."""
    now = services.clock.now()
    submission_id = new_id(now)
    refused = state is SubmissionState.REFUSED
    counts = {
        "records_read": tally.read,
        "records_applied": 0 if refused else tally.applied + tally.unchanged,
        "records_faulty": len(tally.faulty),
    }
    entry = entry_about_nobody(
        services,
        now,
        {
            "act": "submission",
            "member": order.member_id,
            "submission": str(submission_id),
            "digest": digest.hex(),
            "state": state.value,
            **counts,
        },
    )
    append_log_entry(connection, entry)
    values = {
        "submission_id": submission_id,
        "member_id": order.member_id,
        "digest": digest,
        "format": order.reading.format.value,
        "state": state.value,
        "submitted_at": now,
        "leaf_hash": entry.leaf_hash,
        **counts,
    }
    faults = ((fault.record_no, fault.field, fault.code, fault.sentence) for fault in tally.faults)
    append.add_submission(connection, values, faults)
    return submission_id


def _held_member(services: Services, connection: Connection, member_id: str) -> Member:
    member = append.begin_submission(connection, member_id, services.settings.import_statement_timeout_ms)
    if member is None:
        raise BadRequest("No member of this id is registered.", "MEMBER_UNKNOWN")
    if member.status is not MemberStatus.ACTIVE:
        raise BadRequest("This member is not active: it may not contribute.", "MEMBER_NOT_ACTIVE")
    return member


def _earlier(connection: Connection, order: SubmissionOrder, digest: bytes) -> Row[Any] | None:
    """The same submission if it was applied before. One that was refused is forgotten, to be tried again."""
    earlier = append.find_submission(connection, order.member_id, digest)
    if earlier is not None and earlier.state == SubmissionState.REFUSED:
        append.drop_submission(connection, earlier.submission_id)
        return None
    return earlier


def _already_applied(earlier: Row[Any], seconds: float) -> SubmissionOutcome:
    return SubmissionOutcome(
        SubmissionState.ALREADY_APPLIED,
        earlier.submission_id,
        read=earlier.records_read,
        applied=0,
        unchanged=earlier.records_applied,
        faulty=earlier.records_faulty,
        faults=(),
        notes={},
        seconds=seconds,
    )


def _with_newest_month(reading: Reading, now: datetime) -> Reading:
    """A monthly-status file that names no newest month ends with the last month that is over."""
    if reading.format is FileFormat.MONTHLY_STATUS and reading.newest_month is None:
        return replace(reading, newest_month=months_before(first_day(now.date()), 1))
    return reading


def _digest(file: BinaryIO, order: SubmissionOrder) -> bytes:
    whole = "all or nothing" if order.all_or_nothing else "record by record"
    return order.reading.digest(sha256_of(file), order.basis, whole, str(order.prior_notice))


def _batches(records: ReadRecords, size: int) -> Iterator[list[ReadRecord]]:
    while batch := list(islice(records, size)):
        yield batch


def _read_ahead(batches: Iterator[list[ReadRecord]]) -> Generator[list[ReadRecord], None, None]:
    """The batches, each read while the one before it waits for the database."""
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = ahead.submit(next, batches, None)
            yield batch
