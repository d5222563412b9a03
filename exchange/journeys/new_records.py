"""New borrowers and new accounts, sealed and made into the lines that COPY takes.

Nothing here looks at what is held, so it can be done before that is known: what then turns out not to be new is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from exchange.clock import new_id
from exchange.handover import IdentityChecks
from exchange.intake import merge
from exchange.intake.contribution import Contribution
from exchange.intake.match_subject import identity_checks
from exchange.journeys.borrower_documents import Documents
from exchange.journeys.contributed_rows import (
    AccountPlace,
    Provenance,
    account_row,
    delinquency_row,
    sealed_references,
    subject_row,
)
from exchange.store.append import sequence_row, subject_key_row
from exchange.store.copy_text import copy_lines
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy


@dataclass(frozen=True, slots=True)
class NewBorrower:
    """A borrower made of one record. The lines are those of `subject`, `subject_key` and `subject_sequence`."""

    documents: Documents
    cipher: SubjectCipher
    checks: IdentityChecks
    lines: tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that nobody reported before, of the borrower of `cipher`. The lines are those of `account`,
    `account_identifier` and `delinquency`.
    """

    cipher: SubjectCipher
    line: bytes
    token_line: bytes
    delinquency_lines: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class AccountToMake:
    """What a new account is made of; `token` is (index_key_id, token) of its reference."""

    contribution: Contribution
    cipher: SubjectCipher
    token: tuple[int, bytes]


def new_borrowers(fresh: Mapping[UUID, Documents], keys: KeyHierarchy, origin: Provenance) -> dict[UUID, NewBorrower]:
    """Borrowers under these keys, each with a new data key."""
    made, rows, wrapped = [], [], []
    for key, documents in fresh.items():
        new_key, cipher = keys.create(key)
        checks = identity_checks(cipher.commit, documents.subject)
        made.append((documents, cipher, checks))
        wrapped.append(subject_key_row(new_key))
        rows.append(subject_row(documents.subject, documents.id_number, cipher, checks, origin))
    sequences = [sequence_row(key) for key in fresh]
    lines = zip(copy_lines(rows), copy_lines(wrapped), copy_lines(sequences), strict=True)
    return {key: NewBorrower(*each, of_each) for key, each, of_each in zip(fresh, made, lines, strict=True)}


def new_accounts(wanted: Sequence[AccountToMake], origin: Provenance) -> list[NewAccount]:
    """An account, under a new key, for each."""
    rows, token_rows, delinquencies = [], [], []
    for each in wanted:
        account = merge.at_most_60_months(each.contribution.account)
        place = AccountPlace(each.cipher.subject_key, new_id(origin.recorded_at), each.cipher)
        rows.append(account_row(account, place, sealed_references(account, place), 1, origin))
        token_rows.append(token_row(each.token, place))
        delinquencies += [
            delinquency_row(late, place, account.currency, 1, origin) for late in each.contribution.delinquencies
        ]
    late_lines = iter(copy_lines(delinquencies))
    return [
        NewAccount(each.cipher, line, token_line, list(islice(late_lines, len(each.contribution.delinquencies))))
        for each, line, token_line in zip(wanted, copy_lines(rows), copy_lines(token_rows), strict=True)
    ]


def token_row(token: tuple[int, bytes], place: AccountPlace) -> tuple[bytes, int, UUID, UUID]:
    """The values of `append.TOKEN_COLUMNS`."""
    index_key_id, digest = token
    return digest, index_key_id, place.subject_key, place.account_key
