from itertools import product

import pytest

from consent.lifecycle import ConsentState, MoveNotAllowed, move

S = ConsentState
ALLOWED = {
    (S.REQUESTED, S.ACTIVE), (S.REQUESTED, S.REJECTED),
    (S.ACTIVE, S.PAUSED), (S.PAUSED, S.ACTIVE),
    (S.ACTIVE, S.REVOKED), (S.ACTIVE, S.EXPIRED), (S.ACTIVE, S.SUPERSEDED),
    (S.PAUSED, S.REVOKED), (S.PAUSED, S.EXPIRED), (S.PAUSED, S.SUPERSEDED),
}  # fmt: skip


@pytest.mark.parametrize(("state", "to"), list(product(S, S)))
def test_only_the_listed_moves_are_allowed(state: S, to: S) -> None:
    if (state, to) in ALLOWED:
        assert move(state, to) is to
    else:
        with pytest.raises(MoveNotAllowed, match=f"{state} cannot become {to}"):
            move(state, to)
