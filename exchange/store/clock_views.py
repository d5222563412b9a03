"""What is overdue, for those who watch: clocks that are past their time and were not met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from exchange.store.tables.member import member
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.running_clock import ClockKind

Place = tuple[datetime, UUID]
"""Where a clock lies in the list: when it was due, and its id."""


@dataclass(frozen=True, slots=True)
class OverdueClock:
    """What was due and is not done. It names no borrower. `member_id` None: due from the exchange or the authority."""

    clock_id: UUID
    kind: ClockKind
    about: UUID
    member_id: str | None
    member_name: str | None
    rule: str
    started_at: datetime
    due_at: datetime

    @property
    def place(self) -> Place:
        """Where it lies in the list."""
        return self.due_at, self.clock_id


@dataclass(frozen=True, slots=True)
class MemberClocks:
    """How much is overdue from one member (None: from the exchange or the authority), and since when at the most."""

    member_id: str | None
    member_name: str | None
    overdue: int
    oldest_due_at: datetime


def overdue_clocks(
    connection: Connection,
    now: datetime,
    after: Place | None,
    most: int,
    kind: ClockKind | None = None,
    member_id: str | None = None,
) -> Sequence[OverdueClock]:
    """What is overdue after this place in the list, the longest overdue first: of one kind, or of one member."""
    columns = running_clock.c
    wanted = select(
        columns.clock_id, columns.kind, columns.about, columns.member_id, member.c.name, columns.rule,
        columns.started_at, columns.due_at,
    ).outerjoin(member, member.c.member_id == columns.member_id)  # fmt: skip
    wanted = wanted.where(*_overdue(now, kind, member_id)).order_by(columns.due_at, columns.clock_id).limit(most)
    if after is not None:
        wanted = wanted.where(tuple_(columns.due_at, columns.clock_id) > after)
    return [OverdueClock(row[0], ClockKind(row[1]), *row[2:]) for row in connection.execute(wanted)]


def clocks_by_member(connection: Connection, now: datetime, kind: ClockKind | None = None) -> Sequence[MemberClocks]:
    """How much is overdue from each member that has something overdue, the oldest first."""
    columns = running_clock.c
    oldest = func.min(columns.due_at)
    counted = select(columns.member_id, member.c.name, func.count(), oldest)
    counted = counted.outerjoin(member, member.c.member_id == columns.member_id).where(*_overdue(now, kind, None))
    grouped = counted.group_by(columns.member_id, member.c.name).order_by(oldest, columns.member_id)
    return [MemberClocks(*row) for row in connection.execute(grouped)]


def clocks_of_member(connection: Connection, member_id: str, now: datetime) -> tuple[int, int]:
    """What is due from a member: how much is overdue at `now`, and how much still runs."""
    columns = running_clock.c
    over = columns.due_at < now
    counts = select(func.count().filter(over), func.count().filter(~over))
    row = connection.execute(counts.where(columns.member_id == member_id, columns.met_at.is_(None))).one()
    return row[0], row[1]


def _overdue(now: datetime, kind: ClockKind | None, member_id: str | None) -> list[ColumnElement[bool]]:
    columns = running_clock.c
    overdue = [columns.met_at.is_(None), columns.due_at < now]
    if kind is not None:
        overdue.append(columns.kind == kind.value)
    if member_id is not None:
        overdue.append(columns.member_id == member_id)
    return overdue
