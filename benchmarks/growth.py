"""Whether cost grows with size: imports up to so many borrowers, and asks for reports at each size.

    python -m benchmarks.growth [--sizes 100000,1000000,5000000] [--seconds 15]

One exchange (embedded PostgreSQL, durable) grows from size to size; each borrower has one account of 24 months. What is
new of a size is one file, imported by `openbureau import` as a process of its own, whose peak memory is that of its
largest process. Then one connection asks for reports of 300 borrowers picked at random among all, under their consents.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.asking import load_order, machine, run_load
from benchmarks.made_up_file import made_up_borrower, write_made_up_file
from benchmarks.running_exchange import (
    READER,
    Borrower,
    RunningExchange,
    environment_of,
    made_up_exchange,
    running,
    wait_until_ready,
)
from exchange.demonstration.walk import made_up_consent
from exchange.intake.months import first_day, months_before
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import give_consent

ASKED = 300
FILE_BYTES_MAX = 8 << 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000,5000000")
    parser.add_argument("--seconds", type=float, default=15)
    chosen = parser.parse_args()
    held = 0
    with made_up_exchange(0, workers=1) as exchange:
        for size in map(int, chosen.sizes.split(",")):
            found = {"borrowers": size} | _grow(exchange, held, size - held) | _ask(exchange, size, chosen.seconds)
            held = size
            print(json.dumps(found), flush=True)
    print(json.dumps(machine()))


def _grow(exchange: RunningExchange, first: int, accounts: int) -> dict[str, Any]:
    """Imports so many more borrowers, numbered from `first`."""
    path, mapping = exchange.settings.home / "more.csv", exchange.settings.home / "mapping.toml"
    newest_month = months_before(first_day(exchange.services.clock.now().date()), 1)
    mapping.write_text(
        write_made_up_file(path, accounts, newest_month, first=first, accounts_per_borrower=1), encoding="utf-8"
    )
    started = time.perf_counter()
    peak_kib, read = _import(exchange, path, mapping)
    seconds = time.perf_counter() - started
    path.unlink()
    return {
        "rows": accounts,
        "applied": read,
        "rows_per_second": round(accounts / seconds),
        "peak_mib": round(peak_kib / 1024),
    }


def _import(exchange: RunningExchange, path: Path, mapping: Path) -> tuple[int, int]:
    """The peak memory of the import in KiB, and the records that it applied."""
    told = exchange.settings.home / "import.json"
    command = ["-m", "exchange.cli", "import", str(path), "--member", READER, "--format", "MAPPED_CSV"]
    command += ["--mapping", str(mapping), "--notices-attested", "--json"]
    environment = {
        **os.environ,
        **environment_of(exchange.settings),
        "OPENBUREAU_IMPORT_BYTES_MAX": str(FILE_BYTES_MAX),
    }
    with told.open("wb") as output:
        process = subprocess.Popen([sys.executable, *command], env=environment, stdout=output)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"The import ended with {os.waitstatus_to_exitcode(status)}.")
    return used.ru_maxrss, int(json.loads(told.read_text(encoding="utf-8"))["applied"])


def _ask(exchange: RunningExchange, size: int, seconds: float) -> dict[str, Any]:
    """Reports of borrowers picked at random: how long each took, one after the other."""
    numbers = random.Random(size).sample(range(size), ASKED)
    asked = replace(exchange, borrowers=[_consenting(exchange, number) for number in numbers])
    with running(asked.server()), running(asked.integrator()):
        wait_until_ready(asked.settings.issuer)
        run_load(load_order(asked, asked.settings.issuer, 1, 3.0, seed=0))
        result = run_load(load_order(asked, asked.settings.issuer, 1, seconds, seed=1))
    if result.faulty:
        raise SystemExit(f"Some reports were not answered: {result.faulty}.")
    return {
        "reports": result.answers,
        "p50_ms": round(result.percentile_ms(50), 1),
        "p99_ms": round(result.percentile_ms(99), 1),
    }


def _consenting(exchange: RunningExchange, number: int) -> Borrower:
    subject = made_up_borrower(number)
    document = Document(subject.id_type, subject.country, subject.id_number)
    written = made_up_consent(READER, exchange.services.clock.now())
    return Borrower(document, give_consent(exchange.services, document, written, "benchmark"))


if __name__ == "__main__":
    main()
