"""The quick way past the checker: what it passes, the plain reader and checker pass alike."""

import random
from collections.abc import Iterator
from datetime import date

import pytest

from exchange.intake.check_record import Rules, check_record
from exchange.intake.contribution import Contribution
from exchange.intake.mapped_rows import MappedRows
from exchange.intake.mapping import read_mapping
from exchange.intake.reading import Reading
from exchange.intake.surely_sound import SurelySound
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.submission import FileFormat

MONTHS = 4
TODAY = date(2026, 6, 1)
COLUMNS = ("loan", "id", "name", "born", "phone", "home", "kind", "type", "state", "class", "opened", "reported",
           "matures", "paid_on", "lent", "limit", "highest", "owed", "late_owed", "instalment", "days", "term",
           "creditor")  # fmt: skip
FIELDS = ("reference", "id_number", "name", "birth_date", "phone", "address", "product", "portfolio", "state",
          "five_class", "opened_on", "reported_on", "matures_on", "last_payment_on", "original_amount",
          "credit_limit", "highest_balance", "balance", "past_due", "scheduled_payment", "days_past_due", "term_count",
          "original_creditor")  # fmt: skip
LISTS = {"status": "s", "days_past_due": "d", "past_due": "p", "balance": "b", "paid": "q"}
MAPPING = "\n".join(
    [
        '[subject]\ncountry = "CN"\ntime_zone = "Asia/Shanghai"\nlanguage = "zh-Hans"\nid_type = "RESIDENT_ID"',
        '[constants]\ncurrency = "CNY"\nterm_frequency = "M"',
        "[columns]",
        *(f'{name} = "{column}"' for name, column in zip(FIELDS, COLUMNS, strict=True)),
        '[history]\nnewest_month = "2026-05"',
        *(f"{name} = {[letter + str(n) for n in range(MONTHS)]}" for name, letter in LISTS.items()),
        "[history.codes]",
        *(f'"{code}" = "{code}"' for code in "N*#/1234567CGBM"),
    ]
)
HEADING = (*COLUMNS, *(f"{letter}{n}" for letter in LISTS.values() for n in range(MONTHS)))
ODD = ("", "0", "1", "-5", "7.5", "12.345", "1e3", " 4 ", "x", "2026-05-31", "2026-06-15", "2020-02-30", "1990-01-01",
       "20260501", "N", "C", "#", "/", "3", "9", "A\u202e", "\u7537", "CREDIT_CARD", "MORTGAGE", "OVERDUE", "SETTLED",
       "LOSS", "99999999999999999999", "40000", "190101199001010018", "a b", "-", "１２")  # fmt: skip
"""What other cells might hold: of another kind, out of range, in an odd spelling."""


def sound_row(number: int, late: bool) -> dict[str, str]:
    """A row that breaks no rule."""
    borrower = synthetic_identity("sound", str(number), "CN", "Asia/Shanghai", "zh-Hans")
    row = dict(zip(COLUMNS, (
        f"L-{number}", borrower.id_number, borrower.names[0], str(borrower.birth_date), "13800138000", "", "AUTO",
        "INSTALMENT", "OVERDUE" if late else "NORMAL", "NORMAL", "2026-03-01", "2026-05-31", "2028-01-01",
        "2026-05-03", "50000", "", "50000.00", "40000.5", "1200" if late else "0", "1200.00",
        "" if late else "0", "36", ""), strict=True))  # fmt: skip
    months = {
        "s": ["1" if late else "N", "N", "N", "/"], "d": ["5" if late else "0", "0", "0", ""],
        "p": ["1200" if late else "0", "0", "0", "0"], "b": ["40000.5", "41000", "42000", ""],
        "q": ["0", "1200", "1200.00", ""],
    }  # fmt: skip
    return row | {f"{letter}{n}": months[letter][n] for letter in LISTS.values() for n in range(MONTHS)}


def changed_rows(seed: int, count: int) -> Iterator[list[str]]:
    """Sound rows, and rows of which some cells were changed to something else."""
    chance = random.Random(seed)
    for number in range(count):
        row = sound_row(number, late=chance.random() < 0.3)
        for _ in range(chance.choice((0, 1, 1, 2))):
            row[chance.choice(HEADING)] = chance.choice(ODD)
        yield list(row.values())


def reader(rules: Rules) -> tuple[MappedRows, SurelySound]:
    reading = Reading(FileFormat.MAPPED_CSV, mapping=MAPPING)
    rows = MappedRows(HEADING, read_mapping(MAPPING), reading)
    return rows, SurelySound(rows, rules)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", [Rules(TODAY), Rules(TODAY, prior_notice="cn.cir.15")], ids=["attested", "notices"])
def test_what_is_surely_sound_is_what_the_plain_way_makes_of_it(seed: int, rules: Rules) -> None:
    rows, sound = reader(rules)
    numbered = list(enumerate(changed_rows(seed, 1_500), 2))
    found = sound.find(numbered)
    assert sound.is_of_use and len(found) == len(numbered)
    for (row_no, cells), quick in zip(numbered, found, strict=True):
        if quick is not None:
            plain = rows.read(row_no, cells)
            assert isinstance(plain, Contribution), (cells, plain)
            assert quick == check_record(plain, rules)
            assert not quick.faults and not quick.notes
    assert sum(quick is not None for quick in found) > 300


def test_rows_that_break_no_rule_are_found() -> None:
    _, sound = reader(Rules(TODAY))
    rows = [(number, list(sound_row(number, late=number % 3 == 0).values())) for number in range(30)]
    assert None not in sound.find(rows)


def test_a_row_of_another_width_is_left_to_the_plain_way() -> None:
    _, sound = reader(Rules(TODAY))
    whole = list(sound_row(1, late=False).values())
    first, second, third = sound.find([(2, whole[:-1]), (3, whole), (4, [*whole, "more"])])
    assert first is None and third is None
    assert second is not None and second.contribution.record_no == 3


def test_negative_records_without_a_notice_are_left_to_the_plain_way_where_the_law_asks_for_one() -> None:
    _, sound = reader(Rules(TODAY, prior_notice="cn.cir.15"))
    late, on_time = sound.find([(2, list(sound_row(1, True).values())), (3, list(sound_row(2, False).values()))])
    assert late is None and on_time is not None


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, Rules(TODAY, third_party_collector=True)),
        ({'country = "CN"': 'country = "cn"'}, Rules(TODAY)),
        ({'"Asia/Shanghai"': '"Nowhere"'}, Rules(TODAY)),
        ({'newest_month = "2026-05"': 'newest_month = "2026-07"'}, Rules(TODAY)),
    ],
    ids=["collector", "country", "time zone", "future"],
)
def test_a_file_of_another_kind_is_left_to_the_plain_way(changes: dict[str, str], rules: Rules) -> None:
    text = MAPPING
    for was, becomes in changes.items():
        assert was in text
        text = text.replace(was, becomes)
    rows = MappedRows(HEADING, read_mapping(text), Reading(FileFormat.MAPPED_CSV, mapping=text))
    assert not SurelySound(rows, rules).is_of_use
