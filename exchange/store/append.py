"""Writes contributed records, set-wise: a batch costs a fixed number of statements, whatever its size.

Everything happens in the caller's transaction, so that a batch is applied whole or not at all. Sealed columns come
sealed. The look-up tables decide who is who: a borrower exists once its token is in `subject_identifier`, and the first
transaction to put it there makes the borrower; any other waits for it and then finds the same one.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)

from exchange.handover import WrappedKey
from exchange.store.array_text import bytes_array, text_of_bytes, text_of_texts, text_of_uuids, uuid_array
from exchange.store.copy_rows import copy_prepared, upsert_rows
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import (
    subject,
    subject_identifier,
    subject_key,
    subject_sequence,
    subject_version,
)

Lines = Sequence[bytes]
"""Rows as the lines of COPY (`copy_text.copy_lines`)."""

SUBJECT_KEY_COLUMNS = ("subject_key", "key_no", "kek_ref", "kek_version", "suite", "wrapped", "state")
SEQUENCE_COLUMNS = ("subject_key", "last")
TOKEN_COLUMNS = ("bidx", "index_key_id", "subject_key", "account_key")

IdentifierRow = tuple[bytes, int, str, str, UUID]
"""A row of `subject_identifier`: token, index key, id type, country, borrower."""


class HeldAccount(NamedTuple):
    """Where an account is held."""

    subject_key: UUID
    account_key: UUID


def find_subjects(connection: Connection, tokens: Collection[bytes]) -> dict[bytes, UUID]:
    """The borrowers that the exchange knows under these tokens."""
    columns = subject_identifier.c
    found = select(columns.bidx, columns.subject_key).where(columns.bidx.in_(select(func.unnest(_TOKENS))))
    return {row.bidx: row.subject_key for row in connection.execute(found, {"tokens": text_of_bytes(tokens)})}


def claim_subjects(connection: Connection, identifiers: Sequence[IdentifierRow]) -> dict[bytes, UUID]:
    """Puts rows of `subject_identifier` there, and gives the borrower of each token: the row's own where it was the
    first, another's where that one came before. Waits for another transaction that is claiming the same token.
    """
    if not identifiers:
        return {}
    # All transactions claim in one order, so that two imports of the same borrowers seldom wait for each other.
    tokens, index_keys, id_types, countries, subject_keys = zip(*sorted(identifiers), strict=True)
    values = {
        "tokens": text_of_bytes(tokens),
        "index_keys": list(index_keys),
        "id_types": text_of_texts(id_types),
        "countries": text_of_texts(countries),
        "subject_keys": text_of_uuids(subject_keys),
    }
    claimed = connection.execute(_CLAIM, values).rowcount
    if claimed == len(identifiers):
        return dict(zip(tokens, subject_keys, strict=True))
    return find_subjects(connection, tokens)


def newest_keys(connection: Connection, subject_keys: Collection[UUID]) -> dict[UUID, WrappedKey]:
    """The data key that each borrower's fields are sealed with now."""
    columns = subject_key.c
    active = (columns.subject_key.in_(select(func.unnest(_SUBJECT_KEYS)))) & (columns.state == "ACTIVE")
    found = select(subject_key).where(active).order_by(columns.key_no)
    return {
        row.subject_key: WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
        for row in connection.execute(found, {"subject_keys": text_of_uuids(subject_keys)})
    }


def subject_key_row(key: WrappedKey) -> tuple[Any, ...]:
    """The values of `SUBJECT_KEY_COLUMNS` of a new key."""
    return key.subject_key, key.key_no, key.kek_ref, key.kek_version, key.suite, key.wrapped, "ACTIVE"


def sequence_row(subject_key: UUID) -> tuple[Any, ...]:
    """The values of `SEQUENCE_COLUMNS` of a new borrower: nothing is logged about them yet."""
    return subject_key, 0


def add_subjects(connection: Connection, columns: Sequence[str], rows: Lines, keys: Lines, sequences: Lines) -> None:
    """New borrowers with their keys, and rows of `subject_sequence`."""
    copy_prepared(connection, subject, columns, rows)
    copy_prepared(connection, subject_key, SUBJECT_KEY_COLUMNS, keys)
    copy_prepared(connection, subject_sequence, SEQUENCE_COLUMNS, sequences)


def add_birth_dates(connection: Connection, birth_dates: Mapping[UUID, tuple[bytes, bytes]], now: datetime) -> None:
    """Completes borrowers of whom no birth date was held: by their keys, it sealed and the commitment to it. Each
    borrower as it stood is kept as a version.
    """
    if birth_dates:
        sealed, checks = zip(*birth_dates.values(), strict=True)
        values = {
            "subject_keys": text_of_uuids(birth_dates),
            "sealed": text_of_bytes(sealed),
            "checks": text_of_bytes(checks),
            "now": now,
        }
        connection.execute(_ADD_BIRTH_DATES, values)


def find_accounts(connection: Connection, tokens: Collection[bytes]) -> dict[bytes, HeldAccount]:
    """The accounts that the exchange holds under these tokens."""
    columns = account_identifier.c
    found = select(columns.bidx, columns.subject_key, columns.account_key).where(
        columns.bidx.in_(select(func.unnest(_TOKENS)))
    )
    rows = connection.execute(found, {"tokens": text_of_bytes(tokens)})
    return {row.bidx: HeldAccount(row.subject_key, row.account_key) for row in rows}


def commitments_of(
    connection: Connection, held: Collection[HeldAccount]
) -> dict[UUID, tuple[bytes, datetime, datetime | None]]:
    """Of accounts, by account key: the commitment to their content, and when they were recorded and superseded."""
    columns = account.c
    wanted = select(columns.account_key, columns.commitment, columns.recorded_at, columns.superseded_at)
    of_accounts = tuple_(columns.subject_key, columns.account_key).in_(_pairs())
    rows = connection.execute(wanted.where(of_accounts), _keys(held))
    return {row.account_key: (row.commitment, row.recorded_at, row.superseded_at) for row in rows}


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


def add_accounts(connection: Connection, columns: Sequence[str], rows: Lines, tokens: Lines) -> None:
    """New accounts, and rows of `account_identifier` (`TOKEN_COLUMNS`)."""
    copy_prepared(connection, account, columns, rows)
    copy_prepared(connection, account_identifier, TOKEN_COLUMNS, tokens)


def replace_accounts(
    connection: Connection,
    columns: Sequence[str],
    rows: Lines,
    reasons: Mapping[HeldAccount, tuple[str, str | None]],
    now: datetime,
) -> None:
    """Keeps each account as it stood as a version, with the reason of its change and why the furnisher corrected it,
    and puts the new row in its place.
    """
    if not rows:
        return
    given, corrections = zip(*reasons.values(), strict=True)
    values = _keys(reasons) | {"reasons": list(given), "corrections": list(corrections), "now": now}
    connection.execute(_KEEP_VERSIONS, values)
    upsert_rows(connection, account, columns, rows)


def add_delinquencies(connection: Connection, columns: Sequence[str], rows: Lines) -> None:
    """Delinquencies, or new versions of them."""
    copy_prepared(connection, delinquency, columns, rows)


def supersede_delinquencies(connection: Connection, keys: Collection[tuple[UUID, UUID]], now: datetime) -> None:
    """Ends the current versions of delinquencies: (subject key, delinquency key)."""
    if not keys:
        return
    these = tuple_(delinquency.c.subject_key, delinquency.c.delinquency_key).in_(_pairs())
    connection.execute(update(delinquency).values(superseded_at=now).where(these), _keys(keys))


def keep_marks(connection: Connection, superseded: Collection[tuple[UUID, UUID]]) -> None:
    """Has the new version of each of these delinquencies hidden, annotated or contested as the old one was."""
    if not superseded:
        return
    old, new = delinquency.alias("old"), delinquency
    same = (new.c.subject_key == old.c.subject_key) & (new.c.account_key == old.c.account_key)
    marks = ("suppressed_by", "annotated_by", "dispute_mark")
    marked = or_(*(old.c[mark].is_not(None) for mark in marks))
    these = tuple_(old.c.subject_key, old.c.delinquency_key).in_(_pairs())
    kept = update(new).values({mark: old.c[mark] for mark in marks})
    kept = kept.where(same, new.c.first_delinquent_on == old.c.first_delinquent_on, new.c.superseded_at.is_(None))
    connection.execute(kept.where(marked, these), _keys(superseded))


def _keys(held: Collection[tuple[UUID, UUID]]) -> dict[str, Any]:
    return {
        "subject_keys": text_of_uuids(subject for subject, _ in held),
        "keys": text_of_uuids(key for _, key in held),
    }


def _pairs() -> Select[Any]:
    """The pairs (subject key, key of a row) that are asked for: two separate lists would ask for every combination."""
    return select(func.unnest(_SUBJECT_KEYS), func.unnest(_KEYS))


_TOKENS = bytes_array("tokens")
_SUBJECT_KEYS = uuid_array("subject_keys")
_KEYS = uuid_array("keys")

_CLAIM = text(f"""
    INSERT INTO {subject_identifier.name} (bidx, index_key_id, id_type, country, subject_key)
    SELECT * FROM unnest(
        CAST(:tokens AS bytea[]), :index_keys, CAST(:id_types AS text[]), CAST(:countries AS text[]),
        CAST(:subject_keys AS uuid[])
    )
    ON CONFLICT DO NOTHING
""").bindparams(bindparam("index_keys", type_=ARRAY(Integer)))  # noqa: S608 - the table's name

_KEEP_VERSIONS = text(f"""
    INSERT INTO {account_version.name}
        (subject_key, account_key, version, recorded_at, superseded_at, reason, correction, record)
    SELECT a.subject_key, a.account_key, a.version, a.recorded_at, coalesce(a.superseded_at, :now),
        changed.reason, changed.correction, to_jsonb(a)
    FROM unnest(CAST(:subject_keys AS uuid[]), CAST(:keys AS uuid[]), :reasons, :corrections)
        AS changed (subject_key, account_key, reason, correction)
    JOIN {account.name} a ON a.subject_key = changed.subject_key AND a.account_key = changed.account_key
""").bindparams(  # noqa: S608 - table names
    bindparam("reasons", type_=ARRAY(Text)), bindparam("corrections", type_=ARRAY(Text))
)

_ADD_BIRTH_DATES = text(f"""
    WITH added AS (
        SELECT * FROM unnest(CAST(:subject_keys AS uuid[]), CAST(:sealed AS bytea[]), CAST(:checks AS bytea[]))
            AS added (subject_key, birth_date, birth_check)
    ), kept AS (
        INSERT INTO {subject_version.name} (subject_key, version, recorded_at, superseded_at, reason, record)
        SELECT s.subject_key, s.version, s.recorded_at, :now, 'COMPLETED', to_jsonb(s)
        FROM {subject.name} s JOIN added USING (subject_key)
    )
    UPDATE {subject.name} s
    SET birth_date = added.birth_date, birth_check = added.birth_check, version = s.version + 1, recorded_at = :now
    FROM added WHERE s.subject_key = added.subject_key
""")  # noqa: S608 - table names
