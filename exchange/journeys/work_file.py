"""Works one submission to its end: reads, checks and applies its batches, and keeps count of them."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from consent.policy.resolve import prior_notice_rule
from consent.policy.retention import retention_rules
from exchange.errors import BadRequest, FileNotReadable
from exchange.handover import Member
from exchange.intake.check_record import Rules
from exchange.intake.contribution import Checks
from exchange.intake.forget_expired import Expiry
from exchange.intake.judge_batch import Judged, RowJudge, judged_batches, row_batches
from exchange.intake.read_batch import check_readable
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.import_helper import HelpersTask
from exchange.journeys.import_helpers import Turn, helped
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.seldom_collecting import seldom_collecting
from exchange.journeys.services import Services
from exchange.journeys.submission import FAULTS_KEPT, FileRefused, Tally, order_from_json
from exchange.journeys.work_batch import BatchWorker
from exchange.store import submissions
from exchange.store.asking import AskHere
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import find_member
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.submission import SubmissionState

Progress = Callable[[int, int], None]
"""Told after each batch: records read, and bytes of the file as it was sent."""

Part = TypeVar("Part")
_BATCHES_WORTH_HELPERS = 2
"""With fewer, the helpers would be started for longer than they help."""


class MayNotContribute(BadRequest):
    """The member is not known, or not active."""


def contributing_member(connection: Connection, member_id: str) -> Member:
    """The member, who may contribute. Raises MayNotContribute (MEMBER_UNKNOWN, MEMBER_NOT_ACTIVE)."""
    member = find_member(connection, member_id)
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
            with seldom_collecting(), closing(self._turns(member)) as batches:
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

    def _apply_whole(self, batches: Iterator[Turn]) -> None:
        """All batches in one transaction. Raises FileRefused where one record is faulty."""
        with self._transaction():
            for turn in batches:
                self._apply(turn)
                self._tell()
                if self._tally.fault_count > FAULTS_KEPT:
                    break
            if self._tally.fault_count:
                raise FileRefused
            self._end(SubmissionState.APPLIED)

    def _apply_by_record(self, batches: Iterator[Turn]) -> None:
        """Each batch in a transaction of its own, behind those that were committed before."""
        for batches_done, turn in enumerate(batches, self._row.batches_done + 1):
            with self._transaction():
                self._apply(turn)
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

    def _turns(self, member: Member) -> Generator[Turn, None, None]:
        """The batches that are not done yet, in their order, each to be applied before the next one is asked for."""
        reading, size = self._order.reading, self._row.reading["batch_records"]
        if not reading.mapping:
            batches = judged_batches(self._file, reading, partial(self._rules, member), size)
            return self._worked_here(islice(batches, self._row.batches_done, None))
        rows, cells = row_batches(self._file, reading, size)
        rules = self._rules(member, rows.mapping.checks)
        first, following = _begin(islice(cells, self._row.batches_done, None))
        count = self._services.settings.import_processes
        if len(first) < _BATCHES_WORTH_HELPERS or count == 1:
            judge = RowJudge(rows, rules)
            return self._worked_here(map(judge.judge, chain(first, following)))
        task = HelpersTask(
            rows.heading, reading, rules, self._origin, self._order.correction, self._services.open_keys
        )  # fmt: skip
        return helped(_read_ahead(chain(first, following)), task, count)

    def _worked_here(self, judged: Iterator[list[Judged]]) -> Generator[Turn, None, None]:
        worker = BatchWorker(self._services.keys, self._origin, self._order.correction)
        with closing(_read_ahead(judged)) as batches:
            for batch in batches:
                yield partial(worker.apply, worker.prepare(batch))

    @property
    def _origin(self) -> Provenance:
        pack, order = self._services.pack, self._order
        return Provenance(order.member_id, order.basis, pack.jurisdiction, pack.version, self._row.submitted_at)

    def _apply(self, turn: Turn) -> None:
        worked = turn(AskHere(self._connection))
        findings, applied, tally = worked.findings, worked.applied, self._tally
        tally.read += findings.read
        tally.applied += applied.changed
        tally.unchanged += applied.unchanged
        tally.add_faults(findings.faults, findings.faulty)
        tally.add_faults(applied.faults, applied.refused)
        tally.add_notes(findings.notes)
        tally.add_notes(applied.notes)

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


def _begin(batches: Iterator[Part]) -> tuple[list[Part], Iterator[Part]]:
    """The batches that a file has at least if helpers are worth while, and the others."""
    return list(islice(batches, _BATCHES_WORTH_HELPERS)), batches


def _read_ahead(batches: Iterator[Part]) -> Generator[Part, None, None]:
    """The batches, each read while the one before it waits for the database."""
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = ahead.submit(next, batches, None)
            yield batch
