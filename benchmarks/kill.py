"""Kills every process of a running exchange under load, again and again, and then counts what was lost: nothing may.

    python -m benchmarks.kill [--kills 20] [--forked] [--clients 6] [--borrowers 40] [--seed N] [--json]

A supervisor brings back the processes of ours that died, as a service manager would. The embedded server is brought
back by the service itself (exchange/store/keeper.py). With `--forked`, the processes are those of benchmarks/forks.py,
which are back within milliseconds, so that a run can kill thousands. Exits with 1 where anything was found that must
not be.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
from openbureau_client import Policy
from openbureau_client.errors import ReceiptDoesNotMatch
from openbureau_client.refusals import NotAnswered
from openbureau_client.report import QUERY
from openbureau_client.session import Answer, Session
from sqlalchemy import text

from benchmarks.fleet import IMMEDIATE, Fleet, database_targets
from benchmarks.forks import forked_processes
from benchmarks.processes import own, workers_of
from benchmarks.reconcile import Evidence, Reconciled, reconcile
from benchmarks.running_exchange import (
    Command,
    RunningExchange,
    made_up_exchange,
    running,
    session_of,
    variables,
    wait_until_ready,
)
from exchange.errors import Unavailable

PAUSE_SECONDS = (0.1, 2.0)
AT_ONCE_SHARE = 0.3
"""So many kills do not wait until the service has recovered from the one before."""
ANSWERS_BETWEEN = 10
CATCH_UP_SECONDS_MAX = 90
REFUSED_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Torture:
    """What one run did and found. `kills` by target; `restarts` of our processes by the supervisor."""

    kills: Mapping[str, int]
    restarts: int
    errors: Mapping[str, int]
    reconciled: Reconciled


def torture(
    kills: int,
    clients: int = 6,
    borrowers: int = 40,
    seed: int = 1,
    say: Callable[[str], None] = lambda _: None,
    forked: bool = False,
) -> Torture:
    """One run on an exchange of its own, from first load to reconciliation."""
    processes = forked_processes if forked else commands
    with made_up_exchange(borrowers, integrate_interval_seconds=0.3) as exchange, processes(exchange) as fleet:
        return _torture_fleet(exchange, fleet, kills, clients, seed, say)


def _torture_fleet(
    exchange: RunningExchange, fleet: Fleet, kills: int, clients: int, seed: int, say: Callable[[str], None]
) -> Torture:
    evidence, chance = Evidence(), random.Random(seed)
    wait_until_ready(exchange.settings.issuer)
    with _load(exchange, evidence, clients, seed):
        killed = _kill(fleet, kills, chance, evidence, say)
        _wait_for_answers(evidence)
    _wait_until_caught_up(exchange)
    wait_until_ready(exchange.settings.issuer)
    vkey = (exchange.settings.home / "log.vkey").read_text().strip()
    trust = Policy([vkey], fleet.witness_vkeys)
    return Torture(killed, fleet.restarts, evidence.errors, reconcile(exchange.services, evidence, trust))


@contextmanager
def commands(exchange: RunningExchange) -> Iterator[Fleet]:
    """The service's own commands; one that died is started again."""
    with running(exchange.server()) as serving, running(exchange.integrator()) as integrating:
        fleet = Fleet(Targets(serving, integrating).named(), PAUSE_SECONDS)
        with fleet.supervised([serving, integrating]):
            yield fleet


@dataclass(frozen=True, slots=True)
class Targets:
    """The processes to kill, found anew each time."""

    serving: Command
    integrating: Command

    def named(self) -> dict[str, Callable[[], list[int]]]:
        """Every kind of target, with the processes that it is at this moment."""
        return {
            "one web worker": lambda: self._workers()[:1],
            "all web workers": self._workers,
            "serve, alone": lambda: own(self.serving),
            "serve and its workers": lambda: [*own(self.serving), *self._workers()],
            "integrator": lambda: own(self.integrating),
            **database_targets(self.serving.settings.home),
        }

    def _workers(self) -> list[int]:
        found = workers_of(self.serving)
        random.shuffle(found)
        return found


def _kill(
    fleet: Fleet, kills: int, chance: random.Random, evidence: Evidence, say: Callable[[str], None]
) -> Counter[str]:
    """So many kills at random moments; every kind of target comes up before any comes up again.

    Raises Unavailable where the service did not answer again after one.
    """
    killed: Counter[str] = Counter()
    waiting: list[str] = []
    while killed.total() < kills:
        if chance.random() > AT_ONCE_SHARE:
            _wait_for_answers(evidence)
        time.sleep(chance.uniform(*fleet.pause_seconds))
        waiting = waiting or chance.sample(list(fleet.targets), len(fleet.targets))
        processes = fleet.targets[waiting[-1]]()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGQUIT if waiting[-1] == IMMEDIATE else signal.SIGKILL)
        if processes:  # otherwise it is not back yet from the last time
            killed[waiting.pop()] += 1
            say(f"kill {killed.total():4} of {kills}   {len(evidence.answers):7} answers")
    return killed


@contextmanager
def _load(exchange: RunningExchange, evidence: Evidence, clients: int, seed: int) -> Iterator[None]:
    """Clients that ask without a pause, and one that collects checkpoints, meanwhile."""
    stop = threading.Event()
    asking = [
        threading.Thread(target=_ask_on, args=(exchange, evidence, random.Random(seed * 1000 + number), stop))
        for number in range(clients)
    ]
    asking.append(threading.Thread(target=_collect_checkpoints, args=(exchange.settings.issuer, evidence, stop)))
    for thread in asking:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in asking:
            thread.join()


def _ask_on(exchange: RunningExchange, evidence: Evidence, chance: random.Random, stop: threading.Event) -> None:
    with session_of(exchange) as session:
        while not stop.is_set():
            borrower, consented = chance.choice(exchange.borrowers), chance.random() > REFUSED_SHARE
            try:
                answer = session.graphql(QUERY, variables(borrower, consented))
                _take(session, answer, consented, evidence)
            except NotAnswered as refusal:
                evidence.errors[f"{type(refusal).__name__} {refusal.code}"] += 1
                stop.wait(0.05)


def _take(session: Session, answer: Answer, consented: bool, evidence: Evidence) -> None:
    """Files what an answer gave. An answer with data must carry a receipt that names exactly the leaf it shows."""
    report = (answer.data or {}).get("creditReport")
    if not report and answer.receipt is None:
        evidence.errors[f"{answer.status} {answer.errors[0].get('extensions', {}).get('code')}"] += 1
        return
    try:
        leaves = session.verify(answer).leaves
    except ReceiptDoesNotMatch:
        evidence.broken["answer whose receipt does not hold"] += 1
        return
    if not report:
        evidence.refusals.extend(leaves)
        return
    evidence.answers.extend(leaves)
    evidence.broken["answer without consent"] += not consented
    evidence.broken["answer that is not under one leaf"] += len(leaves) != 1


def _collect_checkpoints(address: str, evidence: Evidence, stop: threading.Event) -> None:
    with httpx.Client() as http:
        while not stop.wait(0.1):
            with suppress(httpx.TransportError):
                response = http.get(f"{address}/log/checkpoint")
                if response.status_code == httpx.codes.OK:
                    evidence.notes.add(response.text)


def _wait_for_answers(evidence: Evidence) -> None:
    """The service must answer again by itself. Raises Unavailable where it does not."""
    before, deadline = len(evidence.answers), time.monotonic() + CATCH_UP_SECONDS_MAX
    while len(evidence.answers) < before + ANSWERS_BETWEEN:
        if time.monotonic() > deadline:
            raise Unavailable(f"The service did not come back: {dict(evidence.errors)}")
        time.sleep(0.1)


def _wait_until_caught_up(exchange: RunningExchange) -> None:
    """Until every committed leaf is under a published checkpoint. Raises Unavailable where that does not happen."""
    behind = text("""
        SELECT count(*) + (SELECT tree_size - (SELECT max(tree_size) FROM log_checkpoint) FROM log_integrator)
        FROM log_pending""")
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    while time.monotonic() < deadline:
        with suppress(Unavailable), exchange.services.connection() as connection:
            if connection.scalar(behind) == 0:
                return
        time.sleep(0.2)
    raise Unavailable("The log did not catch up.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--forked", action="store_true", help="processes that are back within milliseconds")
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--borrowers", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    started = time.monotonic()
    done = torture(chosen.kills, chosen.clients, chosen.borrowers, chosen.seed, _say, chosen.forked)
    summary = {
        "seed": chosen.seed,
        "seconds": round(time.monotonic() - started),
        "kills": dict(done.kills),
        "restarts": done.restarts,
        "errors told to clients": dict(done.errors),
        **done.reconciled.counts,
        "violations": dict(done.reconciled.violations),
    }
    print(json.dumps(summary) if chosen.json else "\n".join(f"{name}: {value}" for name, value in summary.items()))
    sys.exit(1 if done.reconciled.violations else 0)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
