"""Withdraws many consents while a member asks under them without pause, and counts the answers that came too late.

    python -m benchmarks.withdrawal [--withdrawals 1000] [--workers 4] [--connections 16] [--seed 1] [--json]

Every connection asks about borrowers whose withdrawal is near, before and after it. Two counts must be nought: answers
to questions sent after the withdrawal had returned, and granted looks that stand in a borrower's file after the
withdrawal. Exits with 1 where one is not.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from openbureau_client.refusals import Refused
from openbureau_client.report import QUERY
from openbureau_client.session import Session
from sqlalchemy import text

from benchmarks.running_exchange import (
    Borrower,
    RunningExchange,
    made_up_exchange,
    running,
    session_of,
    variables,
    wait_until_ready,
)
from consent.lifecycle import ConsentState
from exchange.journeys.manage_consent import move_consent

NEAR = 12
"""A connection asks about the next so many borrowers to withdraw, and about as many who just did."""
ASKED_AFTERWARDS_SECONDS = 1.0

GRANTED_AFTERWARDS = text("""
    SELECT count(*) FROM inquiry i
    JOIN consent_move m ON m.subject_key = i.subject_key AND m.consent_id = i.consent_id AND m.to_state = 'REVOKED'
    JOIN log_opening o ON o.subject_key = m.subject_key AND o.entry_id = m.entry_id
    WHERE i.granted AND i.sequence > o.sequence""")
TOLD = text("SELECT count(DISTINCT about) FROM notice WHERE kind = 'CONSENT_WITHDRAWN'")


@dataclass(slots=True)
class Withdrawn:
    """What one run found. Times are milliseconds; `late` and `granted_afterwards` must be nought."""

    withdrawals: int = 0
    answers: int = 0
    refusals: int = 0
    late: int = 0
    granted_afterwards: int = 0
    answers_under_way: int = 0
    told: int = 0
    seconds: float = 0.0
    other: Counter[str] = field(default_factory=Counter)
    withdrawal_ms: list[float] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was answered too late, and every recipient was told."""
        return not self.late and not self.granted_afterwards and not self.other and self.told == self.withdrawals


@dataclass(slots=True)
class _Course:
    """How far the withdrawals are: how many were begun, and when each returned. All begin once all are connected."""

    borrowers: Sequence[Borrower]
    connected: threading.Barrier
    begun: int = 0
    returned_at: dict[int, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)


def withdraw_under_load(withdrawals: int, workers: int, connections: int, seed: int) -> Withdrawn:
    """One run on an exchange of its own."""
    with made_up_exchange(withdrawals, workers=workers) as exchange, running(exchange.server()):
        wait_until_ready(exchange.settings.issuer)
        course = _Course(exchange.borrowers, threading.Barrier(connections + 1))
        found = Withdrawn()
        with running(exchange.integrator()):
            sessions = [session_of(exchange) for _ in range(connections)]
            asking = [
                threading.Thread(target=_keep_asking, args=(session, course, found, random.Random(seed + number)))
                for number, session in enumerate(sessions)
            ]
            for thread in asking:
                thread.start()
            _withdraw_all(exchange, course, found)
            for thread in asking:
                thread.join()
            for session in sessions:
                session.close()
        with exchange.services.connection() as connection:
            found.granted_afterwards = int(connection.scalar(GRANTED_AFTERWARDS) or 0)
            found.told = int(connection.scalar(TOLD) or 0)
    return found


def _withdraw_all(exchange: RunningExchange, course: _Course, found: Withdrawn) -> None:
    course.connected.wait()
    started = time.monotonic()
    for place, borrower in enumerate(course.borrowers):
        course.begun = place + 1
        began = time.monotonic()
        move_consent(exchange.services, borrower.document, borrower.consent_id, ConsentState.REVOKED, "benchmark")
        course.returned_at[place] = returned = time.monotonic()
        found.withdrawals += 1
        found.withdrawal_ms.append((returned - began) * 1000)
        time.sleep(0.01)  # so that each is asked about on both sides
    time.sleep(ASKED_AFTERWARDS_SECONDS)
    found.seconds = time.monotonic() - started
    course.over.set()


def _keep_asking(session: Session, course: _Course, found: Withdrawn, chance: random.Random) -> None:
    last = len(course.borrowers) - 1
    counted = Withdrawn()
    session.graphql("{ __typename }").raise_for_errors()
    course.connected.wait()
    while not course.over.is_set():
        place = min(last, max(0, course.begun + chance.randint(-NEAR, NEAR)))
        sent_at = time.monotonic()
        try:
            session.graphql(QUERY, variables(course.borrowers[place])).raise_for_errors()
        except Refused as refusal:
            counted.refusals += refusal.code == "CONSENT_REVOKED"
            counted.other[refusal.code] += refusal.code != "CONSENT_REVOKED"
            continue
        except Exception as fault:
            counted.other[type(fault).__name__] += 1
            continue
        counted.answers += 1
        returned_at = course.returned_at.get(place)
        counted.late += returned_at is not None and sent_at > returned_at
        counted.answers_under_way += returned_at is not None and sent_at <= returned_at
    _add(found, counted)


_ADDING = threading.Lock()


def _add(found: Withdrawn, counted: Withdrawn) -> None:
    with _ADDING:
        for name in ("answers", "refusals", "late", "answers_under_way"):
            setattr(found, name, getattr(found, name) + getattr(counted, name))
        found.other += counted.other


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.withdrawal", description=__doc__)
    parser.add_argument("--withdrawals", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = withdraw_under_load(chosen.withdrawals, chosen.workers, chosen.connections, chosen.seed)
    times = sorted(found.withdrawal_ms)
    report = asdict(found) | {
        "withdrawal_ms": {"median": round(median(times), 1), "99 %": round(times[int(len(times) * 0.99)], 1)},
        "sound": found.is_sound,
    }
    print(json.dumps(report, indent=None if chosen.json else 2))
    sys.exit(0 if found.is_sound else 1)


if __name__ == "__main__":
    main()
