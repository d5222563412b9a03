"""Passkeys in SQL. Borrowers' and officers' lie in tables of their own, so that one never opens the other's door.

Every statement belongs to the caller's transaction.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from exchange.handover import Passkey
from exchange.store.tables.officer import officer_passkey
from exchange.store.tables.sign_in import passkey


class PasskeyTable:
    """One of the tables, and its column that says whose a passkey is."""

    def __init__(self, table: Table, holder: Column[UUID]) -> None:
        self._table, self._holder = table, holder

    def add(self, connection: Connection, added: Passkey) -> bool:
        """False: this credential is held already, by whomever."""
        row: dict[str, Any] = {column.name: getattr(added, self._field(column)) for column in self._table.c}
        row["transports"] = list(added.transports)
        statement = insert(self._table).values(row).on_conflict_do_nothing().returning(self._table.c.credential_id)
        return connection.execute(statement).first() is not None

    def find(self, connection: Connection, credential_id: bytes) -> Passkey | None:
        """The passkey with this credential."""
        found = select(self._table).where(self._table.c.credential_id == credential_id)
        row = connection.execute(found).mappings().one_or_none()
        return self._passkey(row) if row else None

    def list(self, connection: Connection, holder: UUID) -> list[Passkey]:
        """Somebody's passkeys, oldest first."""
        theirs = select(self._table).where(self._holder == holder).order_by(self._table.c.added_at)
        return [self._passkey(row) for row in connection.execute(theirs).mappings()]

    def count_use(self, connection: Connection, credential_id: bytes, sign_count: int, now: datetime) -> bool:
        """Stores the new sign count. False: it is not ahead of the one stored, so the passkey may have been copied.

        Authenticators without a counter always say 0 (W3C Web Authentication, section 6.1.1).
        """
        stored = self._table.c.sign_count
        ahead = stored < sign_count if sign_count else stored == 0
        used = update(self._table).where(self._table.c.credential_id == credential_id, ahead)
        return connection.execute(used.values(sign_count=sign_count, last_used_at=now)).rowcount == 1

    def rename(self, connection: Connection, holder: UUID, credential_id: bytes, name: str) -> bool:
        """False: they have no such passkey."""
        theirs = update(self._table).where(*self._is(holder, credential_id))
        return connection.execute(theirs.values(name=name)).rowcount == 1

    def remove(self, connection: Connection, holder: UUID, credential_id: bytes) -> bool:
        """False: they have no such passkey."""
        return connection.execute(delete(self._table).where(*self._is(holder, credential_id))).rowcount == 1

    def _is(self, holder: UUID, credential_id: bytes) -> tuple[ColumnElement[bool], ...]:
        return self._holder == holder, self._table.c.credential_id == credential_id

    def _field(self, column: Column[Any]) -> str:
        return "user_handle" if column is self._holder else column.name

    def _passkey(self, row: RowMapping) -> Passkey:
        values = {self._field(column): row[column.name] for column in self._table.c}
        return Passkey(**(values | {"transports": tuple(row["transports"])}))


BORROWERS = PasskeyTable(passkey, passkey.c.subject_key)
OFFICERS = PasskeyTable(officer_passkey, officer_passkey.c.officer_id)
