"""Running clocks in the database: started with the act that calls for them, met by the answer, or missed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.running_clock import ClockKind


@dataclass(frozen=True, slots=True)
class RunningClock:
    """What is due by when. `subject_key` is nil where it is about no borrower; `member_id` None: due from us."""

    subject_key: UUID
    clock_id: UUID
    kind: ClockKind
    about: UUID
    member_id: str | None
    rule: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    escalated_at: datetime | None = None


def start_clock(connection: Connection, clock: RunningClock) -> None:
    """Starts a clock in the caller's transaction."""
    connection.execute(insert(running_clock).values({part.name: getattr(clock, part.name) for part in fields(clock)}))


def meet_clock(connection: Connection, subject_key: UUID, about: UUID, kind: ClockKind, now: datetime) -> bool:
    """What was due was done now, in time or late. False: no such clock runs."""
    columns = running_clock.c
    running = (columns.subject_key == subject_key) & (columns.about == about) & (columns.kind == kind.value)
    met = update(running_clock).where(running, columns.met_at.is_(None)).values(met_at=now)
    return connection.execute(met).rowcount > 0


def clocks_about(connection: Connection, subject_key: UUID, about: UUID) -> list[RunningClock]:
    """The clocks of a dispute, a complaint and so on, met or not, the oldest first."""
    columns = running_clock.c
    wanted = select(running_clock).where(columns.subject_key == subject_key, columns.about == about)
    return [_clock(row) for row in connection.execute(wanted.order_by(columns.clock_id))]


def clocks_overdue(connection: Connection, subject_key: UUID, now: datetime) -> list[RunningClock]:
    """What is owed to a borrower and late, the longest overdue first."""
    columns = running_clock.c
    late = select(running_clock).where(
        columns.subject_key == subject_key, columns.met_at.is_(None), columns.due_at < now
    )
    return [_clock(row) for row in connection.execute(late.order_by(columns.due_at))]


def missed_clocks(connection: Connection, now: datetime, most: int) -> Sequence[RunningClock]:
    """Clocks that are past their time and were not escalated yet, the longest overdue first."""
    columns = running_clock.c
    missed = select(running_clock).where(columns.met_at.is_(None), columns.escalated_at.is_(None), columns.due_at < now)
    return [_clock(row) for row in connection.execute(missed.order_by(columns.due_at).limit(most))]


def mark_escalated(connection: Connection, clock: RunningClock, now: datetime) -> bool:
    """Notes that a missed clock was escalated. False: it was met meanwhile, or another one was faster."""
    columns = running_clock.c
    this = (columns.subject_key == clock.subject_key) & (columns.clock_id == clock.clock_id)
    still = columns.met_at.is_(None) & columns.escalated_at.is_(None)
    return connection.execute(update(running_clock).where(this, still).values(escalated_at=now)).rowcount == 1


def _clock(row: Row[Any]) -> RunningClock:
    values = dict(row._mapping)
    return RunningClock(**values | {"kind": ClockKind(values["kind"])})
