"""Starts a running clock where the policy pack sets a time for what is due."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from consent.policy import resolve
from consent.policy.rules import Act, Deadline
from exchange.clock import new_id
from exchange.journeys.services import Services
from exchange.store.running_clocks import RunningClock, start_clock
from schema.vocabulary.running_clock import ClockKind


def start_due(
    services: Services,
    connection: Connection,
    subject_key: UUID,
    kind: ClockKind,
    act: Act,
    about: UUID,
    member_id: str | None,
) -> RunningClock | None:
    """Starts the clock of what is now due about a borrower (NOBODY: about none), from a member or (None) from us.

    It is due so many times 24 hours from now as the pack's rule for `act` says: never later than a law that lets the
    last day run to its end. None, and no clock, where the pack has no such rule.
    """
    now = services.clock.now()
    rule = resolve.deadline(services.pack, act, now.date())
    if rule is None or not isinstance(rule.terms, Deadline):
        return None
    due_at = now + timedelta(days=rule.terms.days)
    clock = RunningClock(subject_key, new_id(now), kind, about, member_id, rule.id, now, due_at)
    start_clock(connection, clock)
    return clock
