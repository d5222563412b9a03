"""The values that one step hands to the next. Rooms do not import each other; they share these.

Caller -> (consent.Grant) -> Plan -> SealedRows -> OpenRows -> report -> Receipt
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from consent.decision import Grant
from schema.vocabulary.member_class import LOWEST_FIRST, ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

Row = Mapping[str, Any]
"""One row as it was read: column name to value."""

NOBODY = UUID(int=0)
"""Stands for "no borrower" where a key needs one: the entry of a refusal about an unknown person."""

THE_BORROWER = "self"
"""Stands for a member's id where borrowers look at their own file. No member may have this id."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the register holds it. `jwks` is its public JSON Web Key Set; `contact` is how a borrower reaches it.

    `redirect_uris`: where a borrower's browser may be sent back to after a decision, compared character by character.
    `measured_level`: what the member was found to contribute; None: not measured.
    """

    member_id: str
    name: str
    member_class: MemberClass
    licence: str
    status: MemberStatus
    contribution_level: ContributionLevel
    scopes: frozenset[Scope]
    jwks: Mapping[str, Any]
    redirect_uris: tuple[str, ...] = ()
    contact: str = ""
    measured_level: ContributionLevel | None = None

    @property
    def effective_level(self) -> ContributionLevel:
        """The level of data that it receives: what it agreed to contribute or, if that is less, what it does."""
        return min(self.contribution_level, self.measured_level or self.contribution_level, key=LOWEST_FIRST.index)


@dataclass(frozen=True, slots=True)
class OneTime:
    """Something that may be used once: a proof's `jti`. `digest` is SHA-256 over its owner and value."""

    kind: str
    digest: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, as the token and its proof showed. `once` must be spent in the act's own transaction.

    `consent_id`: the one consent that the token may be used under; None: the member asked for the token for itself.
    `in_sandbox`: nobody showed anything; only in a demonstration, and the log says so. `officer_id`: one of the
    member's staff, who is signed in at a page; there is no proof to spend then (`once` is None).
    """

    member_id: str
    scopes: frozenset[Scope]
    token_id: str
    key_thumbprint: str
    once: OneTime | None
    consent_id: UUID | None = None
    in_sandbox: bool = False
    officer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """A member's request for a borrower's consent, checked in full. `digest` is SHA-256 of its request_uri.

    `authorization_details` is one JSON object of the type openbureau_consent; `key_thumbprint` is the key that the
    code will be bound to.
    """

    digest: bytes
    client_id: str
    redirect_uri: str
    scopes: frozenset[Scope]
    state: str | None
    code_challenge: str
    authorization_details: Sequence[Mapping[str, Any]]
    key_thumbprint: str
    expires_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What a borrower's yes is exchanged for, as stored. `digest` is SHA-256 of the code."""

    digest: bytes
    client_id: str
    subject_key: UUID
    consent_id: UUID
    redirect_uri: str
    code_challenge: str
    key_thumbprint: str
    scopes: frozenset[Scope]
    authorization_details: Sequence[Mapping[str, Any]]
    expires_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A member's standing right to new access tokens under one consent. `digest` is SHA-256 of the token."""

    digest: bytes
    client_id: str
    subject_key: UUID
    consent_id: UUID
    scopes: frozenset[Scope]
    authorization_details: Sequence[Mapping[str, Any]]
    issued_at: datetime
    expires_at: datetime
    revoked: bool = False

    @property
    def grant_id(self) -> str:
        """Names all that was issued with this token: the first part of the id of its access tokens."""
        return self.digest[:16].hex()


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A borrower's data key as stored: wrapped under a key-encryption key (KEK)."""

    subject_key: UUID
    key_no: int
    kek_ref: str
    kek_version: int
    suite: int
    wrapped: bytes


class IdentityChecks(NamedTuple):
    """Commitments to who a borrower is, under the borrower's own key: the birth date (None: it is not known), and every
    spelling of the names that are accepted.
    """

    birth: bytes | None
    names: tuple[bytes, ...]


class SectionName(StrEnum):
    """The parts of a file that are read apart, named as their tables."""

    SUBJECT = "subject"
    ACCOUNT = "account"
    DELINQUENCY = "delinquency"
    INQUIRY = "inquiry"
    STATEMENT = "statement"
    COLLECTION_ACTION = "collection_action"
    REPAYMENT_PLAN = "repayment_plan"
    PUBLIC_RECORD = "public_record"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file to be read: its columns, and the most rows."""

    name: SectionName
    columns: tuple[str, ...]
    rows_max: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read for one report. Made only from a Grant; the only thing that `fetch` takes.

    `as_of`: what the exchange said at that instant is read; None: what it says now.
    """

    grant: Grant
    subject_key: UUID
    sections: tuple[Section, ...]
    history_months: int
    as_of: datetime | None = None


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
class LogEvent:
    """What regulators may search an entry by: those of its fields that name no borrower and no member of staff.

    `granted` is None where nothing was asked for that could be refused.
    """

    act: str
    member_id: str | None = None
    purpose: str | None = None
    basis: str | None = None
    granted: bool | None = None
    reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


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
    event: LogEvent


@dataclass(frozen=True, slots=True)
class Borrower:
    """A borrower who is signed in. `signed_in_by` is PASSKEY, TOTP, RECOVERY_CODE or PROOFING; `language` is BCP 47."""

    subject_key: UUID
    session_digest: bytes
    signed_in_by: str
    language: str


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody of a member who is signed in, always by passkey. `authority` is the member: a regulator for those who
    audit, a lender or an agency for its staff.

    `scopes` are what both of them hold.
    """

    officer_id: UUID
    authority: str
    name: str
    scopes: frozenset[Scope]
    session_digest: bytes
    language: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events of the log are looked for; None: any. `from_time` is included, `until_time` is not."""

    member_id: str | None = None
    act: str | None = None
    purpose: str | None = None
    granted: bool | None = None
    reason: str | None = None
    rule: str | None = None
    from_time: datetime | None = None
    until_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as stored. `user_handle` says whose it is: a borrower's subject key, or an officer's id.

    `public_key` is COSE (RFC 9053); `sign_count` what its authenticator last said; `entry_id` the log entry about its
    being added.
    """

    credential_id: bytes
    user_handle: UUID
    public_key: bytes
    sign_count: int
    name: str
    transports: tuple[str, ...]
    added_at: datetime
    last_used_at: datetime | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SessionOwner:
    """Whose session one is: a borrower's or an officer's, never both."""

    subject_key: UUID | None = None
    officer_id: UUID | None = None

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if (self.subject_key is None) == (self.officer_id is None):
            raise ValueError("a session is a borrower's or an officer's")


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser's session. `digest` is SHA-256 of the cookie's value. Before signing in, neither `subject_key` (a
    borrower's) nor `officer_id` (a regulator's) is there.
    """

    digest: bytes
    subject_key: UUID | None
    signed_in_by: str | None
    signed_in_at: datetime | None
    device: str
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    data: Mapping[str, Any]
    officer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Attempts:
    """How many attempts there were in the present window, this one included, and when the window began."""

    number: int
    window_started_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Points of a member's budget that one worker took: `points` of them (0: too few are left), out of `limit` for the
    window that began then; `remaining` are left for others.
    """

    points: int
    limit: int
    remaining: int
    window_started_at: datetime
