"""A lender's file of made-up accounts with 24 months each, streamed to disk; seeded, so that a file is always the same.

The histories are those of the demonstration's population, over and over; borrowers, references and id numbers are new
in each row. Two accounts in a row belong to one borrower.
"""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import cycle
from pathlib import Path

from exchange.demonstration.population import LENDERS, MONTHS, made_up_accounts, write_lender_files
from exchange.intake.contribution import SubjectRecord
from exchange.intake.months import months_before
from exchange.intake.synthetic_identity import synthetic_identity

ACCOUNTS_PER_BORROWER = 2
PATTERN_BORROWERS = 3_000
_FIRST_MONTH_COLUMN = 13


def write_made_up_file(
    path: Path,
    accounts: int,
    newest_month: date,
    later: bool = False,
    seed: int = 1,
    first: int = 0,
    accounts_per_borrower: int = ACCOUNTS_PER_BORROWER,
) -> str:
    """Writes so many accounts as of `newest_month`, numbered from `first`, and returns the mapping of the file.

    `later`: the same accounts one month on, which every one of them has paid.
    """
    with tempfile.TemporaryDirectory() as directory:
        patterns, mapping, heading = _patterns(Path(directory), newest_month, later, seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(_rows(patterns, first, accounts, seed, accounts_per_borrower))
    return mapping


def _patterns(directory: Path, newest_month: date, later: bool, seed: int) -> tuple[list[list[str]], str, list[str]]:
    """Rows to repeat, the mapping, and the heading."""
    told = months_before(newest_month, 1) if later else newest_month
    accounts = list(made_up_accounts(PATTERN_BORROWERS, told, seed))
    files = write_lender_files(directory, accounts, newest_month)
    rows: list[list[str]] = []
    for lender in LENDERS:
        with files[lender].open(newline="", encoding="utf-8") as file:
            heading, *of_lender = csv.reader(file)
            rows += of_lender
    mapping = (directory / "mapping.toml").read_text(encoding="utf-8")
    return [_one_month_on(row) for row in rows] if later else rows, mapping, heading


def _one_month_on(row: list[str]) -> list[str]:
    head, months = row[:_FIRST_MONTH_COLUMN], row[_FIRST_MONTH_COLUMN:]
    status, balance, past_due = months[:MONTHS], months[MONTHS : 2 * MONTHS], months[2 * MONTHS :]
    head[10] = "0"
    return [*head, "N", *status[:-1], balance[0], *balance[:-1], "0", *past_due[:-1]]


def _rows(
    patterns: list[list[str]], first: int, accounts: int, seed: int, accounts_per_borrower: int
) -> Iterator[list[str]]:
    borrower = None
    for number, pattern in zip(range(first, first + accounts), cycle(patterns), strict=False):
        if number % accounts_per_borrower == 0 or borrower is None:
            borrower = made_up_borrower(number - number % accounts_per_borrower, seed)
        yield [f"B{number:09d}", borrower.names[0], borrower.id_number, str(borrower.birth_date), *pattern[4:]]


def made_up_borrower(number: int, seed: int = 1) -> SubjectRecord:
    """The borrower of the account `number`, where that is the first one of theirs."""
    return synthetic_identity(f"benchmark-{seed}", str(number), "CN", "Asia/Shanghai", "zh-Hans")
