"""Asking a contestant: the load of a round, one answer alone, and what two answers must have in common."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import orjson

from benchmarks.load import LoadOrder, LoadResult, prepare
from benchmarks.query import QUERY
from benchmarks.running_exchange import READER, Borrower, RunningExchange, variables
from exchange.demonstration.members import KEY_ID, member_key

REQUESTS_A_SECOND_MAX = 2_000
_OF_ONE_LOOK = ("leafHash", "consentUse")


def load_order(
    exchange: RunningExchange,
    address: str,
    connections: int,
    seconds: float,
    seed: int,
    query: str = QUERY,
    per_second_max: float = REQUESTS_A_SECOND_MAX,
) -> LoadOrder:
    """A round at `address`. `per_second_max`: how many requests are prepared for each of its seconds."""
    return LoadOrder(
        issuer=exchange.settings.issuer,
        address=address,
        member_id=READER,
        key=member_key(exchange.settings.home, READER).as_dict(private=True),
        key_id=KEY_ID,
        questions=[variables(borrower) for borrower in exchange.borrowers],
        connections=connections,
        seconds=seconds,
        requests_max=connections + int(seconds * min(per_second_max, REQUESTS_A_SECOND_MAX)),
        seed=seed,
        query=query,
    )


def run_load(order: LoadOrder) -> LoadResult:
    """The round, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return LoadResult(**json.loads(done.stdout))


def one_answer(exchange: RunningExchange, address: str, borrower: Borrower, query: str = QUERY) -> dict[str, Any]:
    """The report of one borrower. Ends the run where it is not answered."""
    order = replace(load_order(exchange, address, 1, 0, seed=0, query=query), questions=[variables(borrower)])
    head, _, body = prepare(order)[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    response = httpx.post(f"{address}/graphql", content=body, headers=headers, timeout=30)
    if not response.is_success or not response.content.startswith(b'{"data":{"creditReport":{'):
        raise SystemExit(f"{address} did not answer: {response.status_code} {response.text[:500]}")
    report: dict[str, Any] = orjson.loads(response.content)["data"]["creditReport"]
    return report


def comparable(report: Mapping[str, Any], without: Collection[str] = ()) -> bytes:
    """The report as canonical JSON, without what two looks never share: their time, their leaf, their number."""
    shown = {name: value for name, value in report.items() if name not in ("asOf", *without)}
    shown["disclosure"] = {name: value for name, value in report["disclosure"].items() if name not in _OF_ONE_LOOK}
    return orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)


def machine() -> dict[str, Any]:
    """What it was measured on."""
    model = next((line.split(": ")[1] for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    return {
        "cores": os.cpu_count(),
        "processor": model,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("granian", "Flask", "graphql-core", "SQLAlchemy", "psycopg")},
        "load_of_the_machine": [round(load, 1) for load in os.getloadavg()],
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
