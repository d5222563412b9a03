"""How fast committed leaves get their places, beside the floor, and how long a leaf waits for its checkpoint.

    python -m benchmarks.integration [--leaves 100000] [--seconds 20] [--per-second 400] [--json]

Floor: the same leaves written to a plain table with the same key and commits, nothing else: no tree, no tiles, no
search columns, no signature. Both are done on the same database, one after the other, in batches of the same size.
The delay is taken from a leaf's commit to the commit of the first checkpoint that holds it, with the integrator as it
runs by default (a checkpoint every second) while another process commits leaves at a steady rate.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from exchange.audit.integrator import Integrator
from exchange.audit.last_signed import LastSigned
from exchange.clock import SystemClock
from exchange.key_files import open_log_signer
from exchange.serving import set_up
from exchange.settings import Settings, read_settings
from exchange.store.engine import open_store
from exchange.store.log_rows import SqlLogStore

_PENDING = text("""
    INSERT INTO log_pending (entry_id, recorded_at, leaf, leaf_hash, act, member_id, purpose, basis, granted, reasons,
        rules)
    SELECT gen_random_uuid(), clock_timestamp(), leaf, sha256('\\x00'::bytea || leaf), 'look', 'm-' || n % 12,
        'LOAN_APPROVAL', 'CONSENT', n % 50 > 0, '{}', '{cn.cir.13,cn.cir.18}'
    FROM (SELECT n, convert_to(format('{"c"\\:"%s","t"\\:%s,"v"\\:1}', encode(sha256(gen_random_uuid()::text::bytea),
        'base64'), 1780000000000 + n), 'UTF8') AS leaf FROM generate_series(1, :leaves) n) made""")
_FLOOR_TABLE = text("""
    CREATE TABLE floor (leaf_index BIGINT PRIMARY KEY, entry_id UUID NOT NULL, leaf_hash BYTEA NOT NULL,
        leaf BYTEA NOT NULL)""")
_FLOOR = text("""
    INSERT INTO floor SELECT * FROM unnest(CAST(:places AS BIGINT[]), CAST(:ids AS UUID[]), CAST(:hashes AS BYTEA[]),
        CAST(:leaves AS BYTEA[]))""")
_DELAYS = text("""
    SELECT extract(epoch FROM (SELECT min(c.signed_at) FROM log_checkpoint c WHERE c.tree_size > e.leaf_index)
        - e.recorded_at) FROM log_event e WHERE e.leaf_index >= :first""")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.integration", description=__doc__)
    parser.add_argument("--leaves", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--per-second", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        Path(home).chmod(0o711)  # the server's account must pass
        settings = Settings(home=Path(home), postgres_bin=read_settings().postgres_bin)
        set_up(settings)
        with open_store(settings) as engine:
            figures = measure(settings, engine, chosen.leaves, chosen.seconds, chosen.per_second)
    print(json.dumps(figures) if chosen.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


def measure(settings: Settings, engine: Engine, leaves: int, seconds: float, per_second: int) -> dict[str, Any]:
    """The figures of one run."""
    _commit(engine, leaves)
    floor = leaves / _timed(lambda: _write_floor(engine, settings.integrate_batch))
    integrated = leaves / _timed(lambda: _integrate_all(settings, engine))
    delays = _delays(settings, engine, seconds, per_second)
    return {
        "leaves": leaves,
        "floor, leaves a second": round(floor),
        "integrated, leaves a second": round(integrated),
        "share of the floor": round(integrated / floor, 3),
        "leaves while delays were taken": len(delays),
        "delay p50, seconds": round(statistics.median(delays), 3),
        "delay p99, seconds": round(statistics.quantiles(delays, n=100)[98], 3),
        "delay longest, seconds": round(max(delays), 3),
    }


def _commit(engine: Engine, leaves: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(_PENDING, {"leaves": leaves})


def _write_floor(engine: Engine, batch: int) -> None:
    with engine.begin() as connection:
        connection.execute(_FLOOR_TABLE)
    with engine.connect() as reading:
        waiting = reading.execute(text("SELECT entry_id, leaf_hash, leaf FROM log_pending ORDER BY recorded_at"))
        first = 0
        for rows in waiting.partitions(batch):
            ids, hashes, leaves = zip(*rows, strict=True)
            places = list(range(first, first + len(rows)))
            with engine.begin() as connection:
                connection.execute(
                    _FLOOR, {"places": places, "ids": list(ids), "hashes": list(hashes), "leaves": list(leaves)}
                )
            first += len(rows)


def _integrate_all(settings: Settings, engine: Engine) -> None:
    integrator = _integrator(settings, engine)
    while integrator.integrate_once().backlog:
        pass


def _delays(settings: Settings, engine: Engine, seconds: float, per_second: int) -> list[float]:
    with engine.connect() as connection:
        first = connection.scalar(text("SELECT tree_size FROM log_integrator"))
    stop = threading.Event()
    running = threading.Thread(target=_integrator(settings, engine).run, args=(stop,))
    running.start()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        _commit(engine, max(1, per_second // 20))
        time.sleep(0.05)
    time.sleep(3 * settings.integrate_interval_seconds)
    stop.set()
    running.join()
    with engine.connect() as connection:
        return [float(delay) for delay in connection.scalars(_DELAYS, {"first": first})]


def _integrator(settings: Settings, engine: Engine) -> Integrator:
    clock = SystemClock()
    store, guard = SqlLogStore(engine, settings.log_origin), LastSigned(settings.home / "log.last-signed")
    return Integrator(store, open_log_signer(settings), guard, clock, settings)


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
