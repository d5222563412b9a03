"""Writes contributed records, set-wise: a batch costs a fixed number of statements, whatever its size.

Everything happens in the caller's transaction, so that a submission is applied whole or not at all. Sealed columns come
sealed. The look-up tables decide who is who: a borrower exists once its token is in `subject_identifier`, and the first
transaction to put it there makes the borrower; any other waits for it and then finds the same one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    LargeBinary,
    Row,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)

from exchange.handover import Member, WrappedKey
from exchange.store.copy_rows import copy_rows, upsert_rows
from exchange.store.member_register import member_from_row
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.member import member
from exchange.store.tables.subject import subject, subject_identifier, subject_key, subject_sequence
from exchange.store.tables.submission import submission, submission_fault

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """Where an account is held."""

    subject_key: UUID
    account_key: UUID


def begin_submission(connection: Connection, member_id: str, statement_timeout_ms: int) -> Member | None:
    """The member, held until the transaction ends: one submission of a member at a time. None where there is none.

    From here on a statement may take longer than a request's may: it can have to wait for another import.
    """
    connection.execute(select(func.set_config("statement_timeout", str(statement_timeout_ms), True)))
    held = select(member).where(member.c.member_id == member_id).with_for_update(key_share=True)
    row = connection.execute(held).first()
    return None if row is None else member_from_row(row)


def find_submission(connection: Connection, member_id: str, digest: bytes) -> Row[Any] | None:
    """What became of this submission of the member, if it was made before."""
    same = (submission.c.member_id == member_id) & (submission.c.digest == digest)
    return connection.execute(select(submission).where(same)).first()


def drop_submission(connection: Connection, submission_id: UUID) -> None:
    """Forgets a refused submission, to try it again."""
    for table in (submission_fault, submission):
        connection.execute(delete(table).where(table.c.submission_id == submission_id))


def add_submission(connection: Connection, values: Mapping[str, Any], faults: Iterable[Values]) -> None:
    """Writes what became of a submission. Each fault: record number, field, code, sentence."""
    connection.execute(insert(submission).values(values))
    numbered = ((values["submission_id"], fault_no, *fault) for fault_no, fault in enumerate(faults, 1))
    copy_rows(connection, submission_fault, submission_fault.c.keys(), numbered)


def find_subjects(connection: Connection, tokens: Collection[bytes]) -> dict[bytes, UUID]:
    """The borrowers that the exchange knows under these tokens."""
    columns = subject_identifier.c
    found = select(columns.bidx, columns.subject_key).where(columns.bidx == any_(_TOKENS))
    return {row.bidx: row.subject_key for row in connection.execute(found, {"tokens": list(tokens)})}


def claim_subjects(
    connection: Connection, identifiers: Sequence[tuple[bytes, int, str, str, UUID]]
) -> dict[bytes, UUID]:
    """Puts rows of `subject_identifier` there (token, index key, id type, country, borrower), and gives the borrower of
    each token: the row's own where it was the first, another's where that one came before. Waits for another
    transaction that is claiming the same token.
    """
    if not identifiers:
        return {}
    # All transactions claim in one order, so that two imports of the same borrowers seldom wait for each other.
    columns = zip(*sorted(identifiers), strict=True)
    values = dict(zip(subject_identifier.c.keys(), map(list, columns), strict=True))
    claimed = {row.bidx: row.subject_key for row in connection.execute(_CLAIM, values)}
    lost = [token for token in values["bidx"] if token not in claimed]
    return claimed | find_subjects(connection, lost) if lost else claimed


def newest_keys(connection: Connection, subject_keys: Collection[UUID]) -> dict[UUID, WrappedKey]:
    """The data key that each borrower's fields are sealed with now."""
    columns = subject_key.c
    active = (columns.subject_key == any_(_SUBJECT_KEYS)) & (columns.state == "ACTIVE")
    found = select(subject_key).where(active).order_by(columns.key_no)
    return {
        row.subject_key: WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
        for row in connection.execute(found, {"subject_keys": list(subject_keys)})
    }


def add_subjects(connection: Connection, subjects: Sequence[Mapping[str, Any]], keys: Sequence[WrappedKey]) -> None:
    """New borrowers with their keys; nothing is logged about them yet."""
    if not subjects:
        return
    names = subjects[0].keys()
    copy_rows(connection, subject, list(names), ([row[name] for name in names] for row in subjects))
    wrapped = (
        (key.subject_key, key.key_no, key.kek_ref, key.kek_version, key.suite, key.wrapped, "ACTIVE") for key in keys
    )
    copy_rows(connection, subject_key, subject_key.c.keys(), wrapped)
    copy_rows(connection, subject_sequence, subject_sequence.c.keys(), ((key.subject_key, 0) for key in keys))


def find_accounts(connection: Connection, tokens: Collection[bytes]) -> dict[bytes, HeldAccount]:
    """The accounts that the exchange holds under these tokens."""
    columns = account_identifier.c
    found = select(columns.bidx, columns.subject_key, columns.account_key).where(columns.bidx == any_(_TOKENS))
    rows = connection.execute(found, {"tokens": list(tokens)})
    return {row.bidx: HeldAccount(row.subject_key, row.account_key) for row in rows}


def fetch_accounts(connection: Connection, held: Collection[HeldAccount]) -> dict[UUID, Mapping[str, Any]]:
    """The rows of accounts, by account key."""
    wanted = select(account).where(tuple_(account.c.subject_key, account.c.account_key).in_(_pairs()))
    return {row["account_key"]: dict(row) for row in connection.execute(wanted, _keys(held)).mappings()}


def fetch_delinquencies(connection: Connection, held: Collection[HeldAccount]) -> dict[UUID, list[Mapping[str, Any]]]:
    """The current delinquencies of accounts, by account key, oldest first."""
    columns = delinquency.c
    of_accounts = tuple_(columns.subject_key, columns.account_key).in_(_pairs())
    wanted = select(delinquency).where(of_accounts, columns.superseded_at.is_(None))
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in connection.execute(wanted.order_by(columns.first_delinquent_on), _keys(held)).mappings():
        found.setdefault(row["account_key"], []).append(dict(row))
    return found


def add_accounts(
    connection: Connection, columns: Sequence[str], rows: Sequence[Values], tokens: Sequence[Values]
) -> None:
    """New accounts, and their rows of `account_identifier`."""
    copy_rows(connection, account, columns, rows)
    copy_rows(connection, account_identifier, account_identifier.c.keys(), tokens)


def replace_accounts(
    connection: Connection,
    columns: Sequence[str],
    rows: Sequence[Values],
    reasons: Mapping[HeldAccount, str],
    now: datetime,
) -> None:
    """Keeps each account as it stood as a version, with the reason of its change, and puts the new row in its place."""
    if not rows:
        return
    values = _keys(reasons) | {"reasons": list(reasons.values()), "now": now}
    connection.execute(_KEEP_VERSIONS, values)
    upsert_rows(connection, account, columns, rows)


def add_delinquencies(connection: Connection, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Delinquencies, or new versions of them."""
    copy_rows(connection, delinquency, columns, rows)


def supersede_delinquencies(connection: Connection, keys: Collection[tuple[UUID, UUID]], now: datetime) -> None:
    """Ends the current versions of delinquencies: (subject key, delinquency key)."""
    if not keys:
        return
    these = tuple_(delinquency.c.subject_key, delinquency.c.delinquency_key).in_(_pairs())
    subject_keys, delinquency_keys = zip(*keys, strict=True)
    values = {"subject_keys": list(subject_keys), "keys": list(delinquency_keys)}
    connection.execute(update(delinquency).values(superseded_at=now).where(these), values)


def _keys(held: Collection[HeldAccount]) -> dict[str, Any]:
    return {
        "subject_keys": [place.subject_key for place in held],
        "keys": [place.account_key for place in held],
    }


def _pairs() -> Select[Any]:
    """The pairs (subject key, key of a row) that are asked for: two separate lists would ask for every combination."""
    return select(func.unnest(_SUBJECT_KEYS), func.unnest(_KEYS))


_TOKENS = bindparam("tokens", type_=ARRAY(LargeBinary))
_SUBJECT_KEYS = bindparam("subject_keys", type_=ARRAY(Uuid))
_KEYS = bindparam("keys", type_=ARRAY(Uuid))

_CLAIM = text(f"""
    INSERT INTO {subject_identifier.name} (bidx, index_key_id, id_type, country, subject_key)
    SELECT * FROM unnest(:bidx, :index_key_id, :id_type, :country, :subject_key)
    ON CONFLICT DO NOTHING RETURNING bidx, subject_key
""").bindparams(  # noqa: S608 - the table's name
    *(bindparam(column.name, type_=ARRAY(column.type)) for column in subject_identifier.c)
)

_KEEP_VERSIONS = text(f"""
    INSERT INTO {account_version.name} (subject_key, account_key, version, recorded_at, superseded_at, reason, record)
    SELECT a.subject_key, a.account_key, a.version, a.recorded_at, :now, changed.reason, to_jsonb(a)
    FROM unnest(:subject_keys, :keys, :reasons) AS changed (subject_key, account_key, reason)
    JOIN {account.name} a ON a.subject_key = changed.subject_key AND a.account_key = changed.account_key
""").bindparams(_SUBJECT_KEYS, _KEYS, bindparam("reasons", type_=ARRAY(Text)))  # noqa: S608 - table names
