"""Chooses the reader of a submitted file, and says how its records are judged."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from exchange.errors import FileNotReadable
from exchange.intake.contribution import Checks, ReadRecords
from exchange.intake.mapped_csv import read_mapped_csv
from exchange.intake.mapping import read_mapping
from exchange.intake.metro2.reader import read_metro2
from exchange.intake.monthly_status import read_monthly_status
from exchange.intake.open_file import lines_of
from exchange.intake.own_shape import read_json_lines
from exchange.intake.parquet import frames_of, read_parquet
from exchange.intake.reading import Reading
from schema.vocabulary.submission import FileFormat


def read_records(file: BinaryIO, reading: Reading) -> tuple[ReadRecords, Checks]:
    """The file's records, read as they are asked for, and how to judge them.

    Raises FileNotReadable, here or while the records are asked for, where the file cannot be read at all.
    """
    if reading.format is FileFormat.METRO2:
        return read_metro2(lines_of(file), reading), Checks.TRANSLATED_FROM_30_DAYS
    if reading.format is FileFormat.MONTHLY_STATUS:
        return read_monthly_status(lines_of(file), reading), Checks.TRANSLATED
    if reading.format is FileFormat.JSON_LINES:
        return read_json_lines(lines_of(file), reading), Checks.OWN_CODES
    if reading.format is FileFormat.PARQUET:
        checks = read_mapping(reading.mapping).checks if reading.mapping else Checks.OWN_CODES
        return read_parquet(file, reading), checks
    mapping = read_mapping(reading.mapping)
    return read_mapped_csv(lines_of(file, mapping.encoding), reading, mapping), mapping.checks


def check_readable(file: BinaryIO, reading: Reading) -> None:
    """Reads the whole file, from its start, without looking at its records.

    Raises FileNotReadable for all that `read_records` would find on the way, so that nothing of such a file is applied.
    """
    file.seek(0)
    records, _ = read_records(file, reading)
    next(records, None)
    file.seek(0)
    if reading.format is FileFormat.MAPPED_CSV:
        mapping = read_mapping(reading.mapping)
        _check_csv(lines_of(file, mapping.encoding), mapping.delimiter)
    elif reading.format is FileFormat.PARQUET:
        _read_out(frames_of(file))
    else:
        _read_out(lines_of(file))
    file.seek(0)


def _read_out(parts: Iterable[object]) -> None:
    deque(parts, maxlen=0)


def _check_csv(lines: Iterator[str], delimiter: str) -> None:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        _read_out(rows)
    except csv.Error:
        raise FileNotReadable(f"This file is not CSV from line {rows.line_num} on.") from None
