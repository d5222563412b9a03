"""Disclosure stops when leaves wait too long, and the log is not asked more than once a second."""

from datetime import UTC, datetime, timedelta

import pytest

from exchange.audit.back_pressure import BackPressure
from exchange.clock import FixedClock
from exchange.errors import Unavailable

START = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Waiting:
    """A log whose oldest leaf was recorded when it is told; counts how often it is asked."""

    def __init__(self, oldest: datetime | None = None) -> None:
        self.oldest = oldest
        self.asked = 0

    def oldest_uncovered(self) -> datetime | None:
        self.asked += 1
        return self.oldest


def is_stopped(pressure: BackPressure) -> bool:
    try:
        pressure.check()
    except Unavailable as stopped:
        assert stopped.stable_code == "LOG_BEHIND"
        return True
    return False


@pytest.mark.parametrize(("age_seconds", "stopped"), [(0, False), (60, False), (60.001, True), (3600, True)])
def test_disclosure_stops_once_a_leaf_waits_longer_than_it_may(age_seconds: float, stopped: bool) -> None:
    log = Waiting(START - timedelta(seconds=age_seconds))
    assert is_stopped(BackPressure(log, FixedClock(START), 60)) is stopped


def test_nothing_waiting_stops_nothing() -> None:
    assert not is_stopped(BackPressure(Waiting(), FixedClock(START), 60))


def test_the_log_is_asked_once_a_second_however_many_ask() -> None:
    log, clock = Waiting(), FixedClock(START)
    pressure = BackPressure(log, clock, 60)
    for _ in range(50):
        pressure.check()
    assert log.asked == 1
    clock.instant += timedelta(seconds=0.999)
    pressure.check()
    assert log.asked == 1
    clock.instant += timedelta(seconds=0.001)
    pressure.check()
    assert log.asked == 2


def test_an_answer_that_is_remembered_grows_old_all_the_same() -> None:
    log, clock = Waiting(START), FixedClock(START + timedelta(seconds=59.5))
    pressure = BackPressure(log, clock, 60)
    assert not is_stopped(pressure)
    clock.instant += timedelta(seconds=0.9)
    assert is_stopped(pressure)
    assert log.asked == 1


def test_disclosure_resumes_with_the_next_question_after_the_log_has_caught_up() -> None:
    log, clock = Waiting(START - timedelta(seconds=90)), FixedClock(START)
    pressure = BackPressure(log, clock, 60)
    assert is_stopped(pressure)
    log.oldest = None
    assert is_stopped(pressure)
    clock.instant += timedelta(seconds=1)
    assert not is_stopped(pressure)


def test_a_clock_that_is_set_back_makes_it_ask_again() -> None:
    log, clock = Waiting(), FixedClock(START)
    pressure = BackPressure(log, clock, 60)
    pressure.check()
    clock.instant -= timedelta(hours=1)
    log.oldest = clock.instant - timedelta(seconds=61)
    assert is_stopped(pressure)
    assert log.asked == 2


def test_a_log_that_cannot_be_asked_stops_disclosure_and_is_asked_again() -> None:
    class Broken(Waiting):
        def oldest_uncovered(self) -> datetime | None:
            super().oldest_uncovered()
            raise Unavailable("down")

    log = Broken()
    pressure = BackPressure(log, FixedClock(START), 60)
    for _ in range(2):
        with pytest.raises(Unavailable):
            pressure.check()
    assert log.asked == 2
