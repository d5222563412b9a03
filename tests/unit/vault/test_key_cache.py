from datetime import UTC, datetime, timedelta

import pytest

from exchange.clock import FixedClock
from exchange.vault.key_cache import KeyCache

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Opener:
    """Gives a new value each time and counts."""

    def __init__(self) -> None:
        self.opened = 0

    def __call__(self) -> int:
        self.opened += 1
        return self.opened


@pytest.fixture
def noon() -> FixedClock:
    return FixedClock(NOON)


def test_a_key_is_opened_once_until_it_is_too_old_however_often_it_is_used(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)
    opener = Opener()

    for second in (0, 20, 40, 59):
        noon.instant = NOON + timedelta(seconds=second)
        assert cache.get_or_open("a", opener) == 1
    noon.instant = NOON + timedelta(seconds=60)

    assert cache.get_or_open("a", opener) == 2


def test_what_is_too_old_leaves_memory_at_the_next_call(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)
    for key in "abc":
        cache.get_or_open(key, Opener())
    noon.instant = NOON + timedelta(seconds=30)
    cache.get_or_open("d", Opener())

    noon.instant = NOON + timedelta(seconds=61)
    cache.get_or_open("d", Opener())

    assert len(cache) == 1


def test_a_clock_set_back_keeps_nothing_longer(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)
    opener = Opener()
    cache.get_or_open("a", opener)

    noon.instant = NOON - timedelta(hours=1)

    assert cache.get_or_open("a", opener) == 2


def test_the_oldest_goes_when_there_are_too_many(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=2)
    openers = {key: Opener() for key in "abc"}
    for key, opener in openers.items():
        cache.get_or_open(key, opener)

    assert len(cache) == 2
    for key in "cba":
        cache.get_or_open(key, openers[key])
    assert {key: opener.opened for key, opener in openers.items()} == {"a": 2, "b": 1, "c": 1}


def test_a_size_of_nothing_keeps_nothing(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=0)

    assert cache.get_or_open("a", Opener()) == 1
    assert len(cache) == 0


def test_only_what_is_forgotten_goes(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)
    a, b = Opener(), Opener()
    cache.get_or_open("a", a)
    cache.get_or_open("b", b)

    cache.forget(lambda key: key == "a")

    assert (cache.get_or_open("a", a), cache.get_or_open("b", b)) == (2, 1)


def test_a_key_forgotten_while_it_is_being_opened_is_not_kept(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)

    def forgotten_meanwhile() -> int:
        cache.forget(lambda key: key == "a")
        return 1

    assert cache.get_or_open("a", forgotten_meanwhile) == 1
    assert len(cache) == 0


def test_a_failure_is_not_kept(noon: FixedClock) -> None:
    cache: KeyCache[str, int] = KeyCache(noon, seconds=60, size=10)

    def failing() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.get_or_open("a", failing)

    assert cache.get_or_open("a", Opener()) == 1
