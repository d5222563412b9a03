"""Moves what stands beside the records that move: what was cleared, wished, disputed, complained of, asked and is due.

Files that are joined: all of it goes along, and standing wishes protect the borrower in the joined file. Files that are
divided: what is about what moves goes along; wishes hold in both files, since nobody knows whose they were. Notices and
the log stay in the file in which they were written.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table

from exchange.store.beside_rows import Rows, add_beside, leave_beside, rows_beside
from exchange.store.tables.assessment import review_request
from exchange.store.tables.complaint import complaint
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply, contact_source, contact_wish
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.repayment import plan_reply
from exchange.store.tables.running_clock import running_clock
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.running_clock import ClockKind

Row = Mapping[str, Any]

SEALED_BESIDE: Mapping[Table, tuple[str, tuple[str, ...]]] = {
    dispute: ("dispute_id", ("words", "answer")),
    complaint: ("complaint_id", ("words", "answer", "finding_words")),
    review_request: ("review_id", ("words", "answer")),
    plan_reply: ("plan_key", ("words",)),
}
"""By table: the column whose value is the row key of what is sealed, and the sealed columns."""


@dataclass(frozen=True, slots=True)
class MovedRecords:
    """What moved before: accounts, other records, delinquencies by the keys that they now have, and of each record its
    version before and after.
    """

    account_keys: Collection[UUID]
    record_keys: Collection[UUID]
    delinquencies: Mapping[UUID, UUID]
    versions: Mapping[UUID, tuple[int, int]]
    contributors: Collection[str]
    contributors_left: Collection[str]


@dataclass(frozen=True, slots=True)
class MoveBeside:
    """From one file to another, in the caller's transaction, which holds both. `all_of_it`: the files are joined."""

    connection: Connection
    source: SubjectCipher
    target: SubjectCipher
    moved: MovedRecords
    all_of_it: bool

    def carry_out(self) -> None:
        """Moves the rows, table by table; then the clocks of what moved."""
        keys, records = self.moved.account_keys, self.moved.record_keys
        self._move(contact_clearance, lambda row: bool(row["account_keys"]) and set(row["account_keys"]) <= set(keys))
        self._move(contact_breach, lambda row: row["action_key"] in records)
        self._move(contact_reply, lambda row: row["action_key"] in records)
        self._move(contact_source, self._source_goes)
        about = [row["dispute_id"] for row in self._move(dispute, self._dispute_goes)]
        about += [row["complaint_id"] for row in self._move(complaint, self._complaint_goes)]
        about += [row["review_id"] for row in self._move(review_request, lambda row: row["assessment_key"] in records)]
        about += [row["plan_key"] for row in self._move(plan_reply, lambda row: row["plan_key"] in records)]
        about += [row["request_id"] for row in self._move(erasure_request, lambda _: False)]
        self._move(running_clock, lambda row: row["about"] in {*about, *records}, self._clock_goes)
        self._move_wishes()

    def _move(
        self, table: Table, belongs: Callable[[Row], bool], at_joining: Callable[[Row], bool] = lambda _: True
    ) -> Rows:
        """Moves what `belongs` to what moved or, where files are joined, whatever goes `at_joining`."""
        goes = at_joining if self.all_of_it else belongs
        rows = [row for row in rows_beside(self.connection, table, self.source.subject_key) if goes(row)]
        add_beside(self.connection, table, [self._sealed_anew(table, row) for row in rows])
        leave_beside(self.connection, table, rows)
        return rows

    def _sealed_anew(self, table: Table, row: Row) -> dict[str, Any]:
        moved = {**row, "subject_key": self.target.subject_key}
        if table in SEALED_BESIDE:
            key, columns = SEALED_BESIDE[table]
            for name in columns:
                if row[name] is not None:
                    opened = self.source.unseal(table.name, name, row[key].bytes, row[name])
                    moved[name] = self.target.seal(table.name, name, row[key].bytes, opened)
        return moved | (self._renamed(row) if table is dispute else {})

    def _renamed(self, row: Row) -> dict[str, Any]:
        """The contested record as it is now called, and its version where that is the one that moved."""
        record = row["record_key"]
        before, after = self.moved.versions.get(record, (None, None))
        version = after if row["record_version"] == before else row["record_version"]
        return {"record_key": self.moved.delinquencies.get(record, record), "record_version": version}

    def _dispute_goes(self, row: Row) -> bool:
        moved = self.moved
        return row["record_key"] in {*moved.account_keys, *moved.record_keys, *moved.delinquencies}

    def _complaint_goes(self, row: Row) -> bool:
        """A complaint is about what its evidence is about; where that cannot be told it stays."""
        about = {each.get("key") for each in row["evidence"]}
        return bool(about) and about <= {str(key) for key in self.moved.record_keys}

    def _source_goes(self, row: Row) -> bool:
        """Who told how the borrower is reached: it goes with the member's accounts, once none of these is left."""
        return row["member_id"] in set(self.moved.contributors) - set(self.moved.contributors_left)

    def _clock_goes(self, row: Row) -> bool:
        """What is due about a consent stays with the consent."""
        return bool(row["kind"] != ClockKind.WITHDRAWAL_ANSWER.value)

    def _move_wishes(self) -> None:
        rows = rows_beside(self.connection, contact_wish, self.source.subject_key)
        add_beside(self.connection, contact_wish, [self._sealed_anew(contact_wish, row) for row in rows])
        if self.all_of_it:
            leave_beside(self.connection, contact_wish, rows)
