"""Accounts imported per second, beside PostgreSQL's own COPY of the very rows that came out of it.

    python -m benchmarks.intake [--borrowers 8000] [--rounds 3] [--json]
    python -m benchmarks.intake FILE --format METRO2 [--newest-month 2026-05]     (a real file, read once)

Each round imports into an exchange of its own (embedded PostgreSQL, durable), then copies the accounts into a table
of the same form, with its indexes. The floor parses nothing, checks nothing and seals nothing.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

from benchmarks.report import machine
from benchmarks.running_exchange import READER, made_up_exchange, made_up_files
from exchange.intake.reading import FileFormat, Reading
from exchange.journeys.services import Services
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file


def main() -> None:
    chosen = _arguments()
    rounds = []
    for _ in range(1 if chosen.file else chosen.rounds):
        with made_up_exchange(0) as exchange:
            rounds.append(_imported(exchange.services, chosen))
    found = {
        "records": rounds[0]["records"],
        "faulty": rounds[0]["faulty"],
        "accounts_per_second": round(median(each["records"] / each["seconds"] for each in rounds)),
        "spread": [round(limit(each["records"] / each["seconds"] for each in rounds)) for limit in (min, max)],
        "copied_per_second": round(median(each["copied"] for each in rounds)),
        "share_of_copy": round(median(each["records"] / each["seconds"] / each["copied"] for each in rounds), 3),
        "machine": machine(),
    }
    print(json.dumps(found) if chosen.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--format", default=FileFormat.METRO2.value, choices=[kind.value for kind in FileFormat])
    parser.add_argument("--mapping", type=Path)
    parser.add_argument("--newest-month", type=lambda month: datetime.strptime(f"{month}-01+0000", "%Y-%m-%d%z").date())
    parser.add_argument("--borrowers", type=int, default=8_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _imported(services: Services, chosen: argparse.Namespace) -> dict[str, Any]:
    """One import of everything, and then the copy of what it stored."""
    with tempfile.TemporaryDirectory() as directory:
        orders = _given(chosen) if chosen.file else _made_up(services, Path(directory), chosen.borrowers)
        started = time.perf_counter()
        outcomes = [submit_file(services, path, order) for path, order in orders]
        seconds = time.perf_counter() - started
    records = sum(outcome.read for outcome in outcomes)
    faulty = sum(outcome.faulty for outcome in outcomes)
    return {"records": records, "faulty": faulty, "seconds": seconds, "copied": _copied_per_second(services.engine)}


def _given(chosen: argparse.Namespace) -> Sequence[tuple[Path, SubmissionOrder]]:
    mapping = chosen.mapping.read_text(encoding="utf-8") if chosen.mapping else ""
    reading = Reading(
        FileFormat(chosen.format), newest_month=chosen.newest_month, mapping=mapping, synthesise_identities=True
    )
    return [(chosen.file, SubmissionOrder(READER, reading))]


def _made_up(services: Services, directory: Path, borrowers: int) -> Sequence[tuple[Path, SubmissionOrder]]:
    _, files, mapping = made_up_files(directory, borrowers, services.clock.now().date())
    reading = Reading(FileFormat.MAPPED_CSV, mapping=mapping)
    return [(path, SubmissionOrder(lender, reading)) for lender, path in files.items()]


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
