"""What a submission is ordered with, and what becomes of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from exchange.intake.contribution import Fault
from exchange.intake.months import first_day, months_before
from exchange.intake.reading import Reading
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.submission import FileFormat, SubmissionState

DEFAULT_BASIS = "cn.cir.13"
FAULTS_SHOWN = 100
FAULTS_KEPT = 100_000
"""More faults of one file are counted and not kept: it was surely made, or is being read, in another way."""


class FileRefused(Exception):
    """Nothing of this file is to be applied. Raised to undo what was."""


@dataclass(frozen=True, slots=True)
class SubmissionOrder:
    """Who hands in, how the file is read, and how it is treated.

    `basis`: the rule on which the records are contributed. `notices_attested`: the member attests that each borrower
    was told before anything negative was reported, for files that carry no notices of their own. `correction`: why
    the file reports otherwise than before, for records that do not say.
    """

    member_id: str
    reading: Reading
    basis: str = DEFAULT_BASIS
    all_or_nothing: bool = False
    notices_attested: bool = False
    correction: CorrectionReason | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A submission that was begun. `is_new`: there is something to do that was not asked for before."""

    submission_id: UUID
    state: SubmissionState
    is_new: bool


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of a file. Of records: `read` = `applied` + `unchanged` + `faulty`, unless the file was refused.

    `is_new`: false where the same file was done with before. `faults` are the first hundred; `notes` counts, by code,
    what was only worth a note. `file_fault`: why the file as a whole was refused.
    """

    state: SubmissionState
    submission_id: UUID
    is_new: bool
    read: int
    applied: int
    unchanged: int
    faulty: int
    faults: tuple[Fault, ...]
    notes: dict[str, int]
    file_fault: str | None
    seconds: float


@dataclass(slots=True)
class Tally:
    """The counts of a file while it is worked; `faults` are those found since they were last taken."""

    read: int = 0
    applied: int = 0
    unchanged: int = 0
    faulty: int = 0
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, row: Row[Any]) -> "Tally":
        """The counts that were kept with the last batch."""
        return cls(
            row.records_read, row.records_applied, row.records_unchanged, row.records_faulty, row.faults,
            notes=Counter(row.notes),
        )  # fmt: skip

    def add_faults(self, faults: Sequence[Fault], records: int) -> None:
        """Faults of so many records."""
        self.faulty += records
        self.fault_count += len(faults)
        self.faults += faults

    def add_notes(self, notes: Iterable[Fault]) -> None:
        """Notes on records."""
        self.notes.update(note.code for note in notes)

    def take_faults(self) -> tuple[int, list[Fault]]:
        """The number of the first fault not taken yet, and those that are to be kept from there."""
        taken, self.faults = self.faults, []
        first_no = self.fault_count - len(taken) + 1
        return first_no, taken[: max(FAULTS_KEPT - first_no + 1, 0)]

    def counts(self) -> dict[str, Any]:
        """The values of the columns of `submission` that count."""
        return {
            "records_read": self.read,
            "records_applied": self.applied,
            "records_unchanged": self.unchanged,
            "records_faulty": self.faulty,
            "faults": self.fault_count,
            "notes": dict(self.notes),
        }


def settled(order: SubmissionOrder, now: datetime) -> SubmissionOrder:
    """The order without anything that depends on the day: a monthly-status file that names no newest month ends with
    the last month that is over.
    """
    reading = order.reading
    if reading.format is not FileFormat.MONTHLY_STATUS or reading.newest_month is not None:
        return order
    return replace(order, reading=replace(reading, newest_month=months_before(first_day(now.date()), 1)))


def digest_of(order: SubmissionOrder, file_sha256: bytes) -> bytes:
    """SHA-256 of a file's content and of all that decides how it is read and treated."""
    whole = "all or nothing" if order.all_or_nothing else "record by record"
    notices = "notices attested" if order.notices_attested else ""
    return order.reading.digest(file_sha256, order.basis, whole, notices, order.correction or "")


def order_as_json(order: SubmissionOrder) -> dict[str, Any]:
    """The order as it is kept with its submission."""
    reading = order.reading
    return {
        "member_id": order.member_id,
        "format": reading.format.value,
        "newest_month": reading.newest_month.isoformat() if reading.newest_month else None,
        "mapping": reading.mapping,
        "synthesise_identities": reading.synthesise_identities,
        "identity_seed": reading.identity_seed,
        "basis": order.basis,
        "all_or_nothing": order.all_or_nothing,
        "notices_attested": order.notices_attested,
        "correction": order.correction,
    }


def order_from_json(kept: Mapping[str, Any]) -> SubmissionOrder:
    """The order that `order_as_json` gave."""
    newest_month = kept["newest_month"]
    reading = Reading(
        FileFormat(kept["format"]),
        date.fromisoformat(newest_month) if newest_month else None,
        kept["mapping"],
        kept["synthesise_identities"],
        kept["identity_seed"],
    )
    return SubmissionOrder(
        kept["member_id"],
        reading,
        kept["basis"],
        kept["all_or_nothing"],
        kept["notices_attested"],
        CorrectionReason(kept["correction"]) if kept["correction"] else None,
    )


def outcome_of(row: Row[Any], faults: Iterable[Row[Any]], is_new: bool, seconds: float) -> SubmissionOutcome:
    """What became of a submission, from how it is stored."""
    return SubmissionOutcome(
        SubmissionState(row.state),
        row.submission_id,
        is_new,
        read=row.records_read,
        applied=row.records_applied,
        unchanged=row.records_unchanged,
        faulty=row.records_faulty,
        faults=tuple(Fault(**each._mapping) for each in faults),
        notes=dict(row.notes),
        file_fault=row.file_fault,
        seconds=seconds,
    )
