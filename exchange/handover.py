"""The values that one step hands to the next. Rooms do not import each other; they share these.

Caller -> (consent.Grant) -> Plan -> SealedRows -> OpenRows -> report -> Receipt
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from consent.decision import Grant
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

Row = Mapping[str, Any]
"""One row as it was read: column name to value."""

NOBODY = UUID(int=0)
"""Stands for "no borrower" where a key needs one: the entry of a refusal about an unknown person."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the register holds it. `jwks` is its public JSON Web Key Set."""

    member_id: str
    name: str
    member_class: MemberClass
    licence: str
    status: MemberStatus
    contribution_level: ContributionLevel
    scopes: frozenset[Scope]
    jwks: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OneTime:
    """Something that may be used once: a proof's `jti`. `digest` is SHA-256 over its owner and value."""

    kind: str
    digest: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, as the token and its proof showed. `once` must be spent in the act's own transaction."""

    member_id: str
    scopes: frozenset[Scope]
    token_id: str
    key_thumbprint: str
    once: OneTime


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A borrower's data key as stored: wrapped under a key-encryption key (KEK)."""

    subject_key: UUID
    key_no: int
    kek_ref: str
    kek_version: int
    suite: int
    wrapped: bytes


class SectionName(StrEnum):
    """The parts of a file that are read apart, named as their tables."""

    SUBJECT = "subject"
    ACCOUNT = "account"
    DELINQUENCY = "delinquency"
    INQUIRY = "inquiry"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file to be read: its columns, and the most rows."""

    name: SectionName
    columns: tuple[str, ...]
    rows_max: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read for one report. Made only from a Grant; the only thing that `fetch` takes."""

    grant: Grant
    subject_key: UUID
    sections: tuple[Section, ...]
    history_months: int


@dataclass(frozen=True, slots=True)
class SealedRows:
    """What was read, still sealed: rows by section, each a mapping of column to value."""

    plan: Plan
    rows: Mapping[SectionName, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class OpenRows:
    """The same rows with their sealed columns opened."""

    plan: Plan
    rows: Mapping[SectionName, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the transparency log, before it has an index.

    `leaf` are the public bytes; `subject_opening` and `service_opening` the sealed openings (under the borrower's
    key and under the log key) from which fields can later be shown to belong to the leaf.
    """

    entry_id: UUID
    subject_key: UUID
    recorded_at: datetime
    leaf: bytes
    leaf_hash: bytes
    subject_opening: bytes | None
    service_opening: bytes
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Borrower:
    """A borrower who is signed in. `signed_in_by` is PASSKEY, TOTP or RECOVERY_CODE; `language` is BCP 47."""

    subject_key: UUID
    session_digest: bytes
    signed_in_by: str
    language: str
