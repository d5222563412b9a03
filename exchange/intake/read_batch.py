"""Chooses the reader of a submitted file, and says how its records are judged."""

from typing import BinaryIO

from exchange.intake.contribution import Checks, ReadRecords
from exchange.intake.mapped_csv import read_mapped_csv
from exchange.intake.mapping import read_mapping
from exchange.intake.metro2.reader import read_metro2
from exchange.intake.monthly_status import read_monthly_status
from exchange.intake.open_file import lines_of
from exchange.intake.reading import FileFormat, Reading


def read_records(file: BinaryIO, reading: Reading) -> tuple[ReadRecords, Checks]:
    """The file's records, read as they are asked for, and how to judge them.

    Raises FileNotReadable, here or while the records are asked for, where the file cannot be read at all.
    """
    if reading.format is FileFormat.METRO2:
        return read_metro2(lines_of(file), reading), Checks.TRANSLATED_FROM_30_DAYS
    if reading.format is FileFormat.MONTHLY_STATUS:
        return read_monthly_status(lines_of(file), reading), Checks.TRANSLATED
    mapping = read_mapping(reading.mapping)
    return read_mapped_csv(lines_of(file, mapping.encoding), reading, mapping), mapping.checks
