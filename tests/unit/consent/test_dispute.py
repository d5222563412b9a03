"""The moves of a dispute, and the mark that disputes leave."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from consent.dispute import DisputeMoveNotAllowed, Standing, closed_by, filed, mark_of, move
from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.dispute import NEXT_STATES, OPEN_DISPUTES, DisputeOutcome, DisputeState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def closed(state: DisputeState, hours: int = 0) -> Standing:
    return Standing(state, NOON + timedelta(hours=hours))


OPEN = Standing(DisputeState.WITH_FURNISHER, None)
UNVERIFIABLE = DisputeState.UNVERIFIABLE_RECORDED


def test_a_filed_dispute_is_marked_and_with_its_furnisher_at_once() -> None:
    assert filed() is DisputeState.WITH_FURNISHER


@pytest.mark.parametrize(("state", "to"), list(product(DisputeState, DisputeState)))
def test_only_the_moves_of_the_table_are_allowed(state: DisputeState, to: DisputeState) -> None:
    if to in NEXT_STATES[state]:
        assert move(state, to) is to
        return
    with pytest.raises(DisputeMoveNotAllowed) as refused:
        move(state, to)
    assert (refused.value.state, refused.value.to) == (state, to)


@pytest.mark.parametrize("outcome", DisputeOutcome)
def test_an_answer_is_taken_in_time_and_late_but_only_once(outcome: DisputeOutcome) -> None:
    for state in (DisputeState.WITH_FURNISHER, DisputeState.OVERDUE):
        assert closed_by(state, outcome).value == outcome.value
    for state in set(DisputeState) - OPEN_DISPUTES:
        with pytest.raises(DisputeMoveNotAllowed):
            closed_by(state, outcome)


def test_every_state_is_open_or_leads_nowhere() -> None:
    assert {state for state in DisputeState if NEXT_STATES[state]} == OPEN_DISPUTES


@pytest.mark.parametrize(
    ("disputes", "mark"),
    [
        ((), None),
        ((OPEN,), ComplianceFlag.DISPUTED),
        ((Standing(DisputeState.OVERDUE, None),), ComplianceFlag.DISPUTED),
        ((OPEN, closed(UNVERIFIABLE)), ComplianceFlag.DISPUTED),
        ((closed(UNVERIFIABLE),), ComplianceFlag.UNVERIFIABLE),
        ((closed(DisputeState.MARK_REMOVED),), None),
        ((closed(DisputeState.CORRECTED),), None),
        ((closed(DisputeState.WITHDRAWN),), None),
        ((closed(UNVERIFIABLE), closed(DisputeState.WITHDRAWN, 1)), ComplianceFlag.UNVERIFIABLE),
        ((closed(UNVERIFIABLE), closed(DisputeState.CORRECTED, 1)), None),
        ((closed(DisputeState.CORRECTED), closed(UNVERIFIABLE, 1)), ComplianceFlag.UNVERIFIABLE),
    ],
)
def test_the_mark_is_what_the_disputes_come_to(disputes: tuple[Standing, ...], mark: ComplianceFlag | None) -> None:
    assert mark_of(disputes) is mark
    assert mark_of(reversed(disputes)) is mark
