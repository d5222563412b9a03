"""Complaints counted by the member that they are against, and their sketches for finding those that are alike."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, distinct, func, select

from exchange.store.conduct import Counted
from exchange.store.tables.collection import collection_action
from exchange.store.tables.complaint import complaint
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.complaint import ComplaintCategory, Finding
from schema.vocabulary.running_clock import ClockKind


@dataclass(frozen=True, slots=True)
class SketchedComplaint:
    """A complaint without its words: `sketch` is their likeness."""

    complaint_id: UUID
    against: str
    category: ComplaintCategory
    filed_at: datetime
    sketch: bytes


def complaints_by_category(connection: Connection, counted: Counted) -> dict[str, dict[ComplaintCategory, int]]:
    """How many complaints were filed in the period, by member and category."""
    columns = complaint.c
    filed = select(columns.against, columns.category, func.count()).where(*_filed(counted))
    found: dict[str, dict[ComplaintCategory, int]] = defaultdict(dict)
    for against, category, number in connection.execute(filed.group_by(columns.against, columns.category)):
        found[against][ComplaintCategory(category)] = number
    return dict(found)


def findings(connection: Connection, counted: Counted) -> dict[str, dict[Finding, int]]:
    """What was found so far of the complaints that were filed in the period, by member."""
    columns = complaint.c
    decided = select(columns.against, columns.finding, func.count()).where(
        *_filed(counted), columns.finding.is_not(None)
    )
    found: dict[str, dict[Finding, int]] = defaultdict(dict)
    for against, finding, number in connection.execute(decided.group_by(columns.against, columns.finding)):
        found[against][Finding(finding)] = number
    return dict(found)


def times_to_answer(connection: Connection, counted: Counted) -> dict[str, list[timedelta]]:
    """How long each answer took, of the complaints that were filed in the period, by member."""
    columns = complaint.c
    answered = select(columns.against, columns.answered_at - columns.filed_at).where(
        *_filed(counted), columns.answered_at.is_not(None)
    )
    found: dict[str, list[timedelta]] = defaultdict(list)
    for against, taken in connection.execute(answered):
        found[against].append(taken)
    return dict(found)


def answers_overdue(connection: Connection, member_id: str | None, now: datetime) -> dict[str, int]:
    """How many complaints wait for an answer beyond their time at `now`, by member."""
    columns = running_clock.c
    late = select(columns.member_id, func.count()).where(
        columns.kind == ClockKind.COMPLAINT_ANSWER.value, columns.met_at.is_(None), columns.due_at < now
    )
    if member_id is not None:
        late = late.where(columns.member_id == member_id)
    return {row[0]: row[1] for row in connection.execute(late.group_by(columns.member_id))}


def borrowers_contacted(connection: Connection, counted: Counted) -> dict[str, int]:
    """How many borrowers each member contacted in the period."""
    columns = collection_action.c
    stands = columns.superseded_at.is_(None) & columns.withdrawn.is_(False) & (columns.direction == "OUTBOUND")
    made = select(columns.contributor, func.count(distinct(columns.subject_key))).where(
        stands, *counted.of(columns.started_at, columns.contributor)
    )
    return {row[0]: row[1] for row in connection.execute(made.group_by(columns.contributor))}


def sketches(connection: Connection, counted: Counted, most: int) -> list[SketchedComplaint]:
    """The complaints of a period with their sketches, the newest first; at most so many."""
    columns = complaint.c
    wanted = select(columns.complaint_id, columns.against, columns.category, columns.filed_at, columns.likeness)
    rows = connection.execute(wanted.where(*_filed(counted)).order_by(columns.filed_at.desc()).limit(most))
    return [
        SketchedComplaint(id_, against, ComplaintCategory(kind), at, sketch) for id_, against, kind, at, sketch in rows
    ]


def _filed(counted: Counted) -> list[ColumnElement[bool]]:
    return counted.of(complaint.c.filed_at, complaint.c.against)
