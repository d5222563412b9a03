"""Keys that follow one another: each is known before it signs, and counts until what it signed has ended."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange.clock import FixedClock
from exchange.errors import BadRequest, KeysMissing
from exchange.vault.key_ring import READ_AGAIN_SECONDS, KeyRing, add_key

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LEAD, OVERLAP = timedelta(seconds=600), timedelta(seconds=3_600)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "token"


def a_ring(directory: Path, clock: FixedClock) -> KeyRing:
    return KeyRing(directory, clock, 600, 3_600)


def ids(ring: KeyRing) -> list[str]:
    return [key.thumbprint() for key in ring()]


def test_the_first_key_signs_at_once(directory: Path, clock: FixedClock) -> None:
    first = add_key(directory, NOW)
    assert ids(a_ring(directory, clock)) == [first]
    (file,) = directory.iterdir()
    assert file.name == "20260601T080000Z.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_next_key_is_published_before_it_signs_and_the_last_one_after(directory: Path, clock: FixedClock) -> None:
    first = add_key(directory, NOW - timedelta(days=30))
    ring = a_ring(directory, clock)
    ring()
    second = add_key(directory, NOW)
    clock.instant = NOW + timedelta(seconds=READ_AGAIN_SECONDS)
    assert ids(ring) == [first, second]
    clock.instant = NOW + LEAD - A_SECOND
    assert ids(ring) == [first, second]
    clock.instant = NOW + LEAD
    assert ids(ring) == [second, first]
    clock.instant = NOW + LEAD + OVERLAP - A_SECOND
    assert ids(ring) == [second, first]
    clock.instant = NOW + LEAD + OVERLAP
    assert ids(ring) == [second]


def test_at_every_moment_all_workers_count_the_key_that_any_of_them_signs_with(
    directory: Path, clock: FixedClock
) -> None:
    for number in range(3):
        add_key(directory, NOW + number * timedelta(seconds=900))
    fresh, stale = FixedClock(NOW), FixedClock(NOW)
    for step in range(0, 9_000, 30):
        fresh.instant = NOW + timedelta(seconds=step)
        stale.instant = fresh.instant - timedelta(seconds=30)  # a worker whose clock is behind
        assert ids(a_ring(directory, fresh))[0] in ids(a_ring(directory, stale))
        assert ids(a_ring(directory, stale))[0] in ids(a_ring(directory, fresh))


def test_a_key_whose_file_is_gone_stops_counting(directory: Path, clock: FixedClock) -> None:
    add_key(directory, NOW - timedelta(days=1))
    second = add_key(directory, NOW)
    ring = a_ring(directory, clock)
    assert len(ring()) == 2
    next(iter(sorted(directory.glob("*.pem")))).unlink()
    clock.instant += timedelta(seconds=READ_AGAIN_SECONDS)
    assert ids(ring) == [second]


def test_only_files_of_keys_that_count_no_longer_are_removed(directory: Path, clock: FixedClock) -> None:
    add_key(directory, NOW - timedelta(days=9))
    for days in (2, 0):
        add_key(directory, NOW - timedelta(days=days))
    assert a_ring(directory, clock).clear_away() == ["20260523T080000Z.pem"]
    assert sorted(file.name for file in directory.glob("*.pem")) == ["20260530T080000Z.pem", "20260601T080000Z.pem"]
    assert a_ring(directory, clock).clear_away() == []


def test_without_a_key_nothing_is_signed_and_none_is_made(directory: Path, clock: FixedClock) -> None:
    with pytest.raises(KeysMissing):
        a_ring(directory, clock)()
    assert not directory.exists()


def test_two_keys_in_one_second_and_names_that_are_no_moment_are_refused(directory: Path, clock: FixedClock) -> None:
    add_key(directory, NOW)
    with pytest.raises(BadRequest) as caught:
        add_key(directory, NOW)
    assert caught.value.stable_code == "KEY_JUST_MADE"
    (directory / "20260601T080000Z.pem").rename(directory / "old.pem")
    with pytest.raises(KeysMissing):
        a_ring(directory, clock)()
