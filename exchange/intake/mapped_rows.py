"""Reads rows of a lender's own table through a mapping: one row per account, months side by side."""

from collections.abc import Mapping, Sequence

from exchange.intake.contribution import Contribution, FaultyRecord
from exchange.intake.fault_codes import fault
from exchange.intake.fields import SUBJECT_LISTS
from exchange.intake.mapping import ColumnMapping, check_heading
from exchange.intake.read_row import NamedTexts, read_row
from exchange.intake.reading import Reading

NumberedRow = tuple[int, Sequence[str]]
"""A row's number in the file, from 1, and its cells as texts."""


class MappedRows:
    """The reader of a table's rows. Raises FileNotReadable where its heading is not that of the mapping."""

    def __init__(self, heading: Sequence[str], mapping: ColumnMapping, reading: Reading) -> None:
        check_heading(mapping, heading)
        self.heading = tuple(heading)
        self.mapping = mapping
        self.reading = reading
        self._places = {column: place for place, column in enumerate(heading)}
        self._constants = {
            "country": mapping.country,
            "time_zone": mapping.time_zone,
            "language": mapping.language,
            "id_type": mapping.id_type.value,
            **mapping.constants,
        }

    def place(self, column: str) -> int:
        """Where a column stands in each row."""
        return self._places[column]

    def read(self, row_no: int, cells: Sequence[str]) -> Contribution | FaultyRecord:
        """The record of a row, or everything that cannot be read of it."""
        if len(cells) != len(self.heading):
            return FaultyRecord(
                row_no, (fault(row_no, "row", "RECORD_NOT_READABLE", "it has not as many cells as columns"),)
            )
        mapping = self.mapping
        texts = {name: cells[self._places[column]].strip() for name, column in mapping.columns.items()}
        return read_row(
            row_no,
            NamedTexts(
                self._constants | texts,
                _lists(texts),
                mapping.newest_month,
                {name: self._months(cells, columns) for name, columns in mapping.history.items()},
                mapping.history,
                codes=mapping.codes,
                history_codes=mapping.history_codes,
            ),
            self.reading,
        )

    def _months(self, cells: Sequence[str], columns: Sequence[str]) -> list[str]:
        return [cells[self._places[column]].strip() for column in columns]


def _lists(texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {several: (texts[one],) for one, several in SUBJECT_LISTS.items() if texts.get(one)}
