"""The rounds: contestants in turn, each alone on the machine with the database, the integrator and the client."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from benchmarks.asking import REQUESTS_A_SECOND_MAX, comparable, load_order, one_answer, run_load
from benchmarks.full_files import LaterLooks
from benchmarks.load import LoadResult
from benchmarks.peers.contestants import Contestant
from benchmarks.peers.processes import Taken, taking
from benchmarks.running_exchange import Command, RunningExchange, free_port, running, wait_until_ready
from exchange.errors import Unavailable

COMPARED, PARTS_TOLD = 5, 5
WARM_UP_SECONDS = 1.5
SPARE = 1.5
"""How many times as many requests are prepared as the warm-up answered."""


@dataclass(slots=True)
class Found:
    """What one contestant did: by number of connections, a result and what its processes took, for each round."""

    results: dict[int, list[LoadResult]] = field(default_factory=dict)
    taken: dict[int, list[Taken]] = field(default_factory=dict)


def run_rounds(
    exchange: RunningExchange,
    contestants: Sequence[Contestant],
    connections: Sequence[int],
    seconds: float,
    rounds: int,
) -> dict[str, Found]:
    """Every contestant in every round, in alternating order. Ends the run where two answer differently."""
    found = {contestant.name: Found() for contestant in contestants}
    later, expected = LaterLooks(exchange), list[dict[str, Any]]()
    for number in range(1, rounds + 1):
        for contestant in contestants if number % 2 else reversed(contestants):
            with _turn(exchange, contestant, later) as turn:
                if number == 1:
                    answers = turn.answers()
                    expected = expected or answers
                    _must_be_the_same(expected, answers, contestant)
                per_second_max = turn.warm_up()
                for at_once in connections:
                    with taking(turn.command) as taken:
                        result = turn.measure(at_once, seconds, number, per_second_max)
                    found[contestant.name].results.setdefault(at_once, []).append(result)
                    found[contestant.name].taken.setdefault(at_once, []).append(taken)
                    _tell(number, contestant.name, at_once, result)
    return found


@dataclass(frozen=True, slots=True)
class _Turn:
    exchange: RunningExchange
    contestant: Contestant
    command: Command
    address: str
    later: LaterLooks

    def answers(self) -> list[dict[str, Any]]:
        """Some answers; each borrower's file is left as it was."""
        answers = []
        for borrower in self.exchange.borrowers[:COMPARED]:
            answers.append(one_answer(self.exchange, self.address, borrower, self.contestant.query()))
            self.later.forget()
        return answers

    def warm_up(self) -> float:
        """How many requests a second are to be prepared from now on."""
        result = self.measure(16, WARM_UP_SECONDS, 0, REQUESTS_A_SECOND_MAX / 2)
        return max(50.0, result.per_second * SPARE)

    def measure(self, connections: int, seconds: float, seed: int, per_second_max: float) -> LoadResult:
        """One round. Afterwards the files are as they were."""
        order = load_order(
            self.exchange, self.address, connections, seconds, seed, self.contestant.query(), per_second_max
        )
        result = run_load(order)
        self.later.forget()
        return result


@contextmanager
def _turn(exchange: RunningExchange, contestant: Contestant, later: LaterLooks) -> Iterator[_Turn]:
    """One contestant, up and ready. Where its turn ends the run, its last words are told."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(contestant.start(exchange, port)) as command:
        try:
            wait_until_ready(address)
            yield _Turn(exchange, contestant, command, address, later)
        except (SystemExit, Unavailable):
            print(command.last_words(), file=sys.stderr)
            raise


def _must_be_the_same(
    expected: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]], contestant: Contestant
) -> None:
    for pair in zip(expected, answers, strict=True):
        one, other = (comparable(answer, contestant.not_compared) for answer in pair)
        if one != other:
            parts = ", ".join(islice(_parts_that_differ(orjson.loads(one), orjson.loads(other)), PARTS_TOLD))
            raise SystemExit(f"{contestant.name} answers differently in {parts}: no honest comparison.")


def _parts_that_differ(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ, as paths."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from _parts_that_differ(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _parts_that_differ(*pair, f"{path}[{number}]")
    elif one != other:
        yield f"{path} ({str(one)[:60]} and {str(other)[:60]})"


def _tell(number: int, name: str, connections: int, result: LoadResult) -> None:
    faulty = f"  faulty: {result.faulty}" if result.faulty else ""
    line = f"round {number} {name:13}{connections:4} connections {result.per_second:7.0f} reports/s{faulty}"
    print(line, file=sys.stderr, flush=True)
