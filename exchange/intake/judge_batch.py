"""Reads a submitted file in batches and judges its records: the rows that are surely sound together, the others one
by one.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, TypeVar

from exchange.intake.check_record import Checked, Rules, check_record
from exchange.intake.contribution import Checks, Contribution, FaultyRecord, FileNote, ReadRecord
from exchange.intake.mapped_csv import open_mapped_csv
from exchange.intake.mapped_rows import MappedRows, NumberedRow
from exchange.intake.mapping import read_mapping
from exchange.intake.open_file import lines_of
from exchange.intake.parquet import open_mapped_parquet
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from exchange.intake.surely_sound import SurelySound
from schema.vocabulary.submission import FileFormat

Part = TypeVar("Part")
Judged = Checked | FaultyRecord | FileNote


class RowJudge:
    """Judges the rows of one table."""

    def __init__(self, rows: MappedRows, rules: Rules) -> None:
        self._rows = rows
        self._rules = rules
        sound = SurelySound(rows, rules)
        self._sound = sound if sound.is_of_use else None

    def judge(self, batch: Sequence[NumberedRow]) -> list[Judged]:
        """The records of rows, each with everything found about it."""
        found = self._sound.find(batch) if self._sound else [None] * len(batch)
        return [
            each or _judged(self._rows.read(*row), self._rules) for row, each in zip(batch, found, strict=True)
        ]  # fmt: skip


def row_batches(file: BinaryIO, reading: Reading, size: int) -> tuple[MappedRows, Iterator[list[NumberedRow]]]:
    """The reader of a table's rows, and its rows in batches; `reading` has a mapping.

    Raises FileNotReadable, here or while batches are asked for, where the file cannot be read at all.
    """
    mapping = read_mapping(reading.mapping)
    if reading.format is FileFormat.PARQUET:
        rows, cells = open_mapped_parquet(file, reading, mapping)
    else:
        rows, cells = open_mapped_csv(lines_of(file, mapping.encoding), reading, mapping)
    return rows, _in_batches(cells, size)


def judged_batches(
    file: BinaryIO, reading: Reading, rules_for: Callable[[Checks], Rules], size: int
) -> Iterator[list[Judged]]:
    """The file's records in batches of `size`, each with everything found about it; read as they are asked for.

    `reading` has no mapping. Raises FileNotReadable, here or while batches are asked for, where the file cannot be
    read at all.
    """
    records, checks = read_records(file, reading)
    rules = rules_for(checks)
    return _in_batches((_judged(record, rules) for record in records), size)


def _judged(record: ReadRecord, rules: Rules) -> Judged:
    return check_record(record, rules) if isinstance(record, Contribution) else record


def _in_batches(parts: Iterator[Part], size: int) -> Iterator[list[Part]]:
    while batch := list(islice(parts, size)):
        yield batch
