"""What is overdue is escalated: told to everybody concerned, and shown to the regulator from then on.

    missed clocks, a batch at a time -> hold the borrower -> mark, each once -> overdue -> tell -> log entry -> commit

Each clock is a transaction of its own: a process that is ended in between leaves the rest to the next round, and of
two that run at once only one does each.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import ExchangeError
from exchange.handover import NOBODY
from exchange.journeys.expire_plans import expire_plans
from exchange.journeys.log_act import entry_about_nobody, log_in_file
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower, tell_member
from exchange.store.log_rows import append_log_entry
from exchange.store.overdue import set_overdue
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.running_clocks import RunningClock, mark_escalated, missed_clocks
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

logger = logging.getLogger(__name__)

BATCH = 500
"""Most missed clocks that are looked up at once."""

BETWEEN_US = frozenset({ClockKind.DISPUTE_FURNISHER})
"""Of these the borrower is not told: what they are waiting for has a clock of its own."""

Wait = Callable[[float], bool]
"""Waits so many seconds; true where it is time to stop."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: clocks escalated, by kind, and offers of plans that ended."""

    escalated: Mapping[str, int]
    plans_ended: int


def run_clocks(services: Services, actor: str) -> Round:
    """One round: escalates what was missed, and ends offers that nobody answered."""
    escalated = escalate_missed(services, actor)
    return Round(escalated, expire_plans(services, actor))


def escalate_missed(services: Services, actor: str) -> Mapping[str, int]:
    """Escalates every clock that is past its time and was not met. Returns how many, by kind."""
    done: Counter[str] = Counter()
    while missed := _missed(services):
        for clock in missed:
            done[clock.kind.value] += _escalate(services, clock, actor)
    return done


def keep_running(services: Services, actor: str, wait: Wait) -> None:
    """A round every `clocks_interval_seconds`, until `wait` says to stop. Where one fails, that is told on standard
    error, and the next goes on.
    """
    while True:
        try:
            done = run_clocks(services, actor)
            if done.escalated or done.plans_ended:
                logger.info("clocks.done escalated=%d plans=%d", sum(done.escalated.values()), done.plans_ended)
        except ExchangeError as fault:
            logger.error("clocks.failed code=%s", fault.stable_code)
        if wait(services.settings.clocks_interval_seconds):
            return


def _missed(services: Services) -> list[RunningClock]:
    with services.connection() as connection:
        return list(missed_clocks(connection, services.clock.now(), BATCH))


def _escalate(services: Services, clock: RunningClock, actor: str) -> bool:
    """Whether it was escalated here and now: not met meanwhile, and by nobody else."""
    with services.transaction() as connection:
        file = hold_own_file(connection, clock.subject_key) if clock.subject_key != NOBODY else None
        if not mark_escalated(connection, clock, services.clock.now()):
            return False
        set_overdue(connection, clock)
        if file is not None:
            _tell(services, connection, clock)
        _log(services, connection, clock, file, actor)
    return True


def _tell(services: Services, connection: Connection, clock: RunningClock) -> None:
    said = {"clock": clock.kind.value, "member": clock.member_id, "by": clock.due_at.date().isoformat()}
    subject_key, about, kind = clock.subject_key, clock.about, NoticeKind.CLOCK_MISSED
    if clock.kind not in BETWEEN_US:
        tell_borrower(services, connection, subject_key, kind, about, said)
    if clock.member_id is not None:
        tell_member(services, connection, subject_key, clock.member_id, kind, about, said)


def _log(services: Services, connection: Connection, clock: RunningClock, file: OwnFile | None, actor: str) -> None:
    """About the borrower; about nobody where there is none, or the file is gone."""
    now = services.clock.now()
    fields: dict[str, FieldValue] = {
        "act": "clock_missed",
        "actor": actor,
        "clock": clock.kind.value,
        "about": str(clock.about),
        "member": clock.member_id,
        "rules": [clock.rule],
        "due": clock.due_at.isoformat(),
    }
    if file is None:
        append_log_entry(connection, entry_about_nobody(services, now, fields))
        return
    log_in_file(services, connection, now, file.subject_key, services.keys.open(file.wrapped_key), fields)
