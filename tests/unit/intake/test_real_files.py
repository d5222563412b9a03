"""The real files, read whole: exact counts, and ten records against an independent slice of their lines."""

import gzip
import io
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sample_data import METRO2, MONTHLY_STATUS, UCI_CREDIT_CARD, sample

import exchange.intake
from exchange.intake.check_record import Rules, check_record
from exchange.intake.contribution import Contribution, Fault, FaultyRecord
from exchange.intake.joint_account import furnished_reference
from exchange.intake.metro2.writer import FileHeader, write_metro2
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from schema.vocabulary.submission import FileFormat

METRO2_READING = Reading(FileFormat.METRO2, synthesise_identities=True)
MONTHLY_READING = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1), synthesise_identities=True)
MAPPING = Path(exchange.intake.__file__).parent / "mappings" / "uci_credit_card.toml"


def read(path: Path, reading: Reading) -> tuple[list[Contribution], list[Fault], Counter[str]]:
    """Sound records, all faults, and how often each note was made."""
    sound, faults, notes = [], [], Counter[str]()
    with path.open("rb") as file:
        records, checks = read_records(file, reading)
        rules = Rules(date(2026, 6, 1), checks)
        for record in records:
            if isinstance(record, Contribution):
                checked = check_record(record, rules)
                faults += checked.faults
                notes.update(note.code for note in checked.notes)
                sound += [] if checked.faults else [record]
            elif isinstance(record, FaultyRecord):
                faults += record.faults
            else:
                notes[record.note.code] += 1
    return sound, faults, notes


@pytest.fixture(scope="module")
def metro2() -> tuple[list[Contribution], list[Fault], Counter[str]]:
    return read(sample(METRO2), METRO2_READING)


def test_the_metro2_file_gives_1997_accounts_812_more_borrowers_and_one_fault(
    metro2: tuple[list[Contribution], list[Fault], Counter[str]],
) -> None:
    sound, faults, _ = metro2
    # 2,000 lines: a header, a trailer, 1,997 records, and the one that was made unreadable on purpose.
    assert [(fault.record_no, fault.code) for fault in faults] == [(2, "RECORD_NOT_READABLE")]
    # ... and 395 J1 and 417 J2 segments, each a borrower of its own.
    assert len(sound) == len({record.account.reference for record in sound}) == 2_809
    assert len({furnished_reference(record.account.reference) for record in sound}) == 1_997
    assert Counter(record.account.owner_role for record in sound) == {"BORROWER": 1_997, "CO_BORROWER": 812}
    assert len({record.subject.id_number for record in sound}) == 2_809
    assert all(record.subject.synthetic for record in sound)


def test_contradictions_of_the_metro2_file_are_told_as_notes(
    metro2: tuple[list[Contribution], list[Fault], Counter[str]],
) -> None:
    assert metro2[2] == {
        "FIRST_DELINQUENCY_BEFORE_OPENING": 108,
        "FIRST_DELINQUENCY_TOO_LATE": 63,
        "VALUE_NOT_STORED": 34,
        "FIRST_DELINQUENCY_WITHOUT_ARREARS": 20,
        "DELINQUENCIES_OVERLAP": 20,
        "HISTORY_JUMP": 11,
        "PAST_DUE_DOES_NOT_FIT_CODE": 8,
        "LAST_PAYMENT_OUT_OF_RANGE": 2,
        "SETTLED_WITH_BALANCE": 1,
        "RECORD_LENGTH_DIFFERS": 1,
        "NUMBER_NEGATIVE": 1,
        "TRAILER_DIFFERS": 1,
    }


TEN_LINES = (3, 4, 9, 372, 518, 821, 878, 1000, 1238, 1999)
"""Among them: a charge-off, a paid charge-off, a wrong length, a negative amount, and current accounts."""

_OURS = dict(zip("0123456", "N234567", strict=True)) | dict(zip("EGHJKLDB", "*BZZZB##", strict=True))
_NOW = {"11": "N", "13": "C", "64": "C", "71": "2", "78": "3", "80": "4", "82": "5", "96": "Z", "97": "B"}


@pytest.mark.parametrize("line_no", TEN_LINES)
def test_ten_records_stand_as_their_lines_say(
    metro2: tuple[list[Contribution], list[Fault], Counter[str]], line_no: int
) -> None:
    with gzip.open(sample(METRO2), "rt") as file:
        line = file.read().split("\n")[line_no - 1]
    (record, *joint) = [record for record in metro2[0] if record.record_no == line_no]
    assert len(joint) == len(re.findall("J[12] 0", line[426:]))
    account, history = record.account, record.account.history
    assert history is not None

    def day(text: str) -> date | None:
        return None if text == "00000000" else date(int(text[4:]), int(text[:2]), int(text[2:4]))

    assert account.reference == line[42:72].rstrip()
    assert account.opened_on == day(line[75:83]) and account.reported_on == day(line[181:189])
    assert account.original_amount_minor == int(line[92:101]) * 100
    assert account.scheduled_payment_minor == int(line[105:114]) * 100
    assert account.last_payment_minor == int(line[114:123]) * 100
    assert account.balance_minor == int(line[154:163]) * 100
    assert account.past_due_minor == max(int(line[163:172]), 0) * 100
    assert account.closed_on == day(line[197:205]) and account.last_payment_on == day(line[205:213])
    assert account.term_count == int(line[101:104]) and account.term_frequency == line[104]
    now = "1" if line[123:125] == "11" and int(line[163:172]) > 0 else _NOW[line[123:125]]
    assert history.codes.replace("/", "#") == now + "".join(_OURS[code] for code in line[126:150])
    assert history.month == account.reported_on.replace(day=1)
    stated = [d.first_delinquent_on for d in record.delinquencies if d.stated]
    assert stated == ([day(line[189:197])] if record.delinquencies and day(line[189:197]) else [])
    assert record.subject.addresses[0].startswith(line[393:413].rstrip())


def test_every_record_of_the_metro2_file_is_equal_after_it_was_written_and_read_again(
    metro2: tuple[list[Contribution], list[Fault], Counter[str]],
) -> None:
    header = FileHeader("FURNISHER", "F01", date(2019, 1, 31), date(2019, 2, 1))
    written = list(write_metro2(metro2[0], header))
    assert [one.unsaid for one in written if one.unsaid] == []
    file = io.BytesIO(b"".join(one.line for one in written))
    records, _ = read_records(file, METRO2_READING)
    again = [record for record in records if isinstance(record, Contribution)]

    def content(record: Contribution) -> tuple[object, ...]:
        return record.subject, record.account, record.delinquencies, record.open_to_collectors

    different = [one for one, other in zip(metro2[0], again, strict=True) if content(one) != content(other)]
    assert different == []
    assert len(written) == 1_999  # header, trailer, a line for each account


def test_the_monthly_file_gives_45985_accounts_and_no_fault() -> None:
    sound, faults, notes = read(sample(MONTHLY_STATUS), MONTHLY_READING)
    assert faults == [] and notes == {"HISTORY_JUMP": 602, "HISTORY_TOO_LONG": 222}
    assert len(sound) == len({record.subject.id_number for record in sound}) == 45_985
    months = Counter("".join(record.account.history.codes for record in sound if record.account.history))
    # 1,048,575 rows, less the 222 sixty-first months
    assert sum(months.values()) == 1_048_353
    by_reference = {record.account.reference: record for record in sound}
    # An account in full, written down from its rows.
    history = by_reference["5001711"].account.history
    assert history is not None and (history.month, history.codes) == (date(2026, 5, 1), "*111")


def test_the_credit_card_file_gives_20101_accounts_and_no_fault() -> None:
    reading = Reading(FileFormat.MAPPED_CSV, mapping=MAPPING.read_text(), synthesise_identities=True)
    sound, faults, notes = read(sample(UCI_CREDIT_CARD), reading)
    assert faults == [] and notes == {"HISTORY_JUMP": 4_002, "BALANCE_ABOVE_LIMIT": 1_382}
    assert len(sound) == 20_101
    (seventh,) = [record.account for record in sound if record.account.reference == "7"]
    assert seventh.credit_limit_minor == 50_000_000  # written as 5.00E+05
