"""Reads Parquet in batches: a lender's own columns through a mapping, or the exchange's own shape (own_shape.py).

The bytes of a file that is no file of this machine's disk are held in memory while it is read, so they are bounded;
what they unpack to is read batch by batch.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import polars as pl

from exchange.errors import FileNotReadable
from exchange.intake.contribution import Contribution, FaultyRecord, ReadRecords
from exchange.intake.mapped_rows import MappedRows, NumberedRow
from exchange.intake.mapping import ColumnMapping, read_mapping
from exchange.intake.own_shape import FIELDS, read_object, text_of
from exchange.intake.reading import Reading

BATCH_ROWS = 5_000
BYTES_MAX = 512 << 20
ROWS_MAX = 50_000_000
CELL_CHARACTERS_MAX = 32_768
_MAGIC = b"PAR1"


def read_parquet(file: BinaryIO, reading: Reading) -> ReadRecords:
    """One record per row. Raises FileNotReadable, also while the records are asked for."""
    if reading.mapping:
        rows, cells = open_mapped_parquet(file, reading, read_mapping(reading.mapping))
        return (rows.read(*row) for row in cells)
    frames = frames_of(file)
    first = _first(frames)
    if unknown := set(first.columns) - FIELDS:
        raise FileNotReadable(f"The exchange has no fields of these names: {', '.join(sorted(unknown))}.")
    return _own_records(chain((first,), frames), reading)


def open_mapped_parquet(
    file: BinaryIO, reading: Reading, mapping: ColumnMapping
) -> tuple[MappedRows, Iterator[NumberedRow]]:
    """The reader of the rows, and the rows as texts. Raises FileNotReadable, also while they are read."""
    frames = frames_of(file)
    first = _first(frames)
    return MappedRows(first.columns, mapping, reading), _texts_of(chain((first,), frames))


def frames_of(file: BinaryIO) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file in frames of at most `BATCH_ROWS`. Raises FileNotReadable."""
    if file.read(4) != _MAGIC:
        raise FileNotReadable("This is not a Parquet file.")
    file.seek(0)
    content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise FileNotReadable(f"A Parquet file may have at most {BYTES_MAX:,} bytes.")
    try:
        scanned = pl.scan_parquet(content)
        if scanned.select(pl.len()).collect().item() > ROWS_MAX:
            raise FileNotReadable(f"A Parquet file may have at most {ROWS_MAX:,} rows.")
        for frame in scanned.collect_batches(chunk_size=BATCH_ROWS):
            for rows in frame.iter_slices(BATCH_ROWS):
                _check_cells(rows)
                yield rows
    except (pl.exceptions.PolarsError, OSError) as reason:
        raise FileNotReadable("This Parquet file is damaged, or of a kind that is not read.") from reason


def _first(frames: Iterator[pl.DataFrame]) -> pl.DataFrame:
    first = next(frames, None)
    if first is None:
        raise FileNotReadable("This file is empty.")
    return first


def _own_records(frames: Iterable[pl.DataFrame], reading: Reading) -> Iterator[Contribution | FaultyRecord]:
    rows = (record for frame in frames for record in frame.iter_rows(named=True))
    return (read_object(row_no, record, reading) for row_no, record in enumerate(rows, 1))


def _texts_of(frames: Iterable[pl.DataFrame]) -> Iterator[NumberedRow]:
    for row_no, cells in enumerate((cells for frame in frames for cells in frame.iter_rows()), 1):
        texts = [text_of(cell) for cell in cells]
        if None in texts:
            raise FileNotReadable("A column that a mapping reads must hold single values: texts, numbers or days.")
        yield row_no, [text or "" for text in texts]


def _check_cells(frame: pl.DataFrame) -> None:
    texts = frame.select(pl.col(pl.String).str.len_chars().max())
    if any((longest or 0) > CELL_CHARACTERS_MAX for longest in texts.row(0)) if texts.width else False:
        raise FileNotReadable(f"A text of this file is longer than {CELL_CHARACTERS_MAX:,} characters.")
