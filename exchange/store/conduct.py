"""How members conduct themselves in a period, counted by member, and how fast the log grows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Date, Row, Select, cast, func, select

from exchange.store.tables.borrower_words import unrecognised_look
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.log import log_checkpoint, log_event, log_pending
from exchange.store.tables.member import member
from exchange.store.tables.notice import notice
from exchange.store.tables.submission import submission
from schema.vocabulary.member_class import MemberClass

LOOK = "look"


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted: from `from_time` up to but without `until_time`, of one member or (None) of all."""

    from_time: datetime
    until_time: datetime
    member_id: str | None = None

    def of(self, time: Column[Any], whose: Column[Any]) -> list[ColumnElement[bool]]:
        """The conditions on these columns."""
        period = [time >= self.from_time, time < self.until_time]
        return period if self.member_id is None else [*period, whose == self.member_id]


def members_that_look(connection: Connection, member_id: str | None) -> list[Row[Any]]:
    """Id, name and class of every member but regulators, by id; or of this one alone, whatever it is."""
    wanted = select(member.c.member_id, member.c.name, member.c.member_class)
    one = member.c.member_id == member_id if member_id else member.c.member_class != MemberClass.REGULATOR.value
    return list(connection.execute(wanted.where(one).order_by(member.c.member_id)))


def looks_by_day(connection: Connection, counted: Counted, time_zone: str) -> list[tuple[str, date, int, int]]:
    """Looks in the log as (member, day, granted, refused), oldest first; days are those of the zone (IANA name)."""
    day = cast(func.timezone(time_zone, log_event.c.recorded_at), Date)
    looks = select(
        log_event.c.member_id,
        day,
        func.count().filter(log_event.c.granted.is_(True)),
        func.count().filter(log_event.c.granted.is_(False)),
    ).where(log_event.c.act == LOOK, *counted.of(log_event.c.recorded_at, log_event.c.member_id))
    return [tuple(row) for row in connection.execute(looks.group_by(log_event.c.member_id, day).order_by(day))]


def refusals_by_reason(connection: Connection, counted: Counted) -> dict[str, dict[str, int]]:
    """How often each reason stood against a look, by member; a look may have several."""
    return _refusals_by(connection, log_event.c.reasons, counted)


def refusals_by_rule(connection: Connection, counted: Counted) -> dict[str, dict[str, int]]:
    """The same by the rules that the reasons name."""
    return _refusals_by(connection, log_event.c.rules, counted)


def looks_unrecognised(connection: Connection, counted: Counted) -> dict[str, int]:
    """How many looks borrowers marked in the period as not recognised, by the member that had looked."""
    same_look = (unrecognised_look.c.subject_key == inquiry.c.subject_key) & (
        unrecognised_look.c.inquiry_key == inquiry.c.inquiry_key
    )
    marks = select(inquiry.c.member_id, func.count()).join_from(unrecognised_look, inquiry, same_look)
    marks = marks.where(*counted.of(unrecognised_look.c.raised_at, inquiry.c.member_id))
    return {row[0]: row[1] for row in connection.execute(marks.group_by(inquiry.c.member_id))}


def records_submitted(connection: Connection, counted: Counted) -> dict[str, tuple[int, int]]:
    """Records read and records at fault in submitted files, refused files among them, by member."""
    read, faulty = func.sum(submission.c.records_read), func.sum(submission.c.records_faulty)
    files = select(submission.c.member_id, read, faulty)
    files = files.where(*counted.of(submission.c.submitted_at, submission.c.member_id))
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(files.group_by(submission.c.member_id))}


def notices_unanswered(connection: Connection, member_id: str | None, now: datetime) -> dict[str, tuple[int, int]]:
    """Notices without an answer at `now`, by member: those whose time is over, and those whose time still runs."""
    over = notice.c.due_at < now
    open_ = select(notice.c.recipient, func.count().filter(over), func.count().filter(over.is_not(True)))
    open_ = open_.where(notice.c.answered_at.is_(None), notice.c.recipient.is_not(None), notice.c.due_at.is_not(None))
    if member_id is not None:
        open_ = open_.where(notice.c.recipient == member_id)
    return {row[0]: (row[1], row[2]) for row in connection.execute(open_.group_by(notice.c.recipient))}


def leaves_by_hour(connection: Connection, from_time: datetime, until_time: datetime) -> dict[datetime, int]:
    """How many leaves of the log were recorded in each hour of a period; an hour without any is absent."""
    hour = func.date_trunc("hour", log_event.c.recorded_at, "UTC")
    leaves = select(hour, func.count()).where(
        *Counted(from_time, until_time).of(log_event.c.recorded_at, log_event.c.member_id)
    )
    return {row[0]: row[1] for row in connection.execute(leaves.group_by(hour))}


def count_pending(connection: Connection) -> int:
    """How many entries wait for their place in the log."""
    return connection.scalar(select(func.count()).select_from(log_pending)) or 0


def newest_checkpoint(connection: Connection, origin: str) -> tuple[str, datetime] | None:
    """The note of the newest checkpoint of this log, and when it was published."""
    newest = select(log_checkpoint.c.note, log_checkpoint.c.signed_at).where(log_checkpoint.c.origin == origin)
    order = log_checkpoint.c.tree_size.desc(), log_checkpoint.c.signed_at.desc()
    row = connection.execute(newest.order_by(*order).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])


def _refusals_by(connection: Connection, codes: Column[Any], counted: Counted) -> dict[str, dict[str, int]]:
    each = _unnested(codes, counted).subquery()
    rows = connection.execute(
        select(each.c.member_id, each.c.code, func.count()).group_by(each.c.member_id, each.c.code)
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found


def _unnested(codes: Column[Any], counted: Counted) -> Select[Any]:
    refused = log_event.c.granted.is_(False), log_event.c.act == LOOK
    each = select(log_event.c.member_id, func.unnest(codes).label("code"))
    return each.where(*refused, *counted.of(log_event.c.recorded_at, log_event.c.member_id))
