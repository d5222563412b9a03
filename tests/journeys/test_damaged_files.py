"""Slices of the real files, each damaged in ten ways: every fault is told with its record, and nothing is applied.

Where a damage cannot befall a format, the table has the nearest that can:

    damage              Metro 2                      monthly status               credit-card CSV
    truncated           a line cut short             a row cut short              a row cut short
    wrong widths        a line one too narrow        a column too many            a cell too many
    duplicate rows      an account twice             a month twice                an account twice
    future months       reported next year           a month after month 0        the mapping names a month to come
    re-aged             the first delinquency moved  late months made good (there is no first delinquency)   the same
    swapped columns     opening and report swapped   month and status swapped     limit and status swapped
    wrong encoding      UTF-16                       Latin-1                      UTF-16
    gzip bomb           the same for all: a gigabyte of zero bytes in a megabyte
    1 GB line           the same for all, never held in memory or on disk
    wrong id checksum   an SSN that cannot be        no ids: none is named        a resident id's check character
"""

import gzip
import io
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories import Exchange
from sample_data import METRO2, MONTHLY_STATUS, UCI_CREDIT_CARD, sample
from sqlalchemy import func, select

import exchange.intake
from exchange.intake.contribution import Contribution
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from exchange.intake.synthetic_identity import synthetic_identity
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import subject, subject_identifier, subject_key
from exchange.store.tables.submission import submission_fault
from schema.vocabulary.submission import FileFormat, SubmissionState
from tests.unit.intake.metro2_lines import trailer

CONTRIBUTED = (subject, subject_key, subject_identifier, account, account_identifier, account_version, delinquency)
_MAPPING = (Path(exchange.intake.__file__ or "").parent / "mappings" / "uci_credit_card.toml").read_text()
MAPPING = _MAPPING.replace('newest_month = "2005-09"', 'newest_month = "2026-05"')
"""The months of 2005 would all be too old to be kept: they are read as months of this year."""
ROWS = 40
GIGABYTE = 10**9
MEMORY_BYTES_MAX = 64 << 20

Lines = list[str]
Faults = list[tuple[int, str]]


@dataclass(frozen=True)
class Case:
    """A damaged file: what it is, how it is read, and the (record, code) of its faults; `file_fault` where the file as
    a whole is refused. `after`: handed in after the sound slice.
    """

    content: Any
    reading: Reading
    faults: Faults
    file_fault: str = ""
    after: bool = False


def lines_of(name: str, rows: int = ROWS) -> Lines:
    with gzip.open(sample(name), "rt", encoding="utf-8") as file:
        return [next(file).rstrip("\n") for _ in range(rows)]


def text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def put(lines: Lines, number: int, line: str) -> Lines:
    """The lines with the line of this number (from 1) replaced."""
    return [*lines[: number - 1], line, *lines[number:]]


def cut_in(line: str, first: int, last: int, value: str) -> str:
    """A Metro 2 line with the characters `first` to `last` (from 1) replaced."""
    assert len(value) == last - first + 1
    return line[: first - 1] + value + line[last:]


class Metro2:
    reading = Reading(FileFormat.METRO2, synthesise_identities=True)

    def lines(self) -> Lines:
        """The header, and records from the second on: the first was made unreadable on purpose."""
        header, _, *records = lines_of(METRO2)
        return [header, *records, trailer(len(records))]

    def truncated(self) -> Case:
        return self._with(12, self.lines()[11][:300], [(12, "RECORD_NOT_READABLE")])

    def wrong_widths(self) -> Case:
        line = self.lines()[4]
        return self._with(5, line[:99] + line[100:426], [(5, "RECORD_NOT_READABLE")])

    def duplicate_rows(self) -> Case:
        *records, _ = self.lines()
        return Case(
            text([*records, records[9], trailer(len(records))]), self.reading, [(len(records) + 1, "RECORD_TWICE")]
        )

    def future_months(self) -> Case:
        line = cut_in(self.lines()[6], 182, 189, "01312027")
        return self._with(7, line, [(7, "REPORTED_IN_FUTURE"), (7, "HISTORY_IN_FUTURE")])

    def re_aged(self) -> Case:
        records, _ = read_records(io.BytesIO(text(self.lines())), self.reading)
        late = next(one for one in records if isinstance(one, Contribution) and one.delinquencies[-1:]
                    and one.delinquencies[-1].stated)  # fmt: skip
        first = late.delinquencies[-1].first_delinquent_on
        moved = cut_in(self.lines()[late.record_no - 1], 190, 197, f"{replace_year(first):%m%d%Y}")
        faults = [(late.record_no, "FIRST_DELINQUENCY_MOVED")]
        return replace(self._with(late.record_no, moved, faults), after=True)

    def swapped_columns(self) -> Case:
        line = self.lines()[7]
        opened, reported = line[75:83], line[181:189]
        swapped = cut_in(cut_in(line, 76, 83, reported), 182, 189, opened)
        return self._with(8, swapped, [(8, "OPENED_IN_FUTURE"), (8, "HISTORY_BEFORE_OPENING")])

    def wrong_encoding(self) -> Case:
        return Case(text(self.lines()).decode().encode("utf-16"), self.reading, [], file_fault="not text")

    def wrong_id_checksum(self) -> Case:
        line = cut_in(cut_in(self.lines()[3], 232, 241, "SAMPLE".ljust(10)), 298, 306, "666123456")
        return self._with(4, line, [(4, "ID_NUMBER_NOT_VALID")])

    def _with(self, number: int, line: str, faults: Faults) -> Case:
        return Case(text(put(self.lines(), number, line)), self.reading, faults)


def replace_year(day: date) -> date:
    return date(day.year - 1, day.month, 1)


class Monthly:
    reading = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1), synthesise_identities=True)

    def lines(self) -> Lines:
        """Whole accounts: the last one may be cut by the slice."""
        heading, *rows = lines_of(MONTHLY_STATUS, 4 * ROWS)
        last = rows[-1].split(",")[0]
        return [heading, *(row for row in rows if not row.startswith(f"{last},"))]

    def truncated(self) -> Case:
        lines = self.lines()
        return self._with(len(lines), lines[-1].rpartition(",")[0], [(len(lines), "RECORD_NOT_READABLE")])

    def wrong_widths(self) -> Case:
        return self._with(3, self.lines()[2] + ",9", [(3, "RECORD_NOT_READABLE")], gap=True)

    def duplicate_rows(self) -> Case:
        lines = self.lines()
        return Case(text([*lines[:3], lines[2], *lines[3:]]), self.reading, [(4, "MONTH_TWICE")])

    def future_months(self) -> Case:
        account_no = self.lines()[1].split(",")[0]
        return self._with(2, f"{account_no},1,C", [(2, "NUMBER_NOT_VALID")])

    def re_aged(self) -> Case:
        """An account whose older late months are now all paid."""
        lines = self.lines()
        late = next(row.split(",")[0] for row in lines[1:] if row[-1] in "012345" and ",0," not in row)
        better = [f"{row[:-1]}C" if row.startswith(f"{late},") else row for row in lines]
        first = next(number for number, row in enumerate(lines, 1) if row.startswith(f"{late},"))
        return Case(text(better), self.reading, [(first, "HISTORY_REWRITTEN")], after=True)

    def swapped_columns(self) -> Case:
        account_no, month, status = self.lines()[1].split(",")
        return self._with(2, f"{account_no},{status},{month}", [(2, "NUMBER_NOT_VALID")])

    def wrong_encoding(self) -> Case:
        content = text(put(self.lines(), 3, "café,0,C")).decode().encode("latin-1")
        return Case(content, self.reading, [], file_fault="not text in utf-8")

    def wrong_id_checksum(self) -> Case:
        lines = self.lines()
        accounts = [row.split(",")[0] for row in lines[1:]]
        first = [number for number, one in enumerate(accounts, 2) if one not in accounts[: number - 2]]
        reading = replace(self.reading, synthesise_identities=False)
        return Case(text(lines), reading, [(number, "IDENTITY_MISSING") for number in first])

    def _with(self, number: int, line: str, faults: Faults, gap: bool = False) -> Case:
        """`gap`: a row that cannot be read leaves a month out."""
        missing = [(number + 1, "MONTH_MISSING")] if gap else []
        return Case(text(put(self.lines(), number, line)), self.reading, faults + missing)


class CreditCard:
    reading = Reading(FileFormat.MAPPED_CSV, mapping=MAPPING, synthesise_identities=True)

    def lines(self) -> Lines:
        return lines_of(UCI_CREDIT_CARD)

    def truncated(self) -> Case:
        lines = self.lines()
        return self._with(len(lines), lines[-1][:20], [(len(lines), "RECORD_NOT_READABLE")])

    def wrong_widths(self) -> Case:
        return self._with(9, self.lines()[8] + ",0", [(9, "RECORD_NOT_READABLE")])

    def duplicate_rows(self) -> Case:
        lines = self.lines()
        return Case(text([*lines, lines[5]]), self.reading, [(len(lines) + 1, "RECORD_TWICE")])

    def future_months(self) -> Case:
        mapping = MAPPING.replace('newest_month = "2026-05"', 'newest_month = "2026-07"')
        numbers = range(2, ROWS + 1)
        faults = [(number, code) for number in numbers for code in ("REPORTED_IN_FUTURE", "HISTORY_IN_FUTURE")]
        return Case(text(self.lines()), replace(self.reading, mapping=mapping), faults)

    def re_aged(self) -> Case:
        """An account whose late months before the newest are now all paid."""
        lines = self.lines()
        number = next(n for n, row in enumerate(lines[1:], 2) if set(row.split(",")[7:12]) & {"1", "2", "3", "4"})
        cells = lines[number - 1].split(",")
        better = ",".join([*cells[:7], *(["-1"] * 5), *cells[12:]])
        return replace(self._with(number, better, [(number, "HISTORY_REWRITTEN")]), after=True)

    def swapped_columns(self) -> Case:
        lines = self.lines()
        swapped = [row.split(",") for row in lines]
        for cells in swapped[1:]:
            cells[1], cells[6] = cells[6], cells[1]
        content = text([",".join(cells) for cells in swapped])
        return Case(content, self.reading, [(number, "CODE_UNKNOWN") for number in range(2, ROWS + 1)])

    def wrong_encoding(self) -> Case:
        return Case(text(self.lines()).decode().encode("utf-16"), self.reading, [], file_fault="not text")

    def wrong_id_checksum(self) -> Case:
        """The file with a column of resident ids and one of names, of which one id is wrong."""
        heading, *rows = self.lines()
        people = [synthetic_identity("t", str(n), "CN", "Asia/Shanghai", "zh-Hans") for n, _ in enumerate(rows)]
        ids = [person.id_number for person in people]
        ids[3] = ids[3][:-1] + ("0" if ids[3][-1] != "0" else "1")
        named = [f"{row},{number},{person.names[0]}" for row, number, person in zip(rows, ids, people, strict=True)]
        mapping = MAPPING.replace('country = "TW"', 'country = "CN"\nid_type = "RESIDENT_ID"').replace(
            "[columns]", '[columns]\nid_number = "id"\nname = "name"'
        )
        reading = replace(self.reading, mapping=mapping, synthesise_identities=False)
        return Case(text([f"{heading},id,name", *named]), reading, [(5, "ID_NUMBER_NOT_VALID")])

    def _with(self, number: int, line: str, faults: Faults) -> Case:
        return Case(text(put(self.lines(), number, line)), self.reading, faults)


FORMATS: dict[str, Any] = {"metro2": Metro2(), "monthly": Monthly(), "credit-card": CreditCard()}
DAMAGES = (
    "truncated",
    "wrong_widths",
    "duplicate_rows",
    "future_months",
    "re_aged",
    "swapped_columns",
    "wrong_encoding",
    "wrong_id_checksum",
)


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    return exchange


def submit(lender: Exchange, content: Any, reading: Reading) -> SubmissionOutcome:
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    order = SubmissionOrder("lender", reading, all_or_nothing=True, notices_attested=True)
    return submit_file(lender.services, file, order)


def contributed(lender: Exchange) -> list[Any]:
    """Everything that a submission may change."""
    with lender.engine.connect() as connection:
        tables = [select(table).order_by(*table.primary_key.columns) for table in CONTRIBUTED]
        return [connection.execute(table).all() for table in tables]


def faults_kept(lender: Exchange) -> int:
    with lender.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(submission_fault)) or 0


@pytest.mark.parametrize("name", FORMATS)
def test_the_sound_slice_is_applied(lender: Exchange, name: str) -> None:
    sound = FORMATS[name]
    outcome = submit(lender, text(sound.lines()), sound.reading)
    assert (outcome.state, outcome.faults, outcome.faulty) == (SubmissionState.APPLIED, (), 0)
    assert outcome.applied == outcome.read > 2
    assert faults_kept(lender) == 0


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_refused_whole_and_each_fault_names_its_record(
    lender: Exchange, name: str, damage: str
) -> None:
    make: Callable[[], Case] = getattr(FORMATS[name], damage)
    case = make()
    if case.after:
        submit(lender, text(FORMATS[name].lines()), FORMATS[name].reading)
    before = contributed(lender)
    outcome = submit(lender, case.content, case.reading)
    assert outcome.state is SubmissionState.REFUSED and (outcome.applied, outcome.unchanged) == (0, 0)
    assert sorted((fault.record_no, fault.code) for fault in outcome.faults) == sorted(case.faults)
    assert case.file_fault in (outcome.file_fault or "") and bool(case.file_fault) is (outcome.file_fault is not None)
    assert contributed(lender) == before and any(before) is case.after
    assert faults_kept(lender) == len(case.faults)


class LongLine(io.RawIOBase):
    """A file of one line of a gigabyte behind sound ones, made while it is read."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._block = b"x" * (1 << 20)
        self._at = 0
        self.size = len(head) + GIGABYTE

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self.size - self._at)
        if self._at < len(self._head):
            part = self._head[self._at : self._at + wanted]
        else:
            part = self._block[: min(wanted, len(self._block))]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def bomb(head: bytes) -> bytes:
    """A sound beginning, and a gigabyte of zero bytes behind it, in a megabyte: members of a gzip file add up."""
    zeros = gzip.compress(b"\0" * 10**8, 9)
    return gzip.compress(head) + zeros * (GIGABYTE // 10**8)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("make", [LongLine, bomb], ids=["line", "bomb"])
def test_a_gigabyte_is_refused_in_bounded_memory(lender: Exchange, name: str, make: Callable[[bytes], Any]) -> None:
    sound = FORMATS[name]
    content = make(text(sound.lines()))
    before = contributed(lender)
    tracemalloc.start()
    try:
        outcome = submit(lender, content, sound.reading)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.state is SubmissionState.REFUSED and outcome.applied == 0
    assert outcome.file_fault is not None and (
        "zero bytes" in outcome.file_fault or "longer than" in outcome.file_fault
    )
    assert contributed(lender) == before and not any(before)
    assert peak < MEMORY_BYTES_MAX
