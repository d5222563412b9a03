"""Works one submission to its end: reads, checks and applies its batches, and keeps count of them."""

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Connection

from consent.policy.resolve import prior_notice_rule
from consent.policy.retention import retention_rules
from exchange.errors import BadRequest, FileNotReadable
from exchange.handover import Member
from exchange.intake.check_record import Checked, Rules
from exchange.intake.contribution import Checks, FileNote
from exchange.intake.forget_expired import Expiry
from exchange.intake.judge_batch import Judged, judged_batches
from exchange.intake.read_batch import check_readable
from exchange.journeys.apply_records import RecordApplier
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.journeys.submission import FAULTS_KEPT, FileRefused, Tally, order_from_json
from exchange.store import submissions
from exchange.store.log_rows import append_log_entry
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.submission import SubmissionState

Progress = Callable[[int, int], None]
"""Told after each batch: records read, and bytes of the file as it was sent."""


_ALLOCATIONS_UNTIL_COLLECTED = 200_000


class MayNotContribute(BadRequest):
    """The member is not known, or not active."""


def contributing_member(connection: Connection, member_id: str) -> Member:
    """The member, who may contribute. Raises MayNotContribute (MEMBER_UNKNOWN, MEMBER_NOT_ACTIVE)."""
    member = submissions.find_member(connection, member_id)
    if member is None:
        raise MayNotContribute("No member of this id is registered.", "MEMBER_UNKNOWN")
    if member.status is not MemberStatus.ACTIVE:
        raise MayNotContribute("This member is not active: it may not contribute.", "MEMBER_NOT_ACTIVE")
    return member


class FileWork:
    """One submission that this process works; `connection` holds the turn of its member's files."""

    def __init__(
        self, services: Services, connection: Connection, submission_id: UUID, file: BinaryIO, progress: Progress
    ) -> None:
        self._services = services
        self._connection = connection
        self._file = file
        self._progress = progress
        with connection.begin():
            self._row = submissions.fetch(connection, submission_id)
        self._order = order_from_json(self._row.reading)
        self._tally = Tally.of(self._row)

    def finish(self) -> bool:
        """Works the file to its end. False where that was done before.

        Raises Unavailable; what was committed by then is gone on from later.
        """
        if self._row.state in (SubmissionState.APPLIED, SubmissionState.REFUSED):
            return False
        try:
            member = self._start()
            self._file.seek(0)
            rules_for, size = partial(self._rules, member), self._row.reading["batch_records"]
            judged = judged_batches(self._file, self._order.reading, rules_for, size)
            with _seldom_collecting(), closing(_read_ahead(judged)) as batches:
                if self._order.all_or_nothing:
                    self._apply_whole(batches)
                else:
                    self._apply_by_record(batches)
        except FileRefused:
            self._tally.applied = self._tally.unchanged = 0
            self._refuse(None)
        except (FileNotReadable, MayNotContribute) as fault:
            self._tally = Tally.of(self._row)
            self._refuse(fault.sentence)
        return True

    def _start(self) -> Member:
        """Raises MayNotContribute, and FileNotReadable before anything was applied."""
        with self._connection.begin():
            submissions.start(self._connection, self._row.submission_id, self._services.clock.now())
            member = contributing_member(self._connection, self._order.member_id)
        if not self._row.batches_done and not self._order.all_or_nothing:
            check_readable(self._file, self._order.reading)
        return member

    def _rules(self, member: Member, checks: Checks) -> Rules:
        # As of the day it was handed in: a file that is gone on with the next day is judged as it was.
        today = self._row.submitted_at.date()
        notice = None if self._order.notices_attested else prior_notice_rule(self._services.pack, today)
        collector = member.member_class is MemberClass.COLLECTION_AGENCY
        expiry = Expiry(retention_rules(self._services.pack, today), member.member_class, today)
        return Rules(today, checks, None if notice is None else notice.id, collector, expiry)

    def _apply_whole(self, batches: Iterator[list[Judged]]) -> None:
        """All batches in one transaction. Raises FileRefused where one record is faulty."""
        with self._transaction():
            applier = self._applier()
            for batch in batches:
                self._apply(applier, batch)
                self._tell()
                if self._tally.fault_count > FAULTS_KEPT:
                    break
            if self._tally.fault_count:
                raise FileRefused
            self._end(SubmissionState.APPLIED)

    def _apply_by_record(self, batches: Iterator[list[Judged]]) -> None:
        """Each batch in a transaction of its own, behind those that were committed before."""
        applier, done = self._applier(), self._row.batches_done
        for batches_done, batch in enumerate(islice(batches, done, None), done + 1):
            with self._transaction():
                self._apply(applier, batch)
                self._keep(batches_done=batches_done, bytes_read=self._file.tell())
            self._tell()
        with self._transaction():
            self._end(SubmissionState.APPLIED)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._connection.begin():
            submissions.allow(self._connection, self._services.settings.import_statement_timeout_ms)
            submissions.hold_turn(self._connection, self._order.member_id)
            yield

    def _applier(self) -> RecordApplier:
        pack, order = self._services.pack, self._order
        origin = Provenance(order.member_id, order.basis, pack.jurisdiction, pack.version, self._row.submitted_at)
        return RecordApplier(self._connection, self._services.keys, origin, refuse_twice=True)

    def _apply(self, applier: RecordApplier, batch: Sequence[Judged]) -> None:
        applied = applier.apply(self._corrected(_sound(batch, self._tally)))
        self._tally.applied += applied.changed
        self._tally.unchanged += applied.unchanged
        self._tally.add_faults(applied.faults, applied.refused)
        self._tally.add_notes(applied.notes)

    def _corrected(self, sound: list[Checked]) -> list[Checked]:
        """The records with the file's reason of correction, where they give none of their own."""
        reason = self._order.correction
        return sound if reason is None else [_with_correction(each, reason) for each in sound]

    def _tell(self) -> None:
        self._progress(self._tally.read, self._file.tell())

    def _keep(self, **values: Any) -> None:
        submission_id = self._row.submission_id
        first_no, faults = self._tally.take_faults()
        rows = (attrgetter(*submissions.FAULT_COLUMNS)(each) for each in faults)
        submissions.add_faults(self._connection, submission_id, first_no, rows)
        submissions.note_progress(self._connection, submission_id, self._tally.counts() | values)

    def _refuse(self, file_fault: str | None) -> None:
        with self._transaction():
            self._end(SubmissionState.REFUSED, file_fault)

    def _end(self, state: SubmissionState, file_fault: str | None = None) -> None:
        """Writes the log entry and what became of the file."""
        now, row, tally = self._services.clock.now(), self._row, self._tally
        fields = {
            "act": "submission",
            "member": row.member_id,
            "submission": str(row.submission_id),
            "digest": row.digest.hex(),
            "state": state.value,
            "basis": self._order.basis,
            "notices_attested": self._order.notices_attested,
            "correction": self._order.correction,
            "records_read": tally.read,
            "records_applied": tally.applied,
            "records_unchanged": tally.unchanged,
            "records_faulty": tally.faulty,
        }
        entry = entry_about_nobody(self._services, now, fields)
        append_log_entry(self._connection, entry)
        self._keep(
            state=state.value,
            file_fault=file_fault,
            finished_at=now,
            leaf_hash=entry.leaf_hash,
            bytes_read=row.bytes_total,
        )


def _with_correction(checked: Checked, reason: CorrectionReason) -> Checked:
    account = checked.contribution.account
    if account.correction is not None:
        return checked
    contribution = replace(checked.contribution, account=replace(account, correction=reason))
    return replace(checked, contribution=contribution)


def _sound(batch: Sequence[Judged], tally: Tally) -> list[Checked]:
    """The records without faults; faults and notes are tallied."""
    sound = []
    for judged in batch:
        if isinstance(judged, FileNote):
            tally.add_notes([judged.note])
            continue
        tally.read += 1
        if isinstance(judged, Checked):
            tally.add_notes(judged.notes)
            if not judged.faults:
                sound.append(judged)
        if judged.faults:
            tally.add_faults(judged.faults, records=1)
    return sound


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A batch is tens of thousands of small values without cycles, which the collector would look through again and
    again: a fifth of the time of an import.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS_UNTIL_COLLECTED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _read_ahead(batches: Iterator[list[Judged]]) -> Generator[list[Judged], None, None]:
    """The batches, each read while the one before it waits for the database."""
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = ahead.submit(next, batches, None)
            yield batch
