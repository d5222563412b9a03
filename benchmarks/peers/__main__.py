"""Reports per second of the service, its floor and its peers, in one run.

    python -m benchmarks.peers [--quick] [--connections 1,16,64] [--seconds 2.5] [--rounds 3] [--only a,b] [--json]

The same borrowers, database, question, client and duties; only one contestant runs at a time. How to read it, and what
each contestant includes: benchmarks/README.md. Ends with 1 where any answer was faulty.
"""

import argparse
import json
import signal
import sys

from benchmarks.asking import machine
from benchmarks.full_files import full_exchange
from benchmarks.load import SECONDS_MAX
from benchmarks.peers.contestants import CONTESTANTS, Contestant, LeftOut
from benchmarks.peers.page import faulty, page, summary
from benchmarks.peers.rounds import run_rounds
from benchmarks.running_exchange import RunningExchange, running, wait_until_ready

TOKEN_SECONDS = 3_600
_USUAL = {"borrowers": 500, "connections": [1, 16, 64], "seconds": 2.5, "rounds": 3}
_QUICK = {"borrowers": 100, "connections": [16], "seconds": 2.0, "rounds": 1}


def main() -> None:
    chosen = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    before = machine()
    with full_exchange(chosen.borrowers, access_token_seconds=TOKEN_SECONDS) as exchange:
        contestants, left_out = _taking_part(exchange, chosen.only)
        tokens = exchange.server(workers=1)  # gives the tokens, and is idle while a round runs
        with running(tokens):
            wait_until_ready(exchange.settings.issuer)
            found = run_rounds(exchange, contestants, chosen.connections, chosen.seconds, chosen.rounds)
    report = summary(found)
    everything = {"connections": report, "left_out": left_out, "machine": before, "order": vars(chosen)}
    print(json.dumps(everything, indent=2) if chosen.json else f"{page(report, left_out)}\nmachine: {before}")
    sys.exit(1 if faulty(report) else 0)


def _taking_part(exchange: RunningExchange, only: list[str]) -> tuple[list[Contestant], dict[str, str]]:
    unknown = set(only) - {contestant.name for contestant in CONTESTANTS}
    if unknown:
        raise SystemExit(f"No contestant is called {', '.join(sorted(unknown))}.")
    wanted = [contestant for contestant in CONTESTANTS if not only or contestant.name in (CONTESTANTS[0].name, *only)]
    left_out: dict[str, str] = {}
    for contestant in wanted:
        try:
            contestant.prepare(exchange)
        except LeftOut as reason:
            left_out[contestant.name] = str(reason)
    return [contestant for contestant in wanted if contestant.name not in left_out], left_out


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round with 16 connections, unless told")
    parser.add_argument("--borrowers", type=int)
    parser.add_argument("--connections", type=_numbers, metavar="1,16,64")
    parser.add_argument("--seconds", type=float, help=f"length of a round, at most {SECONDS_MAX}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", type=lambda words: words.split(","), default=[], metavar="a,b", help="and the floor")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    for name, value in (_QUICK if chosen.quick else _USUAL).items():
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)
    chosen.seconds = min(chosen.seconds, SECONDS_MAX)
    return chosen


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split(",")]


if __name__ == "__main__":
    main()
