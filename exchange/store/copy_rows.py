"""Many rows at once: COPY on the connection's own transaction.

The driver is used directly, so its errors are turned into ours here. They would quote values of the rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table

from exchange.errors import ExchangeError, Unavailable
from exchange.store.copy_text import copy_text

ROWS_AT_ONCE = 500
"""So many rows are made into text and sent while the server takes in those before."""


def copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Adds `rows`, each with the values of `columns` in their order; a list stands for an array."""
    _copy(connection, table.name, columns, _texts(rows))


def copy_prepared(connection: Connection, table: Table, columns: Sequence[str], lines: Sequence[bytes]) -> None:
    """Adds rows that were made into the lines of COPY already (`copy_text.copy_lines`)."""
    if lines:
        _copy(connection, table.name, columns, [b"\n".join([*lines, b""])])


def upsert_rows(connection: Connection, table: Table, columns: Sequence[str], lines: Sequence[bytes]) -> None:
    """Adds rows, as lines of COPY, and replaces the values of those whose primary key is there already."""
    staged = f"staged_{table.name}"
    key = [column.name for column in table.primary_key]
    names = {"table": sql.Identifier(table.name), "staged": sql.Identifier(staged), "columns": _list(columns)}
    replaced = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in columns if name not in key]
    with _errors_of(table.name), _cursor(connection) as cursor:
        create = "CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
        cursor.execute(sql.SQL(create).format(**names))
        _copy(connection, staged, columns, [b"\n".join([*lines, b""])])
        merge = "INSERT INTO {table} ({columns}) SELECT * FROM {staged} ON CONFLICT ({key}) DO UPDATE SET {replaced}"
        cursor.execute(sql.SQL(merge).format(**names, key=_list(key), replaced=sql.SQL(", ").join(replaced)))
        cursor.execute(sql.SQL("DROP TABLE {staged}").format(**names))


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        yield copy_text(some)


def _copy(connection: Connection, name: str, columns: Sequence[str], texts: Iterable[bytes]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _list(columns))
    with _errors_of(name), _cursor(connection) as cursor, cursor.copy(statement) as copy:
        for text in texts:
            copy.write(text)


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise Unavailable("The database does not answer; nothing was changed. Try again.") from None
    except psycopg.Error as error:
        raise ExchangeError(f"The database does not take these rows of {name} (SQLSTATE {error.sqlstate}).") from None


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
