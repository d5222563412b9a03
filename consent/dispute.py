"""The moves of a dispute, and the mark that disputes leave on a record. Pure.

A dispute is answered once (Regulation on the Credit Reporting Industry, art. 25): corrected, the mark removed, or
recorded as not verifiable.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.dispute import NEXT_STATES, OPEN_DISPUTES, DisputeOutcome, DisputeState

ON_FILING = (DisputeState.MARKED, DisputeState.WITH_FURNISHER)
"""Where a dispute goes at once when it is filed: readers see the mark, and its furnisher is told."""


class DisputeMoveNotAllowed(ValueError):
    """The dispute cannot move from its state to the one asked for."""

    def __init__(self, state: DisputeState, to: DisputeState) -> None:
        super().__init__(f"a dispute that is {state} cannot become {to}")
        self.state = state
        self.to = to


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one dispute about a record stands, and since when it is closed (None: it is open)."""

    state: DisputeState
    closed_at: datetime | None


def move(state: DisputeState, to: DisputeState) -> DisputeState:
    """The state after the move. Raises DisputeMoveNotAllowed."""
    if to not in NEXT_STATES[state]:
        raise DisputeMoveNotAllowed(state, to)
    return to


def filed() -> DisputeState:
    """The state of a dispute that was just filed."""
    state = DisputeState.FILED
    for to in ON_FILING:
        state = move(state, to)
    return state


def closed_by(state: DisputeState, outcome: DisputeOutcome) -> DisputeState:
    """The state after a furnisher's answer, in time or late. Raises DisputeMoveNotAllowed."""
    return move(state, DisputeState(outcome.value))


def mark_of(disputes: Iterable[Standing]) -> ComplianceFlag | None:
    """What readers are told of a record that these disputes are about; None: nothing.

    While one is open, that it is contested; afterwards what the one closed last left. One that was taken back leaves
    nothing, and takes nothing away.
    """
    about = list(disputes)
    if any(each.state in OPEN_DISPUTES for each in about):
        return ComplianceFlag.DISPUTED
    answered = [(each.closed_at, each.state) for each in about if each.closed_at is not None]
    _, last = max((one for one in answered if one[1] is not DisputeState.WITHDRAWN), default=(None, None))
    return ComplianceFlag.UNVERIFIABLE if last is DisputeState.UNVERIFIABLE_RECORDED else None
