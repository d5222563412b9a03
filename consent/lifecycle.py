"""The states of a consent and the only moves between them."""

from enum import StrEnum


class ConsentState(StrEnum):
    """Where a consent stands. Only an ACTIVE consent opens anything."""

    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    REJECTED = "REJECTED"
    PAUSED = "PAUSED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


_ENDS = frozenset({ConsentState.REVOKED, ConsentState.EXPIRED, ConsentState.SUPERSEDED})

MOVES: dict[ConsentState, frozenset[ConsentState]] = {
    ConsentState.REQUESTED: frozenset({ConsentState.ACTIVE, ConsentState.REJECTED}),
    ConsentState.ACTIVE: _ENDS | {ConsentState.PAUSED},
    ConsentState.PAUSED: _ENDS | {ConsentState.ACTIVE},
    ConsentState.REJECTED: frozenset(),
    ConsentState.REVOKED: frozenset(),
    ConsentState.EXPIRED: frozenset(),
    ConsentState.SUPERSEDED: frozenset(),
}
"""From each state, the states that it may move to. What is not here is not allowed."""


class MoveNotAllowed(ValueError):
    """The consent cannot move from its state to the one asked for."""

    def __init__(self, state: ConsentState, to: ConsentState) -> None:
        super().__init__(f"a consent that is {state} cannot become {to}")
        self.state = state
        self.to = to


def move(state: ConsentState, to: ConsentState) -> ConsentState:
    """The state after the move. Raises MoveNotAllowed."""
    if to not in MOVES[state]:
        raise MoveNotAllowed(state, to)
    return to
