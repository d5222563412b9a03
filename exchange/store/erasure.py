"""Erasures in SQL: what is asked for, what stands against it, and how a file goes.

Reading and asking is the web role's; deleting is the owner's alone. Every statement belongs to the caller's
transaction. A whole erasure walks over all tables that there are: what is not named here as kept is deleted, so that a
new table is never forgotten.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Table, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql

from exchange.store.retention import delete_accounts
from exchange.store.tables import metadata
from exchange.store.tables.account import account, account_identifier
from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.collection import collection_action
from exchange.store.tables.complaint import complaint
from exchange.store.tables.consent import consent, consent_move
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.log import log_opening
from exchange.store.tables.member import member
from exchange.store.tables.notice import notice
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import plan_reply, repayment_plan
from exchange.store.tables.subject import (
    erasure,
    subject,
    subject_key,
    subject_review,
    subject_sequence,
    subject_version,
)
from exchange.store.tables.webhook import webhook_delivery
from schema.vocabulary.notice import NoticeKind

Rows = list[Mapping[str, Any]]

KEPT_OF_A_FILE = frozenset({subject_sequence, consent, consent_move, erasure})
"""What stays as it is: numbers, times and codes, and the terms of consents, under a key that leads to nobody."""

EMPTIED: Mapping[Table, Mapping[str, Any]] = {
    subject_key: {"wrapped": b"", "state": "WIPED"},
    subject: {
        "id_number": b"", "names": b"", "merged_into": None, "split_from": None, "deceased_on": None,
        "incapacity_since": None, "security_freeze": False, "synthetic_identity": False,
        **dict.fromkeys(
            ("birth_date", "phones", "emails", "addresses", "employment", "birth_check", "name_checks", "fraud_alert",
             "fraud_alert_until", "vulnerability", "vulnerability_verified_by", "vulnerability_until")
        ),
    },
    inquiry: {"staff": None},
    lawful_ground: {"reference": b""},
    log_opening: {"subject_opening": None},
}  # fmt: skip
"""What stays without what was sealed in it: looks and log entries are evidence of what members did."""

STAY_WITH_MEMBERS = (NoticeKind.CONSENT_WITHDRAWN.value, NoticeKind.FILE_ERASED.value)
"""Notices to members that they still have to read or to answer."""

CONTACT_DETAILS = ("phones", "emails", "addresses", "employment")

_RECORDS = {
    "public_records": (public_record, "record_key"),
    "collection_actions": (collection_action, "action_key"),
    "plans": (repayment_plan, "plan_key"),
    "assessments": (assessment, "assessment_key"),
}
_COMPLAINTS_OVER = ("FOUND", "WITHDRAWN")
_LOOK_UP_BY_TOKEN = frozenset({account_identifier})


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What was asked for. `begun_at`: when what could go went."""

    subject_key: UUID
    request_id: UUID
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None


@dataclass(frozen=True, slots=True)
class WholeFile:
    """What is held of one borrower that may stand against an erasure, or goes with it. Rows of contributed records name
    their `furnisher_class`; of the nouns with versions every version is a row.
    """

    who: Mapping[str, Any]
    accounts: Rows
    delinquencies: Rows
    records: Mapping[str, Rows]
    clearances: Rows
    breaches: Rows
    open_disputes: int
    open_complaints: int
    open_reviews: int
    closed_cases: int
    identity_reviews: int
    statements: Rows
    consents_standing: int
    grounds: Rows
    earlier_identities: int


def read_whole_file(connection: Connection, borrower: UUID, now: datetime) -> WholeFile:
    """Everything about one borrower that an erasure is decided on."""
    undecided = (
        select(func.count())
        .select_from(subject_review)
        .where(
            or_(subject_review.c.subject_key == borrower, subject_review.c.other_subject_key == borrower),
            subject_review.c.decided_at.is_(None),
        )
    )
    open_dispute, open_review = dispute.c.closed_at.is_(None), review_request.c.answered_at.is_(None)
    open_complaint = complaint.c.state.not_in(_COMPLAINTS_OVER)
    grounds = select(lawful_ground.c.ground_id, lawful_ground.c.expires_at).where(
        lawful_ground.c.subject_key == borrower, lawful_ground.c.ended_at.is_(None), lawful_ground.c.expires_at > now
    )
    clearances = select(contact_clearance, member.c.member_class.label("furnisher_class")).join(
        member, member.c.member_id == contact_clearance.c.lender
    )
    breaches = select(contact_breach, member.c.member_class.label("furnisher_class")).join(
        member, member.c.member_id == contact_breach.c.lender
    )
    closed = (
        _count(connection, dispute, borrower, ~open_dispute)
        + _count(connection, complaint, borrower, ~open_complaint)
        + _count(connection, review_request, borrower, ~open_review)
    )
    return WholeFile(
        who=_rows(connection, select(subject).where(subject.c.subject_key == borrower))[0],
        accounts=_rows(connection, _with_furnisher(account, borrower)),
        delinquencies=_rows(connection, _with_furnisher(delinquency, borrower)),
        records={name: _rows(connection, _with_furnisher(table, borrower)) for name, (table, _) in _RECORDS.items()},
        clearances=_rows(connection, clearances.where(contact_clearance.c.subject_key == borrower)),
        breaches=_rows(connection, breaches.where(contact_breach.c.subject_key == borrower)),
        open_disputes=_count(connection, dispute, borrower, open_dispute),
        open_complaints=_count(connection, complaint, borrower, open_complaint),
        open_reviews=_count(connection, review_request, borrower, open_review),
        closed_cases=closed,
        identity_reviews=connection.scalar(undecided) or 0,
        statements=_rows(connection, select(statement).where(statement.c.subject_key == borrower)),
        consents_standing=_count(connection, consent, borrower, consent.c.state.in_(("ACTIVE", "PAUSED"))),
        grounds=_rows(connection, grounds),
        earlier_identities=_count(connection, subject_version, borrower),
    )


def furnishers_of(connection: Connection, borrower: UUID) -> list[str]:
    """The members that report, or reported, about the borrower."""
    tables = (account, delinquency, *(table for table, _ in _RECORDS.values()))
    found: set[str] = set()
    for table in tables:
        named = select(table.c.contributor).where(table.c.subject_key == borrower).distinct()
        found.update(connection.scalars(named))
    return sorted(found)


def wipe_file(connection: Connection, borrower: UUID, account_tokens: Collection[bytes]) -> None:
    """Deletes or empties everything of a borrower, their key first of all. `account_tokens`: under which accounts are
    found by their references, as far as these could still be opened.
    """
    for table, values in EMPTIED.items():
        connection.execute(update(table).where(table.c.subject_key == borrower).values(values))
    tokens = account_identifier.c
    if account_tokens:
        these = tokens.bidx.in_(list(account_tokens)) & (tokens.subject_key == borrower)
        connection.execute(delete(account_identifier).where(these))
    for table in reversed(metadata.sorted_tables):
        if "subject_key" in table.c and table not in KEPT_OF_A_FILE | EMPTIED.keys() | _LOOK_UP_BY_TOKEN:
            connection.execute(delete(table).where(table.c.subject_key == borrower, *_but_for_members(table)))


def delete_part(
    connection: Connection,
    borrower: UUID,
    accounts: Collection[UUID],
    account_tokens: Collection[bytes],
    records: Mapping[str, Sequence[UUID]],
    clearances: Sequence[UUID],
    breaches: Sequence[UUID],
    statements: Sequence[UUID],
) -> None:
    """Deletes accounts, records (by the names of `WholeFile.records`), clearances, breaches (by their actions) and
    statements, with all that hangs on them.
    """
    delete_accounts(connection, borrower, accounts, account_tokens)
    for name, keys in records.items():
        table, key = _RECORDS[name]
        _delete(connection, table, borrower, key, keys)
    _delete(connection, contact_reply, borrower, "action_key", records.get("collection_actions", ()))
    _delete(connection, plan_reply, borrower, "plan_key", records.get("plans", ()))
    _delete(connection, contact_clearance, borrower, "clearance_id", clearances)
    _delete(connection, contact_breach, borrower, "action_key", breaches)
    _delete(connection, statement, borrower, "statement_id", statements)


def delete_closed_cases(connection: Connection, borrower: UUID) -> None:
    """Deletes disputes, complaints and reviews that are over, also those of who the borrower is."""
    for table, over in (
        (dispute, dispute.c.closed_at.is_not(None)),
        (complaint, complaint.c.state.in_(_COMPLAINTS_OVER)),
        (review_request, review_request.c.answered_at.is_not(None)),
        (subject_review, subject_review.c.decided_at.is_not(None)),
    ):
        connection.execute(delete(table).where(table.c.subject_key == borrower, over))


def delete_side_details(connection: Connection, borrower: UUID) -> None:
    """Deletes how the borrower is reached, where they live and work, and who we said before that they were."""
    connection.execute(delete(subject_version).where(subject_version.c.subject_key == borrower))
    here = subject.c.subject_key == borrower
    connection.execute(update(subject).where(here).values(dict.fromkeys(CONTACT_DETAILS)))


def add_request(connection: Connection, request: ErasureRequest) -> None:
    """Notes what was asked for."""
    row = {name: getattr(request, name) for name in ErasureRequest.__slots__}
    connection.execute(insert(erasure_request).values(row))


def request_of(connection: Connection, borrower: UUID) -> ErasureRequest | None:
    """What this borrower asked for and did not take back."""
    wanted = _requests().where(erasure_request.c.subject_key == borrower)
    row = connection.execute(wanted.order_by(erasure_request.c.asked_at).limit(1)).one_or_none()
    return ErasureRequest(*row) if row else None


def open_requests(connection: Connection) -> list[ErasureRequest]:
    """Every request that is not done yet, the oldest first."""
    return [ErasureRequest(*row) for row in connection.execute(_requests().order_by(erasure_request.c.asked_at))]


def take_back_request(connection: Connection, borrower: UUID, now: datetime) -> bool:
    """False where nothing is asked for."""
    columns = erasure_request.c
    standing = update(erasure_request).where(columns.subject_key == borrower, columns.taken_back_at.is_(None))
    return connection.execute(standing.values(taken_back_at=now)).rowcount > 0


def mark_begun(connection: Connection, request: ErasureRequest, now: datetime) -> None:
    """Notes that what could go went."""
    columns = erasure_request.c
    this = (columns.subject_key == request.subject_key) & (columns.request_id == request.request_id)
    connection.execute(update(erasure_request).where(this, columns.begun_at.is_(None)).values(begun_at=now))


@dataclass(frozen=True, slots=True)
class Erased:
    """A whole erasure that was done. `leaf_hash` names the borrower's last log entry."""

    subject_key: UUID
    done_at: datetime
    leaf_hash: bytes


def add_erased(connection: Connection, erased: Erased) -> bool:
    """Notes an erasure. False: it stood there already."""
    row = {name: getattr(erased, name) for name in Erased.__slots__}
    added = postgresql.insert(erasure).values(row).on_conflict_do_nothing()
    return connection.execute(added).rowcount > 0


def list_erased(connection: Connection) -> list[Erased]:
    """Every whole erasure that this database knows of, the first one first."""
    columns = erasure.c
    done = select(columns.subject_key, columns.done_at, columns.leaf_hash)
    return [Erased(*row) for row in connection.execute(done.order_by(columns.done_at, columns.subject_key))]


def is_readable(connection: Connection, borrower: UUID) -> bool:
    """Whether this database still holds the borrower's key."""
    keys = subject_key.c
    there = select(keys.key_no).where(keys.subject_key == borrower, keys.state != "WIPED")
    return connection.execute(there.limit(1)).first() is not None


def _requests() -> Select[Any]:
    columns = erasure_request.c
    asked = select(columns.subject_key, columns.request_id, columns.asked_by, columns.asked_at, columns.begun_at)
    return asked.where(columns.taken_back_at.is_(None))


def _but_for_members(table: Table) -> list[Any]:
    """Which rows of a table go, where not all do."""
    stays = notice.c.recipient.is_not(None) & notice.c.kind.in_(STAY_WITH_MEMBERS)
    if table is notice:
        return [~stays]
    if table is webhook_delivery:
        same = (notice.c.subject_key == table.c.subject_key) & (notice.c.notice_id == table.c.notice_id)
        return [~select(notice.c.notice_id).where(same, stays).exists()]
    return []


def _delete(connection: Connection, table: Table, borrower: UUID, key: str, keys: Iterable[UUID]) -> None:
    wanted = list(keys)
    if wanted:
        connection.execute(delete(table).where(table.c.subject_key == borrower, table.c[key].in_(wanted)))


def _with_furnisher(table: Table, borrower: UUID) -> Select[Any]:
    furnisher_class = member.c.member_class.label("furnisher_class")
    wanted = select(table, furnisher_class).join(member, member.c.member_id == table.c.contributor)
    return wanted.where(table.c.subject_key == borrower)


def _count(connection: Connection, table: Table, borrower: UUID, *which: Any) -> int:
    counted = select(func.count()).select_from(table).where(table.c.subject_key == borrower, *which)
    return connection.scalar(counted) or 0


def _rows(connection: Connection, wanted: Select[Any]) -> Rows:
    return [dict(row) for row in connection.execute(wanted).mappings()]
