"""What became of submissions, for the member that made them and for the operator."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from exchange.errors import BadRequest
from exchange.intake.fault_codes import sentence_in
from exchange.journeys.services import Services
from exchange.planning.selection import check_size
from exchange.store.submission_views import count_submissions, find_submission, list_faults, list_submissions
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.submission import FileFormat, SubmissionState

ENGLISH = "en"
CSV_COLUMNS = ("record_no", "field", "code", "rule", "sentence")
FAULTS_AT_ONCE = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault that was found. `fault_no` counts the submission's faults from 1; `record_no` the file's records."""

    fault_no: int
    record_no: int
    field: str
    code: str
    rule: str | None
    detail: str
    english: str

    def sentence(self, language: str) -> str:
        """What is wrong, for a person who reads this language (BCP 47)."""
        return self.english if language == ENGLISH else sentence_in(self.code, language, self.detail)


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission as it stands. `progress` is 0 to 1; records read = applied + unchanged + faulty, unless refused."""

    submission_id: UUID
    member_id: str
    digest: bytes
    format: FileFormat
    state: SubmissionState
    basis: str | None
    all_or_nothing: bool
    notices_attested: bool
    bytes_total: int
    bytes_read: int
    progress: float
    records_read: int
    records_applied: int
    records_unchanged: int
    records_faulty: int
    faults: int
    notes: dict[str, int]
    file_fault: str | None
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    leaf_hash: bytes | None


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Some of a member's submissions, the newest first."""

    submissions: tuple[SubmissionView, ...]
    total: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class FaultPage:
    """Some of a submission's faults, in the order in which they were found."""

    faults: tuple[FaultView, ...]
    has_next: bool
    has_previous: bool


def view_submission(services: Services, submission_id: UUID | None, member_id: str | None = None) -> SubmissionView:
    """A submission; of this member, where one is named. Raises BadRequest SUBMISSION_NOT_FOUND, Unavailable."""
    with services.connection() as connection:
        stored = find_submission(connection, submission_id, member_id) if submission_id else None
    if stored is None:
        whose = "of yours " if member_id else ""
        raise BadRequest(f"No submission {whose}has this id.", "SUBMISSION_NOT_FOUND")
    return _view(stored)


def page_submissions(services: Services, member_id: str, first: int, after: UUID | None = None) -> SubmissionPage:
    """A page of a member's submissions. Raises BadRequest for a page of another size, Unavailable."""
    _check_size(first)
    with services.connection() as connection:
        found = list_submissions(connection, member_id, first + 1, after)
        total = count_submissions(connection, member_id)
    views = tuple(_view(row) for row in found[:first])
    return SubmissionPage(views, total, has_next=len(found) > first, has_previous=after is not None)


def latest_submissions(services: Services, member_id: str | None, most: int) -> list[SubmissionView]:
    """The newest submissions of one member, or of all. Raises Unavailable."""
    with services.connection() as connection:
        return [_view(row) for row in list_submissions(connection, member_id, most)]


def page_faults(services: Services, submission_id: UUID, first: int, after: int = 0) -> FaultPage:
    """A page of the faults that were kept. Raises BadRequest for a page of another size, Unavailable."""
    _check_size(first)
    with services.connection() as connection:
        found = list_faults(connection, submission_id, first + 1, after)
    views = tuple(_fault(row) for row in found[:first])
    return FaultPage(views, has_next=len(found) > first, has_previous=after > 0)


def faults_as_csv(services: Services, submission_id: UUID, language: str = ENGLISH) -> Iterator[str]:
    """The faults that were kept as CSV (RFC 4180), part by part; no cell begins as a formula does. Raises Unavailable.

    It begins with a byte order mark: spreadsheets take it for UTF-8 then.
    """
    yield "\ufeff" + _csv_lines([CSV_COLUMNS])
    after = 0
    while True:
        with services.connection() as connection:
            found = list_faults(connection, submission_id, FAULTS_AT_ONCE, after)
        if not found:
            return
        faults = [_fault(row) for row in found]
        yield _csv_lines(
            [(fault.record_no, fault.field, fault.code, fault.rule or "", fault.sentence(language)) for fault in faults]
        )
        after = faults[-1].fault_no


def _csv_lines(rows: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: object) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe before it."""
    said = str(value)
    return f"'{said}" if said.startswith(_FORMULA_STARTS) else said


def _check_size(first: int) -> None:
    check_size("first", first, PAGE_ITEMS_MAX)


def _fault(row: Row[Any]) -> FaultView:
    return FaultView(row.fault_no, row.record_no, row.field, row.code, row.rule, row.detail, row.sentence)


def _view(row: Row[Any]) -> SubmissionView:
    is_over = row.finished_at is not None
    progress = 1.0 if is_over else min(row.bytes_read / row.bytes_total, 1.0) if row.bytes_total else 0.0
    return SubmissionView(
        submission_id=row.submission_id,
        member_id=row.member_id,
        digest=row.digest,
        format=FileFormat(row.format),
        state=SubmissionState(row.state),
        basis=row.reading.get("basis"),
        all_or_nothing=row.reading.get("all_or_nothing", False),
        notices_attested=row.reading.get("notices_attested", False),
        bytes_total=row.bytes_total,
        bytes_read=row.bytes_total if is_over else row.bytes_read,
        progress=progress,
        records_read=row.records_read,
        records_applied=row.records_applied,
        records_unchanged=row.records_unchanged,
        records_faulty=row.records_faulty,
        faults=row.faults,
        notes=dict(row.notes),
        file_fault=row.file_fault,
        submitted_at=row.submitted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        leaf_hash=row.leaf_hash,
    )
