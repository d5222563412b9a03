"""The log in SQL: what an act writes, what readers are given, and what a rolled-back act leaves: nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from exchange.handover import NOBODY, LogEntry, LogEvent
from exchange.store.log_rows import SqlLog, SqlLogStore, append_log_entries, append_log_entry
from exchange.store.tables.log import log_leaf, log_opening, log_pending

ORIGIN = "log.example"
EVENT = LogEvent("look", "harbour-bank", "LOAN_APPROVAL", "CONSENT", True, (), ("cn.cir.18",))
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def entry(number: int, sequence: int | None = None, subject_key: UUID = NOBODY) -> LogEntry:
    return LogEntry(
        entry_id=UUID(int=number),
        subject_key=subject_key,
        recorded_at=NOW + timedelta(seconds=number),
        leaf=b"leaf %d" % number,
        leaf_hash=hash_of(number),
        subject_opening=None if subject_key == NOBODY else b"sealed for the subject",
        service_opening=b"sealed for the log",
        sequence=sequence,
        event=EVENT,
    )


def hash_of(number: int) -> bytes:
    from exchange.audit.merkle import leaf_hash

    return leaf_hash(b"leaf %d" % number)


def count(engine, table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize("append", [append_log_entry, lambda connection, one: append_log_entries(connection, [one])])
def test_an_entry_is_written_with_its_openings_and_waits_for_a_place(engine, append):
    subject = UUID(int=500)
    with engine.begin() as connection:
        append(connection, entry(1, 7, subject))
    with engine.connect() as connection:
        opening = connection.execute(select(log_opening)).one()
        pending = connection.execute(select(log_pending)).one()
    expected = entry(1, 7, subject)
    assert all(getattr(opening, name) == getattr(expected, name) for name in LogEntry.__slots__ if name != "event")
    assert pending == (
        *(expected.entry_id, expected.recorded_at, expected.leaf, expected.leaf_hash),
        *("look", "harbour-bank", "LOAN_APPROVAL", "CONSENT", True, [], ["cn.cir.18"]),
    )


def test_many_entries_are_written_at_once_and_none_is_no_fault(engine):
    with engine.begin() as connection:
        append_log_entries(connection, [])
        append_log_entries(connection, [entry(number) for number in range(10)])
    assert count(engine, log_opening) == count(engine, log_pending) == 10


def test_an_act_rolled_back_leaves_no_entry(engine):
    with engine.connect() as connection:
        append_log_entry(connection, entry(1))
        connection.rollback()
    assert count(engine, log_opening) == count(engine, log_pending) == 0


def test_a_borrowers_sequence_number_is_used_once(engine):
    subject = UUID(int=500)
    with engine.begin() as connection:
        append_log_entry(connection, entry(1, 7, subject))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        append_log_entry(connection, entry(2, 7, subject))
    assert count(engine, log_pending) == 1


def place(engine, first: int, numbers: list[int], tiles: dict) -> None:
    with SqlLogStore(engine, ORIGIN).locked() as log:
        log.place(first, [(UUID(int=number), b"leaf %d" % number, hash_of(number)) for number in numbers], tiles)


def test_what_is_placed_is_read_and_waits_no_more(engine):
    with engine.begin() as connection:
        append_log_entries(connection, [entry(number) for number in (1, 2, 3)])
    log = SqlLog(engine, ORIGIN)
    assert log.oldest_pending() == entry(1).recorded_at
    assert log.is_pending(hash_of(1))
    assert log.leaf_index(hash_of(1)) is None
    place(engine, 0, [1, 2], {(0, 0): hash_of(1) + hash_of(2)})
    assert log.leaves(0, 9) == [b"leaf 1", b"leaf 2"]
    assert log.leaves(1, 2) == [b"leaf 2"]
    assert log.leaf_index(hash_of(2)) == 1
    assert not log.is_pending(hash_of(2))
    assert log.oldest_pending() == entry(3).recorded_at
    with SqlLogStore(engine, ORIGIN).locked() as locked:
        assert locked.tree_size() == 2
        assert locked.pending(9) == [(UUID(int=3), b"leaf 3")]


def test_a_tile_is_cut_to_the_width_asked_and_grows(engine):
    log = SqlLog(engine, ORIGIN)
    assert log.tile(0, 0, 1) == b""
    place(engine, 0, [1, 2], {(0, 0): hash_of(1) + hash_of(2)})
    assert log.tile(0, 0, 1) == hash_of(1)
    place(engine, 2, [3], {(0, 0): hash_of(1) + hash_of(2) + hash_of(3), (1, 0): hash_of(9)})
    assert log.tile(0, 0, 3) == hash_of(1) + hash_of(2) + hash_of(3)
    assert log.tile(0, 0, 256) == log.tile(0, 0, 3)
    assert log.tile(1, 0, 1) == hash_of(9)
    assert log.tile(0, 1, 1) == b""


def test_the_newest_checkpoint_is_the_largest_then_the_latest(engine):
    log = SqlLog(engine, ORIGIN)
    assert log.newest_note() is None
    with SqlLogStore(engine, ORIGIN).locked() as locked:
        for size, seconds, note in [(3, 0, "three"), (5, -9, "five, early"), (5, -5, "five"), (2, 60, "two")]:
            locked.publish(size, bytes(32), note, NOW + timedelta(seconds=seconds))
        assert locked.newest_note() == "five"
    assert log.newest_note() == "five"


def test_a_leaf_is_uncovered_until_a_checkpoint_over_it_is_published(engine):
    log = SqlLog(engine, ORIGIN)
    assert log.oldest_uncovered() is None
    with engine.begin() as connection:
        append_log_entries(connection, [entry(number) for number in (3, 4, 5)])
    assert log.oldest_uncovered() == entry(3).recorded_at
    place(engine, 0, [3, 4], {(0, 0): hash_of(3) + hash_of(4)})
    assert log.oldest_pending() == entry(5).recorded_at
    assert log.oldest_uncovered() == entry(3).recorded_at
    publish(engine, ORIGIN, 1)
    assert log.oldest_uncovered() == entry(4).recorded_at
    publish(engine, "another.example", 2)
    assert log.oldest_uncovered() == entry(4).recorded_at
    publish(engine, ORIGIN, 2)
    assert log.oldest_uncovered() == entry(5).recorded_at
    with engine.begin() as connection:
        append_log_entry(connection, entry(1))  # committed late, recorded early
    assert log.oldest_uncovered() == entry(1).recorded_at
    place(engine, 2, [1, 5], {(0, 0): b"".join(hash_of(number) for number in (3, 4, 1, 5))})
    publish(engine, ORIGIN, 4)
    assert log.oldest_uncovered() is None
    assert SqlLog(engine, "another.example").oldest_uncovered() == entry(1).recorded_at


def publish(engine, origin: str, tree_size: int) -> None:
    with SqlLogStore(engine, origin).locked() as log:
        log.publish(tree_size, bytes(32), "note", NOW)


def test_a_transaction_that_fails_places_nothing(engine):
    with engine.begin() as connection:
        append_log_entry(connection, entry(1))
    with pytest.raises(RuntimeError), SqlLogStore(engine, ORIGIN).locked() as log:
        log.place(0, [(UUID(int=1), b"leaf 1", hash_of(1))], {(0, 0): hash_of(1)})
        raise RuntimeError
    assert count(engine, log_leaf) == 0
    assert count(engine, log_pending) == 1


def test_the_lock_is_held_by_one_and_free_afterwards(engine):
    store = SqlLogStore(engine, ORIGIN)
    with store.locked() as first:
        assert first is not None
        with store.locked() as second:
            assert second is None
    with store.locked() as third:
        assert third is not None
