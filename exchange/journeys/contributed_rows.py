"""Turns checked records into rows to store, sealed under their borrower's key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from exchange.clock import new_id
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
ACCOUNT_COLUMNS = ("subject_key", "account_key", "account_ref", *account_content.COLUMNS, *_CONTRIBUTED)
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
    subject: SubjectRecord, normalised_id: str, cipher: SubjectCipher, origin: Provenance
) -> dict[str, Any]:
    """The row of a new borrower. Sealed: the number as UTF-8, the lists as JSON, the birth date as ISO text."""
    row_key = cipher.subject_key.bytes

    def sealed(column: str, plaintext: bytes) -> bytes:
        return cipher.seal("subject", column, row_key, plaintext)

    birth_date = subject.birth_date
    return {
        "subject_key": cipher.subject_key,
        "id_type": subject.id_type.value,
        "country": subject.country,
        "id_number": sealed("id_number", normalised_id.encode()),
        "names": sealed("names", orjson.dumps(subject.names)),
        "birth_date": sealed("birth_date", birth_date.isoformat().encode()) if birth_date else None,
        "phones": sealed("phones", orjson.dumps(subject.phones)) if subject.phones else None,
        "addresses": sealed("addresses", orjson.dumps(subject.addresses)) if subject.addresses else None,
        "time_zone": subject.time_zone,
        "language": subject.language,
        "jurisdiction": origin.jurisdiction,
        "synthetic_identity": subject.synthetic,
        "recorded_at": origin.recorded_at,
    }


def sealed_reference(place: AccountPlace, reference: str) -> bytes:
    """The furnisher's own account number, sealed."""
    return place.cipher.seal("account", "account_ref", place.account_key.bytes, reference.encode())


def account_row(
    account: AccountRecord, place: AccountPlace, account_ref: bytes, version: int, origin: Provenance
) -> tuple[Any, ...]:
    """The values of `ACCOUNT_COLUMNS`. An account that was taken back is no longer current."""
    content = account_content.account_content(account)
    commitment = place.cipher.commit(content_bytes("account", account.reference, content))
    superseded_at = origin.recorded_at if account.withdrawn else None
    return (
        place.subject_key,
        place.account_key,
        account_ref,
        *content,
        *_contributed(version, account.reported_on, None, superseded_at, commitment, origin),
    )


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
