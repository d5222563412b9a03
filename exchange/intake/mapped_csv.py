"""Reads a lender's own CSV through a mapping file: one row per account, months side by side."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from exchange.errors import FileNotReadable
from exchange.intake.contribution import (
    AccountRecord,
    Amounts,
    Contribution,
    Fault,
    FaultyRecord,
    History,
    ReadRecords,
    SubjectRecord,
)
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import fault
from exchange.intake.mapping import (
    AMOUNT_FIELDS,
    CODE_FIELDS,
    DATE_FIELDS,
    SUBJECT_FIELDS,
    ColumnMapping,
    check_heading,
)
from exchange.intake.months import last_day, months_before
from exchange.intake.reading import Reading
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.account import AccountState
from schema.vocabulary.money import MINOR_DIGITS
from schema.vocabulary.payment_status import NEGATIVE

AMOUNT_LENGTH_MAX = 24


def read_mapped_csv(lines: Iterator[str], reading: Reading, mapping: ColumnMapping) -> ReadRecords:
    """One record per row. Raises FileNotReadable where the columns are not those of the mapping."""
    rows = csv.reader(lines, delimiter=mapping.delimiter)
    try:
        heading = next(rows, [])
        check_heading(mapping, heading)
        for cells in rows:
            if any(cells):
                yield _read_row(rows.line_num, dict(zip(heading, cells, strict=False)), len(cells), reading, mapping)
    except csv.Error:
        raise FileNotReadable(f"This file is not CSV from line {rows.line_num} on.") from None


def _read_row(
    row_no: int, cells: dict[str, str], cells_given: int, reading: Reading, mapping: ColumnMapping
) -> Contribution | FaultyRecord:
    if cells_given != len(mapping.used_columns | mapping.ignored):
        return FaultyRecord(
            row_no, (fault(row_no, "row", "RECORD_NOT_READABLE", "it has not as many cells as columns"),)
        )
    row = _Row(row_no, cells, mapping)
    subject = row.subject(reading)
    account = row.account()
    if row.faults or subject is None or account is None:
        return FaultyRecord(row_no, tuple(row.faults))
    history = account.history
    late = history is not None and not NEGATIVE.isdisjoint(history.codes)
    delinquencies = derive_delinquencies(history, account.reported_on) if history and late else ()
    return Contribution(row_no, subject, account, delinquencies)


class _Row:
    """One row while it is read; `faults` names columns by the fields they are mapped to."""

    def __init__(self, row_no: int, cells: dict[str, str], mapping: ColumnMapping) -> None:
        self.faults: list[Fault] = []
        self._row_no = row_no
        self._cells = cells
        self._mapping = mapping
        self._texts = dict(mapping.constants) | {
            name: cells[column].strip() for name, column in mapping.columns.items()
        }
        self._digits = MINOR_DIGITS.get(self._texts["currency"])

    def subject(self, reading: Reading) -> SubjectRecord | None:
        mapping, texts = self._mapping, self._texts
        if not texts.get("id_number") or not texts.get("name"):
            if reading.synthesise_identities:
                return synthetic_identity(
                    reading.identity_seed, texts["reference"], mapping.country, mapping.time_zone, mapping.language
                )
            self._fault("subject", "IDENTITY_MISSING")
            return None
        return SubjectRecord(
            id_type=mapping.id_type,
            country=mapping.country,
            id_number=texts["id_number"],
            names=(texts["name"],),
            time_zone=mapping.time_zone,
            language=mapping.language,
            birth_date=self._date("birth_date", texts.get("birth_date", "")),
            phones=(texts["phone"],) if texts.get("phone") else (),
            addresses=(texts["address"],) if texts.get("address") else (),
        )

    def account(self) -> AccountRecord | None:
        if self._digits is None:
            self._fault("currency", "CURRENCY_UNKNOWN")
            return None
        if not self._texts["reference"]:
            self._fault("reference", "FIELD_MISSING")
        history = self._history() if self._mapping.history else None
        values: dict[str, Any] = {
            self._attribute(name): self._value(name, text)
            for name, text in self._texts.items()
            if name not in SUBJECT_FIELDS
        }
        if history:
            values.setdefault("opened_on", months_before(history.month, len(history.codes) - 1))
            values.setdefault("reported_on", last_day(history.month))
            late = history.codes[0] in NEGATIVE
            values.setdefault("state", AccountState.OVERDUE if late else AccountState.NORMAL)
        for name in ("opened_on", "reported_on"):
            if values[name] is None and not self.faults:
                self._fault(name, "FIELD_MISSING")
        return None if self.faults else AccountRecord(history=history, **values)

    def _attribute(self, name: str) -> str:
        return f"{name}_minor" if name in AMOUNT_FIELDS else name

    def _value(self, name: str, text: str) -> object:
        if name in AMOUNT_FIELDS:
            return self._amount_minor(name, text)
        if name in DATE_FIELDS:
            return self._date(name, text)
        if name in CODE_FIELDS:
            return self._code(name, text)
        return text if name in ("reference", "currency") else self._count(name, text)

    def _history(self) -> History | None:
        mapping = self._mapping
        columns = mapping.history
        codes = [mapping.history_codes.get(self._cells[column].strip()) for column in columns["status"]]
        for column, code in zip(columns["status"], codes, strict=True):
            if code is None:
                self._fault(column, "CODE_UNKNOWN")
        days = [self._count(column, self._cells[column]) for column in columns.get("days_past_due", ())]
        return History(
            month=date.fromisoformat(mapping.newest_month + "-01"),
            codes="".join([code or "#" for code in codes]),
            days_past_due=tuple(days) or None,
            past_due_minor=self._amounts(columns.get("past_due", ())),
            balance_minor=self._amounts(columns.get("balance", ())),
            paid_minor=self._amounts(columns.get("paid", ())),
        )

    def _amounts(self, columns: Sequence[str]) -> Amounts | None:
        return tuple([self._amount_minor(column, self._cells[column]) for column in columns]) or None

    def _amount_minor(self, field: str, text: str) -> int | None:
        """Major units ("120.50", "5.00E+05") as minor units."""
        if not text:
            return None
        try:
            minor = Decimal(text if len(text) <= AMOUNT_LENGTH_MAX else "NaN").scaleb(self._digits or 0)
            if minor.is_finite() and abs(minor) < 10**18 and minor == int(minor):
                return int(minor)
        except InvalidOperation:
            pass
        self._fault(field, "NUMBER_NOT_VALID")
        return None

    def _count(self, field: str, text: str) -> int | None:
        text = text.strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            self._fault(field, "NUMBER_NOT_VALID")
            return None
        return int(text)

    def _date(self, field: str, text: str) -> date | None:
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._fault(field, "DATE_NOT_VALID")
            return None

    def _code(self, field: str, text: str) -> object:
        if not text and field not in ("portfolio", "product", "state"):
            return None
        ours = self._mapping.codes.get(field, {}).get(text, text)
        try:
            return CODE_FIELDS[field](ours)
        except ValueError:
            self._fault(field, "CODE_UNKNOWN")
            return None

    def _fault(self, field: str, code: str) -> None:
        self.faults.append(fault(self._row_no, field, code))
