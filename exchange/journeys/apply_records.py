"""Applies one batch of checked records within a transaction of its caller: match, seal, append."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.intake import merge
from exchange.intake.account_content import account_content, account_of_row, content_of_row
from exchange.intake.check_frozen import check_frozen
from exchange.intake.check_record import Checked
from exchange.intake.check_versions import contradictions
from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.journeys.contributed_rows import (
    ACCOUNT_COLUMNS,
    DELINQUENCY_COLUMNS,
    AccountPlace,
    Provenance,
    SealedReferences,
    account_commitment,
    account_row,
    delinquency_row,
    held_delinquency,
    sealed_references,
)
from exchange.journeys.match_borrowers import BorrowerMatcher
from exchange.journeys.new_records import AccountToMake, NewAccount, new_accounts, token_row
from exchange.journeys.prepare_records import Prepared, Record, prepare
from exchange.store import append
from exchange.store.append import HeldAccount
from exchange.store.asking import Ask, AskHere
from exchange.store.copy_text import copy_lines
from exchange.store.elsewhere import note_new_delinquencies
from exchange.store.plans import FrozenStatus, frozen_accounts
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy
from schema.vocabulary.subject import ReviewKind


@dataclass(slots=True)
class Applied:
    """What became of a batch: how many records changed something (`added`: with a new account), changed nothing, were
    refused; and why.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def refuse(self, *faults: Fault, records: int = 1) -> None:
        """So many records are left out, for these faults."""
        self.refused += records
        self.faults += faults


@dataclass(frozen=True, slots=True)
class _Held:
    """An account that is held; `is_renamed`: under the reference that the furnisher gave it before."""

    place: HeldAccount
    is_renamed: bool


@dataclass(slots=True)
class _Rows:
    """The rows of a batch, by what is to be done with them."""

    accounts: list[bytes] = field(default_factory=list)
    account_tokens: list[bytes] = field(default_factory=list)
    new_delinquencies: list[bytes] = field(default_factory=list)
    renamed: list[Sequence[Any]] = field(default_factory=list)
    replaced: list[Sequence[Any]] = field(default_factory=list)
    reasons: dict[HeldAccount, tuple[str, str | None]] = field(default_factory=dict)
    delinquencies: list[Sequence[Any]] = field(default_factory=list)
    superseded: list[tuple[UUID, UUID]] = field(default_factory=list)
    fallen_behind: set[UUID] = field(default_factory=set)


class PreparedApplier:
    """Applies prepared batches of one origin, in order.

    `refuse_twice`: an account that was written at the very instant of this origin is refused: the same submission
    holds it twice.
    """

    def __init__(self, ask: Ask, keys: KeyHierarchy, origin: Provenance, refuse_twice: bool = False) -> None:
        self._ask = ask
        self._keys = keys
        self._origin = origin
        self._refuse_twice = refuse_twice

    def apply(self, prepared: Prepared) -> Applied:
        """Matches, seals and appends a batch. Faults found on the way leave their records out."""
        outcome, rows, records = Applied(), _Rows(), prepared.records
        outcome.refuse(*prepared.twice, records=len(prepared.twice))
        matcher = BorrowerMatcher(self._ask, self._keys, self._origin, prepared.borrowers)
        matcher.find([record.documents for record in records])
        # Borrowers first: from here nobody merges or splits their files, so what is read of them now stays true.
        held = self._held_accounts(records)
        records = [record for record in records if not _is_strange(record, held, matcher, outcome)]
        matcher.open([record.documents for record in records])
        records = [record for record in records if not _is_doubtful(record, matcher, outcome)]
        records = self._changing(records, held, matcher, outcome)
        self._add([record for record in records if record.newest not in held], prepared.accounts, matcher, rows)
        outcome.added = len(rows.accounts)
        outcome.changed += outcome.added
        self._report_all([record for record in records if record.newest in held], held, matcher, rows, outcome)
        matcher.write()
        self._append(rows)
        return outcome

    def _held_accounts(self, records: list[Record]) -> dict[bytes, _Held]:
        """What is held already, by the newest token of the record: under its own reference, else under the former."""
        tokens = [token for record in records for _, token in (*record.tokens, *record.previous_tokens)]
        found = self._ask(append.find_accounts, tokens)
        if not found:
            return {}
        former = {
            record.newest: _Held(found[token], is_renamed=True)
            for record in records
            for _, token in record.previous_tokens
            if token in found
        }
        return former | {
            record.newest: _Held(found[token], is_renamed=False)
            for record in records
            for _, token in record.tokens
            if token in found
        }

    def _changing(
        self, records: list[Record], held: Mapping[bytes, _Held], matcher: BorrowerMatcher, outcome: Applied
    ) -> list[Record]:
        """The records without those that say, value for value, what is held already: the commitments are the same."""
        places = [held[record.newest].place for record in records if record.newest in held]
        stood = self._ask(append.commitments_of, places) if places else {}
        changing = []
        for record in records:
            account = held.get(record.newest)
            cipher = matcher.borrower_of(record.documents).cipher
            if account is not None and self._says_the_same(record, stood[account.place.account_key], cipher):
                outcome.unchanged += 1
            else:
                changing.append(record)
        return changing

    def _says_the_same(
        self, record: Record, stood: tuple[bytes, datetime, datetime | None], cipher: SubjectCipher
    ) -> bool:
        commitment, recorded_at, superseded_at = stood
        written_now = self._refuse_twice and recorded_at == self._origin.recorded_at
        if written_now or superseded_at is not None or record.contribution.delinquencies:
            return False
        return account_commitment(merge.at_most_60_months(record.contribution.account), cipher) == commitment

    def _add(
        self, records: list[Record], ahead: Mapping[bytes, NewAccount], matcher: BorrowerMatcher, rows: _Rows
    ) -> None:
        """Accounts that nobody reported before: those made ahead of time, if they are of the right borrower."""
        made, missing = [], []
        for record in records:
            cipher, account = matcher.borrower_of(record.documents).cipher, ahead.get(record.newest)
            if account is not None and account.cipher is cipher:
                made.append(account)
            else:
                missing.append(AccountToMake(record.contribution, cipher, record.tokens[0]))
        for account in (*made, *new_accounts(missing, self._origin)):
            rows.accounts.append(account.line)
            rows.account_tokens.append(account.token_line)
            if account.delinquency_lines:
                rows.new_delinquencies += account.delinquency_lines
                rows.fallen_behind.add(account.cipher.subject_key)

    def _report_all(
        self,
        records: list[Record],
        held: Mapping[bytes, _Held],
        matcher: BorrowerMatcher,
        rows: _Rows,
        outcome: Applied,
    ) -> None:
        places = [held[record.newest].place for record in records]
        stored = self._ask(append.fetch_accounts, places) if places else {}
        late = self._ask(append.fetch_delinquencies, places) if places else {}
        frozen = self._ask(frozen_accounts, places) if places else {}
        for record in records:
            account = held[record.newest]
            key = account.place.account_key
            place = AccountPlace(account.place.subject_key, key, matcher.borrower_of(record.documents).cipher)
            if key in frozen and (faults := _against_plan(record, stored[key], frozen[key])):
                outcome.refuse(*faults)
                continue
            self._report(record, place, stored[key], late.get(key, ()), account.is_renamed, rows, outcome)

    def _report(
        self,
        record: Record,
        place: AccountPlace,
        row: Mapping[str, Any],
        late: Sequence[Mapping[str, Any]],
        is_renamed: bool,
        rows: _Rows,
        outcome: Applied,
    ) -> None:
        """An account that is held already."""
        contribution, record_no = record.contribution, record.contribution.record_no
        if self._refuse_twice and row["recorded_at"] == self._origin.recorded_at:
            return outcome.refuse(fault(record_no, "reference", "RECORD_TWICE"))
        held = account_of_row(row, contribution.account.reference)
        merged = merge.merge_account(held, contribution.account)
        faults, notes = contradictions(record_no, held, contribution.account, merged, record.checked.checks)
        outcome.notes += notes
        if faults:
            return outcome.refuse(*faults)
        changes = merge.delinquency_changes(
            held, merged, contribution, [held_delinquency(delinquency) for delinquency in late]
        )
        if changes.moved:
            return outcome.refuse(fault(record_no, "first_delinquent_on", "FIRST_DELINQUENCY_MOVED"))
        was_withdrawn = row["superseded_at"] is not None
        same = account_content(merged) == content_of_row(row) and was_withdrawn == merged.withdrawn and not is_renamed
        if same and not changes.added and not changes.superseded:
            outcome.unchanged += 1
            return None
        if not same:
            references = SealedReferences(row["account_ref"], row["previous_ref"])
            if is_renamed:
                references = sealed_references(contribution.account, place)
                rows.renamed.append(token_row(record.tokens[0], place))
            rows.replaced.append(account_row(merged, place, references, row["version"] + 1, self._origin))
            reason = merge.version_reason(held, contribution.account).value
            rows.reasons[HeldAccount(place.subject_key, place.account_key)] = reason, contribution.account.correction
        rows.delinquencies += [
            delinquency_row(delinquency, place, merged.currency, version, self._origin)
            for delinquency, version in changes.added
        ]
        if changes.added:
            rows.fallen_behind.add(place.subject_key)
        rows.superseded += [(place.subject_key, key) for key in changes.superseded]
        outcome.changed += 1
        return None

    def _append(self, rows: _Rows) -> None:
        ask, now = self._ask, self._origin.recorded_at
        ask(append.add_accounts, ACCOUNT_COLUMNS, rows.accounts, rows.account_tokens + copy_lines(rows.renamed))
        ask(append.replace_accounts, ACCOUNT_COLUMNS, copy_lines(rows.replaced), rows.reasons, now)
        ask(append.supersede_delinquencies, rows.superseded, now)
        late = rows.new_delinquencies + copy_lines(rows.delinquencies)
        ask(append.add_delinquencies, DELINQUENCY_COLUMNS, late)
        ask(append.keep_marks, rows.superseded)
        ask(note_new_delinquencies, rows.fallen_behind, self._origin.contributor, now)


class RecordApplier:
    """The same with a connection of this process, for batches that nothing was prepared of."""

    def __init__(
        self, connection: Connection, keys: KeyHierarchy, origin: Provenance, refuse_twice: bool = False
    ) -> None:
        self._keys = keys
        self._origin = origin
        self._applier = PreparedApplier(AskHere(connection), keys, origin, refuse_twice)

    def apply(self, checked: Sequence[Checked]) -> Applied:
        """Matches, seals and appends a batch. Faults found on the way leave their records out."""
        return self._applier.apply(prepare(checked, self._keys, self._origin))


def _against_plan(record: Record, row: Mapping[str, Any], frozen: FrozenStatus) -> list[Fault]:
    """What a report says against the plan that freezes the account's status."""
    contribution = record.contribution
    held = account_of_row(row, contribution.account.reference)
    return check_frozen(contribution.record_no, held, contribution.account, frozen.since, frozen.days_past_due)


def _is_strange(record: Record, held: Mapping[bytes, _Held], matcher: BorrowerMatcher, outcome: Applied) -> bool:
    """Whether a record contradicts what is held; decided before any new borrower is made."""
    account, keys = held.get(record.newest), matcher.keys_of(record.documents)
    if account is None and record.contribution.account.withdrawn:
        code = "NOTHING_TO_WITHDRAW"
    elif account is not None and account.place.subject_key not in keys:
        code = "ACCOUNT_OF_ANOTHER_BORROWER"
    else:
        return False
    outcome.refuse(fault(record.contribution.record_no, "reference", code))
    return True


def _is_doubtful(record: Record, matcher: BorrowerMatcher, outcome: Applied) -> bool:
    """Whether a record is held back until somebody has looked at whose it is."""
    doubt = matcher.doubt(record.documents)
    record_no = record.contribution.record_no
    if doubt is ReviewKind.NAME_DIFFERS:
        outcome.notes.append(fault(record_no, "subject.names", "NAME_DIFFERS"))
    elif doubt is ReviewKind.IDS_DISAGREE:
        outcome.refuse(fault(record_no, "subject.other_ids", "IDS_DISAGREE"))
    elif doubt is ReviewKind.BIRTH_DATE_DIFFERS:
        outcome.refuse(fault(record_no, "subject.birth_date", "IDENTITY_CONFLICT"))
    return doubt is not None and doubt is not ReviewKind.NAME_DIFFERS
