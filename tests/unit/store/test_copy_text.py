"""Rows as COPY takes them: what is sent is what is stored."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from exchange.store.array_text import bytes_array, text_of_bytes, text_of_texts, text_of_uuids, uuid_array
from exchange.store.copy_rows import copy_rows
from schema.vocabulary.account import AccountState

TABLE = Table(
    "copied",
    MetaData(),
    Column("number", BigInteger),
    Column("words", Text),
    Column("content", LargeBinary),
    Column("day", Date),
    Column("instant", TIMESTAMP(timezone=True)),
    Column("key", Uuid),
    Column("truth", Boolean),
    Column("amounts", ARRAY(BigInteger)),
    Column("checks", ARRAY(LargeBinary)),
    prefixes=["TEMPORARY"],
)
KEY = UUID("0190a000-0000-7000-8000-000000000001")
NOON, LONG_AGO = datetime(2026, 6, 1, 12, 0, 0, 7, UTC), datetime(1, 1, 1, tzinfo=UTC)
ROWS = [
    (1, "plain", b"\x00\xff", date(2026, 6, 1), NOON, KEY, True, [1, None, -3], [b"\\x"]),
    (-2, 'tab\t line\n return\r back\\slash \\N \\. "王"', b"", date(1, 1, 1), LONG_AGO, KEY, False, [], []),
    (None, None, None, None, None, None, None, None, None),
    (2**62, "", b"x" * 300, date(9999, 12, 31), None, KEY, None, [None], [b"", b'"']),
]  # fmt: skip


def test_what_is_sent_is_what_is_stored(engine: Engine) -> None:
    with engine.begin() as connection:
        TABLE.create(connection)
        copy_rows(connection, TABLE, TABLE.c.keys(), ROWS)
        assert [tuple(row) for row in connection.execute(select(TABLE))] == ROWS


def test_a_code_is_stored_as_its_text_beside_other_texts(engine: Engine) -> None:
    with engine.begin() as connection:
        TABLE.create(connection)
        copy_rows(connection, TABLE, ["words"], [(AccountState.NORMAL,), ("NORMAL",), (None,)])
        assert list(connection.scalars(select(TABLE.c.words))) == ["NORMAL", "NORMAL", None]


def test_no_rows_are_no_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        TABLE.create(connection)
        copy_rows(connection, TABLE, TABLE.c.keys(), [])
        assert connection.execute(select(TABLE)).all() == []


def test_long_arrays_arrive_whole(engine: Engine) -> None:
    contents = [b"", b"\\", b'"{},', bytes(range(256))]
    words = ["", "NULL", 'a "quote"', "back\\slash", "{,}", "王"]
    with engine.begin() as connection:
        given = {"contents": text_of_bytes(contents), "keys": text_of_uuids([KEY, KEY]), "none": text_of_uuids([])}
        found = connection.execute(select(bytes_array("contents"), uuid_array("keys"), uuid_array("none")), given).one()
        told = connection.exec_driver_sql("SELECT CAST(%(words)s AS text[])", {"words": text_of_texts(words)}).scalar()
    assert (list(found[0]), list(found[1]), list(found[2])) == (contents, [KEY, KEY], [])
    assert told == words
