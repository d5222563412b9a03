"""Every process is killed under load; the long run of the same is `make torture`."""

from benchmarks.kill import torture

KILLS = 8


def test_whatever_is_killed_no_answer_is_without_its_leaf_and_no_leaf_without_its_act() -> None:
    done = torture(kills=KILLS, clients=4, borrowers=12)
    assert done.reconciled.violations == {}
    assert sum(done.kills.values()) == KILLS
    assert len(done.kills) == KILLS  # every kind of process, once each
    assert done.reconciled.counts["answers"] > 20
    assert done.reconciled.counts["refusals"] > 0
    assert done.reconciled.counts["proofs verified"] > 20
