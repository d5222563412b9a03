"""What is used once stays used; the memory stand-in of other tests keeps to the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from exchange.handover import OneTime
from exchange.identity.one_time import one_time
from exchange.store.one_time import SqlOneTimeGuard
from tests.unit.identity.identity_cases import MemoryOneTimeGuard

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Guard = SqlOneTimeGuard | MemoryOneTimeGuard


@pytest.fixture(params=["sql", "memory"])
def guard(request: pytest.FixtureRequest) -> Guard:
    made: dict[str, Callable[[], Guard]] = {
        "sql": lambda: SqlOneTimeGuard(request.getfixturevalue("engine")),
        "memory": MemoryOneTimeGuard,
    }
    return made[request.param]()


def a_proof(owner: str = "key", value: str = "1", expires_at: datetime = NOW + MINUTE) -> OneTime:
    return one_time("proof", owner, value, expires_at)


def test_the_first_time_counts_and_no_other(guard: Guard) -> None:
    assert guard.spend(a_proof())
    assert not guard.spend(a_proof())
    assert not guard.spend(a_proof(expires_at=NOW + 2 * MINUTE))


def test_other_owners_values_and_kinds_are_other_things(guard: Guard) -> None:
    assert guard.spend(a_proof("key", "1"))
    assert guard.spend(a_proof("key", "2"))
    assert guard.spend(a_proof("ke", "y1"))
    assert guard.spend(one_time("assertion", "key", "1", NOW + MINUTE))


def test_only_what_has_expired_is_forgotten(guard: Guard) -> None:
    guard.spend(a_proof(value="old", expires_at=NOW - MINUTE))
    guard.spend(a_proof(value="new", expires_at=NOW))
    assert guard.purge(NOW) == 1
    assert guard.spend(a_proof(value="old"))
    assert not guard.spend(a_proof(value="new"))


def test_of_many_at_once_one_is_first(engine: Engine) -> None:
    guard = SqlOneTimeGuard(engine)
    with ThreadPoolExecutor(4) as pool:
        firsts = list(pool.map(guard.spend, [a_proof()] * 8))
    assert firsts.count(True) == 1
