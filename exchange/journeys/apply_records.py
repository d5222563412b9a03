"""Applies one batch of checked records within a submission's transaction: match, seal, append."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.clock import new_id
from exchange.errors import IntegrityError
from exchange.handover import WrappedKey
from exchange.intake import merge
from exchange.intake.account_content import account_content, account_of_row, content_of_row
from exchange.intake.check_record import Checked
from exchange.intake.contribution import Contribution, Fault
from exchange.intake.fault_codes import fault
from exchange.journeys.contributed_rows import (
    ACCOUNT_COLUMNS,
    DELINQUENCY_COLUMNS,
    AccountPlace,
    Provenance,
    account_row,
    delinquency_row,
    held_delinquency,
    sealed_reference,
    subject_row,
)
from exchange.store import append
from exchange.store.append import HeldAccount
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy
from exchange.vault.lookup_token import LookupTokens

Candidates = list[tuple[int, bytes]]


@dataclass(slots=True)
class Applied:
    """What became of a batch."""

    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tokened:
    """A checked record with its look-up tokens, newest index key first."""

    contribution: Contribution
    id_number: str
    subject_tokens: Candidates
    account_tokens: Candidates


@dataclass(slots=True)
class _Rows:
    """The rows of a batch, by what is to be done with them."""

    subjects: list[Mapping[str, Any]] = field(default_factory=list)
    accounts: list[Sequence[Any]] = field(default_factory=list)
    account_tokens: list[Sequence[Any]] = field(default_factory=list)
    replaced: list[Sequence[Any]] = field(default_factory=list)
    reasons: dict[HeldAccount, str] = field(default_factory=dict)
    delinquencies: list[Sequence[Any]] = field(default_factory=list)
    superseded: list[tuple[UUID, UUID]] = field(default_factory=list)


class RecordApplier:
    """Applies the batches of one submission, in order. `seen` grows by one small token per account of the file."""

    def __init__(self, connection: Connection, keys: KeyHierarchy, origin: Provenance) -> None:
        self._connection = connection
        self._keys = keys
        self._origin = origin
        self._seen: set[bytes] = set()

    def apply(self, checked: Sequence[Checked]) -> Applied:
        """Matches, seals and appends a batch. Faults found on the way leave their records out."""
        outcome = Applied()
        records = self._first_of_each_account(self._tokened(checked), outcome)
        held = self._held_accounts(records)
        records = self._without_strangers(records, held, outcome)
        rows = _Rows()
        ciphers = self._ciphers(records, rows)
        accounts = append.fetch_accounts(self._connection, held.values()) if held else {}
        delinquencies = append.fetch_delinquencies(self._connection, held.values()) if held else {}
        for record in records:
            token = record.account_tokens[0][1]
            cipher = ciphers[record.subject_tokens[0][1]]
            if token in held:
                place = AccountPlace(held[token].subject_key, held[token].account_key, cipher)
                row, late = accounts[place.account_key], delinquencies.get(place.account_key, [])
                self._change(record, place, row, late, rows, outcome)
            else:
                self._add(record, cipher, rows, outcome)
        self._append(rows)
        return outcome

    def _tokened(self, checked: Sequence[Checked]) -> list[_Tokened]:
        tokens, contributor = self._keys.lookup_tokens(), self._origin.contributor
        return [_tokened(record, tokens, contributor) for record in checked]

    def _first_of_each_account(self, records: list[_Tokened], outcome: Applied) -> list[_Tokened]:
        first = []
        for record in records:
            token = record.account_tokens[0][1][:_SEEN_BYTES]
            if token in self._seen:
                outcome.faults.append(fault(record.contribution.record_no, "reference", "RECORD_TWICE"))
            else:
                self._seen.add(token)
                first.append(record)
        return first

    def _held_accounts(self, records: list[_Tokened]) -> dict[bytes, HeldAccount]:
        """What is held already, by the newest token of the account."""
        tokens = [token for record in records for _, token in record.account_tokens]
        found = append.find_accounts(self._connection, tokens)
        return {
            record.account_tokens[0][1]: found[token]
            for record in records
            for _, token in record.account_tokens
            if token in found
        }

    def _without_strangers(
        self, records: list[_Tokened], held: dict[bytes, HeldAccount], outcome: Applied
    ) -> list[_Tokened]:
        """The records without those that contradict what is held; decided before any new borrower is made."""
        if not held and not any(record.contribution.account.withdrawn for record in records):
            return records
        known = append.find_subjects(
            self._connection, [token for record in records for _, token in record.subject_tokens]
        )
        kept = []
        for record in records:
            account = held.get(record.account_tokens[0][1])
            subject_key = next((known[token] for _, token in record.subject_tokens if token in known), None)
            if account is not None and account.subject_key != subject_key:
                code = "ACCOUNT_OF_ANOTHER_BORROWER"
            elif account is None and record.contribution.account.withdrawn:
                code = "NOTHING_TO_WITHDRAW"
            else:
                kept.append(record)
                continue
            outcome.faults.append(fault(record.contribution.record_no, "reference", code))
        return kept

    def _ciphers(self, records: list[_Tokened], rows: _Rows) -> dict[bytes, SubjectCipher]:
        """The cipher of each record's borrower, by the newest token. Makes the borrowers who are not known yet."""
        by_token = {record.subject_tokens[0][1]: record for record in records}
        known, fresh = self._known_and_fresh(by_token)
        identifiers = [_identifier_row(by_token[newest], key) for newest, key in fresh.items()]
        borrowers = known | append.claim_subjects(self._connection, identifiers)
        made = {newest for newest, key in borrowers.items() if key == fresh.get(newest)}
        wrapped = append.newest_keys(self._connection, [key for newest, key in borrowers.items() if newest not in made])
        ciphers, new_keys = {}, []
        for newest, key in borrowers.items():
            if newest not in made:
                ciphers[newest] = self._open(wrapped.get(key))
                continue
            new_key, ciphers[newest] = self._keys.create(key)
            new_keys.append(new_key)
            record = by_token[newest]
            row = subject_row(record.contribution.subject, record.id_number, ciphers[newest], self._origin)
            rows.subjects.append(row)
        # From here the new borrowers are there for every later statement of this transaction.
        append.add_subjects(self._connection, rows.subjects, new_keys)
        return ciphers

    def _known_and_fresh(self, by_token: Mapping[bytes, _Tokened]) -> tuple[dict[bytes, UUID], dict[bytes, UUID]]:
        """By the newest token: the borrowers whom the exchange knows, and fresh ids for the others."""
        tokens = [token for record in by_token.values() for _, token in record.subject_tokens]
        found = append.find_subjects(self._connection, tokens)
        known = {
            newest: found[token]
            for newest, record in by_token.items()
            for _, token in record.subject_tokens
            if token in found
        }
        return known, {newest: new_id(self._origin.recorded_at) for newest in by_token if newest not in known}

    def _open(self, wrapped: WrappedKey | None) -> SubjectCipher:
        if wrapped is None:
            raise IntegrityError("A borrower is known to the look-up and has no key.")
        return self._keys.open(wrapped)

    def _add(self, record: _Tokened, cipher: SubjectCipher, rows: _Rows, outcome: Applied) -> None:
        contribution = record.contribution
        account = merge.at_most_60_months(contribution.account)
        place = AccountPlace(cipher.subject_key, new_id(self._origin.recorded_at), cipher)
        reference = sealed_reference(place, account.reference)
        rows.accounts.append(account_row(account, place, reference, 1, self._origin))
        index_key_id, token = record.account_tokens[0]
        rows.account_tokens.append((token, index_key_id, place.subject_key, place.account_key))
        rows.delinquencies += [
            delinquency_row(delinquency, place, account.currency, 1, self._origin)
            for delinquency in contribution.delinquencies
        ]
        outcome.changed += 1

    def _change(
        self,
        record: _Tokened,
        place: AccountPlace,
        row: Mapping[str, Any],
        late: Sequence[Mapping[str, Any]],
        rows: _Rows,
        outcome: Applied,
    ) -> None:
        contribution = record.contribution
        held = account_of_row(row, contribution.account.reference)
        merged = merge.merge_account(held, contribution.account)
        changes = merge.change_delinquencies(
            [held_delinquency(delinquency) for delinquency in late],
            merge.merged_delinquencies(merged, contribution),
            merge.oldest_month(merged.history) if merged.history else merged.opened_on,
        )
        if changes.moved:
            outcome.faults.append(fault(contribution.record_no, "first_delinquent_on", "FIRST_DELINQUENCY_MOVED"))
            return
        was_withdrawn = row["superseded_at"] is not None
        same = account_content(merged) == content_of_row(row) and was_withdrawn == merged.withdrawn
        if same and not changes.added and not changes.superseded:
            outcome.unchanged += 1
            return
        if not same:
            rows.replaced.append(account_row(merged, place, row["account_ref"], row["version"] + 1, self._origin))
            rows.reasons[HeldAccount(place.subject_key, place.account_key)] = merge.version_reason(
                held, contribution.account
            ).value
        rows.delinquencies += [
            delinquency_row(delinquency, place, merged.currency, version, self._origin)
            for delinquency, version in changes.added
        ]
        rows.superseded += [(place.subject_key, key) for key in changes.superseded]
        outcome.changed += 1

    def _append(self, rows: _Rows) -> None:
        connection, now = self._connection, self._origin.recorded_at
        append.add_accounts(connection, ACCOUNT_COLUMNS, rows.accounts, rows.account_tokens)
        append.replace_accounts(connection, ACCOUNT_COLUMNS, rows.replaced, rows.reasons, now)
        append.supersede_delinquencies(connection, rows.superseded, now)
        append.add_delinquencies(connection, DELINQUENCY_COLUMNS, rows.delinquencies)


_SEEN_BYTES = 12
"""Of a token, enough to tell the accounts of one file apart: among 10 million two agree once in 10^15 files."""


def _tokened(checked: Checked, tokens: LookupTokens, contributor: str) -> _Tokened:
    contribution, number = checked.contribution, checked.id_number
    subject = contribution.subject
    return _Tokened(
        contribution,
        number,
        tokens.candidates(subject.id_type, subject.country, number),
        tokens.account_candidates(contributor, contribution.account.reference),
    )


def _identifier_row(record: _Tokened, subject_key: UUID) -> tuple[bytes, int, str, str, UUID]:
    index_key_id, token = record.subject_tokens[0]
    subject = record.contribution.subject
    return token, index_key_id, subject.id_type.value, subject.country, subject_key
