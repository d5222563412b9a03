"""Reading a lender's own CSV through a mapping file."""

from datetime import date
from pathlib import Path

import pytest

import exchange.intake
from exchange.errors import FileNotReadable
from exchange.intake.contribution import Checks, Contribution, FaultyRecord, History
from exchange.intake.mapped_csv import read_mapped_csv
from exchange.intake.mapping import read_mapping
from exchange.intake.reading import Reading
from schema.vocabulary.account import AccountState, OwnerRole, Product
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.submission import FileFormat

UCI = (Path(exchange.intake.__file__).parent / "mappings" / "uci_credit_card.toml").read_text()

OWN = """
[file]
delimiter = ";"
ignored = ["branch"]
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "RESIDENT_ID"
[constants]
portfolio = "INSTALMENT"
currency = "CNY"
[columns]
reference = "loan"
product = "kind"
owner_role = "role"
id_number = "id"
name = "name"
birth_date = "born"
opened_on = "start"
original_amount = "lent"
balance = "owed"
days_past_due = "late"
[codes.product]
car = "AUTO"
[history]
newest_month = "2026-05"
status = ["m0", "m1"]
past_due = ["p0", "p1"]
[history.codes]
ok = "N"
late = "1"
"""
HEADING = "loan;kind;role;id;name;born;start;lent;owed;late;m0;m1;p0;p1;branch"
ROW = "L-1;car;GUARANTOR;190101199001010017;王芳;1990-01-01;2024-06-01;50000;1250.50;7;late;ok;300.00;0;north"


def read(*lines: str, mapping: str = OWN, synthesise: bool = False) -> list[Contribution | FaultyRecord]:
    reading = Reading(FileFormat.MAPPED_CSV, mapping=mapping, synthesise_identities=synthesise)
    records = read_mapped_csv(iter(lines), reading, read_mapping(mapping))
    return [record for record in records if isinstance(record, Contribution | FaultyRecord)]


def only(*lines: str) -> Contribution:
    (record,) = read(*lines)
    assert isinstance(record, Contribution), record
    return record


def faults(row: str) -> set[tuple[str, str]]:
    (record,) = read(HEADING, row)
    assert isinstance(record, FaultyRecord)
    return {(fault.field, fault.code) for fault in record.faults}


def refusal(mapping: str) -> str:
    with pytest.raises(FileNotReadable) as refused:
        read_mapping(mapping)
    return refused.value.sentence


def test_columns_codes_and_months_are_mapped() -> None:
    record = only(HEADING, ROW)
    subject, account = record.subject, record.account
    assert (subject.id_type, subject.id_number, subject.names) == (IdType.RESIDENT_ID, "190101199001010017", ("王芳",))
    assert subject.birth_date == date(1990, 1, 1) and not subject.synthetic
    assert account.product is Product.AUTO and account.owner_role is OwnerRole.GUARANTOR
    assert account.original_amount_minor == 5_000_000 and account.balance_minor == 125_050
    assert account.opened_on == date(2024, 6, 1) and account.reported_on == date(2026, 5, 31)
    assert account.history == History(date(2026, 5, 1), "1N", past_due_minor=(30_000, 0))
    assert account.state is AccountState.OVERDUE and account.days_past_due == 7
    assert len(record.delinquencies) == 1


def test_all_faults_of_a_row_come_at_once() -> None:
    row = ";boat;KING;190101199001010017;王芳;soon;2024-02-30;12.345;much;-1;ok;?;0;0;north"
    assert faults(row) == {
        ("reference", "FIELD_MISSING"),
        ("product", "CODE_UNKNOWN"),
        ("owner_role", "CODE_UNKNOWN"),
        ("birth_date", "DATE_NOT_VALID"),
        ("opened_on", "DATE_NOT_VALID"),
        ("original_amount", "NUMBER_NOT_VALID"),
        ("balance", "NUMBER_NOT_VALID"),
        ("days_past_due", "NUMBER_NOT_VALID"),
        ("m1", "CODE_UNKNOWN"),
    }


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e99", "9" * 30, "0x10", "1,000"])
def test_an_amount_that_is_none_is_a_fault(amount: str) -> None:
    assert faults(ROW.replace("1250.50", amount)) == {("balance", "NUMBER_NOT_VALID")}


def test_a_needed_date_that_is_empty_is_a_fault() -> None:
    assert faults(ROW.replace("2024-06-01", "")) == {("opened_on", "FIELD_MISSING")}


@pytest.mark.parametrize("row", ["L-1;car", ROW + ";more"])
def test_a_row_of_another_width_is_a_fault(row: str) -> None:
    assert faults(row) == {("row", "RECORD_NOT_READABLE")}


def test_a_row_without_a_borrower_is_a_fault_or_gets_a_stand_in() -> None:
    row = ROW.replace("190101199001010017;王芳", ";")
    assert faults(row) == {("subject", "IDENTITY_MISSING")}
    (record,) = read(HEADING, row, synthesise=True)
    assert isinstance(record, Contribution) and record.subject.synthetic


def test_all_unknown_and_missing_columns_are_named_at_once() -> None:
    with pytest.raises(FileNotReadable) as refused:
        read(HEADING.replace("owed", "debt").replace("born", "loan"), ROW)
    sentence = refused.value.sentence
    assert "missing columns: born, owed" in sentence
    assert "neither reads nor ignores: debt" in sentence and "there twice: loan" in sentence


@pytest.mark.parametrize("column", ["Religion", "blood_type", "血型", "disease history"])
def test_columns_that_must_not_be_collected_are_refused_even_if_ignored(column: str) -> None:
    with pytest.raises(FileNotReadable, match="must not be collected"):
        read(HEADING.replace("branch", column), ROW, mapping=OWN.replace("branch", column))


def test_everything_wrong_with_a_mapping_is_named_at_once() -> None:
    sentence = refusal(
        OWN.replace('portfolio = "INSTALMENT"', 'portfolio = "PAWN"')
        .replace('"CNY"', '"XXX"')
        .replace('late = "1"', 'late = "9"')
        .replace('balance = "owed"', 'debt = "owed"')
        .replace('country = "CN"', "")
        .replace('["p0", "p1"]', '["p0"]')
    )
    for part in ("'PAWN' is not a portfolio", "'XXX' is not a currency", "'9' is not a payment status", "has no debt",
                 "[subject] needs country", "must name 2 columns"):  # fmt: skip
        assert part in sentence


def test_a_mapping_that_is_no_toml_is_refused() -> None:
    assert "not TOML" in refusal("[columns")


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('newest_month = "2026-05"', 'newest_month = "May"', "newest_month must be a month"),
        ('delimiter = ";"', 'delimiter = ";;"', "delimiter must be one character"),
        ('delimiter = ";"', 'encoding = "no-such"', "encoding must be one"),
        ('reference = "loan"', "reference = 5", "reference must be a text"),
        ('status = ["m0", "m1"]', 'status = "m0"', "status must be a list"),
        ('car = "AUTO"', "car = 1", "must be texts = texts"),
        ("[subject]", "[surprise]", "is not a section"),
    ],
)
def test_values_of_the_wrong_kind_are_named(was: str, becomes: str, says: str) -> None:
    assert was in OWN and says in refusal(OWN.replace(was, becomes))


def test_without_a_history_the_account_must_say_how_it_stands() -> None:
    assert "state is needed where there is no history" in refusal(OWN.split("[history]")[0])


def test_the_shipped_example_reads_a_row_as_documented() -> None:
    heading = "ID," + ",".join(f"X{n}" for n in range(1, 24)) + ",Y"
    row = "2,120000,2,2,2,26,-1,2,0,0,0,-2,2682,1725,2682,3272,3455,3261,0,1000,1000,1000,0,2000,1"
    (record,) = read(heading, row, mapping=UCI, synthesise=True)
    assert isinstance(record, Contribution)
    assert record.account.credit_limit_minor == 12_000_000 and record.account.balance_minor == 268_200
    assert record.account.history is not None
    assert (record.account.history.month, record.account.history.codes) == (date(2005, 9, 1), "N2NNN*")
    assert record.account.history.paid_minor == (0, 100_000, 100_000, 100_000, 0, 200_000)
    assert record.subject.country == "TW" and read_mapping(UCI).checks is Checks.TRANSLATED
