"""Turns checked records into rows to store, sealed under their borrower's key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from exchange.clock import new_id
from exchange.handover import IdentityChecks
from exchange.intake import account_content
from exchange.intake.account_content import content_bytes, delinquency_content
from exchange.intake.contribution import AccountRecord, DelinquencyRecord, SubjectRecord
from exchange.intake.merge import HeldDelinquency
from exchange.vault.field_cipher import SubjectCipher

_CONTRIBUTED = (
    "contributor",
    "version",
    "valid_from",
    "valid_to",
    "recorded_at",
    "superseded_at",
    "basis",
    "jurisdiction",
    "pack_version",
    "commitment",
)
SUBJECT_COLUMNS = (
    "subject_key", "id_type", "country", "id_number", "names", "birth_date", "phones", "emails", "addresses",
    "employment", "birth_check", "name_checks", "time_zone", "language", "jurisdiction", "synthetic_identity",
    "recorded_at",
)  # fmt: skip
ACCOUNT_COLUMNS = ("subject_key", "account_key", "account_ref", "previous_ref", *account_content.COLUMNS, *_CONTRIBUTED)
DELINQUENCY_COLUMNS = (
    "subject_key",
    "delinquency_key",
    "account_key",
    *account_content.DELINQUENCY_COLUMNS,
    "currency",
    *_CONTRIBUTED,
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every record of one submission has in common."""

    contributor: str
    basis: str
    jurisdiction: str
    pack_version: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """Where an account is kept, and the cipher of the borrower whose it is."""

    subject_key: UUID
    account_key: UUID
    cipher: SubjectCipher


def subject_row(
    subject: SubjectRecord, normalised_id: str, cipher: SubjectCipher, checks: IdentityChecks, origin: Provenance
) -> tuple[Any, ...]:
    """The values of `SUBJECT_COLUMNS` for a new borrower. Sealed: the number as UTF-8, the lists as JSON, the birth
    date as ISO text.
    """
    row_key = cipher.subject_key.bytes

    def sealed(column: str, entries: Sequence[str]) -> bytes | None:
        return cipher.seal("subject", column, row_key, orjson.dumps(entries)) if entries else None

    return (
        cipher.subject_key,
        subject.id_type.value,
        subject.country,
        cipher.seal("subject", "id_number", row_key, normalised_id.encode()),
        sealed("names", subject.names),
        sealed_birth_date(subject.birth_date, cipher) if subject.birth_date else None,
        sealed("phones", subject.phones),
        sealed("emails", subject.emails),
        sealed("addresses", subject.addresses),
        sealed("employment", subject.employment),
        checks.birth,
        list(checks.names),
        subject.time_zone,
        subject.language,
        origin.jurisdiction,
        subject.synthetic,
        origin.recorded_at,
    )


def sealed_birth_date(birth_date: date, cipher: SubjectCipher) -> bytes:
    """A borrower's birth date as it is stored."""
    return cipher.seal("subject", "birth_date", cipher.subject_key.bytes, birth_date.isoformat().encode())


@dataclass(frozen=True, slots=True)
class SealedReferences:
    """The furnisher's own account number, and the one it had before, sealed."""

    account_ref: bytes
    previous_ref: bytes | None


def sealed_references(account: AccountRecord, place: AccountPlace) -> SealedReferences:
    """The references of an account as they are stored."""
    row_key, previous = place.account_key.bytes, account.previous_reference
    return SealedReferences(
        place.cipher.seal("account", "account_ref", row_key, account.reference.encode()),
        place.cipher.seal("account", "previous_ref", row_key, previous.encode()) if previous else None,
    )


def account_row(
    account: AccountRecord, place: AccountPlace, references: SealedReferences, version: int, origin: Provenance
) -> tuple[Any, ...]:
    """The values of `ACCOUNT_COLUMNS`. An account that was taken back is no longer current."""
    content = account_content.account_content(account)
    commitment = _commitment(account, content, place.cipher)
    superseded_at = origin.recorded_at if account.withdrawn else None
    return (
        place.subject_key,
        place.account_key,
        references.account_ref,
        references.previous_ref,
        *content,
        *_contributed(version, account.reported_on, None, superseded_at, commitment, origin),
    )


def account_commitment(account: AccountRecord, cipher: SubjectCipher) -> bytes:
    """The commitment to an account's content, under its borrower's key."""
    return _commitment(account, account_content.account_content(account), cipher)


def _commitment(account: AccountRecord, content: account_content.Content, cipher: SubjectCipher) -> bytes:
    return cipher.commit(content_bytes("account", account.reference, content))


def delinquency_row(
    delinquency: DelinquencyRecord, place: AccountPlace, currency: str, version: int, origin: Provenance
) -> tuple[Any, ...]:
    """The values of `DELINQUENCY_COLUMNS`, under a new key: each version of a delinquency has its own."""
    content = delinquency_content(delinquency)
    commitment = place.cipher.commit(content_bytes("delinquency", place.account_key, content, currency))
    first, ended = delinquency.first_delinquent_on, delinquency.ended_on
    return (
        place.subject_key,
        new_id(origin.recorded_at),
        place.account_key,
        *content,
        currency,
        *_contributed(version, first, ended, None, commitment, origin),
    )


def held_delinquency(row: Mapping[str, Any]) -> HeldDelinquency:
    """A delinquency as it is stored. Which months were late is not: its run goes from its first day to its last."""
    values = {name: row[name] for name in account_content.DELINQUENCY_COLUMNS}
    first, ended = row["first_delinquent_on"], row["ended_on"]
    record = DelinquencyRecord(**values, first_late_month=first, last_late_month=ended or first)
    return HeldDelinquency(row["delinquency_key"], row["version"], record)


def _contributed(
    version: int,
    valid_from: date,
    valid_to: date | None,
    superseded_at: datetime | None,
    commitment: bytes,
    origin: Provenance,
) -> tuple[Any, ...]:
    return (
        origin.contributor,
        version,
        valid_from,
        valid_to,
        origin.recorded_at,
        superseded_at,
        origin.basis,
        origin.jurisdiction,
        origin.pack_version,
        commitment,
    )
