"""What retention reads and changes. It alone changes earlier versions, and it runs as the owner of the tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Date,
    Row,
    Select,
    Table,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.mandate import account_mandate
from exchange.store.tables.member import member
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import plan_reply, repayment_plan
from exchange.store.tables.retention import retention_run
from exchange.store.tables.subject import subject, subject_key
from schema.vocabulary.account import BAD_END
from schema.vocabulary.payment_status import NEGATIVE

Rows = list[Mapping[str, Any]]

_NEGATIVE = f"[{''.join(sorted(NEGATIVE))}]"


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """What is held of one borrower that rules about keeping may be about. Each row names its `furnisher_class`.

    `versions`: earlier versions of accounts, each with its `record`. Of the other nouns every version is a row.
    """

    accounts: Rows = field(default_factory=list)
    versions: Rows = field(default_factory=list)
    delinquencies: Rows = field(default_factory=list)
    public_records: Rows = field(default_factory=list)
    collection_actions: Rows = field(default_factory=list)
    plans: Rows = field(default_factory=list)
    clearances: Rows = field(default_factory=list)
    breaches: Rows = field(default_factory=list)


def begin_run(connection: Connection, run_id: UUID, ran_for: date, pack_version: str, now: datetime) -> Row[Any]:
    """The run for this day under this pack that was not finished, or a new one."""
    columns = retention_run.c
    same = (columns.ran_for == ran_for) & (columns.pack_version == pack_version) & columns.finished_at.is_(None)
    unfinished = connection.execute(select(retention_run).where(same).order_by(columns.started_at).limit(1)).first()
    if unfinished is not None:
        return unfinished
    values = {"run_id": run_id, "ran_for": ran_for, "pack_version": pack_version, "started_at": now}
    return connection.execute(insert(retention_run).values(values).returning(retention_run)).one()


def hold_run(connection: Connection, run_id: UUID) -> Row[Any]:
    """The run as it stands; another process at the same run waits until this transaction ends."""
    return connection.execute(select(retention_run).where(retention_run.c.run_id == run_id).with_for_update()).one()


def keep_progress(connection: Connection, run_id: UUID, **values: Any) -> None:
    """Writes how far the run has come: columns of `retention_run`."""
    connection.execute(update(retention_run).where(retention_run.c.run_id == run_id).values(values))


def finished_for(connection: Connection, ran_for: date) -> bool:
    """Whether retention has run for this day."""
    finished = select(retention_run.c.run_id).where(
        retention_run.c.ran_for == ran_for, retention_run.c.finished_at.is_not(None)
    )
    return connection.execute(finished.limit(1)).first() is not None


def next_borrowers(connection: Connection, after: UUID | None, most: int) -> list[UUID]:
    """The next borrowers that were not erased, in the order of their keys."""
    keys = subject_key.c
    borrowers = select(keys.subject_key).distinct().where(keys.state == "ACTIVE")
    if after is not None:
        borrowers = borrowers.where(keys.subject_key > after)
    return list(connection.scalars(borrowers.order_by(keys.subject_key).limit(most)))


def hold_borrower(connection: Connection, borrower: UUID) -> None:
    """The borrower's file is neither joined to another nor split until this transaction ends."""
    held = select(subject.c.subject_key).where(subject.c.subject_key == borrower)
    connection.execute(held.with_for_update(read=True, key_share=True))


def records_of(
    connection: Connection, borrowers: Collection[UUID], contacts_before: date, held: bool = False
) -> dict[UUID, HeldRecords]:
    """What is held of these borrowers, of those of whom anything is.

    Accounts: only those with a late month or a bad end. Collection actions: only of borrowers with one that is older
    than `contacts_before` or was taken back. Clearances and breaches: only those that are older than that.
    `held`: nobody else changes the rows until this transaction ends.
    """
    found: dict[UUID, HeldRecords] = {}
    wanted = {
        "accounts": _with_furnisher(account).where(_may_be_negative()),
        "versions": _negative_versions(),
        "delinquencies": _with_furnisher(delinquency),
        "public_records": _with_furnisher(public_record),
        "collection_actions": _with_furnisher(collection_action).where(_among_old_contacts(contacts_before)),
        "plans": _with_furnisher(repayment_plan),
        "clearances": _with_lender(contact_clearance).where(contact_clearance.c.asked_at < contacts_before),
        "breaches": _with_lender(contact_breach).where(contact_breach.c.happened_at < contacts_before),
    }
    for name, rows in wanted.items():
        table = _TABLES[name]
        query = rows.where(table.c.subject_key == any_(_BORROWERS))
        if held:
            query = query.with_for_update(of=table)
        for row in connection.execute(query, {"borrowers": list(borrowers)}).mappings():
            getattr(found.setdefault(row["subject_key"], HeldRecords()), name).append(row)
    return found


def earlier_references(connection: Connection, borrower: UUID, account_keys: Collection[UUID]) -> Rows:
    """`account_key`, `contributor` and the sealed `account_ref` of the earlier versions of these accounts: a furnisher
    may have renumbered them.
    """
    columns, record = account_version.c, account_version.c.record
    earlier = select(
        columns.account_key,
        record["contributor"].astext.label("contributor"),
        record["account_ref"].astext.label("account_ref"),
    ).where(columns.subject_key == borrower, columns.account_key.in_(list(account_keys)))
    return list(connection.execute(earlier.distinct()).mappings()) if account_keys else []


def delete_accounts(
    connection: Connection, borrower: UUID, account_keys: Collection[UUID], tokens: Collection[bytes]
) -> None:
    """Deletes accounts with all that hangs on them. `tokens`: under which they are found by their references."""
    keys = list(account_keys)
    if not keys:
        return
    identifiers = account_identifier.c
    connection.execute(
        delete(account_identifier).where(identifiers.bidx.in_(list(tokens)), identifiers.account_key.in_(keys))
    )
    for table in (delinquency, account_mandate, account_version, account):
        connection.execute(delete(table).where(table.c.subject_key == borrower, table.c.account_key.in_(keys)))
    connection.execute(delete(statement).where(statement.c.subject_key == borrower, statement.c.about.in_(keys)))
    _delete_said_about(connection, borrower, keys)


def change_account(connection: Connection, borrower: UUID, account_key: UUID, values: Mapping[str, Any]) -> None:
    """Changes an account where it stands, without a version: a version would keep what must go."""
    columns = account.c
    these = (columns.subject_key == borrower) & (columns.account_key == account_key)
    connection.execute(update(account).where(these).values(values))


def change_version(
    connection: Connection, borrower: UUID, account_key: UUID, version: int, values: Mapping[str, Any]
) -> None:
    """Changes values of the record in an earlier version of an account."""
    columns = account_version.c
    these = and_(columns.subject_key == borrower, columns.account_key == account_key, columns.version == version)
    connection.execute(
        update(account_version).where(these).values(record=columns.record.op("||")(cast(dict(values), JSONB)))
    )


def delete_versions(connection: Connection, borrower: UUID, versions: Iterable[tuple[UUID, int]]) -> None:
    """Deletes earlier versions of accounts: (account key, version)."""
    columns = account_version.c
    for account_key, version in versions:
        these = and_(columns.subject_key == borrower, columns.account_key == account_key, columns.version == version)
        connection.execute(delete(account_version).where(these))


def mark_delinquency(connection: Connection, borrower: UUID, delinquency_key: UUID, values: Mapping[str, Any]) -> None:
    """Hides or annotates one version of a delinquency."""
    columns = delinquency.c
    these = (columns.subject_key == borrower) & (columns.delinquency_key == delinquency_key)
    connection.execute(update(delinquency).where(these).values(values))


def delete_records(connection: Connection, borrower: UUID, kind: str, keys: Sequence[UUID]) -> None:
    """Deletes records, all versions of each. `kind`: a name of `HeldRecords`."""
    table = _TABLES[kind]
    key = RECORD_KEYS[kind]
    connection.execute(delete(table).where(table.c.subject_key == borrower, table.c[key].in_(list(keys))))
    _delete_said_about(connection, borrower, keys)


def _delete_said_about(connection: Connection, borrower: UUID, keys: Sequence[UUID]) -> None:
    """What the borrower said to records goes with these: replies, and disputes that are over."""
    contested = dispute.c.record_key.in_(list(keys)) & dispute.c.closed_at.is_not(None)
    connection.execute(delete(dispute).where(dispute.c.subject_key == borrower, contested))
    for table, key in ((contact_reply, "action_key"), (plan_reply, "plan_key")):
        connection.execute(delete(table).where(table.c.subject_key == borrower, table.c[key].in_(list(keys))))


def fill_display_until(connection: Connection, borrowers: Collection[UUID], years: int) -> None:
    """Writes the last day on which each delinquency may be shown, where its end is known."""
    columns = delinquency.c
    last_day = cast(columns.ended_on + func.make_interval(years), Date)
    differs = columns.display_until.is_distinct_from(last_day)
    fill = update(delinquency).where(columns.subject_key == any_(_BORROWERS), differs).values(display_until=last_day)
    connection.execute(fill, {"borrowers": list(borrowers)})


RECORD_KEYS = {
    "delinquencies": "delinquency_key",
    "public_records": "record_key",
    "collection_actions": "action_key",
    "plans": "plan_key",
    "clearances": "clearance_id",
    "breaches": "action_key",
}
"""By which column the versions of one record of each kind are told from another's."""

_TABLES: dict[str, Table] = {
    "accounts": account,
    "versions": account_version,
    "delinquencies": delinquency,
    "public_records": public_record,
    "collection_actions": collection_action,
    "plans": repayment_plan,
    "clearances": contact_clearance,
    "breaches": contact_breach,
}
_BORROWERS = bindparam("borrowers", type_=ARRAY(Uuid))


def _with_furnisher(table: Table) -> Select[Any]:
    furnisher_class = member.c.member_class.label("furnisher_class")
    return select(table, furnisher_class).join(member, member.c.member_id == table.c.contributor)


def _with_lender(table: Table) -> Select[Any]:
    furnisher_class = member.c.member_class.label("furnisher_class")
    return select(table, furnisher_class).join(member, member.c.member_id == table.c.lender)


def _may_be_negative() -> Any:
    columns = account.c
    ended_badly = columns.state.in_(sorted(BAD_END)) & columns.closed_on.is_not(None)
    return or_(columns.history_codes.regexp_match(_NEGATIVE), ended_badly, columns.hidden_months.is_not(None))


def _negative_versions() -> Select[Any]:
    columns, record = account_version.c, account_version.c.record
    negative = or_(
        record["history_codes"].astext.regexp_match(_NEGATIVE),
        record["state"].astext.in_(["OVERDUE", *sorted(BAD_END)]),
        record["days_past_due"].astext.notin_(["0"]),
        record["past_due_minor"].astext.notin_(["0"]),
    )
    furnisher_class = member.c.member_class.label("furnisher_class")
    return (
        select(columns.subject_key, columns.account_key, columns.version, record, furnisher_class)
        .join(member, member.c.member_id == record["contributor"].astext)
        .where(negative)
    )


def _among_old_contacts(before: date) -> Any:
    others = collection_action.alias()
    old = or_(others.c.started_at < before, others.c.withdrawn)
    return select(others.c.action_key).where(others.c.subject_key == collection_action.c.subject_key, old).exists()
