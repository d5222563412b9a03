"""Complaints in the database. Words, answers and what the authority says come and go sealed.

Whoever writes holds the borrower first (`own_file.hold_own_file`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, insert, select, update

from exchange.store.tables.complaint import complaint
from exchange.store.tables.member import member
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.complaint import UNANSWERED, ComplaintCategory, ComplaintState, EvidenceKind, Finding


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing attached to a complaint. `what`: the channel of an action, the outcome of a clearance or of a look, the
    kind of a breach. `rules`: those that it broke. `leaf_hash`: of its log entry, where there is one.
    """

    kind: EvidenceKind
    key: UUID
    at: datetime
    member_id: str
    what: str
    rules: tuple[str, ...]
    leaf_hash: bytes | None


@dataclass(frozen=True, slots=True)
class StoredComplaint:
    """A complaint as stored, with its parties' names. `lender`: for whom the member collected; None: for itself."""

    subject_key: UUID
    complaint_id: UUID
    category: ComplaintCategory
    against: str
    lender: str | None
    words: bytes
    evidence: tuple[Evidence, ...]
    state: ComplaintState
    filed_at: datetime
    pack_version: str
    answered_at: datetime | None = None
    answer: bytes | None = None
    finding: Finding | None = None
    finding_words: bytes | None = None
    found_at: datetime | None = None
    withdrawn_at: datetime | None = None
    against_name: str = ""
    lender_name: str | None = None


@dataclass(frozen=True, slots=True)
class ComplaintFilter:
    """Which complaints an authority wants. `overdue`: a clock of theirs has run out. None: any."""

    member_id: str | None = None
    category: ComplaintCategory | None = None
    state: ComplaintState | None = None
    overdue: bool = False


def add_complaint(connection: Connection, filed: StoredComplaint, likeness: bytes) -> None:
    """Keeps a complaint that was just filed; `likeness` is the sketch of its words."""
    kept = ("subject_key", "complaint_id", "against", "lender", "words", "filed_at", "pack_version")
    values = {name: getattr(filed, name) for name in kept} | {
        "category": filed.category.value,
        "state": filed.state.value,
        "likeness": likeness,
        "evidence": [evidence_as_json(each) for each in filed.evidence],
    }
    connection.execute(insert(complaint).values(values))


def find_complaint(connection: Connection, complaint_id: UUID, against: str | None = None) -> StoredComplaint | None:
    """The complaint of this id; `against`: only where it is against this member."""
    wanted = _complaints().where(complaint.c.complaint_id == complaint_id)
    if against is not None:
        wanted = wanted.where(complaint.c.against == against)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _complaint(row)


def complaints_of(connection: Connection, subject_key: UUID) -> list[StoredComplaint]:
    """A borrower's complaints, the newest first."""
    theirs = _complaints().where(complaint.c.subject_key == subject_key)
    return [_complaint(row) for row in connection.execute(theirs.order_by(complaint.c.complaint_id.desc()))]


def complaints_against(
    connection: Connection, member_id: str, after: UUID | None, most: int, unanswered: bool
) -> list[StoredComplaint]:
    """Complaints against a member, the oldest first, after this one."""
    wanted = _complaints().where(*_against(member_id, unanswered)).order_by(complaint.c.complaint_id).limit(most)
    if after is not None:
        wanted = wanted.where(complaint.c.complaint_id > after)
    return [_complaint(row) for row in connection.execute(wanted)]


def count_against(connection: Connection, member_id: str, unanswered: bool) -> int:
    """How many complaints there are against a member."""
    counted = select(func.count()).select_from(complaint).where(*_against(member_id, unanswered))
    return connection.scalar(counted) or 0


def search_complaints(
    connection: Connection, wanted: ComplaintFilter, now: datetime, before: UUID | None, most: int
) -> list[tuple[StoredComplaint, bool]]:
    """Complaints that are looked for, the newest first, from before this one; each with whether it is overdue now."""
    overdue = _overdue(now)
    found = _complaints().add_columns(overdue.label("overdue")).where(*_conditions(wanted, overdue))
    if before is not None:
        found = found.where(complaint.c.complaint_id < before)
    newest_first = found.order_by(complaint.c.complaint_id.desc()).limit(most)
    return [(_complaint(row), bool(row.overdue)) for row in connection.execute(newest_first)]


def put_answer(connection: Connection, answered: StoredComplaint, sealed: bytes, now: datetime) -> None:
    """Keeps a member's answer."""
    _change(connection, answered, state=ComplaintState.ANSWERED.value, answer=sealed, answered_at=now)


def put_finding(
    connection: Connection,
    found: StoredComplaint,
    finding: Finding,
    sealed: bytes,
    officer_id: UUID | None,
    now: datetime,
) -> None:
    """Keeps what the authority found."""
    values = {"finding": finding.value, "finding_words": sealed, "found_by": officer_id, "found_at": now}
    _change(connection, found, state=ComplaintState.FOUND.value, **values)


def put_withdrawn(connection: Connection, withdrawn: StoredComplaint, now: datetime) -> None:
    """The borrower has taken the complaint back."""
    _change(connection, withdrawn, state=ComplaintState.WITHDRAWN.value, withdrawn_at=now)


def evidence_as_json(evidence: Evidence) -> dict[str, Any]:
    """The evidence as it is stored; its leaf hash in hexadecimal."""
    return {
        "kind": evidence.kind.value,
        "key": str(evidence.key),
        "at": evidence.at.isoformat(),
        "member": evidence.member_id,
        "what": evidence.what,
        "rules": list(evidence.rules),
        "leaf_hash": evidence.leaf_hash.hex() if evidence.leaf_hash else None,
    }


def _evidence(stored: Mapping[str, Any]) -> Evidence:
    return Evidence(
        kind=EvidenceKind(stored["kind"]),
        key=UUID(stored["key"]),
        at=datetime.fromisoformat(stored["at"]),
        member_id=stored["member"],
        what=stored["what"],
        rules=tuple(stored["rules"]),
        leaf_hash=bytes.fromhex(stored["leaf_hash"]) if stored["leaf_hash"] else None,
    )


def _change(connection: Connection, changed: StoredComplaint, **values: Any) -> None:
    columns = complaint.c
    this = (columns.subject_key == changed.subject_key) & (columns.complaint_id == changed.complaint_id)
    connection.execute(update(complaint).where(this).values(**values))


def _against(member_id: str, unanswered: bool) -> list[ColumnElement[bool]]:
    theirs = complaint.c.against == member_id
    return [theirs, complaint.c.state.in_(_values(UNANSWERED))] if unanswered else [theirs]


def _conditions(wanted: ComplaintFilter, overdue: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    given = (
        None if wanted.member_id is None else complaint.c.against == wanted.member_id,
        None if wanted.category is None else complaint.c.category == wanted.category.value,
        None if wanted.state is None else complaint.c.state == wanted.state.value,
        overdue if wanted.overdue else None,
    )
    return [condition for condition in given if condition is not None]


def _overdue(now: datetime) -> ColumnElement[bool]:
    clock = running_clock.c
    of_it = and_(clock.subject_key == complaint.c.subject_key, clock.about == complaint.c.complaint_id)
    return exists().where(of_it, clock.met_at.is_(None), clock.due_at < now)


def _values(states: Collection[ComplaintState]) -> list[str]:
    return sorted(state.value for state in states)


_KEPT = (
    "subject_key", "complaint_id", "category", "against", "lender", "words", "evidence", "state", "filed_at",
    "pack_version", "answered_at", "answer", "finding", "finding_words", "found_at", "withdrawn_at",
)  # fmt: skip
_LENDER = member.alias("lender_member")


def _complaints() -> Select[Any]:
    wanted = select(*(complaint.c[name] for name in _KEPT), member.c.name, _LENDER.c.name.label("lender_name"))
    named = complaint.join(member, member.c.member_id == complaint.c.against)
    return wanted.select_from(named.outerjoin(_LENDER, _LENDER.c.member_id == complaint.c.lender))


def _complaint(row: Row[Any]) -> StoredComplaint:
    values = {name: row._mapping[name] for name in _KEPT}
    parsed = {
        "category": ComplaintCategory(row.category),
        "state": ComplaintState(row.state),
        "finding": row.finding and Finding(row.finding),
        "evidence": tuple(map(_evidence, row.evidence)),
        "against_name": row.name,
        "lender_name": row.lender_name,
    }
    return StoredComplaint(**values | parsed)
