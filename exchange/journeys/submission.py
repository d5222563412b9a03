"""What a submission is ordered with, and what becomes of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from exchange.intake.contribution import Fault
from exchange.intake.reading import Reading

DEFAULT_BASIS = "cn.cir.13"
FAULTS_SHOWN = 100
FAULTS_MAX = 100_000
"""Beyond so many faults a file is refused: it was surely made, or is being read, in another way."""


class FileRefused(Exception):
    """Nothing of this file is to be applied. Raised to undo what was."""


class SubmissionState(StrEnum):
    """What became of a file."""

    APPLIED = "APPLIED"
    REFUSED = "REFUSED"
    ALREADY_APPLIED = "ALREADY_APPLIED"


@dataclass(frozen=True, slots=True)
class SubmissionOrder:
    """Who hands in, how the file is read, and how it is treated.

    `basis`: the consent or rule on which the records are contributed; `prior_notice`: negative records without an
    earlier notice to the borrower are faults (the sample formats carry no notices).
    """

    member_id: str
    reading: Reading
    basis: str = DEFAULT_BASIS
    all_or_nothing: bool = False
    prior_notice: bool = False


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of a file. Of records: `read` = `applied` + `unchanged` + `faulty`. `faults` are the first hundred;
    all of them are in the table `submission_fault`. `notes` counts, by code, what was only worth a note.
    """

    state: SubmissionState
    submission_id: UUID
    read: int
    applied: int
    unchanged: int
    faulty: int
    faults: tuple[Fault, ...]
    notes: dict[str, int]
    seconds: float


@dataclass(slots=True)
class Tally:
    """The counts and faults of a file while it is read."""

    read: int = 0
    applied: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)
    notes: Counter[str] = field(default_factory=Counter)

    def add_faults(self, faults: Sequence[Fault], record_no: int | None = None) -> None:
        self.faults += faults
        self.faulty.update([record_no] if record_no is not None else [fault.record_no for fault in faults])
        if len(self.faults) > FAULTS_MAX:
            raise FileRefused


def outcome_of(state: SubmissionState, submission_id: UUID, tally: Tally, seconds: float) -> SubmissionOutcome:
    """The outcome that the tally of a file gives."""
    refused = state is SubmissionState.REFUSED
    return SubmissionOutcome(
        state,
        submission_id,
        read=tally.read,
        applied=0 if refused else tally.applied,
        unchanged=0 if refused else tally.unchanged,
        faulty=len(tally.faulty),
        faults=tuple(tally.faults[:FAULTS_SHOWN]),
        notes=dict(tally.notes),
        seconds=seconds,
    )
