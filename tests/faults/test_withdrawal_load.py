"""Many withdrawals while a member asks without pause; the long run of the same is `python -m benchmarks.withdrawal`."""

from benchmarks.withdrawal import withdraw_under_load


def test_under_load_no_question_is_answered_after_its_withdrawal() -> None:
    found = withdraw_under_load(withdrawals=50, workers=4, connections=16, seed=1)
    assert (found.withdrawals, found.told) == (50, 50)
    assert (found.late, found.granted_afterwards, dict(found.other)) == (0, 0, {})
    assert found.answers > 0
    assert found.refusals > 0
