"""The integrator: dense, exactly once, and never two signatures that contradict, wherever it is interrupted.

Every test runs over the log in memory and over PostgreSQL.
"""

import logging
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from openbureau_client.merkle import root_of
from sqlalchemy import func, select

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, open_note, sign_note
from exchange.audit.cosignature import MlDsaCosigner, TimedSigner
from exchange.audit.integrator import Integrated, Integrator
from exchange.audit.merkle import Tree, leaf_hash
from exchange.errors import LogWouldFork
from exchange.store.log_rows import SqlLogStore
from exchange.store.tables.log import log_integrator
from tests.log_world import KEY, ORIGIN, World, make_world


@pytest.fixture(params=["memory", "sql"])
def world(request, clock, settings, tmp_path) -> World:
    return make_world(request, clock, settings, tmp_path)


def test_an_empty_log_gets_one_checkpoint_and_then_no_more(world):
    integrator = world.integrator()
    assert integrator.integrate_once() == Integrated(0, 0, published=True)
    assert integrator.integrate_once() == Integrated(0, 0, published=False)
    world.check_all_is_published()
    assert len(world.log.published) == len(world.signer.signed) == 1


def test_committed_leaves_get_places_in_the_order_in_which_they_were_recorded(world):
    world.commit(5)
    late = UUID(int=99)
    world.log.commit_entry(world.clock.now() - timedelta(hours=1), late, b"late")
    assert world.integrator().integrate_once() == Integrated(6, 6, published=True)
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
    assert [done.published for done in rounds] == [True, True, True, False]
    world.check_all_is_published()


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
    assert world.integrator().integrate_once().published
    world.check_all_is_published()
    (tmp_path / "guard").unlink()
    with world.log.locked() as log:
        log.publish(9, leaf_hash(b"?"), signed_note_of(world, 9), world.clock.now())
    with pytest.raises(LogWouldFork, match="9 were signed"):
        world.integrator().integrate_once()


def signed_note_of(world: World, size: int) -> str:
    return sign_note(Checkpoint(ORIGIN, size, leaf_hash(b"?")).body(), KeySigner(ORIGIN, KEY))


def test_a_damaged_guard_file_stops_everything(world, tmp_path):
    world.commit(1)
    (tmp_path / "guard").write_text("nonsense")
    with pytest.raises(LogWouldFork):
        world.integrator().integrate_once()
    assert world.log.placed == []


def test_the_logs_other_key_signs_each_checkpoint_too(world):
    other = MlDsaCosigner(ORIGIN, MLDSA44PrivateKey.generate())
    also = (TimedSigner(other, world.clock),)
    integrator = Integrator(world.log, world.signer, world.guard, world.clock, world.settings, also_signing=also)
    world.commit(2)
    assert integrator.integrate_once().published
    assert not integrator.integrate_once().published
    note = world.log.newest_note()
    for verifier in (other.verifier, Verifier(ORIGIN, KEY.public_key().public_bytes_raw())):
        assert open_note(note, [verifier]) == world.guard.read().body()
    world.check_all_is_published()


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
    world.wait_until_placed()
    stop.set()
    for worker in workers:
        worker.join()
    world.integrator().integrate_once()
    world.check_all_is_published()


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


def test_only_one_row_is_the_lock(engine):
    store = SqlLogStore(engine, ORIGIN)
    for _ in range(3):
        with store.locked() as log:
            assert log.tree_size() == 0
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(log_integrator)) == 1
