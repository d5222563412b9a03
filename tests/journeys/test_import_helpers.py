"""Files whose batches are prepared by other processes: the same is stored and told as where one process does it all."""

import io
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from factories import Exchange, make_exchange
from sqlalchemy import Engine, select

from exchange.clock import FixedClock
from exchange.errors import KeysMissing, Unavailable
from exchange.intake.account_content import COLUMNS
from exchange.intake.reading import Reading
from exchange.journeys.services import Services
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from exchange.key_files import open_vault_file
from exchange.settings import Settings
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.subject import subject, subject_identifier, subject_review
from exchange.store.tables.submission import submission
from schema.vocabulary.submission import FileFormat, SubmissionState

BATCH_RECORDS = 5
MAPPING = """
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "PASSPORT"
[constants]
portfolio = "INSTALMENT"
product = "CONSUMER_LOAN"
currency = "CNY"
opened_on = "2024-01-01"
[columns]
reference = "loan"
id_number = "id"
name = "name"
balance = "owed"
reported_on = "on"
state = "state"
"""
HEADING = "loan,id,name,owed,on,state"
READING = Reading(FileFormat.MAPPED_CSV, mapping=MAPPING)


def rows_of(count: int, owed: int = 100, day: str = "2026-04-30") -> list[str]:
    """Two loans of each borrower, in different batches."""
    return [f"L{n},E{n % (count // 2):07d},Wang Fang,{owed + n},{day},NORMAL" for n in range(count)]


def damaged(rows: list[str]) -> list[str]:
    """With rows that cannot be read or break a rule, one that comes twice, and a borrower under another name."""
    rows = list(rows)
    rows[3] = rows[3].replace("Wang Fang", "Li Na")
    rows[-2] = rows[-2].replace("Wang Fang", "Zhao Liu")
    rows[7] = "L7,E1,x"
    rows[11] = rows[11].replace("2026-04-30", "2026-13-30")
    return [*rows, rows[0], rows[-1]]


def submit(
    services: Services,
    rows: list[str],
    processes: int = 2,
    progress: Callable[[int, int], None] = lambda records, size: None,
    **how: Any,
) -> SubmissionOutcome:
    settings = replace(services.settings, import_batch_records=BATCH_RECORDS, import_processes=processes)
    order = SubmissionOrder("lender", READING, notices_attested=True, **how)
    content = "\n".join([HEADING, *rows]).encode()
    return submit_file(replace(services, settings=settings), io.BytesIO(content), order, progress)


def told(outcome: SubmissionOutcome) -> dict[str, Any]:
    names = ("state", "read", "applied", "unchanged", "faulty", "faults", "notes", "file_fault")
    return {name: getattr(outcome, name) for name in names}


def stored(exchange: Exchange) -> dict[str, Any]:
    """What is held, but for what is new in every import: keys, and what is sealed under them."""
    with exchange.engine.connect() as connection:
        accounts = connection.execute(select(*(account.c[name] for name in (*COLUMNS, "version", "recorded_at"))))
        tokens = [set(connection.scalars(select(table.c.bidx))) for table in (account_identifier, subject_identifier)]
        counts = [len(connection.execute(select(table)).all()) for table in (subject, account_version, subject_review)]
        return {"accounts": Counter(map(str, accounts)), "tokens": tokens, "counts": counts}


def helpers() -> list[int]:
    """The helpers that this process has at the moment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, parent = (place / "cmdline").read_text(), (place / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if "exchange.journeys.import_helper" in words and int(parent) == os.getpid():
            found.append(int(place.name))
    return found


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    return exchange


def test_what_two_processes_tell_and_store_is_what_one_does(
    lender: Exchange, settings: Settings, shared_engine: Engine, clock: FixedClock
) -> None:
    alone = make_exchange(settings, shared_engine, clock)
    alone.bank("lender")
    files = [rows_of(6), damaged(rows_of(40)), rows_of(40), rows_of(40, owed=50, day="2026-05-31")]
    ends = []
    for exchange, processes in ((lender, 2), (alone, 1)):
        outcomes = [told(submit(exchange.services, rows, processes)) for rows in files]
        ends.append((outcomes, stored(exchange)))
    alone.close()
    assert ends[0] == ends[1]
    _, second, third, fourth = ends[0][0]
    assert second["faulty"] == 6 and second["notes"] and third["unchanged"] > 30 and fourth["applied"] > 30


def test_nobody_is_left_when_a_file_is_done(lender: Exchange) -> None:
    seen: list[int] = []
    submit(lender.services, rows_of(40), progress=lambda *_: seen.extend(helpers()))
    assert len(set(seen)) == 2 and helpers() == []


def test_a_small_file_starts_nobody(lender: Exchange) -> None:
    seen: list[int] = []
    assert submit(lender.services, rows_of(4), progress=lambda *_: seen.extend(helpers())).applied == 4
    assert seen == []


@pytest.mark.parametrize("all_or_nothing", [False, True])
def test_an_import_whose_helper_is_killed_says_so_and_goes_on_later(lender: Exchange, all_or_nothing: bool) -> None:
    def kill(records: int, _size: int) -> None:
        if records == 3 * BATCH_RECORDS:
            os.kill(helpers()[0], signal.SIGKILL)

    with pytest.raises(Unavailable):
        submit(lender.services, rows_of(40), progress=kill, all_or_nothing=all_or_nothing)
    with lender.engine.connect() as connection:
        (row,) = connection.execute(select(submission)).all()
        held = len(connection.execute(select(account)).all())
    assert row.state == "WORKING" and helpers() == []
    assert held == row.records_applied == row.batches_done * BATCH_RECORDS
    assert held in ((0,) if all_or_nothing else (15, 20))
    outcome = submit(lender.services, rows_of(40), all_or_nothing=all_or_nothing)
    assert (outcome.state, outcome.read, outcome.applied, outcome.faulty) == (SubmissionState.APPLIED, 40, 40, 0)
    assert stored(lender)["counts"] == [20, 0, 0]


def test_a_fault_of_a_helper_is_the_fault_of_the_import(lender: Exchange, tmp_path: Path) -> None:
    nowhere = partial(open_vault_file, tmp_path / "vault.json", FixedClock(lender.clock.now()), 60, 10)
    with pytest.raises(KeysMissing):
        submit(replace(lender.services, open_keys=nowhere), rows_of(40))
    assert helpers() == [] and stored(lender)["counts"] == [0, 0, 0]
    assert submit(lender.services, rows_of(40)).applied == 40
