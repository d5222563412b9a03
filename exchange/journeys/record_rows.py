"""Turns single records into rows to store, sealed under their borrower's key, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from exchange.journeys.contributed_rows import Provenance
from exchange.store.records import content_columns, key_column
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.record_kind import RecordKind

SEALED: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.COLLECTION_ACTION: ("reference", "agent_name", "contact"),
    RecordKind.REPAYMENT_PLAN: ("reference",),
    RecordKind.PUBLIC_RECORD: ("reference",),
    RecordKind.ASSESSMENT: ("reference", "inputs", "explanation", "reviewer"),
}
"""The columns that are sealed: text as UTF-8, `inputs` as a JSON object."""

_AS_JSON = frozenset({"inputs"})
_VALID_FROM = {
    RecordKind.COLLECTION_ACTION: "started_at",
    RecordKind.REPAYMENT_PLAN: "proposed_on",
    RecordKind.PUBLIC_RECORD: "filed_on",
    RecordKind.ASSESSMENT: "assessed_at",
}
_VALID_TO = {RecordKind.REPAYMENT_PLAN: "ended_on", RecordKind.PUBLIC_RECORD: "ended_on"}

Content = Mapping[str, Any]
"""What a record says, by column, nothing sealed."""


class RecordReason(StrEnum):
    """Why a version of a record was made. BORROWER: the borrower answered; EXCHANGE: a time that was set went by."""

    NEW = "NEW"
    UPDATE = "UPDATE"
    CORRECTION = "CORRECTION"
    WITHDRAWAL = "WITHDRAWAL"
    BORROWER = "BORROWER"
    EXCHANGE = "EXCHANGE"


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Which record of which borrower, how it is found again, and the version to be made."""

    record_key: UUID
    reference_token: bytes
    version: int
    reason: RecordReason


def record_row(
    kind: RecordKind, content: Content, place: RecordPlace, cipher: SubjectCipher, origin: Provenance
) -> dict[str, Any]:
    """The row of one version, current from now on unless the record is withdrawn."""
    withdrawn = place.reason is RecordReason.WITHDRAWAL
    to = _VALID_TO.get(kind)
    return {
        "subject_key": cipher.subject_key,
        key_column(kind): place.record_key,
        **_sealed(kind, content, place.record_key, cipher),
        "reference_token": place.reference_token,
        "reason": place.reason.value,
        "withdrawn": withdrawn,
        "version": place.version,
        "valid_from": _day(content[_VALID_FROM[kind]]),
        "valid_to": content[to] if to else None,
        "contributor": origin.contributor,
        "recorded_at": origin.recorded_at,
        "basis": origin.basis,
        "jurisdiction": origin.jurisdiction,
        "pack_version": origin.pack_version,
        "commitment": record_commitment(cipher, kind, content),
    }


def record_commitment(cipher: SubjectCipher, kind: RecordKind, content: Content) -> bytes:
    """The commitment to what a record says, whatever its version. `content` may hold more than that."""
    said = [_spelled(content[name]) for name in content_columns(kind)]
    return cipher.commit(orjson.dumps([kind.value, said], option=orjson.OPT_SORT_KEYS))


def opened_content(kind: RecordKind, row: Mapping[str, Any], cipher: SubjectCipher) -> dict[str, Any]:
    """What a stored row says. Raises IntegrityError where a sealed value is not this row's own."""
    content = {name: row[name] for name in content_columns(kind)}
    row_key = row[key_column(kind)].bytes
    for column in SEALED[kind]:
        if content[column] is not None:
            opened = cipher.unseal(kind.value.lower(), column, row_key, content[column])
            content[column] = orjson.loads(opened) if column in _AS_JSON else opened.decode()
    return content


def _sealed(kind: RecordKind, content: Content, record_key: UUID, cipher: SubjectCipher) -> dict[str, Any]:
    row = {name: content[name] for name in content_columns(kind)}
    for column in SEALED[kind]:
        if row[column] is not None:
            plaintext = orjson.dumps(row[column]) if column in _AS_JSON else row[column].encode()
            row[column] = cipher.seal(kind.value.lower(), column, record_key.bytes, plaintext)
    return row


def _day(when: date | datetime) -> date:
    return when.astimezone(UTC).date() if isinstance(when, datetime) else when


def _spelled(value: Any) -> Any:
    """One spelling of a value, as reported and as read from the database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value
