"""Accounts imported per second: new, sent again, and a month later; beside COPY of the very rows, and a naive ORM load.

    python -m benchmarks.intake [--accounts 100000] [--rounds 1] [--naive 5000] [--json]
    python -m benchmarks.intake FILE --format METRO2 [--newest-month 2026-05]     (a real file, read once)

Each round imports into an exchange of its own (embedded PostgreSQL, durable). A made-up file has 24 months of status,
balance and amount past due for each account, two accounts to a borrower. The floor parses nothing, checks nothing and
seals nothing: it copies the accounts, as they were stored, into a table of the same columns and indexes.
"""

import argparse
import gzip
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

from sqlalchemy import Engine

from benchmarks.asking import machine
from benchmarks.made_up_file import write_made_up_file
from benchmarks.naive_load import naive_accounts_per_second
from benchmarks.running_exchange import READER, made_up_exchange
from exchange.intake.contribution import Contribution
from exchange.intake.months import first_day, months_before
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.services import Services
from exchange.journeys.submission import DEFAULT_BASIS, SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from schema.vocabulary.submission import FileFormat

Found = dict[str, Any]


def main() -> None:
    chosen = _arguments()
    rounds = [_round(chosen) for _ in range(1 if chosen.file else chosen.rounds)]
    found = {name: _median([each[name] for each in rounds]) for name in rounds[0]} | {"machine": machine()}
    print(json.dumps(found) if chosen.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--format", default=FileFormat.METRO2.value, choices=[kind.value for kind in FileFormat])
    parser.add_argument("--mapping", type=Path)
    parser.add_argument("--newest-month", type=lambda month: datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z").date())
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--naive", type=int, default=5_000, help="accounts that the ORM loads; 0: none")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _median(values: list[Any]) -> Any:
    return median(values) if isinstance(values[0], int | float) else values[0]


def _round(chosen: argparse.Namespace) -> Found:
    with made_up_exchange(0) as exchange, tempfile.TemporaryDirectory() as directory:
        if chosen.file:
            return _imported(exchange.services, chosen.file, _reading_of(chosen), "file")
        return _made_up(exchange.services, Path(directory), chosen)


def _reading_of(chosen: argparse.Namespace) -> Reading:
    mapping = chosen.mapping.read_text(encoding="utf-8") if chosen.mapping else ""
    return Reading(
        FileFormat(chosen.format), newest_month=chosen.newest_month, mapping=mapping, synthesise_identities=True
    )


def _made_up(services: Services, directory: Path, chosen: argparse.Namespace) -> Found:
    newest_month = months_before(first_day(services.clock.now().date()), 2)
    first, again, later = (directory / name for name in ("first.csv", "again.csv.gz", "later.csv"))
    reading = _written(first, chosen.accounts, newest_month)
    found = _imported(services, first, reading, "new")
    found |= _imported(services, first, reading, "same_file")
    copied = _copied_per_second(services.engine)
    found |= {"copied_per_second": round(copied), "share_of_copy": round(found["new_per_second"] / copied, 3)}
    with first.open("rb") as plain, gzip.open(again, "wb", 1) as packed:
        shutil.copyfileobj(plain, packed)
    found |= _imported(services, again, reading, "unchanged")
    found |= _imported(services, later, _written(later, chosen.accounts, months_before(newest_month, -1)), "update")
    if chosen.naive:
        naive = _naive_per_second(first, reading, chosen.naive)
        found |= {"naive_orm_per_second": round(naive), "times_naive": round(found["new_per_second"] / naive, 1)}
    return found


def _written(path: Path, accounts: int, newest_month: date) -> Reading:
    later = path.name.startswith("later")
    return Reading(FileFormat.MAPPED_CSV, mapping=write_made_up_file(path, accounts, newest_month, later))


def _imported(services: Services, path: Path, reading: Reading, name: str) -> Found:
    order = SubmissionOrder(READER, reading, notices_attested=True)
    with _peak_memory() as peak:
        started, busy = time.perf_counter(), time.process_time()
        outcome = submit_file(services, path, order)
        seconds, busy = time.perf_counter() - started, time.process_time() - busy
    return {
        f"{name}_records": outcome.read,
        f"{name}_faulty": outcome.faulty,
        f"{name}_changed": outcome.applied if outcome.is_new else 0,
        f"{name}_per_second": round(outcome.read / seconds),
        f"{name}_cpu_us_each": round(busy / outcome.read * 1e6),
        f"{name}_peak_mb": peak[0],
    }


@contextmanager
def _peak_memory() -> Iterator[list[int]]:
    """The most resident megabytes of this process meanwhile, in a list of one."""
    peak, over = [0], Event()

    def watch() -> None:
        while not over.wait(0.05):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            peak[0] = max(peak[0], pages * 4096 >> 20)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _naive_per_second(path: Path, reading: Reading, accounts: int) -> float:
    with made_up_exchange(0) as exchange, path.open("rb") as file:
        services = exchange.services
        records, _ = read_records(file, reading)
        sound = islice((record for record in records if isinstance(record, Contribution)), accounts)
        pack, now = services.pack, services.clock.now()
        origin = Provenance(READER, DEFAULT_BASIS, pack.jurisdiction, pack.version, now)
        return naive_accounts_per_second(services, sound, origin)


def _copied_per_second(engine: Engine) -> float:
    """COPY of the stored accounts into an empty table of the same columns and indexes, committed."""
    prepared = BytesIO()
    with engine.connect() as pooled:
        connection: Any = pooled.connection.dbapi_connection
        with connection.cursor() as cursor:
            with cursor.copy("COPY account TO STDOUT (FORMAT binary)") as rows:
                for row in rows:
                    prepared.write(row)
            cursor.execute("CREATE TABLE copied (LIKE account INCLUDING ALL)")
            connection.commit()
            started = time.perf_counter()
            with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
                copy.write(prepared.getbuffer())
            count = cursor.rowcount
            connection.commit()
        return float(count / (time.perf_counter() - started))


if __name__ == "__main__":
    main()
