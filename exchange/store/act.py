"""The second round trip: one statement that checks nothing has changed since the look-up, spends what may be used
once, counts, writes the inquiry and the log entry, and only then reads. It does all of it or nothing.

How it stays all or nothing: `held` locks the borrower's count (and the consent) and holds only if both still stand as
the decision saw them; `once` spends the proof only if `held` holds; everything else happens only if `once` did. A
withdrawal that committed earlier makes `held` empty; one that comes later waits until this statement has committed.
Whoever changes a borrower's consents locks the count first, then the consent, as is done here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.handover import NOBODY, LogEntry, OneTime, Plan, SealedRows, Section
from exchange.store.prepared import Kind, RawRow, Statement, boolean_of, fetch_row
from exchange.store.sections import read_section, section_sql


class NotDone(Enum):
    """Why an act was not done: nothing was written and nothing was read.

    MOVED: an entry about this borrower, or a change of the consent, the token or the member, came after the decision.
    ALREADY_USED: `once` was spent before.
    """

    MOVED = "moved"
    ALREADY_USED = "already used"


@dataclass(frozen=True, slots=True)
class ConsentUse:
    """One use of a consent: as the decision saw it, and as it stands afterwards."""

    consent_id: UUID
    uses_before: int
    uses: int
    window_started_at: datetime | None
    window_uses: int


@dataclass(frozen=True, slots=True)
class InquiryRecord:
    """The inquiry that an act leaves in the borrower's file. `staff` is sealed."""

    inquiry_key: UUID
    member_id: str
    staff: bytes | None
    purpose: str
    hard: bool
    basis: str
    consent_id: UUID | None
    consent_use: int | None
    granted: bool
    requested: Sequence[str]
    released: Sequence[str]
    withheld: Sequence[str]
    rules: Sequence[str]
    reasons: Sequence[str]
    pack_version: str
    ground_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Everything that one act writes. `once` is None where this request's proof was already spent."""

    entry: LogEntry
    member_id: str
    token_id: str
    once: OneTime | None
    inquiry: InquiryRecord | None = None
    use: ConsentUse | None = None


def disclose(connection: Connection, act: Act, plan: Plan) -> SealedRows | NotDone:
    """Records the act and reads what the plan names, in one statement."""
    return _disclose(connection, act, plan, gated=True)


def disclose_to_borrower(connection: Connection, act: Act, plan: Plan) -> SealedRows | NotDone:
    """The same for borrowers who look at their own file: no member must be admitted for that."""
    return _disclose(connection, act, plan, gated=False)


def _disclose(connection: Connection, act: Act, plan: Plan, gated: bool) -> SealedRows | NotDone:
    statement = _statement(_shape(act), gated, plan.sections, plan.as_of is not None)
    done, held, *sections = _run(connection, statement, _values(act) | {"as_of": plan.as_of})
    if not boolean_of(done):
        return _not_done(held)
    read = zip(plan.sections, sections, strict=True)
    return SealedRows(plan, {section.name: read_section(section, content) for section, content in read})


def record(connection: Connection, act: Act) -> NotDone | None:
    """Records an act that discloses nothing."""
    done, held = _run(connection, _statement(_shape(act), False, ()), _values(act))
    return None if boolean_of(done) else _not_done(held)


def _run(connection: Connection, statement: Statement, values: Mapping[str, Any]) -> RawRow:
    row = fetch_row(connection, statement, values)
    assert row is not None  # the statement selects one row, whatever it did
    return row


def _not_done(held: bytes) -> NotDone:
    return NotDone.ALREADY_USED if boolean_of(held) else NotDone.MOVED


def _shape(act: Act) -> tuple[bool, bool, bool, bool]:
    return act.entry.subject_key != NOBODY, act.use is not None, act.once is not None, act.inquiry is not None


@lru_cache(maxsize=512)
def _statement(
    shape: tuple[bool, bool, bool, bool], gated: bool, sections: tuple[Section, ...], of_past: bool = False
) -> Statement:
    subject, consent, once, inquiry = shape
    parts = [_held(subject, consent, gated), _ONCE if once else _NOT_ONCE]
    parts += [_COUNTED] * subject + [_SPENT] * consent + [_INQUIRY] * inquiry + [_OPENING, _PENDING]
    reads = "".join(
        f",\n CASE WHEN EXISTS (SELECT 1 FROM once) THEN {section_sql(section, of_past)} END" for section in sections
    )
    sql = f"WITH {', '.join(parts)}\nSELECT EXISTS (SELECT 1 FROM once), EXISTS (SELECT 1 FROM held){reads}"
    return Statement(sql, _KINDS)


def _held(subject: bool, consent: bool, gated: bool) -> str:
    if not subject:
        return "held AS (SELECT 1)"
    return f"""held AS (
        SELECT 1 FROM subject_sequence q {_UNCHANGED_CONSENT if consent else ""}
        WHERE q.subject_key = :subject_key AND q.last = :sequence - 1 {_STILL_ADMITTED if gated else ""}
        FOR UPDATE)"""


_UNCHANGED_CONSENT = """
    JOIN consent c ON c.subject_key = q.subject_key AND c.consent_id = :consent_id
    AND c.state = 'ACTIVE' AND c.uses = :uses_before AND c.starts_at <= :recorded_at AND c.expires_at > :recorded_at"""
_STILL_ADMITTED = """
    AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.token_id IN (:token_id, split_part(:token_id, '.', 1)))
    AND EXISTS (SELECT 1 FROM member m WHERE m.member_id = :member_id AND m.status = 'ACTIVE')"""
_ONCE = """once AS (
    INSERT INTO one_time (digest, kind, expires_at) SELECT :once_digest, :once_kind, :once_expires_at
    WHERE EXISTS (SELECT 1 FROM held)
    ON CONFLICT DO NOTHING RETURNING 1)"""
_NOT_ONCE = """once AS (SELECT 1 FROM held)"""
_COUNTED = """counted AS (
    UPDATE subject_sequence SET last = :sequence
    WHERE subject_key = :subject_key AND EXISTS (SELECT 1 FROM once))"""
_SPENT = """spent AS (
    UPDATE consent SET uses = :uses, window_started_at = :window_started_at, window_uses = :window_uses
    WHERE subject_key = :subject_key AND consent_id = :consent_id AND EXISTS (SELECT 1 FROM once))"""
_INQUIRY = """looked AS (
    INSERT INTO inquiry (subject_key, inquiry_key, sequence, member_id, staff, purpose, hard, basis, consent_id,
        consent_use, ground_id, granted, requested, released, withheld, rules, reasons, pack_version, leaf_hash,
        asked_at)
    SELECT :subject_key, :inquiry_key, :sequence, :member_id, :staff, :purpose, :hard, :basis, :inquiry_consent_id,
        :consent_use, :ground_id, :granted, :requested, :released, :withheld, :rules, :reasons, :pack_version,
        :leaf_hash, :recorded_at
    WHERE EXISTS (SELECT 1 FROM once))"""
_OPENING = """opening AS (
    INSERT INTO log_opening (subject_key, entry_id, sequence, recorded_at, leaf, leaf_hash, subject_opening,
        service_opening)
    SELECT :subject_key, :entry_id, :sequence, :recorded_at, :leaf, :leaf_hash, :subject_opening, :service_opening
    WHERE EXISTS (SELECT 1 FROM once))"""
_PENDING = """pending AS (
    INSERT INTO log_pending (entry_id, recorded_at, leaf, leaf_hash, act, member_id, purpose, basis, granted, reasons,
        rules)
    SELECT :entry_id, :recorded_at, :leaf, :leaf_hash, :event_act, :event_member_id, :event_purpose, :event_basis,
        :event_granted, :event_reasons, :event_rules
    WHERE EXISTS (SELECT 1 FROM once))"""


def _kinds() -> dict[str, Kind]:
    kinds = {
        Kind.UUID: "subject_key entry_id consent_id inquiry_key inquiry_consent_id ground_id",
        Kind.INSTANT: "recorded_at once_expires_at window_started_at as_of",
        Kind.INTEGER: "sequence uses_before uses window_uses consent_use",
        Kind.BOOLEAN: "granted hard event_granted",
        Kind.BYTES: "leaf leaf_hash subject_opening service_opening once_digest staff",
        Kind.TEXT: "member_id token_id once_kind purpose basis pack_version event_act event_member_id event_purpose"
        " event_basis",
        Kind.TEXTS: "requested released withheld rules reasons event_reasons event_rules",
    }
    return {name: kind for kind, names in kinds.items() for name in names.split()}


_KINDS = _kinds()


def _values(act: Act) -> dict[str, Any]:
    entry = act.entry
    values: dict[str, Any] = {
        "subject_key": entry.subject_key, "entry_id": entry.entry_id, "sequence": entry.sequence,
        "recorded_at": entry.recorded_at, "leaf": entry.leaf, "leaf_hash": entry.leaf_hash,
        "subject_opening": entry.subject_opening, "service_opening": entry.service_opening,
        "member_id": act.member_id, "token_id": act.token_id,
        "event_act": entry.event.act, "event_member_id": entry.event.member_id,
        "event_purpose": entry.event.purpose, "event_basis": entry.event.basis, "event_granted": entry.event.granted,
        "event_reasons": list(entry.event.reasons), "event_rules": list(entry.event.rules),
    }  # fmt: skip
    if act.once:
        values |= {"once_digest": act.once.digest, "once_kind": act.once.kind, "once_expires_at": act.once.expires_at}
    if act.use:
        values |= {
            "consent_id": act.use.consent_id, "uses_before": act.use.uses_before, "uses": act.use.uses,
            "window_started_at": act.use.window_started_at, "window_uses": act.use.window_uses,
        }  # fmt: skip
    if act.inquiry:
        inquiry = act.inquiry
        values |= {
            "inquiry_key": inquiry.inquiry_key, "staff": inquiry.staff, "purpose": inquiry.purpose,
            "hard": inquiry.hard, "basis": inquiry.basis, "inquiry_consent_id": inquiry.consent_id,
            "consent_use": inquiry.consent_use, "ground_id": inquiry.ground_id,
            "granted": inquiry.granted, "requested": list(inquiry.requested),
            "released": list(inquiry.released), "withheld": list(inquiry.withheld), "rules": list(inquiry.rules),
            "reasons": list(inquiry.reasons), "pack_version": inquiry.pack_version,
        }  # fmt: skip
    return values
