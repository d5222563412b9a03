"""Who tries too often is stopped; the memory stand-in counts as the table does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from exchange.clock import FixedClock
from exchange.errors import Overloaded
from exchange.handover import Attempts
from exchange.identity.attempt_limits import AttemptLimits, AttemptStore, Door
from exchange.settings import Settings
from exchange.store.attempts import SqlAttempts
from exchange.store.tables.sign_in import attempt_limit

SETTINGS = Settings(
    attempts_per_target_max=3, attempts_per_target_daily_max=7, attempts_per_source_max=5, attempt_window_seconds=60
)
SECRET = bytes(32)


class MemoryAttempts:
    """An AttemptStore without a database."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Attempts] = {}

    def count(self, digest: bytes, window: timedelta, now: datetime) -> Attempts:
        before = self._kept.get(digest)
        fresh = before is None or before.window_started_at <= now - window
        self._kept[digest] = Attempts(1, now) if fresh else Attempts(before.number + 1, before.window_started_at)
        return self._kept[digest]


@pytest.fixture(params=["sql", "memory"])
def store(request: pytest.FixtureRequest) -> AttemptStore:
    made: dict[str, Callable[[], AttemptStore]] = {
        "sql": lambda: SqlAttempts(request.getfixturevalue("engine")),
        "memory": MemoryAttempts,
    }
    return made[request.param]()


@pytest.fixture
def limits(store: AttemptStore) -> AttemptLimits:
    return AttemptLimits(store, SECRET, SETTINGS)


def tries(
    limits: AttemptLimits, clock: FixedClock, about: str | None = "alice", source: str = "a", door: Door = Door.TOTP
) -> bool:
    try:
        limits.take(door, about, source, clock.now())
    except Overloaded:
        return False
    return True


def test_so_many_at_one_target_wherever_they_come_from(limits: AttemptLimits, clock: FixedClock) -> None:
    assert [tries(limits, clock, source=str(n)) for n in range(5)] == [True, True, True, False, False]


def test_so_many_from_one_source_whomever_they_aim_at(limits: AttemptLimits, clock: FixedClock) -> None:
    assert [tries(limits, clock, about=str(n)) for n in range(7)] == [True] * 5 + [False] * 2
    assert [tries(limits, clock, about=None, source="b") for _ in range(6)] == [True] * 5 + [False]


def test_other_targets_sources_and_doors_are_not_held_up(limits: AttemptLimits, clock: FixedClock) -> None:
    assert [tries(limits, clock) for _ in range(4)][-1] is False
    assert tries(limits, clock, about="bob", source="b")
    assert tries(limits, clock, door=Door.RECOVERY_CODE)


def test_a_stopped_source_does_not_use_up_its_targets_attempts(limits: AttemptLimits, clock: FixedClock) -> None:
    for number in range(5):
        tries(limits, clock, about=str(number))
    for _ in range(10):
        assert not tries(limits, clock, about="bob")
    assert tries(limits, clock, about="bob", source="b")


def test_after_the_window_one_may_try_again(limits: AttemptLimits, clock: FixedClock) -> None:
    while tries(limits, clock):
        pass
    with pytest.raises(Overloaded) as stopped:
        limits.take(Door.TOTP, "alice", "b", clock.now())
    assert stopped.value.retry_after == 60
    clock.instant += timedelta(seconds=59)
    assert not tries(limits, clock, source="b")
    clock.instant += timedelta(seconds=1)
    assert tries(limits, clock, source="b")


def test_a_patient_guesser_is_stopped_by_the_day(limits: AttemptLimits, clock: FixedClock) -> None:
    taken = 0
    for number in range(100):
        taken += tries(limits, clock, source=str(number))
        clock.instant += timedelta(seconds=61)
    assert taken == SETTINGS.attempts_per_target_daily_max
    clock.instant += timedelta(days=1)
    assert tries(limits, clock)


def test_workers_count_together_and_other_secrets_apart(store: AttemptStore, clock: FixedClock) -> None:
    first, second = (AttemptLimits(store, SECRET, SETTINGS) for _ in range(2))
    assert [tries(first, clock), tries(second, clock), tries(first, clock), tries(second, clock)] == [True] * 3 + [
        False
    ]
    assert tries(AttemptLimits(store, b"x" * 32, SETTINGS), clock)


def test_of_many_at_once_none_is_missed(engine: Engine, clock: FixedClock) -> None:
    limits = AttemptLimits(SqlAttempts(engine), SECRET, SETTINGS)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda number: tries(limits, clock, source=str(number)), range(24)))
    assert taken.count(True) == SETTINGS.attempts_per_target_max


def test_the_table_tells_neither_whom_nor_whence(engine: Engine, clock: FixedClock) -> None:
    AttemptLimits(SqlAttempts(engine), SECRET, SETTINGS).take(Door.TOTP, "19010119900101001X", "192.0.2.7", clock.now())
    with engine.connect() as connection:
        rows = connection.execute(select(attempt_limit)).all()
    assert len(rows) == 3
    assert all(len(row.digest) == 32 and "192.0.2.7" not in repr(row) for row in rows)
