"""How much each member may still ask: a budget of points in every window, in which a field costs one.

What an operation may cost at most is taken before it runs, and what it did not use is given back after it. No request
writes to the database: each worker takes points from it in blocks, and spends them in memory. So never more than the
budget is spent, however many workers there are; what a worker holds when it dies, or when the window ends, is lost.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from exchange.errors import BadRequest, BudgetSpent, ExchangeError
from exchange.handover import Lease
from exchange.settings import Settings

LEASES_IN_A_WINDOW = 64
"""A block is this part of a budget: so using all of it up takes each worker one statement in a second or so."""
FAULTY_IN_A_WINDOW = 6_000
"""So many documents that do not fit use up a whole budget."""
_ASK_AGAIN = timedelta(seconds=1)
"""Who was refused may have been given more by an operator: so often the database is asked."""


class BudgetStore(Protocol):
    """Keeps how many points of a member's window are taken."""

    def lease(self, member_id: str, least: int, blocks: int, now: datetime) -> Lease | None:
        """Takes a block (the limit divided by `blocks`; half of what is left where that is less), but never fewer than
        `least`; nothing where fewer are left. Opens a new window where the last is over. None: no such member.
        """


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's budget at this moment, as far as this worker knows it."""

    limit: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """What an operation was charged before it ran, and how the member stood after that."""

    member_id: str
    points: int
    standing: Standing
    window_started_at: datetime


class _Purse:
    """What this worker holds of one member's window."""

    __slots__ = ("ask_again_at", "ends_at", "limit", "lock", "points", "remaining", "window_started_at")

    def __init__(self, now: datetime) -> None:
        self.lock = threading.Lock()
        self.window_started_at = self.ends_at = self.ask_again_at = now
        self.points = self.limit = self.remaining = 0

    def standing(self) -> Standing:
        return Standing(self.limit, max(0, self.remaining + self.points), self.ends_at)


class Budgets:
    """The members' budgets, as one worker sees them. Workers that share the store share the budgets."""

    def __init__(self, store: BudgetStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._window = timedelta(seconds=max(1, settings.rate_window_seconds))
        self._purses: dict[str, _Purse] = {}

    def charge(self, member_id: str, points: int, now: datetime) -> Charge:
        """Takes the points, before anything is run. `now` is of this worker's clock.

        Raises BudgetSpent where too few are left in this window, BadRequest where no window has as many; Unavailable.
        """
        purse = self._purses.get(member_id) or self._purses.setdefault(member_id, _Purse(now))
        with purse.lock:
            if now >= purse.ends_at:
                purse.points = 0
            while purse.points < points:
                self._fill(purse, member_id, points, now)
            purse.points -= points
            return Charge(member_id, points, purse.standing(), purse.window_started_at)

    def settle(self, charge: Charge, actual: int) -> Standing:
        """Gives back what was charged and not used, or takes what was used beyond it; within the charge's window."""
        purse = self._purses[charge.member_id]
        with purse.lock:
            if purse.window_started_at == charge.window_started_at:
                purse.points += charge.points - actual
            return purse.standing()

    @contextmanager
    def reading(self, member_id: str, now: datetime) -> Iterator[None]:
        """Meanwhile a document is read, which may take longer than answering it. One that does not fit is paid for.

        Raises BudgetSpent, before anything is read, where the member has no point left.
        """
        charge = self.charge(member_id, 1, now)
        try:
            yield
        except BadRequest:
            self.settle(charge, max(1, charge.standing.limit // FAULTY_IN_A_WINDOW))
            raise
        self.settle(charge, 0)

    def _fill(self, purse: _Purse, member_id: str, points: int, now: datetime) -> None:
        short = points - purse.points
        if short > purse.remaining and now < purse.ask_again_at:
            raise _refusal(purse, points, now)
        lease = self._store.lease(member_id, short, LEASES_IN_A_WINDOW, now) or self._of_nobody(short, now)
        if lease.window_started_at != purse.window_started_at:
            purse.points = 0  # They were points of an earlier window.
        purse.points += lease.points
        purse.limit, purse.remaining = lease.limit, lease.remaining
        purse.window_started_at, purse.ends_at = lease.window_started_at, lease.window_started_at + self._window
        if not lease.points:
            purse.ask_again_at = min(purse.ends_at, now + _ASK_AGAIN)
            raise _refusal(purse, points, now)

    def _of_nobody(self, short: int, now: datetime) -> Lease:
        """For a token of a member that is no longer there: what comes after this refuses it, in its own words."""
        return Lease(short, max(short, self._settings.rate_points), 0, now)


def _refusal(purse: _Purse, points: int, now: datetime) -> ExchangeError:
    standing = purse.standing()
    if points > standing.limit:
        sentence = f"This operation may cost {points} points; in a whole window you have {standing.limit}."
        return BadRequest(sentence, "QUERY_TOO_COSTLY")
    return BudgetSpent(points, standing.limit, standing.remaining, standing.resets_at, now)
