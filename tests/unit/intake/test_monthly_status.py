"""Reading the monthly-status CSV."""

from datetime import date

import pytest

from exchange.errors import FileNotReadable
from exchange.intake.contribution import Contribution, FaultyRecord, History
from exchange.intake.monthly_status import HEADER, STATUS_CODES, read_monthly_status
from exchange.intake.reading import Reading
from schema.vocabulary.account import AccountState
from schema.vocabulary.submission import FileFormat

READING = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1), synthesise_identities=True)


def read(*rows: str, reading: Reading = READING) -> list[Contribution | FaultyRecord]:
    return [record for record in read_monthly_status(iter([HEADER, *rows]), reading) if not hasattr(record, "note")]


def accounts(*rows: str) -> list[Contribution]:
    records = read(*rows)
    assert all(isinstance(record, Contribution) for record in records), records
    return [record for record in records if isinstance(record, Contribution)]


def faults(*rows: str) -> list[tuple[int, str, str]]:
    return [
        (fault.record_no, fault.field, fault.code)
        for record in read(*rows)
        if isinstance(record, FaultyRecord)
        for fault in record.faults
    ]


def test_the_rows_of_an_account_become_one_packed_history() -> None:
    first, second = accounts("7,0,1", "7,-1,0", "7,-2,C", "8,-3,X", "8,-4,5", "")
    assert first.account.reference == "7" and first.record_no == 2
    assert first.account.history == History(date(2026, 5, 1), "21N")
    assert first.account.state is AccountState.OVERDUE and first.account.days_past_due is None
    assert (first.account.opened_on, first.account.reported_on) == (date(2026, 3, 1), date(2026, 5, 31))
    assert [d.first_delinquent_on for d in first.delinquencies] == [date(2026, 4, 1)]
    assert second.account.history == History(date(2026, 2, 1), "*6")
    assert second.account.state is AccountState.NORMAL and second.account.reported_on == date(2026, 2, 28)
    assert second.delinquencies[0].cured_on == date(2026, 2, 1)


def test_every_status_has_its_code() -> None:
    (record,) = accounts(*(f"1,{-back},{status}" for back, status in enumerate(STATUS_CODES)))
    assert record.account.history is not None and record.account.history.codes == "123456N*"


def test_sixty_one_months_are_cut_to_sixty_and_the_opening_stays() -> None:
    (record,) = accounts(*(f"1,{-back},C" for back in range(61)))
    assert record.account.history is not None and len(record.account.history.codes) == 60
    assert record.account.opened_on == date(2021, 5, 1)
    assert [note.code for note in record.notes] == ["HISTORY_TOO_LONG"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["1,-1,C", "1,0,C"], (3, "MONTHS_BALANCE", "ROW_ORDER")),
        (["1,0,C", "1,0,C"], (3, "MONTHS_BALANCE", "MONTH_TWICE")),
        (["1,0,C", "1,-2,C"], (3, "MONTHS_BALANCE", "MONTH_MISSING")),
        (["1,0,C", "1,1,C"], (3, "MONTHS_BALANCE", "NUMBER_NOT_VALID")),
        (["1,-61,C"], (2, "MONTHS_BALANCE", "NUMBER_NOT_VALID")),
        (["1,0,C", "1,-1,9"], (3, "STATUS", "CODE_UNKNOWN")),
        ([",0,C"], (2, "ID", "FIELD_MISSING")),
        (["1,0"], (2, "row", "RECORD_NOT_READABLE")),
    ],
)
def test_a_misplaced_or_unknown_row_is_a_fault_with_its_number(rows: list[str], fault: tuple[int, str, str]) -> None:
    assert faults(*rows) == [fault]


def test_one_faulty_account_does_not_spoil_its_neighbours() -> None:
    records = read("1,0,C", "2,0,?", "3,0,C")
    assert [type(record).__name__ for record in records] == ["Contribution", "FaultyRecord", "Contribution"]


def test_without_stand_ins_every_account_lacks_its_borrower() -> None:
    reading = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1))
    (record,) = read("1,0,C", reading=reading)
    assert isinstance(record, FaultyRecord) and [fault.code for fault in record.faults] == ["IDENTITY_MISSING"]


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(FileNotReadable, match="first line must be"):
        list(read_monthly_status(iter(["ID,X1,X2"]), READING))
    with pytest.raises(FileNotReadable, match="the month that it calls 0"):
        list(read_monthly_status(iter([HEADER]), Reading(FileFormat.MONTHLY_STATUS)))
