"""Reads the monthly-status CSV: one row per account and month (ID, MONTHS_BALANCE, STATUS), newest month first.

MONTHS_BALANCE counts back from 0, the newest month of the file, which `Reading.newest_month` names. The format says
neither when an account was opened nor who owes it: the opening is taken as the first day of the oldest month, and
borrowers are synthetic or the record is a fault. Product, currency and country are the constants below.
"""

from collections.abc import Iterator
from datetime import date

from exchange.errors import FileNotReadable
from exchange.intake.contribution import AccountRecord, Contribution, Fault, FaultyRecord, History, ReadRecords
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import fault
from exchange.intake.months import last_day, months_before
from exchange.intake.reading import Reading
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.account import AccountState, Portfolio, Product
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, NEGATIVE, OVERDUE

HEADER = "ID,MONTHS_BALANCE,STATUS"
OLDEST = -60

STATUS_CODES = {
    "0": "1",  # 1-29 days past due
    "1": "2",  # 30-59
    "2": "3",  # 60-89
    "3": "4",  # 90-119
    "4": "5",  # 120-149
    "5": "6",  # 150 or more, or written off: 151-180, the least that it says for certain
    "C": "N",  # paid off that month
    "X": "*",  # no loan that month
}
"""Their status to ours. Their ranges begin one day earlier (30-59 for our 31-60), so no days are derived."""

COUNTRY, CURRENCY, TIME_ZONE, LANGUAGE = "CN", "CNY", "Asia/Shanghai", "zh-Hans"

_MONTHS = {str(months): -months for months in range(OLDEST, 1)}


def read_monthly_status(lines: Iterator[str], reading: Reading) -> ReadRecords:
    """One record per account. Raises FileNotReadable where this is not a monthly-status file."""
    if next(lines, "").strip().upper() != HEADER:
        raise FileNotReadable(f"This is not a monthly-status file: its first line must be {HEADER}.")
    if reading.newest_month is None:
        raise FileNotReadable("A monthly-status file needs the month that it calls 0.")
    rows: _AccountRows | None = None
    for row_no, line in enumerate(lines, 2):
        cells = line.split(",")
        if len(cells) != 3:
            if line.strip():
                yield FaultyRecord(row_no, (fault(row_no, "row", "RECORD_NOT_READABLE", "it needs three columns"),))
            continue
        if rows is None or cells[0] != rows.reference:
            if rows:
                yield rows.record(reading)
            rows = _AccountRows(cells[0], row_no)
        rows.add(row_no, cells[1], cells[2])
    if rows:
        yield rows.record(reading)


class _AccountRows:
    """The rows of one account while they are read."""

    __slots__ = ("codes", "faults", "first_row", "months_back", "newest", "reference")

    def __init__(self, reference: str, first_row: int) -> None:
        self.reference = reference
        self.first_row = first_row
        self.newest: int | None = None
        self.months_back = -1
        self.codes: list[str] = []
        self.faults: list[Fault] = []

    def add(self, row_no: int, month: str, status: str) -> None:
        months_back, code = _MONTHS.get(month), STATUS_CODES.get(status)
        if months_back is None:
            self.faults.append(fault(row_no, "MONTHS_BALANCE", "NUMBER_NOT_VALID"))
            return
        if self.newest is None:
            self.newest = months_back
        elif months_back != self.months_back + 1:
            self.faults.append(fault(row_no, "MONTHS_BALANCE", self._misplaced(months_back)))
        if code is None:
            self.faults.append(fault(row_no, "STATUS", "CODE_UNKNOWN"))
        self.months_back = months_back
        self.codes.append(code or "#")

    def record(self, reading: Reading) -> Contribution | FaultyRecord:
        if not self.reference:
            self.faults.append(fault(self.first_row, "ID", "FIELD_MISSING"))
        if not reading.synthesise_identities:
            self.faults.append(fault(self.first_row, "subject", "IDENTITY_MISSING"))
        if self.faults or self.newest is None or reading.newest_month is None:
            return FaultyRecord(self.first_row, tuple(self.faults))
        return self._contribution(reading, months_before(reading.newest_month, self.newest))

    def _misplaced(self, months_back: int) -> str:
        if months_back == self.months_back:
            return "MONTH_TWICE"
        return "ROW_ORDER" if months_back < self.months_back else "MONTH_MISSING"

    def _contribution(self, reading: Reading, newest_month: date) -> Contribution:
        history = History(newest_month, "".join(self.codes))
        reported_on = last_day(newest_month)
        notes = (fault(self.first_row, "history", "HISTORY_TOO_LONG"),) if len(self.codes) > HISTORY_MONTHS_MAX else ()
        return Contribution(
            self.first_row,
            synthetic_identity(reading.identity_seed, self.reference, COUNTRY, TIME_ZONE, LANGUAGE),
            _account(self.reference, history, reported_on),
            () if NEGATIVE.isdisjoint(history.codes) else derive_delinquencies(history, reported_on),
            notes,
        )


def _account(reference: str, history: History, reported_on: date) -> AccountRecord:
    late = history.codes[0] in OVERDUE
    opened_on = months_before(history.month, len(history.codes) - 1)
    kept = History(history.month, history.codes[:HISTORY_MONTHS_MAX])
    return AccountRecord(
        reference=reference,
        portfolio=Portfolio.REVOLVING,
        product=Product.CREDIT_CARD,
        state=AccountState.OVERDUE if late else AccountState.NORMAL,
        opened_on=opened_on,
        reported_on=reported_on,
        currency=CURRENCY,
        days_past_due=None if late else 0,
        history=kept,
    )
