"""Strangers have a share of each second, and no more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from exchange.errors import Overloaded
from exchange.web.anonymous_limit import AnonymousLimit

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def taken(limit: AnonymousLimit, now: datetime, times: int) -> int:
    """How many of so many got through."""
    through = 0
    for _ in range(times):
        try:
            limit.take(now)
        except Overloaded as told:
            assert told.retry_after == 1
        else:
            through += 1
    return through


def test_a_second_lets_its_share_through_and_the_next_second_starts_anew() -> None:
    limit = AnonymousLimit(3)
    assert taken(limit, NOW, 5) == 3
    assert taken(limit, NOW + timedelta(seconds=0.999), 2) == 0
    assert taken(limit, NOW + timedelta(seconds=1), 5) == 3


def test_a_share_of_nothing_lets_nobody_through() -> None:
    with pytest.raises(Overloaded):
        AnonymousLimit(0).take(NOW)


def test_threads_share_one_share() -> None:
    limit = AnonymousLimit(100)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: taken(limit, NOW, 50), range(8))) == 100
