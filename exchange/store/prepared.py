"""The two statements of every look, run by libpq itself on SQLAlchemy's pooled connections: prepared once on each
connection, their values and their row as bytes. Everything else is SQLAlchemy Core's, which takes this process five
times as long.

Values travel apart from the text, always. Where each statement is its own transaction, it is prepared when a connection
first meets it, and anew where the server has forgotten it (the driver drops all that is prepared after a rollback).
Within a longer transaction it is sent whole: there, a forgotten statement would end the transaction.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, pq
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from exchange.store.array_text import text_of_bytes, text_of_texts

PREPARED_MAX = 100
"""The most statements that are kept prepared on one connection; the one not used for longest goes first."""

RawRow = tuple[Any, ...]
"""A row as bytes and None, in PostgreSQL's binary form: text is UTF-8, bytea and uuid are as they are."""

_PARAMETER = re.compile(r"(?<!:):([a-z][a-z0-9_]*)")
_FORGOTTEN = b"26000"  # invalid_sql_statement_name
_KEPT = "openbureau_prepared"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ARRAYS_KEPT = 1_024
_numbers = count()

_Encoded = Sequence[Any]  # bytes or None: the driver's own hints leave the latter out


@lru_cache(maxsize=_ARRAYS_KEPT)
def _text_array(texts: tuple[str, ...]) -> bytes:
    return text_of_texts(texts).encode()


class _Type(NamedTuple):
    oid: int
    is_binary: bool
    encode: Callable[[Any], bytes]


class Kind(Enum):
    """What a parameter is. TEXTS are codes (field classes, rules, reasons): their spelling is remembered."""

    TEXT = _Type(25, False, str.encode)
    TEXTS = _Type(1009, False, lambda texts: _text_array(tuple(texts)))
    BYTES = _Type(17, True, bytes)
    BYTE_STRINGS = _Type(1001, False, lambda values: text_of_bytes(values).encode())
    UUID = _Type(2950, True, lambda value: value.bytes)
    INTEGER = _Type(20, False, lambda number: b"%d" % number)
    BOOLEAN = _Type(16, False, lambda truth: b"t" if truth else b"f")
    INSTANT = _Type(1184, False, lambda instant: instant.isoformat().encode())


class Statement:
    """A statement, written once with its parameters as `:name`; `kinds` says what each is."""

    def __init__(self, sql: str, kinds: Mapping[str, Kind]) -> None:
        names = list(dict.fromkeys(_PARAMETER.findall(sql)))
        places = {name: f"${place}" for place, name in enumerate(names, 1)}
        types = [kinds[name].value for name in names]
        self.name = f"openbureau_{next(_numbers)}".encode()
        self.sql = _PARAMETER.sub(lambda found: places[found[1]], sql).encode()
        self.oids = [each.oid for each in types]
        self.formats = [int(each.is_binary) for each in types]
        self._encoders = [(name, each.encode) for name, each in zip(names, types, strict=True)]

    def encoded(self, values: Mapping[str, Any]) -> list[bytes | None]:
        """The values in the order of the parameters; what the statement does not name is left out."""
        return [None if (value := values[name]) is None else encode(value) for name, encode in self._encoders]


_Kept = OrderedDict[Statement, None]


def fetch_row(connection: Connection, statement: Statement, values: Mapping[str, Any]) -> RawRow | None:
    """Runs a statement that gives one row, or none.

    Raises what SQLAlchemy raises for a fault of the database, without any value in its text.
    """
    encoded = statement.encoded(values)
    driver = _driver(connection)
    try:
        if driver.autocommit:
            kept = connection.info.setdefault(_KEPT, OrderedDict())
            result = _run_prepared(driver.pgconn, kept, statement, encoded)
        else:
            result = _run_in_transaction(connection, statement, encoded)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _fault_of(result)
    except psycopg.Error as fault:
        raise _as_sqlalchemy(connection, fault) from fault
    if not result.ntuples:
        return None
    return tuple([result.get_value(0, column) for column in range(result.nfields)])


def integer_of(raw: bytes) -> int:
    """An integer of any width."""
    return int.from_bytes(raw, "big", signed=True)


def boolean_of(raw: bytes) -> bool:
    """A boolean."""
    return raw == b"\x01"


def instant_of(raw: bytes) -> datetime:
    """A timestamp with time zone, in UTC."""
    return _EPOCH + timedelta(microseconds=integer_of(raw))


def _run_prepared(pgconn: pq.abc.PGconn, kept: _Kept, statement: Statement, encoded: _Encoded) -> pq.abc.PGresult:
    if statement in kept:
        kept.move_to_end(statement)
    elif (prepared := _prepare(pgconn, kept, statement)).status != pq.ExecStatus.COMMAND_OK:
        return prepared
    result = pgconn.exec_prepared(statement.name, encoded, statement.formats, pq.Format.BINARY)
    if result.error_field(pq.DiagnosticField.SQLSTATE) != _FORGOTTEN:
        return result
    kept.clear()
    return _run_prepared(pgconn, kept, statement, encoded)


def _prepare(pgconn: pq.abc.PGconn, kept: _Kept, statement: Statement) -> pq.abc.PGresult:
    if len(kept) >= PREPARED_MAX:
        oldest, _ = kept.popitem(last=False)
        pgconn.exec_(b"DEALLOCATE " + oldest.name)
    prepared = pgconn.prepare(statement.name, statement.sql, statement.oids)
    if prepared.status == pq.ExecStatus.COMMAND_OK:
        kept[statement] = None
    return prepared


def _run_in_transaction(connection: Connection, statement: Statement, encoded: _Encoded) -> pq.abc.PGresult:
    pgconn = _driver(connection).pgconn
    if pgconn.transaction_status == pq.TransactionStatus.IDLE:
        connection.exec_driver_sql("SELECT 1")  # the driver begins, in its own way
    return pgconn.exec_params(statement.sql, encoded, statement.oids, statement.formats, pq.Format.BINARY)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _fault_of(result: pq.abc.PGresult) -> psycopg.Error:
    """The driver's error of this result, with its first sentence alone: the details may name values."""
    whole = errors.error_from_result(result)
    if whole.sqlstate is None:
        return psycopg.OperationalError("the connection was lost")
    return type(whole)(whole.diag.message_primary or "", info=result)


def _as_sqlalchemy(connection: Connection, fault: psycopg.Error) -> DBAPIError:
    """What SQLAlchemy raises in its place. Where the connection was lost, all that wait are dropped too."""
    lost = _driver(connection).closed
    raised = DBAPIError.instance(None, None, fault, psycopg.Error, hide_parameters=True, connection_invalidated=lost)
    assert isinstance(raised, DBAPIError)
    if lost:
        connection.invalidate(raised)
        connection.engine.dispose()
    return raised
