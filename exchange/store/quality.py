"""What members' data is measured by, counted once a day over all current accounts; and the measures, kept by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from exchange.store.tables.account import account
from exchange.store.tables.dispute import dispute
from exchange.store.tables.member import member, member_quality
from exchange.store.tables.submission import submission
from schema.vocabulary.account import AccountState
from schema.vocabulary.dispute import DisputedKind, DisputeState
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.payment_status import NEGATIVE

LENDERS = (MemberClass.BANK, MemberClass.CONSUMER_FINANCE, MemberClass.INTERNET_LENDER, MemberClass.MICRO_LENDER)
_ENDED = (AccountState.SETTLED, AccountState.ENDED, AccountState.TRANSFERRED)
_BAD = (AccountState.OVERDUE, AccountState.BAD_DEBT, AccountState.WRITTEN_OFF, AccountState.IN_RECOVERY)


@dataclass(frozen=True, slots=True)
class Lender:
    """A member whose data is measured. `agreed` and `measured` are its levels as the register has them."""

    member_id: str
    agreed: str
    measured: str | None
    registered_at: datetime


def lenders(connection: Connection) -> list[Lender]:
    """The members that contribute accounts of their own, by id."""
    columns = member.c
    wanted = select(columns.member_id, columns.contribution_level, columns.measured_level, columns.registered_at)
    rows = connection.execute(wanted.where(columns.member_class.in_(LENDERS)).order_by(columns.member_id))
    return [Lender(*row) for row in rows]


def count_accounts(
    connection: Connection, fresh_from: date, recent_from: date, disputes_since: datetime
) -> dict[str, Row[Any]]:
    """By contributor, over its current accounts: accounts, fields_filled, open_accounts, fresh, disputed (a dispute was
    filed since then and not taken back), recent, recent_positive. Days are included.
    """
    columns = account.c
    filled = func.num_nonnulls(
        func.coalesce(columns.original_amount_minor, columns.credit_limit_minor),
        columns.balance_minor,
        columns.past_due_minor,
        columns.days_past_due,
        columns.scheduled_payment_minor,
        columns.last_payment_on,
        columns.history_month,
    )
    still_open = and_(columns.closed_on.is_(None), columns.state.not_in(_ENDED))
    negative = or_(columns.state.in_(_BAD), columns.history_codes.regexp_match(f"[{''.join(sorted(NEGATIVE))}]"))
    contested = exists().where(
        dispute.c.subject_key == columns.subject_key,
        dispute.c.record_kind == DisputedKind.ACCOUNT.value,
        dispute.c.record_key == columns.account_key,
        dispute.c.filed_at >= disputes_since,
        dispute.c.state != DisputeState.WITHDRAWN.value,
    )
    recent = columns.reported_on >= recent_from
    counted = select(
        columns.contributor,
        func.count().label("accounts"),
        func.sum(filled).label("fields_filled"),
        func.count().filter(still_open).label("open_accounts"),
        func.count().filter(and_(still_open, columns.reported_on >= fresh_from)).label("fresh"),
        func.sum(case((contested, 1), else_=0)).label("disputed"),
        func.count().filter(recent).label("recent"),
        func.count().filter(and_(recent, ~negative)).label("recent_positive"),
    )
    rows = connection.execute(counted.where(columns.superseded_at.is_(None)).group_by(columns.contributor))
    return {row.contributor: row for row in rows}


def count_records(connection: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """By member: records read, and records at fault, of the files handed in since then."""
    columns = submission.c
    sums = select(columns.member_id, func.sum(columns.records_read), func.sum(columns.records_faulty))
    rows = connection.execute(sums.where(columns.submitted_at >= since).group_by(columns.member_id))
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def count_answers(connection: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """By member: disputes that it answered since then, and those of them that were upheld: the record was corrected."""
    columns = dispute.c
    upheld = columns.state == DisputeState.CORRECTED.value
    counts = select(columns.contributor, func.count(), func.count().filter(upheld))
    rows = connection.execute(counts.where(columns.answered_at >= since).group_by(columns.contributor))
    return {row[0]: (row[1], row[2]) for row in rows}


def keep_quality(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the measures of a day; those of the same day are replaced."""
    given = insert(member_quality).values(list(rows))
    replaced = {name: given.excluded[name] for name in rows[0] if name not in ("member_id", "measured_on")}
    connection.execute(given.on_conflict_do_update(index_elements=["member_id", "measured_on"], set_=replaced))


def newest_quality(connection: Connection, member_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The newest measures of each of these members that has some."""
    columns = member_quality.c
    newest = select(member_quality).where(columns.member_id.in_(member_ids)).ext(distinct_on(columns.member_id))
    rows = connection.execute(newest.order_by(columns.member_id, columns.measured_on.desc()))
    return {row.member_id: row for row in rows}
