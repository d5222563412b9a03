"""Moves what members contributed, and what the borrower said to it, from one borrower's file to another.

Everything is sealed anew under the other file's key, as a further version; where it was, it ends and is kept as it
stood. What an account or a record is called by inside the exchange stays the same.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.clock import new_id
from exchange.intake.account_content import DELINQUENCY_COLUMNS, content_bytes, content_of_row
from exchange.journeys.move_beside import MoveBeside, MovedRecords
from exchange.journeys.record_rows import SEALED, opened_content, record_commitment
from exchange.store import append, moved_rows
from exchange.store.moved_rows import Rows
from exchange.store.records import key_column
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.lookup_token import LookupTokens
from schema.vocabulary.record_kind import RecordKind

SEALED_OF_ACCOUNT = ("account_ref", "previous_ref")


class MoveReason(StrEnum):
    """Why rows moved: their borrower's files were joined, or divided."""

    MERGED = "MERGED"
    SPLIT = "SPLIT"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to move: these accounts and records. With the accounts go the actions and plans that are about no others,
    and the statements about them.
    """

    account_keys: frozenset[UUID]
    record_keys: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved."""

    account_keys: frozenset[UUID]
    record_keys: frozenset[UUID]
    statements: int


@dataclass(frozen=True, slots=True)
class Move:
    """From one file to another, in the caller's transaction, which holds both."""

    connection: Connection
    tokens: LookupTokens
    source: SubjectCipher
    target: SubjectCipher
    reason: MoveReason
    now: datetime

    @property
    def another_persons(self) -> bool:
        """Whether what moves never was about the borrower whose file it leaves: no report of any day says it then."""
        return self.reason is MoveReason.SPLIT

    def carry_out(self, chosen: Chosen | None) -> Moved:
        """Moves what was chosen, or (None) all that is in the file."""
        accounts = self._accounts(chosen)
        keys = frozenset(row["account_key"] for row in accounts)
        late = self._move_accounts(accounts, keys) if accounts else {}
        moved = [pair for kind in RecordKind for pair in self._move_records(kind, chosen, keys)]
        records = frozenset(key for key, _ in moved)
        statements = self._move_statements(chosen, keys)
        versions = dict([*moved, *((row["account_key"], row["version"]) for row in accounts)])
        self._move_beside(accounts, records, late, versions, chosen is None)
        return Moved(keys, records, statements)

    def _accounts(self, chosen: Chosen | None) -> Rows:
        """Those to move. One whose references lead elsewhere has left this file before."""
        rows = moved_rows.accounts_of(self.connection, self.source.subject_key)
        wanted = [row for row in rows if chosen is None or row["account_key"] in chosen.account_keys]
        ended = [row for row in wanted if row["superseded_at"] is not None]
        tokens = {row["account_key"]: self._tokens(row["contributor"], self._references(row)) for row in ended}
        found = append.find_accounts(self.connection, [token for each in tokens.values() for token in each])
        here = {held.account_key for held in found.values() if held.subject_key == self.source.subject_key}
        return [row for row in wanted if row["superseded_at"] is None or row["account_key"] in here]

    def _move_accounts(self, rows: Rows, keys: Collection[UUID]) -> dict[UUID, tuple[UUID, int]]:
        """Moves them. Returns their delinquencies: by the key that each had, the key that it has now, and its version
        before.
        """
        source, target = self.source.subject_key, self.target.subject_key
        earlier = moved_rows.earlier_references(self.connection, source, keys)
        late = moved_rows.delinquencies_of(self.connection, source, keys)
        moved_rows.end_accounts(self.connection, source, keys, self.reason.value, self.now)
        moved_rows.put_accounts(self.connection, [self._account(row) for row in rows])
        late_there = [self._delinquency(row) for row in late]
        moved_rows.move_delinquencies(self.connection, late, late_there, self.now)
        moved_rows.move_mandates(self.connection, source, target, keys, self.now)
        for row in rows:
            key = row["account_key"]
            older = {self._open("account", "account_ref", key, sealed) for sealed in earlier.get(key, ())}
            tokens = self._tokens(row["contributor"], self._references(row) | older)
            moved_rows.move_account_tokens(self.connection, source, target, key, tokens)
        pairs = zip(late, late_there, strict=True)
        return {here["delinquency_key"]: (there["delinquency_key"], here["version"]) for here, there in pairs}

    def _move_beside(
        self,
        accounts: Rows,
        records: Collection[UUID],
        late: Mapping[UUID, tuple[UUID, int]],
        versions: Mapping[UUID, int],
        all_of_it: bool,
    ) -> None:
        """What stands beside what moved."""
        before = {**versions, **{key: version for key, (_, version) in late.items()}}
        left = moved_rows.accounts_of(self.connection, self.source.subject_key)
        moved = MovedRecords(
            account_keys={row["account_key"] for row in accounts},
            record_keys=records,
            delinquencies={key: there for key, (there, _) in late.items()},
            versions={key: (version, version + 1) for key, version in before.items()},
            contributors={row["contributor"] for row in accounts},
            contributors_left={row["contributor"] for row in left if row["superseded_at"] is None},
        )
        MoveBeside(self.connection, self.source, self.target, moved, all_of_it).carry_out()

    def _account(self, row: Mapping[str, Any]) -> dict[str, Any]:
        key = row["account_key"]
        reference = self._open("account", "account_ref", key, row["account_ref"])
        commitment = self.target.commit(content_bytes("account", reference, content_of_row(row)))
        ended_at = None if row["superseded_at"] is None else self.now
        sealed = self._sealed_anew("account", key, row, SEALED_OF_ACCOUNT)
        return {**row, **sealed, **self._next_version(row, commitment), "superseded_at": ended_at}

    def _delinquency(self, row: Mapping[str, Any]) -> dict[str, Any]:
        said = [row[name] for name in DELINQUENCY_COLUMNS]
        commitment = self.target.commit(content_bytes("delinquency", row["account_key"], said, row["currency"]))
        return {**row, **self._next_version(row, commitment), "delinquency_key": new_id(self.now)}

    def _move_records(self, kind: RecordKind, chosen: Chosen | None, gone: Collection[UUID]) -> list[tuple[UUID, int]]:
        """Moves records of a kind. Returns their keys, and their versions before."""

        def goes_along(row: Mapping[str, Any]) -> bool:
            about = row.get("account_keys") or ()
            of_accounts = bool(about) and all(key in gone for key in about)
            return chosen is None or of_accounts or row[key_column(kind)] in chosen.record_keys

        rows = moved_rows.records_of(self.connection, kind, self.source.subject_key)
        rows = [row for row in rows if goes_along(row)]
        added = [self._record(kind, row) for row in rows]
        moved_rows.move_records(self.connection, kind, rows, added, self.now, self.another_persons)
        return [(row[key_column(kind)], row["version"]) for row in rows]

    def _record(self, kind: RecordKind, row: Mapping[str, Any]) -> dict[str, Any]:
        sealed = self._sealed_anew(kind.value.lower(), row[key_column(kind)], row, SEALED[kind])
        commitment = record_commitment(self.target, kind, opened_content(kind, row, self.source))
        return {**row, **sealed, **self._next_version(row, commitment), "reason": self.reason.value}

    def _move_statements(self, chosen: Chosen | None, gone: Collection[UUID]) -> int:
        rows = moved_rows.statements_of(self.connection, self.source.subject_key)
        rows = [row for row in rows if chosen is None or row["about"] in gone]
        added = [self._statement(row) for row in rows]
        moved_rows.move_statements(self.connection, rows, added, self.now, self.another_persons)
        return len(rows)

    def _statement(self, row: Mapping[str, Any]) -> dict[str, Any]:
        statement_id = new_id(self.now)
        words = self._open("statement", "words", row["statement_id"], row["words"])
        sealed = self.target.seal("statement", "words", statement_id.bytes, words.encode())
        return {**row, "subject_key": self.target.subject_key, "statement_id": statement_id, "words": sealed}

    def _next_version(self, row: Mapping[str, Any], commitment: bytes) -> dict[str, Any]:
        return {
            "subject_key": self.target.subject_key,
            "version": row["version"] + 1,
            "recorded_at": self.now,
            "superseded_at": None,
            "commitment": commitment,
        }

    def _references(self, row: Mapping[str, Any]) -> set[str]:
        key = row["account_key"]
        return {self._open("account", name, key, row[name]) for name in SEALED_OF_ACCOUNT if row[name] is not None}

    def _tokens(self, contributor: str, references: Iterable[str]) -> list[bytes]:
        return [token for each in references for _, token in self.tokens.account_candidates(contributor, each)]

    def _open(self, table: str, column: str, row_key: UUID, sealed: bytes) -> str:
        return self.source.unseal(table, column, row_key.bytes, sealed).decode()

    def _sealed_anew(
        self, table: str, row_key: UUID, row: Mapping[str, Any], columns: Iterable[str]
    ) -> dict[str, bytes]:
        row_bytes = row_key.bytes
        return {
            name: self.target.seal(table, name, row_bytes, self.source.unseal(table, name, row_bytes, row[name]))
            for name in columns
            if row[name] is not None
        }
