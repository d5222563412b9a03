"""JSON Lines and Parquet: the exchange's own shape, and a lender's Parquet through a mapping."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from exchange.errors import FileNotReadable
from exchange.intake.contribution import Contribution, FaultyRecord, History, Identifier, ReadRecord
from exchange.intake.read_batch import check_readable, read_records
from exchange.intake.reading import Reading
from schema.vocabulary.account import AccountState, Product
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.submission import FileFormat

RECORD = {
    "reference": "L-1", "portfolio": "INSTALMENT", "product": "AUTO", "state": "OVERDUE", "currency": "CNY",
    "opened_on": "2024-06-01", "reported_on": "2026-05-31", "balance": 1250.50, "past_due": "300.1", "term_count": 36,
    "id_type": "PASSPORT", "country": "CN", "id_number": "E12345678", "names": ["Wang Fang", "王芳"],
    "time_zone": "Asia/Shanghai", "language": "zh-Hans", "birth_date": "1990-01-01", "phones": ["13800138000"],
    "other_ids": [{"id_type": "RESIDENT_ID", "country": "CN", "id_number": "19010119900101001X"}],
    "history": {"newest_month": "2026-05", "status": "1N", "past_due": [300.1, 0], "balance": [None, 40]},
    "prior_notice_sent_at": "2026-05-01T08:00:00+08:00", "delinquency_reason": "LIQUIDITY",
    "first_delinquent_on": "2026-05-03", "correction": "LATE_FEED", "closed_on": None,
}  # fmt: skip
JSON_LINES, PARQUET = Reading(FileFormat.JSON_LINES), Reading(FileFormat.PARQUET)


def read(content: bytes, reading: Reading = JSON_LINES) -> list[ReadRecord]:
    check_readable(io.BytesIO(content), reading)
    return list(read_records(io.BytesIO(content), reading)[0])


def line(**changes: Any) -> bytes:
    return json.dumps(RECORD | changes).encode() + b"\n"


def parquet(*rows: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(rows).write_parquet(file)
    return file.getvalue()


def faults(content: bytes) -> set[tuple[str, str]]:
    (record,) = read(content)
    assert isinstance(record, FaultyRecord), record
    return {(fault.field, fault.code) for fault in record.faults}


def assert_is_the_record(record: ReadRecord) -> None:
    assert isinstance(record, Contribution), record
    subject, account, (late,) = record.subject, record.account, record.delinquencies
    assert (subject.id_type, subject.names, subject.phones) == (
        IdType.PASSPORT,
        ("Wang Fang", "王芳"),
        ("13800138000",),
    )
    assert subject.other_ids == (Identifier(IdType.RESIDENT_ID, "CN", "19010119900101001X"),)
    assert (account.state, account.product, account.balance_minor) == (AccountState.OVERDUE, Product.AUTO, 125_050)
    assert (account.past_due_minor, account.term_count, account.correction) == (30_010, 36, CorrectionReason.LATE_FEED)
    assert account.history == History(date(2026, 5, 1), "1N", None, (30_010, 0), (None, 4_000))
    assert late.first_delinquent_on == date(2026, 5, 3) and late.reason is DelinquencyReason.LIQUIDITY
    assert late.prior_notice_sent_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_line_is_read_as_documented() -> None:
    (record,) = read(b"\n" + line())
    assert_is_the_record(record)
    assert isinstance(record, Contribution) and record.record_no == 2


def test_a_row_of_parquet_in_the_same_shape_is_the_same_record() -> None:
    (record,) = read(parquet(RECORD), PARQUET)
    assert_is_the_record(record)


def test_parquet_is_read_through_a_mapping_with_its_own_kinds_of_values() -> None:
    mapping = """
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "PASSPORT"
[constants]
portfolio = "INSTALMENT"
product = "CONSUMER_LOAN"
currency = "CNY"
state = "NORMAL"
[columns]
reference = "loan"
id_number = "id"
name = "name"
balance = "owed"
original_amount = "lent"
opened_on = "start"
reported_on = "on"
term_count = "term"
"""
    row = {"loan": 17, "id": "E1234", "name": " Wang ", "owed": Decimal("12.30"), "lent": 500.0, "term": 12.0,
           "start": date(2024, 1, 1), "on": "2026-05-31"}  # fmt: skip
    (record,) = read(parquet(row), Reading(FileFormat.PARQUET, mapping=mapping))
    assert isinstance(record, Contribution), record
    account = record.account
    assert (account.reference, account.balance_minor, account.original_amount_minor) == ("17", 1_230, 50_000)
    assert (account.term_count, account.opened_on, record.subject.names) == (12, date(2024, 1, 1), ("Wang",))


@pytest.mark.parametrize("content", [b"[1]\n", b"{bad\n", b"null\n", b'"text"\n'])
def test_a_line_that_is_no_object_is_a_fault(content: bytes) -> None:
    assert faults(content) == {("row", "RECORD_NOT_READABLE")}


def test_everything_that_has_no_place_is_told_at_once() -> None:
    assert faults(line(religion="x", income=5, colour="red", names=5, balance=[1], other_ids=[{}], history="N")) == {
        ("religion", "FIELD_DENIED"),
        ("income", "FIELD_NEEDS_CONSENT"),
        ("colour", "FIELD_UNKNOWN"),
        ("names", "VALUE_OF_ANOTHER_KIND"),
        ("balance", "VALUE_OF_ANOTHER_KIND"),
        ("other_ids", "VALUE_OF_ANOTHER_KIND"),
        ("history", "VALUE_OF_ANOTHER_KIND"),
    }


def test_values_that_cannot_be_are_told_with_their_places() -> None:
    history = {"newest_month": "2026-05", "status": ["N", ""], "past_due": ["x", 0]}
    assert faults(line(history=history, opened_on="soon", id_type="CARD", state="ODD", prior_notice_sent_at=None)) == {
        ("history.status[1]", "CODE_UNKNOWN"),
        ("history.past_due[0]", "NUMBER_NOT_VALID"),
        ("opened_on", "DATE_NOT_VALID"),
        ("id_type", "CODE_UNKNOWN"),
        ("state", "CODE_UNKNOWN"),
    }


def test_an_amount_is_read_as_it_is_written() -> None:
    (record,) = read(line(balance=0).replace(b'"balance": 0', b'"balance": 9007199254740.99'))
    assert isinstance(record, Contribution) and record.account.balance_minor == 900_719_925_474_099


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PAR1 and no more", "damaged"),
        (b"not parquet", "not a Parquet file"),
        (parquet(RECORD)[:-9], "damaged"),
        (parquet({"colour": "red"}), "no fields of these names: colour"),
        (parquet({"reference": "x" * 40_000}), "longer than"),
    ],
    ids=["header only", "text", "cut short", "unknown column", "long text"],
)
def test_parquet_that_cannot_be_read_to_its_end_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(FileNotReadable, match=says):
        read(content, PARQUET)
