"""Reports per second of the whole service, beside the floor that does the same work without GraphQL and Flask.

    python -m benchmarks.report [--borrowers 500] [--connections 16] [--seconds 10] [--rounds 3] [--json] [--profile]

Same borrowers, same database, same requests, same answers; contestants take turns. How to read it: README.md.
"""

import argparse
import copy
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import orjson

from benchmarks.load import SECONDS_MAX, LoadOrder, LoadResult, prepare
from benchmarks.running_exchange import (
    READER,
    Borrower,
    RunningExchange,
    free_port,
    made_up_exchange,
    running,
    variables,
    wait_until_ready,
)
from benchmarks.steps import step_table
from exchange.demonstration.members import KEY_ID, member_key

SERVICE, FLOOR = "service", "floor"
REQUESTS_A_SECOND_MAX = 2_000
WARM_UP_SECONDS = 2.0
COMPARED = 5
PROFILED = 400


def main() -> None:
    chosen = _arguments()
    with made_up_exchange(chosen.borrowers) as exchange:
        if chosen.profile:
            print(_profile(exchange))
            return
        port = free_port()
        service = exchange.server()
        floor = exchange.server(("-m", "benchmarks.floor"), bind_port=port)
        addresses = {SERVICE: exchange.settings.issuer, FLOOR: f"http://127.0.0.1:{port}"}
        with running(service), running(floor), running(exchange.integrator()):
            for address in addresses.values():
                wait_until_ready(address)
            compared = _compare(exchange, addresses)
            results = _rounds(exchange, addresses, chosen)
    report = _summary(results) | {"answers_compared": compared, "machine": machine(), "order": vars(chosen)}
    print(json.dumps(report, indent=2) if chosen.json else _page(report))
    sys.exit(1 if any(report["contestants"][name]["faulty"] for name in addresses) else 0)


def _profile(exchange: RunningExchange) -> str:
    with running(exchange.server()):  # for the token
        wait_until_ready(exchange.settings.issuer)
        requests = prepare(replace(load_order(exchange, exchange.settings.issuer, 1, 0, seed=1), requests_max=PROFILED))
    return step_table(exchange.services, requests)


def machine() -> dict[str, Any]:
    """What it was measured on."""
    model = next((line.split(": ")[1] for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    return {
        "cores": os.cpu_count(),
        "processor": model,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("granian", "Flask", "graphql-core", "SQLAlchemy", "psycopg")},
        "load_of_the_machine_before": [round(load, 1) for load in os.getloadavg()],
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--borrowers", type=int, default=500)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10, help=f"length of a round, at most {SECONDS_MAX}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="store_true", help="time the steps of one request instead")
    chosen = parser.parse_args()
    chosen.seconds = min(chosen.seconds, SECONDS_MAX)
    return chosen


def _rounds(
    exchange: RunningExchange, addresses: dict[str, str], chosen: argparse.Namespace
) -> dict[str, list[LoadResult]]:
    results: dict[str, list[LoadResult]] = {name: [] for name in addresses}
    for address in addresses.values():
        run_load(load_order(exchange, address, chosen.connections, WARM_UP_SECONDS, seed=0))
    for number in range(chosen.rounds):
        names = list(addresses) if number % 2 == 0 else list(reversed(addresses))
        for name in names:
            order = load_order(exchange, addresses[name], chosen.connections, chosen.seconds, seed=number + 1)
            results[name].append(run_load(order))
            last = results[name][-1]
            print(f"round {number + 1} {name:8} {last.per_second:7.0f} reports/s", file=sys.stderr)
    return results


def load_order(exchange: RunningExchange, address: str, connections: int, seconds: float, seed: int) -> LoadOrder:
    return LoadOrder(
        issuer=exchange.settings.issuer,
        address=address,
        member_id=READER,
        key=member_key(exchange.settings.home, READER).as_dict(private=True),
        key_id=KEY_ID,
        questions=[variables(borrower) for borrower in exchange.borrowers],
        connections=connections,
        seconds=seconds,
        requests_max=int(seconds * REQUESTS_A_SECOND_MAX),
        seed=seed,
    )


def run_load(order: LoadOrder) -> LoadResult:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return LoadResult(**json.loads(done.stdout))


def _compare(exchange: RunningExchange, addresses: Mapping[str, str]) -> int:
    """Asks both contestants for the same borrowers. Returns how many answers were the same; ends where one is not."""
    compared = exchange.borrowers[:COMPARED]
    for borrower in compared:
        service, floor = (_one_answer(exchange, address, borrower) for address in addresses.values())
        if _comparable(service, earlier_looks=0) != _comparable(floor, earlier_looks=1):
            raise SystemExit("The contestants answer differently: this comparison would not be honest.")
    return len(compared)


def _one_answer(exchange: RunningExchange, address: str, borrower: Borrower) -> dict[str, Any]:
    order = replace(load_order(exchange, address, 1, 0, seed=0), questions=[variables(borrower)], requests_max=1)
    head, _, body = prepare(order)[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    response = httpx.post(f"{address}/graphql", content=body, headers=headers).raise_for_status()
    report: dict[str, Any] = orjson.loads(response.content)["data"]["creditReport"]
    return report


def _comparable(report: dict[str, Any], earlier_looks: int) -> bytes:
    """The report as canonical JSON, without what two looks never share: their time, their leaf, their own inquiry."""
    shown = copy.deepcopy(report)
    del shown["asOf"], shown["disclosure"]["leafHash"], shown["disclosure"]["consentUse"]
    shown["inquiries"]["nodes"] = shown["inquiries"]["nodes"][earlier_looks:]
    shown["inquiries"]["totalCount"] -= earlier_looks
    return orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)


def _summary(results: Mapping[str, Sequence[LoadResult]]) -> dict[str, Any]:
    contestants = {
        name: {
            "reports_per_second": round(median(each.per_second for each in rounds), 1),
            "spread": [round(limit(each.per_second for each in rounds), 1) for limit in (min, max)],
            "p50_ms": round(median(each.percentile_ms(50) for each in rounds), 1),
            "p99_ms": round(median(each.percentile_ms(99) for each in rounds), 1),
            "bytes": round(sum(each.bytes for each in rounds) / max(1, sum(each.answers for each in rounds))),
            "answers": sum(each.answers for each in rounds),
            "faulty": sum(sum(each.faulty.values()) for each in rounds),
        }
        for name, rounds in results.items()
    }
    ratios = [
        service.per_second / floor.per_second for service, floor in zip(results[SERVICE], results[FLOOR], strict=True)
    ]
    return {
        "contestants": contestants,
        "ratio_to_floor": round(median(ratios), 3),
        "ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def _page(report: Mapping[str, Any]) -> str:
    lines = [f"{'':10}{'reports/s':>10}{'spread':>16}{'p50 ms':>9}{'p99 ms':>9}{'answers':>9}{'bytes':>8}{'faulty':>8}"]
    for name, found in report["contestants"].items():
        spread = "-".join(f"{limit:.0f}" for limit in found["spread"])
        lines.append(
            f"{name:10}{found['reports_per_second']:>10.0f}{spread:>16}{found['p50_ms']:>9.1f}"
            f"{found['p99_ms']:>9.1f}{found['answers']:>9}{found['bytes']:>8}{found['faulty']:>8}"
        )
    low, high = report["ratio_spread"]
    lines.append(f"service / floor: {report['ratio_to_floor']:.2f} (rounds: {low:.2f}-{high:.2f})")
    lines.append(f"{report['answers_compared']} answers of both compared as canonical JSON: the same.")
    lines.append(f"machine: {report['machine']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
