"""Every process is killed under load, 200 times; the long run of the same is `make torture`."""

import pytest

from benchmarks.kill import Torture, torture

KINDS = 9
KINDS_FORKED = 9


def test_whatever_command_is_killed_no_answer_is_without_its_leaf_and_no_leaf_without_its_act() -> None:
    done = torture(kills=KINDS, clients=4, borrowers=12)
    assert len(done.kills) == KINDS  # every kind of process, once each
    _nothing_was_lost(done, KINDS)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_a_hundred_times_in_a_minute_nothing_is_lost_either(seed: int) -> None:
    done = torture(kills=99, clients=4, borrowers=12, seed=seed, forked=True)
    assert len(done.kills) == KINDS_FORKED
    _nothing_was_lost(done, 99)


def _nothing_was_lost(done: Torture, kills: int) -> None:
    assert done.reconciled.violations == {}
    assert sum(done.kills.values()) == kills
    assert done.reconciled.counts["answers"] > 20
    assert done.reconciled.counts["refusals"] > 0
    assert done.reconciled.counts["proofs verified"] > 20
