"""Running clocks: met once, missed once, and never both told as missed and met."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from exchange.clock import new_id
from exchange.handover import NOBODY
from exchange.store.clock_views import clocks_by_member, clocks_of_member, overdue_clocks
from exchange.store.running_clocks import (
    RunningClock,
    clocks_about,
    mark_escalated,
    meet_clock,
    missed_clocks,
    start_clock,
)
from schema.vocabulary.running_clock import ClockKind

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
WHAT = UUID(int=7)


def started(
    engine: Engine,
    days: int = 20,
    kind: ClockKind = ClockKind.DISPUTE_ANSWER,
    about: UUID = WHAT,
    member_id: str | None = "harbour-bank",
    at: datetime = START,
) -> RunningClock:
    clock = RunningClock(NOBODY, new_id(at), kind, about, member_id, "cn.cir.25", at, at + timedelta(days=days))
    with engine.begin() as connection:
        start_clock(connection, clock)
    return clock


def test_a_clock_comes_back_as_it_was_started(engine: Engine) -> None:
    clock = started(engine)
    with engine.connect() as connection:
        assert clocks_about(connection, NOBODY, WHAT) == [clock]
        assert clocks_about(connection, NOBODY, UUID(int=8)) == []
        assert clocks_about(connection, UUID(int=9), WHAT) == []


@pytest.mark.parametrize(("days", "is_missed"), [(-1, False), (0, False), (1, True)])
def test_a_clock_is_missed_from_the_instant_after_it_was_due(engine: Engine, days: int, is_missed: bool) -> None:
    clock = started(engine)
    with engine.connect() as connection:
        found = missed_clocks(connection, clock.due_at + timedelta(microseconds=days), 10)
    assert list(found) == ([clock] if is_missed else [])


def test_a_clock_that_was_met_is_never_missed_and_is_met_once(engine: Engine) -> None:
    clock = started(engine)
    with engine.begin() as connection:
        assert meet_clock(connection, NOBODY, WHAT, clock.kind, START + timedelta(days=3))
        assert not meet_clock(connection, NOBODY, WHAT, clock.kind, START + timedelta(days=4))
        assert not meet_clock(connection, NOBODY, WHAT, ClockKind.DISPUTE_FURNISHER, START)
        assert missed_clocks(connection, START + timedelta(days=99), 10) == []
        assert not mark_escalated(connection, clock, START + timedelta(days=99))
        (stands,) = clocks_about(connection, NOBODY, WHAT)
    assert (stands.met_at, stands.escalated_at) == (START + timedelta(days=3), None)


def test_a_clock_is_escalated_once_and_may_be_met_late(engine: Engine) -> None:
    clock, late = started(engine), START + timedelta(days=21)
    with engine.begin() as connection:
        assert mark_escalated(connection, clock, late)
        assert not mark_escalated(connection, clock, late)
        assert missed_clocks(connection, late, 10) == []
        assert meet_clock(connection, NOBODY, WHAT, clock.kind, late + timedelta(days=1))
        (stands,) = clocks_about(connection, NOBODY, WHAT)
    assert (stands.escalated_at, stands.met_at) == (late, late + timedelta(days=1))


def test_of_two_that_escalate_at_once_one_does(engine: Engine) -> None:
    clock, late = started(engine), START + timedelta(days=21)
    with engine.connect() as one, engine.connect() as other:
        assert list(missed_clocks(one, late, 10)) == list(missed_clocks(other, late, 10)) == [clock]
        assert mark_escalated(one, clock, late)
        one.commit()
        assert not mark_escalated(other, clock, late)


def test_missed_clocks_come_the_longest_overdue_first_and_no_more_than_asked_for(engine: Engine) -> None:
    later, first = started(engine, days=9), started(engine, days=3)
    with engine.connect() as connection:
        assert list(missed_clocks(connection, START + timedelta(days=30), 10)) == [first, later]
        assert list(missed_clocks(connection, START + timedelta(days=30), 1)) == [first]


def test_a_year_of_clocks_each_is_met_or_missed_and_none_is_lost(engine: Engine) -> None:
    """One clock begins each day and is due after twenty; what it is about is answered every third day, in time."""
    clocks = [started(engine, about=UUID(int=day + 1), at=START + timedelta(days=day)) for day in range(365)]
    escalated: list[UUID] = []
    for day in range(400):
        now = START + timedelta(days=day, hours=1)
        with engine.begin() as connection:
            if day >= 10 and (day - 10) % 3 == 0 and day - 10 < 365:
                meet_clock(connection, NOBODY, UUID(int=day - 9), ClockKind.DISPUTE_ANSWER, now)
            for missed in missed_clocks(connection, now, 3):
                assert mark_escalated(connection, missed, now)
                assert now - missed.due_at == timedelta(hours=1)  # On the very day.
                escalated.append(missed.clock_id)
    answered = {clock.clock_id for number, clock in enumerate(clocks) if number % 3 == 0}
    assert set(escalated) == {clock.clock_id for clock in clocks} - answered
    assert len(escalated) == len(set(escalated)) == 243


def test_what_is_overdue_is_seen_by_kind_by_member_and_page_by_page(engine: Engine) -> None:
    now = START + timedelta(days=30)
    oldest = started(engine, days=3, member_id=None, kind=ClockKind.ERASURE)
    second = started(engine, days=9)
    third = started(engine, days=10, member_id="river-bank")
    started(engine, days=40)
    met = started(engine, days=1, about=UUID(int=8))
    with engine.begin() as connection:
        meet_clock(connection, NOBODY, met.about, met.kind, now)
        every = overdue_clocks(connection, now, None, 10)
        assert [each.clock_id for each in every] == [oldest.clock_id, second.clock_id, third.clock_id]
        assert every[0].member_id is None
        rest = overdue_clocks(connection, now, every[0].place, 1)
        assert [each.clock_id for each in rest] == [second.clock_id]
        of_kind = overdue_clocks(connection, now, None, 10, kind=ClockKind.ERASURE)
        assert [each.clock_id for each in of_kind] == [oldest.clock_id]
        of_member = overdue_clocks(connection, now, None, 10, member_id="river-bank")
        assert [each.clock_id for each in of_member] == [third.clock_id]
        by_member = [(each.member_id, each.overdue) for each in clocks_by_member(connection, now)]
        assert by_member == [(None, 1), ("harbour-bank", 1), ("river-bank", 1)]
        assert clocks_of_member(connection, "harbour-bank", now) == (1, 1)
        assert clocks_of_member(connection, "nobody", now) == (0, 0)
