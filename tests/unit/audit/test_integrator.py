"""The integrator: dense, exactly once, and never two signatures that contradict, wherever it is interrupted.

Every test runs over the log in memory and over PostgreSQL.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openbureau_client.merkle import root_of
from openbureau_client.note import open_checkpoint
from sqlalchemy import delete, func, insert, select

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, checkpoint_in, parse_checkpoint
from exchange.audit.integrator import Integrated, Integrator
from exchange.audit.last_signed import LastSigned
from exchange.audit.merkle import leaf_hash
from exchange.clock import FixedClock
from exchange.errors import LogWouldFork
from exchange.settings import Settings
from exchange.store.log_rows import SqlLogStore
from exchange.store.tables.log import log_checkpoint, log_event, log_integrator, log_leaf, log_pending, log_tile
from tests.memory_log import MemoryLog

ORIGIN = "log.example"
KEY = Ed25519PrivateKey.generate()
VKEY = Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).vkey


class SqlLogOfTest(SqlLogStore):
    """The log in PostgreSQL, with what a test looks at."""

    def commit_entry(self, recorded_at: datetime, entry_id: UUID, leaf: bytes) -> None:
        with self._engine.begin() as connection:
            row = {"entry_id": entry_id, "recorded_at": recorded_at, "leaf": leaf, "leaf_hash": leaf_hash(leaf)}
            row |= {"act": "look", "reasons": [], "rules": []}
            connection.execute(insert(log_pending).values(row))

    @property
    def placed(self) -> list[tuple[UUID, bytes, bytes]]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(log_leaf).order_by(log_leaf.c.leaf_index)).all()
        assert [row.leaf_index for row in rows] == list(range(len(rows)))
        return [(row.entry_id, row.leaf, row.leaf_hash) for row in rows]

    @property
    def waiting(self) -> list[UUID]:
        with self._engine.connect() as connection:
            return list(connection.scalars(select(log_pending.c.entry_id)))

    @property
    def published(self) -> list[tuple[int, datetime, bytes, str]]:
        with self._engine.connect() as connection:
            return [tuple(row)[1:] for row in connection.execute(select(log_checkpoint))]

    def restore(self, _empty: object) -> None:
        with self._engine.begin() as connection:
            for table in (log_leaf, log_event, log_tile, log_checkpoint, log_integrator):
                connection.execute(delete(table))


class SignerThatRemembers(KeySigner):
    def __init__(self) -> None:
        super().__init__(ORIGIN, KEY)
        self.signed: list[Checkpoint] = []

    def sign(self, message: bytes) -> bytes:
        self.signed.append(parse_checkpoint(message.decode()))
        return super().sign(message)


class World:
    """A log, what was committed to it, and everything that was ever signed."""

    def __init__(self, log, clock: FixedClock, settings: Settings, guard_path) -> None:
        self.log = log
        self.clock = clock
        self.settings = replace(settings, integrate_batch=300, integrate_interval_seconds=0.0)
        self.guard = LastSigned(guard_path)
        self.signer = SignerThatRemembers()
        self.committed: list[UUID] = []

    def integrator(self, log=None, signer=None, guard=None) -> Integrator:
        return Integrator(log or self.log, signer or self.signer, guard or self.guard, self.clock, self.settings)

    def commit(self, count: int) -> None:
        for _ in range(count):
            number = len(self.committed)
            self.clock.instant += timedelta(milliseconds=1)
            self.committed.append(UUID(int=number + 1))
            self.log.commit_entry(self.clock.now(), self.committed[-1], b"leaf %d" % number)

    def check(self) -> None:
        """Nothing lost, nothing twice, each leaf's hash its own, and all signatures ever made agree with the tree."""
        placed = self.log.placed
        assert sorted([entry_id for entry_id, _, _ in placed] + list(self.log.waiting)) == self.committed
        assert all(hash_ == leaf_hash(leaf) for _, leaf, hash_ in placed)
        hashes = [hash_ for _, _, hash_ in placed]
        for checkpoint in self.signer.signed:
            assert checkpoint.root == root_of(hashes[: checkpoint.size])
        for size, _, root, note in self.log.published:
            found = open_checkpoint(note, [VKEY])
            assert (found.size, found.root, found.origin) == (size, root, ORIGIN)
            assert root == root_of(hashes[:size])

    def check_all_is_published(self) -> None:
        self.check()
        assert not self.log.waiting
        assert checkpoint_in(self.log.newest_note()).size == len(self.committed)
        assert self.guard.read() == checkpoint_in(self.log.newest_note())


@pytest.fixture(params=["memory", "sql"])
def world(request, clock, settings, tmp_path) -> World:
    log = MemoryLog() if request.param == "memory" else SqlLogOfTest(request.getfixturevalue("engine"), ORIGIN)
    return World(log, clock, settings, tmp_path / "guard")


def test_an_empty_log_gets_one_checkpoint_and_then_no_more(world):
    integrator = world.integrator()
    assert integrator.integrate_once() == Integrated(0, 0, signed=True)
    assert integrator.integrate_once() == Integrated(0, 0, signed=False)
    world.check_all_is_published()
    assert len(world.log.published) == len(world.signer.signed) == 1


def test_committed_leaves_get_places_in_the_order_in_which_they_were_recorded(world):
    world.commit(5)
    late = UUID(int=99)
    world.log.commit_entry(world.clock.now() - timedelta(hours=1), late, b"late")
    assert world.integrator().integrate_once() == Integrated(6, 6, signed=True)
    assert [entry_id for entry_id, _, _ in world.log.placed] == [late, *world.committed]


def test_an_entry_older_than_the_last_one_placed_is_not_passed_over(world):
    world.commit(3)
    integrator = world.integrator()
    integrator.integrate_once()
    early = UUID(int=99)
    world.log.commit_entry(world.clock.now() - timedelta(hours=1), early, b"committed late, recorded early")
    assert integrator.integrate_once().leaves == 1
    assert world.log.placed[-1][0] == early
    assert not world.log.waiting


def test_a_backlog_is_taken_in_batches(world):
    world.commit(700)
    integrator = world.integrator()
    rounds = [integrator.integrate_once() for _ in range(4)]
    assert [done.leaves for done in rounds] == [300, 300, 100, 0]
    assert [done.backlog for done in rounds] == [True, True, False, False]
    assert [done.signed for done in rounds] == [True, True, True, False]
    world.check_all_is_published()


class Interrupted(Exception):
    pass


POINTS = [
    "place",
    "commit of leaves",
    "commit of leaves, persisted",
    "sign",
    "guard",
    "guard, persisted",
    "publish",
    "commit of checkpoint",
    "commit of checkpoint, persisted",
]


class Interruption:
    """Stands before log, signer and guard, and fails once at the point it was made for."""

    def __init__(self, world: World, point: str) -> None:
        self.world, self.point = world, point
        self.name, self.public_key = ORIGIN, world.signer.public_key
        self._transactions = iter(["commit of leaves", "commit of checkpoint"])

    def integrator(self) -> Integrator:
        return self.world.integrator(self, self, self)

    def _at(self, point: str) -> None:
        if self.point == point:
            raise Interrupted

    @contextmanager
    def locked(self) -> Iterator[object]:
        commit = next(self._transactions)
        with self.world.log.locked() as log:
            self._log = log
            yield self
            self._at(commit)
        self._at(f"{commit}, persisted")

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def place(self, *args: object) -> None:
        self._log.place(*args)
        self._at("place")

    def publish(self, *args: object) -> None:
        self._log.publish(*args)
        self._at("publish")

    def sign(self, message: bytes) -> bytes:
        signature = self.world.signer.sign(message)
        self._at("sign")
        return signature

    def read(self) -> Checkpoint | None:
        return self.world.guard.read()

    def write(self, checkpoint: Checkpoint) -> None:
        self._at("guard")
        self.world.guard.write(checkpoint)
        self._at("guard, persisted")


@pytest.mark.parametrize("point", POINTS)
def test_an_interruption_at_any_point_loses_nothing_and_forks_nothing(world, point):
    world.commit(10)
    world.integrator().integrate_once()
    world.commit(400)
    with pytest.raises(Interrupted):
        Interruption(world, point).integrator().integrate_once()
    world.check()
    world.commit(1)
    # What is recorded late but sorts early changes the next batch: a tree signed before its commit would now fork.
    world.clock.instant -= timedelta(days=1)
    world.commit(1)
    integrator = world.integrator()
    while integrator.integrate_once() != Integrated(0, 412):
        world.check()
    world.check_all_is_published()


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from([*POINTS, None]), st.booleans()), max_size=12))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_of_commits_and_interruptions_keeps_the_log_whole(tmp_path_factory, steps):
    clock = FixedClock(datetime.fromisoformat("2026-06-01T08:00:00Z"))
    world = World(MemoryLog(), clock, Settings(), tmp_path_factory.mktemp("run") / "guard")
    for count, point, backwards in steps:
        clock.instant -= timedelta(hours=backwards)
        world.commit(count)
        try:
            Interruption(world, point).integrator().integrate_once()
        except Interrupted:
            world.check()
    integrator = world.integrator()
    while integrator.integrate_once().leaves:
        pass
    world.check_all_is_published()


def test_an_older_database_is_neither_signed_nor_filled(world):
    empty = world.log.copy() if isinstance(world.log, MemoryLog) else None
    world.commit(20)
    world.integrator().integrate_once()
    world.log.restore(empty)
    world.log.commit_entry(world.clock.now(), UUID(int=99), b"after the restore")
    signed_before = list(world.signer.signed)
    with pytest.raises(LogWouldFork, match="holds 0 leaves, but 20 were signed"):
        world.integrator().integrate_once()
    assert world.signer.signed == signed_before
    assert world.log.placed == []
    assert list(world.log.waiting) == [UUID(int=99)]
    assert world.guard.read() == signed_before[-1]


def test_a_longer_log_with_another_past_is_not_signed(world):
    world.guard.write(Checkpoint(ORIGIN, 3, leaf_hash(b"another past")))
    for leaf in (2, 3, 5):
        world.commit(leaf)
        with world.log.locked() as log:
            place_all(log)
    with pytest.raises(LogWouldFork, match="contradicts the checkpoint signed for 3 leaves"):
        world.integrator().integrate_once()
    assert world.signer.signed == []
    assert world.log.published == []


def place_all(log) -> None:
    from exchange.audit.merkle import Tree

    leaves = [(entry_id, leaf, leaf_hash(leaf)) for entry_id, leaf in log.pending(1000)]
    tree = Tree(log, log.tree_size())
    log.place(tree.size, leaves, tree.append([hash_ for _, _, hash_ in leaves]).tiles)


def test_another_origin_is_not_signed_for(world):
    world.guard.write(Checkpoint("other.example", 0, root_of([])))
    with pytest.raises(LogWouldFork, match=r"signed for other\.example"):
        world.integrator().integrate_once()
    assert world.signer.signed == []


def test_a_published_checkpoint_guards_where_the_file_was_lost(world, tmp_path):
    world.commit(4)
    world.integrator().integrate_once()
    (tmp_path / "guard").unlink()
    assert world.integrator().integrate_once().signed
    world.check_all_is_published()
    (tmp_path / "guard").unlink()
    with world.log.locked() as log:
        log.publish(9, leaf_hash(b"?"), signed_note_of(world, 9), world.clock.now())
    with pytest.raises(LogWouldFork, match="9 were signed"):
        world.integrator().integrate_once()


def signed_note_of(world: World, size: int) -> str:
    from exchange.audit.checkpoint import sign_note

    return sign_note(Checkpoint(ORIGIN, size, leaf_hash(b"?")).body(), KeySigner(ORIGIN, KEY))


def test_a_damaged_guard_file_stops_everything(world, tmp_path):
    world.commit(1)
    (tmp_path / "guard").write_text("nonsense")
    with pytest.raises(LogWouldFork):
        world.integrator().integrate_once()
    assert world.log.placed == []


def test_a_second_integrator_stands_by(world):
    world.commit(3)
    with world.log.locked() as log:
        assert log is not None
        assert world.integrator().integrate_once() == Integrated(standing_by=True)
    assert world.signer.signed == []
    assert world.integrator().integrate_once().leaves == 3


def test_two_integrators_at_once_leave_one_dense_log(world):
    stop = threading.Event()
    world.integrator().integrate_once()
    workers = [threading.Thread(target=world.integrator().run, args=(stop,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(40):
        world.commit(10)
    while world.log.waiting:
        stop.wait(0.01)
    stop.set()
    for worker in workers:
        worker.join()
    world.integrator().integrate_once()
    world.check_all_is_published()


def test_a_clock_that_runs_backwards_changes_neither_order_nor_newest(world):
    integrator = world.integrator()
    for _ in range(3):
        world.commit(2)
        integrator.integrate_once()
        world.clock.instant -= timedelta(days=1)
    world.check_all_is_published()
    assert [entry_id for entry_id, _, _ in world.log.placed] == world.committed


def test_a_late_leaf_raises_an_alarm_and_a_fresh_one_does_not(world, caplog):
    world.commit(1)
    world.clock.instant += timedelta(seconds=world.settings.pending_alarm_seconds)
    with world.log.locked(), caplog.at_level(logging.INFO):
        world.integrator()._round()
        assert "log.pending_late" not in caplog.text
        world.clock.instant += timedelta(seconds=2)
        world.integrator()._round()
    assert "log.pending_late oldest_seconds=12" in caplog.text
    assert "log.standing_by" in caplog.text


def test_a_database_that_is_away_ends_no_run_and_a_fork_ends_it(world, caplog, tmp_path):
    world.commit(1)
    with caplog.at_level(logging.INFO):
        assert Interruption(world, "commit of leaves").integrator()._round() is False
        assert "log.integration_failed error=Interrupted" in caplog.text
        world.integrator()._round()
        assert "log.integrated leaves=1 tree_size=1 signed=True" in caplog.text
        world.guard.write(Checkpoint(ORIGIN, 9, bytes(32)))
        with pytest.raises(LogWouldFork):
            world.integrator().run(threading.Event())
    assert "log.halted" in caplog.text


def test_only_one_row_is_the_lock(engine):
    store = SqlLogStore(engine, ORIGIN)
    for _ in range(3):
        with store.locked() as log:
            assert log.tree_size() == 0
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(log_integrator)) == 1
