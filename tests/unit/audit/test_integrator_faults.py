"""The integrator under faults: every effect fails, or is done and yet seems to fail; a disk, a clock, a backup fail.

Every test runs over the log in memory and over PostgreSQL. Each asserts that nothing is lost, that the log is dense,
and that no two signatures ever made contradict each other.
"""

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openbureau_client.note import open_checkpoint

from exchange.audit.back_pressure import BackPressure
from exchange.audit.checkpoint import Checkpoint, checkpoint_in
from exchange.audit.integrator import Integrated
from exchange.audit.last_signed import LastSigned
from exchange.clock import FixedClock
from exchange.errors import LogWouldFork, Unavailable
from exchange.settings import Settings
from exchange.store.engine import make_engine
from tests.log_world import ORIGIN, VKEY, SqlLogOfTest, World, make_world
from tests.memory_log import MemoryLog
from tests.memory_witness import MemoryWitness

Done = TypeVar("Done")
WITNESSES = 2
MEETING = ["commit", "sign", "witness0", "witness0", "witness1", "witness1"]
ROUND = ["place", "commit", "guard", "commit", "sign", "witness0", "witness1", "publish", "commit"]
EFFECTS = [*MEETING, *ROUND]


class Interrupted(Exception):
    pass


class Faults:
    """Stands before log, signer, guard and witnesses. Fails one effect of a round, before it is done or after."""

    def __init__(self, world: World, at: int | None, persisted: bool = False) -> None:
        self.world, self.at, self.persisted = world, at, persisted
        self.effects: list[str] = []
        self.name, self.key_id = ORIGIN, world.signer.key_id
        self._lock = threading.Lock()

    def round(self) -> None:
        """One round of an integrator that was started just now. Raises Interrupted."""
        for witness in self.world.witnesses:
            witness.way = lambda call, name=witness.witness.name: self._asked(name, call)
        try:
            self.world.integrator(self, self, self).integrate_once()
        finally:
            for witness in self.world.witnesses:
                witness.come_back()

    def _is_at(self, effect: str) -> bool:
        with self._lock:
            self.effects.append(effect)
            return len(self.effects) - 1 == self.at

    def _do(self, effect: str, call: Callable[[], Done]) -> Done:
        fails = self._is_at(effect)
        if fails and not self.persisted:
            raise Interrupted(effect)
        done = call()
        if fails:
            raise Interrupted(effect)
        return done

    def _asked(self, name: str, call: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            return self._do(name, call)
        except Interrupted:
            raise httpx.ReadTimeout("the answer is lost") from None

    @contextmanager
    def locked(self) -> Iterator[object]:
        with self.world.log.locked() as log:
            self._log = log
            yield self
            fails = self._is_at("commit")
            if fails and not self.persisted:
                raise Interrupted("commit")
        if fails:
            raise Interrupted("commit")

    def tile(self, level: int, index: int, width: int) -> bytes:
        return bytes(self.world.log.tile(level, index, width))

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def place(self, *args: Any) -> None:
        self._do("place", lambda: self._log.place(*args))

    def publish(self, *args: Any) -> None:
        self._do("publish", lambda: self._log.publish(*args))

    def sign(self, text: bytes) -> bytes:
        return self._do("sign", lambda: self.world.signer.sign(text))

    def read(self) -> Checkpoint | None:
        return self.world.guard.read()

    def write(self, checkpoint: Checkpoint) -> None:
        self._do("guard", lambda: self.world.guard.write(checkpoint))


@pytest.fixture(params=["memory", "sql"])
def bare(request: Any, clock: FixedClock, settings: Settings, tmp_path: Path) -> World:
    """A world without witnesses."""
    return make_world(request, clock, settings, tmp_path)


@pytest.fixture(params=["memory", "sql"])
def witnessed(request: Any, clock: FixedClock, settings: Settings, tmp_path: Path) -> World:
    """A world whose checkpoints need both witnesses."""
    return make_world(request, clock, settings, tmp_path, witnesses=WITNESSES, quorum=WITNESSES)


def grow(world: World) -> None:
    """Ten leaves that are published, and thirty that wait."""
    world.commit(10)
    world.integrator().integrate_once()
    world.commit(30)


def commit_what_sorts_early(world: World) -> None:
    """Changes the next batch: a tree signed before its commit would now fork."""
    world.commit(1)
    world.clock.instant -= timedelta(days=1)
    world.commit(1)


def test_the_effects_of_a_round_are_those_that_are_made_to_fail(witnessed: World) -> None:
    grow(witnessed)
    faults = Faults(witnessed, at=None)
    faults.round()
    assert sorted(faults.effects) == sorted(EFFECTS)
    # Both witnesses are asked at once; everything else has its order.
    assert [one for one in faults.effects if "witness" not in one] == [one for one in EFFECTS if "witness" not in one]
    witnessed.check_all_is_published()


@pytest.mark.parametrize("persisted", [False, True], ids=["fails", "done"])
@pytest.mark.parametrize("at", range(len(EFFECTS)))
def test_an_effect_that_fails_loses_nothing_and_forks_nothing(witnessed: World, at: int, persisted: bool) -> None:
    grow(witnessed)
    published = len(witnessed.log.published)
    faults = Faults(witnessed, at, persisted)
    try:
        faults.round()
    except (Interrupted, Unavailable):
        assert len(faults.effects) > at
    assert len(faults.effects) > at
    witnessed.check()
    assert len(witnessed.log.published) <= published + 1
    commit_what_sorts_early(witnessed)
    witnessed.catch_up()
    witnessed.check_all_is_published()


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.none() | st.integers(0, len(EFFECTS)), st.booleans(), st.booleans()),
        max_size=12,
    )
)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_of_commits_and_faults_keeps_the_log_whole(tmp_path_factory: Any, steps: list[Any]) -> None:
    clock = FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC))
    path = tmp_path_factory.mktemp("run") / "guard"
    world = World(MemoryLog(), clock, Settings(), path, witnesses=WITNESSES, quorum=1)
    for count, at, persisted, backwards in steps:
        clock.instant -= timedelta(hours=backwards)
        world.commit(count)
        try:
            Faults(world, at, persisted).round()
        except (Interrupted, Unavailable):
            world.check()
    world.catch_up()
    world.check_all_is_published()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("failing", ["fsync of the file", "fsync of the directory", "rename"])
def test_a_disk_that_cannot_hold_the_guard_publishes_nothing(
    bare: World, monkeypatch: pytest.MonkeyPatch, code: int, failing: str
) -> None:
    grow(bare)
    signed, published = list(bare.signer.signed), len(bare.log.published)
    fault = OSError(code, os.strerror(code))
    calls = {"fsync of the file": [fault], "fsync of the directory": [None, fault], "rename": []}[failing]

    def fsync(_: int) -> None:
        if calls and (raised := calls.pop(0)):
            raise raised

    def replace_file(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        if failing == "rename":
            patch.setattr(Path, "replace", replace_file)
        with pytest.raises(OSError, match=os.strerror(code)):
            bare.integrator().integrate_once()
    assert bare.signer.signed == signed
    assert len(bare.log.published) == published
    bare.check()
    commit_what_sorts_early(bare)
    bare.catch_up()
    bare.check_all_is_published()


def restore_older(world: World) -> list[bytes]:
    """Grows the log, and brings back the database of before. Returns the hashes of all leaves that were signed."""
    world.commit(10)
    world.integrator().integrate_once()
    backup = world.log.copy()
    world.commit(10)
    world.integrator().integrate_once()
    hashes = world.hashes
    assert len(hashes) == 20
    world.log.restore(backup)
    world.log.commit_entry(world.clock.now(), world.committed[10], b"another leaf, after the restore")
    return hashes


def assert_halts(world: World, hashes: list[bytes], kind: type[Exception], match: str) -> None:
    """However often an integrator is started, nothing is placed, published or signed that contradicts."""
    published = world.log.published
    for _ in range(3):
        with pytest.raises(kind, match=match):
            world.integrator().integrate_once()
    assert world.hashes == hashes[:10]
    assert len(world.log.waiting) == 1
    assert world.log.published == published
    world.check_signed_agree_with(hashes)


def test_a_restored_backup_is_neither_filled_nor_signed(bare: World) -> None:
    hashes = restore_older(bare)
    assert_halts(bare, hashes, LogWouldFork, "holds 10 leaves, but 20 were signed")


def test_where_the_guard_is_lost_too_a_witness_remembers(witnessed: World) -> None:
    hashes = restore_older(witnessed)
    witnessed.guard_path.unlink()
    assert_halts(witnessed, hashes, LogWouldFork, "holds 10 leaves, but a witness has seen 20")
    witnessed.witnesses[0].go_away()
    assert_halts(witnessed, hashes, Unavailable, "Too few witnesses")


def test_where_everything_is_lost_a_witness_remembers(witnessed: World) -> None:
    empty = witnessed.log.copy()
    witnessed.commit(20)
    witnessed.integrator().integrate_once()
    hashes = witnessed.hashes
    witnessed.log.restore(empty)
    witnessed.guard_path.unlink()
    witnessed.log.commit_entry(witnessed.clock.now(), witnessed.committed[0], b"a new beginning")
    with pytest.raises(LogWouldFork, match="holds 0 leaves, but a witness has seen 20"):
        witnessed.integrator().integrate_once()
    assert witnessed.hashes == []
    witnessed.check_signed_agree_with(hashes)


def test_where_the_guard_was_restored_with_the_database_a_witness_remembers(witnessed: World) -> None:
    witnessed.commit(10)
    witnessed.integrator().integrate_once()
    older = witnessed.guard_path.read_text()
    witnessed.committed.clear()
    del witnessed.witnesses[1:]
    witnessed.quorum = 1
    backup = witnessed.log.copy()
    for number in range(10, 20):
        witnessed.log.commit_entry(witnessed.clock.now(), UUID(int=number + 1), b"leaf %d" % number)
    witnessed.integrator().integrate_once()
    hashes = witnessed.hashes
    witnessed.log.restore(backup)
    witnessed.guard_path.write_text(older)
    witnessed.log.commit_entry(witnessed.clock.now(), UUID(int=99), b"another leaf")
    assert_halts(witnessed, hashes, LogWouldFork, "holds 10 leaves, but a witness has seen 20")


def test_a_fork_that_nobody_could_know_of_is_found_as_soon_as_the_witness_answers(bare: World) -> None:
    bare.witnesses = make_witnesses(bare)
    bare.commit(10)
    bare.integrator().integrate_once()
    backup, older = bare.log.copy(), bare.guard_path.read_text()
    bare.commit(10)
    bare.integrator().integrate_once()
    bare.log.restore(backup)
    bare.guard_path.write_text(older)
    bare.witnesses[0].go_away()
    for number in range(12):
        bare.log.commit_entry(bare.clock.now(), UUID(int=1000 + number), b"another leaf %d" % number)
    integrator = bare.integrator()
    assert integrator.integrate_once() == Integrated(12, 22, published=True)
    bare.witnesses[0].come_back()
    signed = len(bare.signer.signed)
    bare.log.commit_entry(bare.clock.now(), UUID(int=2000), b"one more")
    with pytest.raises(LogWouldFork, match="witness0 has seen another tree of 20 leaves"):
        integrator.integrate_once()
    bare.log.commit_entry(bare.clock.now(), UUID(int=2001), b"and one more")
    for _ in range(3):
        with pytest.raises(LogWouldFork, match="another tree of 20 leaves"):
            bare.integrator().integrate_once()
    assert {one.size for one in bare.signer.signed[signed:]} == {23}
    assert len(bare.hashes) == 23
    assert [size for size, *_ in bare.log.published] == [10, 22]


def make_witnesses(world: World, count: int = 1) -> list[MemoryWitness]:
    return [MemoryWitness(f"witness{number}", VKEY) for number in range(count)]


def test_a_lost_guard_alone_stops_nothing_once_every_witness_has_answered(witnessed: World) -> None:
    grow(witnessed)
    with pytest.raises(Interrupted):
        Faults(witnessed, EFFECTS.index("publish")).round()
    assert [witness.size for witness in witnessed.witnesses] == [40, 40]
    assert checkpoint_in(witnessed.log.newest_note()).size == 10
    witnessed.guard_path.unlink()
    witnessed.witnesses[1].go_away()
    placed = witnessed.hashes
    witnessed.commit(1)
    with pytest.raises(Unavailable, match="Too few witnesses"):
        witnessed.integrator().integrate_once()
    assert witnessed.hashes == placed
    witnessed.witnesses[1].come_back()
    witnessed.catch_up()
    witnessed.check_all_is_published()


def test_without_its_quorum_nothing_is_published_and_after_a_minute_nothing_disclosed(witnessed: World) -> None:
    witnessed.commit(3)
    integrator = witnessed.integrator()
    assert integrator.integrate_once().published
    witnessed.witnesses[1].go_away()
    witnessed.commit(2)
    recorded_at = witnessed.clock.now() - timedelta(milliseconds=1)
    assert integrator.integrate_once() == Integrated(2, 5, published=False)
    assert not witnessed.log.waiting
    assert witnessed.log.oldest_uncovered() == recorded_at
    pressure = BackPressure(witnessed.log, witnessed.clock, 60)
    witnessed.clock.instant = recorded_at + timedelta(seconds=60)
    pressure.check()
    witnessed.clock.instant += timedelta(seconds=2)
    assert not integrator.integrate_once().published
    with pytest.raises(Unavailable, match="fallen behind"):
        pressure.check()
    assert checkpoint_in(witnessed.log.newest_note()).size == 3

    witnessed.witnesses[1].come_back()
    assert integrator.integrate_once() == Integrated(0, 5, published=True)
    witnessed.clock.instant += timedelta(seconds=2)
    pressure.check()
    witnessed.check_all_is_published()


def test_without_a_quorum_a_checkpoint_is_published_with_what_it_got(bare: World) -> None:
    bare.witnesses = make_witnesses(bare, 2)
    integrator = bare.integrator()
    integrator.integrate_once()
    bare.witnesses[0].go_away()
    bare.commit(1)
    assert integrator.integrate_once().published
    lines = bare.log.newest_note().splitlines()
    assert [line.split()[1] for line in lines if line.startswith("\u2014")] == [ORIGIN, "witness1.example"]
    bare.check_all_is_published()


def test_a_quorum_that_is_raised_holds_for_the_checkpoint_that_stands(witnessed: World) -> None:
    witnesses, witnessed.witnesses, witnessed.quorum = witnessed.witnesses, [], 0
    witnessed.commit(2)
    assert witnessed.integrator().integrate_once().published
    witnessed.witnesses, witnessed.quorum = witnesses, 2
    witnessed.clock.instant += timedelta(seconds=1)
    integrator = witnessed.integrator()
    assert integrator.integrate_once() == Integrated(0, 2, published=True)
    assert integrator.integrate_once() == Integrated(0, 2, published=False)
    assert open_checkpoint(witnessed.log.newest_note(), witnessed.policy).size == 2


def test_a_clock_that_runs_backwards_changes_nothing(witnessed: World) -> None:
    integrator = witnessed.integrator()
    for _ in range(3):
        witnessed.commit(2)
        assert integrator.integrate_once().published
        witnessed.clock.instant -= timedelta(days=1)
    witnessed.check_all_is_published()
    assert [entry_id for entry_id, _, _ in witnessed.log.placed] == witnessed.committed


def test_the_lock_is_free_while_witnesses_are_asked(witnessed: World) -> None:
    free = []

    def look(call: Callable[[], httpx.Response]) -> httpx.Response:
        with witnessed.log.locked() as log:
            free.append(log is not None)
        return call()

    del witnessed.witnesses[1:]
    witnessed.quorum = 1
    witnessed.witnesses[0].way = look
    witnessed.commit(3)
    assert witnessed.integrator().integrate_once().published
    assert free == [True, True]
    witnessed.check_all_is_published()


def test_a_checkpoint_that_was_overtaken_while_witnesses_were_asked_is_not_published(witnessed: World) -> None:
    def overtake(call: Callable[[], httpx.Response]) -> httpx.Response:
        for witness in witnessed.witnesses:
            witness.come_back()
        witnessed.commit(1)
        assert second.integrate_once() == Integrated(1, 5, published=True)
        return call()

    del witnessed.witnesses[1:]
    witnessed.quorum = 1
    first, second = witnessed.integrator(), witnessed.integrator()
    witnessed.commit(3)
    for integrator in (first, second):
        integrator.integrate_once()
    witnessed.commit(1)
    witnessed.witnesses[0].way = overtake
    assert first.integrate_once() == Integrated(1, 4, published=False)
    witnessed.check_all_is_published()
    assert [size for size, *_ in witnessed.log.published] == [3, 5]
    assert first.integrate_once() == Integrated(0, 5)


def test_two_integrators_of_two_machines_leave_one_dense_log(
    request: pytest.FixtureRequest, witnessed: World, settings: Settings, tmp_path: Path
) -> None:
    logs, engines = [witnessed.log, witnessed.log], []
    if isinstance(witnessed.log, SqlLogOfTest):
        url = request.getfixturevalue("database_url")
        engines = [make_engine(settings, url) for _ in logs]
        logs = [SqlLogOfTest(engine, ORIGIN) for engine in engines]
    stop = threading.Event()
    guards = [LastSigned(tmp_path / name) for name in ("first", "second")]
    integrators = [witnessed.integrator(log, guard=guard) for log, guard in zip(logs, guards, strict=True)]
    workers = [threading.Thread(target=integrator.run, args=(stop,)) for integrator in integrators]
    try:
        for worker in workers:
            worker.start()
        for _ in range(20):
            witnessed.commit(5)
        witnessed.wait_until_placed()
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    witnessed.guard = guards[0]
    witnessed.catch_up()
    witnessed.check()
    assert checkpoint_in(witnessed.log.newest_note()).size == 100
    assert all((guard.read() or Checkpoint(ORIGIN, 0, b"")).size <= 100 for guard in guards)
    for engine in engines:
        engine.dispose()


def test_faults_end_no_run_and_a_fork_ends_it(bare: World, caplog: pytest.LogCaptureFixture) -> None:
    bare.commit(1)
    rounds = [Unavailable("down"), OSError(errno.EIO, "disk"), None, LogWouldFork("Two trees.")]
    stop = threading.Event()
    integrator = bare.integrator(FaultyOnce(bare.log, rounds))
    with caplog.at_level(logging.INFO), pytest.raises(LogWouldFork, match="Two trees"):
        integrator.run(stop)
    assert rounds == []
    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == [
        *("log.integration_failed", "log.integration_failed", "log.integrated", "log.halted"),
    ]
    bare.check_all_is_published()


class FaultyOnce:
    """A log whose rounds begin with these faults, one after another."""

    def __init__(self, log: Any, rounds: list[Exception | None]) -> None:
        self._log, self._rounds = log, rounds
        self._transactions = 0

    @contextmanager
    def locked(self) -> Iterator[object]:
        if self._transactions % 3 == 0:
            fault = self._rounds.pop(0)
            if fault:
                raise fault
        self._transactions += 1
        with self._log.locked() as log:
            yield log

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)
