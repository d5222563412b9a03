"""Statements that go to libpq at once: every kind of value, and every way in which the database may let us down."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from exchange.errors import Unavailable
from exchange.settings import Settings
from exchange.store import prepared
from exchange.store.engine import database_errors, make_engine
from exchange.store.prepared import Kind, Statement, boolean_of, fetch_row, instant_of, integer_of

SECRET = "110101199003070011"
ONE = UUID("01980000-0000-7000-8000-000000000001")
NOW = datetime(2026, 6, 1, 8, 30, 15, 250001, tzinfo=UTC)
WHO = Statement("SELECT pg_backend_pid()", {})
SLEEP = Statement("SELECT pg_sleep(5)", {})
ADD = Statement(
    "WITH added AS (UPDATE log_integrator SET tree_size = tree_size + :more RETURNING tree_size)"
    " SELECT tree_size FROM added",
    {"more": Kind.INTEGER},
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of one connection, on which no statement runs longer than 200 ms."""
    engine = make_engine(Settings(threads=1, statement_timeout_ms=200), database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection on which every statement is its own transaction."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def row(connection: Connection, statement: Statement, **values: Any) -> tuple[Any, ...]:
    found = fetch_row(connection, statement, values)
    assert found is not None
    return found


def prepared_here(connection: Connection) -> list[str]:
    names = connection.scalars(text("SELECT name FROM pg_prepared_statements WHERE name LIKE 'openbureau%'"))
    return sorted(names)


VALUES = {
    Kind.TEXT: ("wörd 'x' :y \\ \"z\"", "text"),
    Kind.BYTES: (b"\0\\x27'\xff", "bytea"),
    Kind.UUID: (ONE, "uuid"),
    Kind.INTEGER: (-(2**40), "bigint"),
    Kind.BOOLEAN: (True, "boolean"),
    Kind.INSTANT: (NOW, "timestamptz"),
    Kind.TEXTS: (["a,b", '"', "\\", "{}", "NULL", ""], "text[]"),
    Kind.BYTE_STRINGS: ([b"", b"\0'\\"], "bytea[]"),
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_value_arrives_as_it_was(connection: Connection, kind: Kind) -> None:
    value, type_name = VALUES[kind]
    asked = text(f"SELECT CAST(:value AS {type_name})")
    (same,) = row(
        connection,
        Statement("SELECT to_json(ARRAY[:value])::text", {"value": kind}),
        value=value,
    )
    expected = connection.scalar(text(f"SELECT to_json(ARRAY[CAST(:value AS {type_name})])::text"), {"value": value})
    assert same.decode() == expected
    assert connection.scalar(asked, {"value": value}) == value


@pytest.mark.parametrize("kind", Kind)
def test_no_value_is_null(connection: Connection, kind: Kind) -> None:
    (is_null,) = row(connection, Statement("SELECT :value IS NULL", {"value": kind}), value=None)
    assert boolean_of(is_null) is True


def test_what_comes_back_can_be_read(connection: Connection) -> None:
    kinds = {"at": Kind.INSTANT, "number": Kind.INTEGER, "id": Kind.UUID, "blob": Kind.BYTES}
    statement = Statement("SELECT :at, :number, :number::int, :id, :blob, NULL, 'ü', 1 = 2, :at - :at", kinds)
    at, wide, narrow, key, blob, nothing, word, no, _ = row(
        connection, statement, at=NOW, number=-7, id=ONE, blob=b"\0"
    )
    assert (instant_of(at), integer_of(wide), integer_of(narrow), UUID(bytes=key)) == (NOW, -7, -7, ONE)
    assert (blob, nothing, word.decode(), boolean_of(no)) == (b"\0", None, "ü", False)


def test_a_statement_that_finds_nothing_gives_no_row(connection: Connection) -> None:
    assert fetch_row(connection, Statement("SELECT 1 WHERE false", {}), {}) is None


def test_a_statement_is_prepared_once_on_each_connection(connection: Connection) -> None:
    for _ in range(3):
        row(connection, WHO)
    assert prepared_here(connection) == [WHO.name.decode()]


def test_each_statement_is_its_own_transaction(connection: Connection, engine: Engine) -> None:
    row(connection, ADD, more=3)
    with engine.connect() as other:
        assert other.scalar(text("SELECT tree_size FROM log_integrator")) == 3


def test_within_a_transaction_nothing_is_kept_unless_it_commits(engine: Engine) -> None:
    with engine.connect() as connection:
        assert integer_of(*row(connection, ADD, more=3)) == 3
        assert integer_of(*row(connection, ADD, more=3)) == 6
        connection.rollback()
    with engine.begin() as connection:
        row(connection, ADD, more=4)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT tree_size FROM log_integrator")) == 4
        assert prepared_here(connection) == []


def test_what_the_driver_forgot_after_a_rollback_is_prepared_anew(engine: Engine) -> None:
    def autocommitted() -> int:
        with engine.connect() as connection:
            return integer_of(*row(connection.execution_options(isolation_level="AUTOCOMMIT"), ADD, more=1))

    assert autocommitted() == 1
    for _ in range(3):
        with engine.connect() as connection:
            for _ in range(4):
                connection.execute(text("SELECT 1"))
            connection.rollback()
    assert [autocommitted(), autocommitted()] == [2, 3]


def test_only_so_many_statements_stay_prepared(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "PREPARED_MAX", 3)
    statements = [Statement(f"SELECT {number}", {}) for number in range(5)]
    for number in (0, 1, 2, 0, 3, 4, 0):
        assert integer_of(*row(connection, statements[number])) == number
    assert prepared_here(connection) == sorted(statements[number].name.decode() for number in (0, 3, 4))


def test_a_lost_connection_is_unavailable_once_and_then_replaced(engine: Engine, server_url: str) -> None:
    def ask() -> int:
        with engine.connect() as connection:
            return integer_of(*row(connection.execution_options(isolation_level="AUTOCOMMIT"), WHO))

    first = ask()
    with psycopg.connect(server_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with pytest.raises(Unavailable), database_errors():
        ask()
    assert ask() != first


def test_all_connections_are_replaced_once_one_was_found_lost(database_url: str, server_url: str) -> None:
    engine = make_engine(Settings(threads=3), database_url)
    held = [engine.connect().execution_options(isolation_level="AUTOCOMMIT") for _ in range(3)]
    pids = [integer_of(*row(connection, WHO)) for connection in held]
    for connection in held:
        connection.close()
    with psycopg.connect(server_url) as other:
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [pids])
    with pytest.raises(Unavailable), database_errors(), engine.connect() as connection:
        row(connection.execution_options(isolation_level="AUTOCOMMIT"), WHO)
    held = [engine.connect().execution_options(isolation_level="AUTOCOMMIT") for _ in range(3)]
    for connection in held:
        row(connection, WHO)
        connection.close()
    engine.dispose()


@pytest.mark.parametrize("isolation", ["AUTOCOMMIT", "READ COMMITTED"])
def test_a_statement_that_takes_too_long_is_unavailable(engine: Engine, isolation: Any) -> None:
    with engine.connect() as connection:
        connection.execution_options(isolation_level=isolation)
        with pytest.raises(Unavailable), database_errors():
            row(connection, SLEEP)
        connection.rollback()
        row(connection, WHO)


def test_a_fault_of_our_own_is_not_called_unavailable(connection: Connection) -> None:
    with pytest.raises(ProgrammingError), database_errors():
        row(connection, Statement("SELECT nothing FROM nowhere", {}))
    row(connection, WHO)


def test_a_value_of_another_kind_is_an_error_of_ours(connection: Connection) -> None:
    with pytest.raises((AttributeError, TypeError)):
        row(connection, Statement("SELECT :id", {"id": Kind.UUID}), id="not an id")
    with pytest.raises(ProgrammingError):
        row(
            connection,
            Statement("SELECT tree_size FROM log_integrator WHERE tree_size = :id", {"id": Kind.UUID}),
            id=ONE,
        )


def test_a_parameter_that_nobody_declared_is_refused_at_once() -> None:
    with pytest.raises(KeyError, match="unknown"):
        Statement("SELECT :unknown", {"known": Kind.TEXT})


def test_a_cast_is_no_parameter(connection: Connection) -> None:
    assert row(connection, Statement("SELECT '1'::text", {})) == (b"1",)


def test_a_transaction_that_failed_stays_failed(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(OperationalError):
            row(connection, SLEEP)
        with pytest.raises(InternalError):
            row(connection, WHO)


def test_no_error_shows_a_value(connection: Connection) -> None:
    kinds = {"name": Kind.TEXT}
    adding = Statement(
        "WITH added AS (INSERT INTO member (member_id) SELECT :name RETURNING 1) SELECT count(*) FROM added", kinds
    )
    with pytest.raises(ConstraintBroken) as broken:
        row(connection, adding, name=SECRET)
    said = str(broken.value) + str(broken.value.__cause__) + repr(broken.value.orig)
    assert "null value in column" in said and SECRET not in said
    with pytest.raises(DataError):
        row(connection, Statement("SELECT 1 / (length(:name) - 18)", kinds), name=SECRET)
