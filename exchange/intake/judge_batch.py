"""Reads a submitted file in batches and judges its records: the rows that are surely sound together, the others one
by one.
"""

from collections.abc import Callable, Iterator
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


def judged_batches(
    file: BinaryIO, reading: Reading, rules_for: Callable[[Checks], Rules], size: int
) -> Iterator[list[Judged]]:
    """The file's records in batches of `size`, each with everything found about it; read as they are asked for.

    Raises FileNotReadable, here or while batches are asked for, where the file cannot be read at all.
    """
    if reading.mapping:
        mapping = read_mapping(reading.mapping)
        if reading.format is FileFormat.PARQUET:
            rows, cells = open_mapped_parquet(file, reading, mapping)
        else:
            rows, cells = open_mapped_csv(lines_of(file, mapping.encoding), reading, mapping)
        return _judged_rows(rows, cells, rules_for(mapping.checks), size)
    records, checks = read_records(file, reading)
    rules = rules_for(checks)
    return _in_batches((_judged(record, rules) for record in records), size)


def _judged_rows(rows: MappedRows, cells: Iterator[NumberedRow], rules: Rules, size: int) -> Iterator[list[Judged]]:
    sound = SurelySound(rows, rules)
    if not sound.is_of_use:
        return _in_batches((_judged(rows.read(*row), rules) for row in cells), size)
    return (
        [found or _judged(rows.read(*row), rules) for row, found in zip(batch, sound.find(batch), strict=True)]
        for batch in _in_batches(cells, size)
    )


def _judged(record: ReadRecord, rules: Rules) -> Judged:
    return check_record(record, rules) if isinstance(record, Contribution) else record


def _in_batches(parts: Iterator[Part], size: int) -> Iterator[list[Part]]:
    while batch := list(islice(parts, size)):
        yield batch
