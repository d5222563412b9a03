"""Reads a lender's own CSV: its rows, to be read through a mapping."""

import csv
from collections.abc import Iterator

from exchange.errors import FileNotReadable
from exchange.intake.contribution import ReadRecords
from exchange.intake.mapped_rows import MappedRows, NumberedRow
from exchange.intake.mapping import ColumnMapping
from exchange.intake.reading import Reading


def read_mapped_csv(lines: Iterator[str], reading: Reading, mapping: ColumnMapping) -> ReadRecords:
    """One record per row. Raises FileNotReadable where the columns are not those of the mapping."""
    rows, cells = open_mapped_csv(lines, reading, mapping)
    return (rows.read(row_no, row) for row_no, row in cells)


def open_mapped_csv(
    lines: Iterator[str], reading: Reading, mapping: ColumnMapping
) -> tuple[MappedRows, Iterator[NumberedRow]]:
    """The reader of the rows, and the rows that are not empty. Raises FileNotReadable, also while they are read."""
    cells = _rows(lines, mapping.delimiter)
    _, heading = next(cells, (0, []))
    return MappedRows(heading, mapping, reading), (row for row in cells if any(row[1]))


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[NumberedRow]:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in rows:
            yield rows.line_num, cells
    except csv.Error:
        raise FileNotReadable(f"This file is not CSV from line {rows.line_num} on.") from None
