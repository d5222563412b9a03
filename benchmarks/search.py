"""How long a regulator's search takes, and how that grows with the log.

    python -m benchmarks.search --events 1000000       (makes an embedded PostgreSQL for the run; gone after it)

Made-up events with a realistic skew: twelve members of which one has 60 %, 2 % refused, ten acts and purposes, the
rules and reasons of a look in sets. Then 200 searches in nine groups, pages of 100, some of them deep in the list.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from exchange.handover import EventFilter
from exchange.settings import Settings
from exchange.store.embedded import start_embedded
from exchange.store.engine import make_engine
from exchange.store.event_search import Place, search_events
from exchange.store.migrate import migrate

PAGE = 100
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
EVENTS_PER_SECOND = 4
MEMBERS = [f"member-{number:02}" for number in range(12)]
PURPOSES = ["LOAN_APPROVAL", "CARD_APPROVAL", "GUARANTEE_REVIEW", "POST_LOAN", "COLLECTION", "DISPUTE", "FRAUD_CHECK"]
RARE_REASON, COMMON_REASON = "FREEZE", "CONSENT_NOT_FOUND"
RARE_RULE, COMMON_RULE = "cn.rule.19", "cn.rule.0"
ABSENT_REASON = "NEVER_GIVEN"

_MAKE = """
INSERT INTO log_event (leaf_index, recorded_at, act, member_id, purpose, basis, granted, reasons, rules)
SELECT n, :until - make_interval(secs => (:events - n) / CAST(:per_second AS float)),
       CASE WHEN p < 0.90 THEN 'look'
            WHEN p < 0.99 THEN (ARRAY['consent_given','consent_moved','submission'])[1 + n % 3]
            ELSE (ARRAY['caller_refused','notice_answered','file_frozen','member_keys','log_searched','event_viewed'])
                 [1 + n % 6] END,
       CASE WHEN m < 0.6 THEN 'member-00' WHEN m < 0.9999
            THEN 'member-' || lpad((1 + floor((m - 0.6) * 25))::int::text, 2, '0') ELSE 'member-11' END,
       CASE WHEN p < 0.90 THEN (CAST(:purposes AS text[]))[1 + floor(7 * u * u)::int] END,
       CASE WHEN p < 0.90 THEN CASE WHEN u < 0.98 THEN 'CONSENT' ELSE 'GROUND' END END,
       CASE WHEN p < 0.90 THEN r >= 0.02 END,
       CASE WHEN p < 0.90 AND r < 0.02 THEN
            CASE WHEN r < 0.012 THEN ARRAY['CONSENT_NOT_FOUND']
                 WHEN r < 0.0199 THEN (ARRAY['CONSENT_EXPIRED', 'SCOPE_MISSING', 'PURPOSE_OTHER', 'USES_SPENT'])
                                      [1 + n % 2 : 1 + (n / 2) % 4]
                 WHEN r < 0.01999 THEN ARRAY['RECIPROCITY'] ELSE ARRAY['FREEZE'] END
            ELSE '{}' END,
       CASE WHEN p < 0.90 THEN ARRAY['cn.rule.0', 'cn.rule.' || 1 + n % 5] ||
            CASE WHEN r > 0.9999 THEN ARRAY['cn.rule.19'] WHEN r > 0.5 THEN ARRAY['cn.rule.' || 7 + n % 3] ELSE '{}' END
            ELSE '{}' END
FROM (SELECT n, random() AS p, random() AS m, random() AS r, random() AS u
      FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS drawn
"""
_LEAVES = """
INSERT INTO log_leaf (leaf_index, entry_id, leaf_hash, leaf)
SELECT n, gen_random_uuid(), sha256(int8send(n)), '{}'
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
_BATCH = 500_000


@dataclass(frozen=True, slots=True)
class Group:
    """Searches of one sort. `draw` makes one of them."""

    name: str
    draw: Callable[[random.Random], EventFilter]


@dataclass(frozen=True, slots=True)
class Timing:
    """One search: milliseconds, and how many events its page had."""

    milliseconds: float
    events: int


GROUPS = (
    Group("nothing but time", lambda _: EventFilter()),
    Group("one member", lambda chance: EventFilter(member_id=chance.choice(MEMBERS))),
    Group("granted", lambda chance: EventFilter(granted=True, purpose=chance.choice([None, *PURPOSES]))),
    Group("refused", lambda chance: EventFilter(granted=False, member_id=chance.choice([None, *MEMBERS]))),
    Group("a common rule", lambda chance: EventFilter(rule=COMMON_RULE, member_id=chance.choice([None, *MEMBERS]))),
    Group("a rare rule", lambda chance: EventFilter(rule=RARE_RULE, member_id=chance.choice([None, *MEMBERS]))),
    Group("a rare reason", lambda chance: EventFilter(reason=RARE_REASON, purpose=chance.choice([None, *PURPOSES]))),
    Group(
        "what nothing satisfies",
        lambda chance: EventFilter(reason=chance.choice([ABSENT_REASON, COMMON_REASON]), granted=True),
    ),
    Group(
        "everything at once",
        lambda chance: EventFilter(
            chance.choice(MEMBERS), "look", chance.choice(PURPOSES), False, COMMON_REASON, COMMON_RULE,
            UNTIL - timedelta(days=2), UNTIL,
        ),
    ),
)  # fmt: skip


def main() -> None:
    """Makes the events, runs the searches, prints a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--searches", type=int, default=200)
    given = options.parse_args()
    with _database() as engine:
        began = time.perf_counter()
        load(engine, given.events)
        print(f"{given.events:,} events made in {time.perf_counter() - began:.0f} s\n")
        print("| Search | n | p50 ms | p99 ms | most ms |\n|---|---|---|---|---|")
        everything: list[Timing] = []
        for group in GROUPS:
            timings = list(run(engine, group, max(1, given.searches // len(GROUPS)), given.events))
            everything += timings
            print(_row(group.name, timings))
        print(_row("all", everything))


def load(engine: Engine, events: int) -> None:
    """Fills the log's tables with made-up events."""
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT setseed(0.5)"))
        for first in range(0, events, _BATCH):
            last = min(first + _BATCH, events) - 1
            values = {"first": first, "last": last, "events": events, "until": UNTIL}
            connection.execute(text(_MAKE), values | {"purposes": PURPOSES, "per_second": EVENTS_PER_SECOND})
            connection.execute(text(_LEAVES), {"first": first, "last": last})
            connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE log_event, log_leaf"))


def run(engine: Engine, group: Group, searches: int, events: int) -> Iterator[Timing]:
    """The timings of so many searches: each second one starts deep in the list."""
    chance = random.Random(group.name)
    with engine.connect() as connection:
        search_events(connection, group.draw(chance), PAGE + 1, None)
        for number in range(searches):
            deep = number % 2 == 1
            yield _timed(connection, group.draw(chance), _deep(chance, events) if deep else None)


def _deep(chance: random.Random, events: int) -> Place:
    index = chance.randrange(events)
    return UNTIL - timedelta(seconds=(events - index) / EVENTS_PER_SECOND), index


def _timed(connection: Connection, wanted: EventFilter, after: Place | None) -> Timing:
    began = time.perf_counter()
    found = search_events(connection, wanted, PAGE + 1, after)
    return Timing((time.perf_counter() - began) * 1_000, len(found))


def _row(name: str, timings: list[Timing]) -> str:
    taken = sorted(timing.milliseconds for timing in timings)
    p99 = taken[min(len(taken) - 1, round(0.99 * len(taken)))]
    return f"| {name} | {len(taken)} | {statistics.median(taken):.1f} | {p99:.1f} | {taken[-1]:.1f} |"


@contextmanager
def _database() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="openbureau-search-") as home:
        Path(home).chmod(0o711)  # the server's account must pass
        with start_embedded(Path(home), durable=False) as url:
            engine = make_engine(Settings(), url)
            migrate(engine)
            yield engine
            engine.dispose()


if __name__ == "__main__":
    main()
