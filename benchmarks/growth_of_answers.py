"""How the cost of a report grows with what it holds: accounts of the borrower, and fields of the answer.

    python -m benchmarks.growth_of_answers [--seconds 4] [--borrowers 20] [--json]

One exchange with borrowers of 1, 8, 50, 100 and 200 accounts. Latency with one connection, reports per second with 16,
and the processor's time of the service for each answer; then the straight line through them, and how straight it is
(R squared: 1 is a line). A page has at most 100 accounts: 200 are asked for as the first and the last hundred.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import correlation, linear_regression
from typing import Any

from benchmarks.asking import load_order, machine, one_answer, run_load
from benchmarks.full_files import LaterLooks, full_exchange
from benchmarks.load import SECONDS_MAX, LoadResult
from benchmarks.peers.processes import taking
from benchmarks.query import QUERY
from benchmarks.running_exchange import Command, RunningExchange, running, wait_until_ready

ACCOUNTS = (1, 8, 50, 100, 200)
USUAL = 8
COST_MAX = 1_000_000
WARM_UP_SECONDS = 1.5
WARM_UP_REQUESTS_A_SECOND = 1_000
SPARE = 1.5
_HEAD = QUERY[: QUERY.index("asOf")]
_FEW = "asOf subject { idType } disclosure { basis pack }"
_SUBJECT = "subject { country idNumber names birthDate } summary { accounts openAccounts lenders lateMonths }"
_SHORT = "id product state balance { minor currency }"
_LONG = (
    "id accountRef furnisherClass ownBook ownerRole portfolio product state fiveClass complianceFlag openedOn maturesOn"
    " closedOn reportedOn daysPastDue originalAmount { minor currency } creditLimit { minor currency }"
    " balance { minor currency } pastDue { minor currency }"
)


def fields_queries() -> Iterator[str]:
    """From the smallest selection to some 600 fields in the answer of a borrower with eight accounts."""
    for parts in (
        _FEW,
        f"{_FEW} {_SUBJECT}",
        f"{_FEW} {_SUBJECT} {_accounts(_SHORT)}",
        f"{_FEW} {_SUBJECT} {_accounts(_LONG)}",
        f"{_FEW} {_SUBJECT} {_accounts(_LONG + ' history(months: 3) { month status }')}",
        f"{_FEW} {_SUBJECT} {_accounts(_LONG + ' history(months: 12) { month status }')}",
    ):
        yield f"{_HEAD} {parts} }} }}"


def accounts_query(accounts: int) -> str:
    """The benchmark's query, for so many accounts."""
    query = QUERY.replace("accounts(first: 50)", "accounts(first: 100)")
    start = query.index("    accounts(first")
    section = query[start : query.index("    inquiries(")]
    oldest = section.replace("accounts(first: 100)", "oldest: accounts(last: 100)", 1) if accounts > 100 else ""
    return query.replace(section, section + oldest)


def _accounts(fields: str) -> str:
    return f"accounts(first: 50) {{ nodes {{ {fields} }} }}"


@dataclass(frozen=True, slots=True)
class Step:
    """What was found at one size."""

    size: int
    bytes: int
    p50_ms: float
    p99_ms: float
    per_second: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class _Service:
    exchange: RunningExchange
    command: Command
    later: LaterLooks
    seconds: float

    def measure(self, accounts: int, query: str, size: int | None = None) -> Step:
        """The service, asked about the borrowers with so many accounts."""
        asked = self._with_accounts(accounts)
        fields = count_fields(one_answer(asked, asked.settings.issuer, asked.borrowers[0], query))
        most = SPARE * self._run(asked, 16, WARM_UP_SECONDS, query, WARM_UP_REQUESTS_A_SECOND).per_second
        alone = self._run(asked, 1, self.seconds, query, most)
        with taking(self.command) as taken:
            together = self._run(asked, 16, self.seconds, query, most)
        return Step(
            size=size or fields,
            bytes=round(alone.bytes / alone.answers),
            p50_ms=round(alone.percentile_ms(50), 2),
            p99_ms=round(alone.percentile_ms(99), 2),
            per_second=round(together.per_second, 1),
            cpu_ms=round(taken.cpu_seconds / together.answers * 1000, 2),
        )

    def _with_accounts(self, accounts: int) -> RunningExchange:
        by_turns = self.exchange.borrowers[ACCOUNTS.index(accounts) :: len(ACCOUNTS)]
        return replace(self.exchange, borrowers=by_turns)

    def _run(self, asked: RunningExchange, connections: int, seconds: float, query: str, most: float) -> LoadResult:
        result = run_load(load_order(asked, asked.settings.issuer, connections, seconds, 1, query, most))
        self.later.forget()
        if result.faulty:
            raise SystemExit(f"Some reports were not answered: {result.faulty}.")
        return result


def count_fields(answered: Any) -> int:
    """The fields of an answer, those with fields of their own included."""
    if isinstance(answered, dict):
        return sum(1 + count_fields(value) for value in answered.values())
    return sum(map(count_fields, answered)) if isinstance(answered, list) else 0


def line_through(steps: Sequence[Step], name: str) -> dict[str, float]:
    """What one more costs in microseconds, what the rest costs, and how straight the line is."""
    sizes, costs = [step.size for step in steps], [getattr(step, name) * 1000 for step in steps]
    slope, intercept = linear_regression(sizes, costs)
    straight = correlation(sizes, costs) ** 2
    return {"us_each": round(slope, 1), "us_besides": round(intercept), "r_squared": round(straight, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth_of_answers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help=f"length of a round, at most {SECONDS_MAX}")
    parser.add_argument("--borrowers", type=int, default=20, help="of each size")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with (
        full_exchange(chosen.borrowers * len(ACCOUNTS), ACCOUNTS, query_cost_max=COST_MAX) as exchange,
        running(exchange.server()) as command,
    ):
        wait_until_ready(exchange.settings.issuer)
        service = _Service(exchange, command, LaterLooks(exchange), min(chosen.seconds, SECONDS_MAX))
        found = {
            "accounts": [service.measure(accounts, accounts_query(accounts), accounts) for accounts in ACCOUNTS],
            "fields": [service.measure(USUAL, query) for query in fields_queries()],
        }
    lines = {of: {name: line_through(steps, name) for name in ("p50_ms", "cpu_ms")} for of, steps in found.items()}
    if chosen.json:
        steps = {of: [asdict(step) for step in steps] for of, steps in found.items()}
        print(json.dumps({"steps": steps, "lines": lines, "machine": machine()}, indent=2))
    else:
        print(_page(found, lines))


def _page(found: Mapping[str, Sequence[Step]], lines: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    told: list[str] = []
    for of, steps in found.items():
        told += ["", f"{of:>10}{'bytes':>9}{'p50 ms':>9}{'p99 ms':>9}{'reports/s':>11}{'CPU ms':>8}"]
        told += [
            f"{step.size:>10}{step.bytes:>9}{step.p50_ms:>9.2f}{step.p99_ms:>9.2f}{step.per_second:>11.0f}{step.cpu_ms:>8.2f}"
            for step in steps
        ]
        for name, what in (("p50_ms", "latency"), ("cpu_ms", "processor's time of the service")):
            line = lines[of][name]
            told.append(
                f"{what}: {line['us_each']:.1f} us each and {line['us_besides']:.0f} us besides;"
                f" R squared {line['r_squared']:.3f}"
            )
    return "\n".join([*told, "", f"machine: {machine()}"])


if __name__ == "__main__":
    main()
