"""Consents held against looks: what is read for it, some thousands of looks at a time, always by an index.

What came before and after what is told by the borrower's own sequence numbers, which the log commits to, and not by
clocks: two workers' clocks may differ by more than the time between a look and a withdrawal. All is read within
transactions of the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from exchange.handover import NOBODY
from exchange.store.look_up import SealedEntry, StoredConsent, StoredGround

LEAVES_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class ReadLook:
    """An inquiry, and what is wrong with it as codes. `leaf_index` is None while its entry waits for its place."""

    asked_at: datetime
    inquiry_key: UUID
    subject_key: UUID
    member_id: str
    basis: str
    granted: bool
    consent_id: UUID | None
    ground_id: UUID | None
    leaf_hash: bytes
    leaf_index: int | None
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class LoggedLook:
    """A granted look as the log has it. `fault`: what is missing of it in the borrower's file; None: nothing."""

    recorded_at: datetime
    leaf_index: int
    granted: bool
    member_id: str | None
    basis: str | None
    leaf_hash: bytes | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class UsedConsent:
    """A consent with the looks ever granted under it: how many, and whether they are numbered 1, 2 ... to `uses`.

    `looked_at`: when, in the order of their numbers; empty where the consent names no frequency. Nothing is verified.
    """

    subject_key: UUID
    consent_id: UUID
    recipient: str
    purpose: str
    starts_at: datetime
    expires_at: datetime
    uses: int
    artefact: bytes
    looks: int
    numbered: bool
    looked_at: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class LoneEvent:
    """An entry of the log, or the place of one, that what it should stand beside is missing for."""

    leaf_index: int
    recorded_at: datetime | None
    member_id: str | None
    leaf_hash: bytes | None


@dataclass(frozen=True, slots=True)
class SealedMove:
    """A move of a consent's state and the log entry that it names."""

    consent_id: UUID
    to_state: str
    entry: SealedEntry | None


@dataclass(frozen=True, slots=True)
class SampledLook:
    """An inquiry's columns as its log entry should say them, and that entry."""

    said: dict[str, Any]
    asked_at: datetime
    leaf_hash: bytes
    leaf_index: int | None
    entry: SealedEntry | None


def looks_after(connection: Connection, at: datetime, key: UUID, until_time: datetime, most: int) -> list[ReadLook]:
    """Inquiries after this place (`at`, `key`) and before `until_time`, oldest first, each held against the log and
    its basis.

    LEAF_MISSING, EVENT_DIFFERS; and of granted ones CONSENT_MISSING, CONSENT_OTHER_RECIPIENT, CONSENT_PURPOSE,
    CONSENT_NOT_IN_FORCE, GROUND_MISSING, GROUND_OTHER_RECIPIENT, GROUND_OTHER_KIND, GROUND_PURPOSE,
    GROUND_NOT_IN_FORCE, SELF_BY_ANOTHER.
    """
    _by_index_alone(connection)
    place = {"at": at, "key": key, "until_time": until_time, "most": most}
    return [ReadLook(*row) for row in connection.execute(_LOOKS, place)]


def logged_looks_after(
    connection: Connection, at: datetime, leaf_index: int, from_time: datetime, until_time: datetime, most: int
) -> list[LoggedLook]:
    """Looks that the log has after this place and before `until_time`, each held against the borrower's file.

    OPENING_MISSING; INQUIRY_MISSING where there is none of this period: one that is there was held against the log.
    """
    _by_index_alone(connection)
    place = {"at": at, "leaf_index": leaf_index, "until_time": until_time, "most": most}
    told = {"from_time": from_time, "nobody": NOBODY}
    return [LoggedLook(*row) for row in connection.execute(_LOGGED_LOOKS, place | told)]


def leaves_of_period(
    connection: Connection, from_time: datetime, until_time: datetime, tree_size: int
) -> tuple[int, int]:
    """The first leaf that may be of this time, and the one after the last."""
    first, stop = connection.execute(_LEAVES, {"from_time": from_time, "until_time": until_time}).one()
    return (0 if first is None else first + 1), min(tree_size if stop is None else stop, tree_size)


def events_missing(connection: Connection, first: int, stop: int, most: int) -> list[LoneEvent]:
    """Places in the log from `first` up to but without `stop` that have no event to search by; some of them."""
    counted = connection.scalar(_COUNT_EVENTS, {"first": first, "stop": stop})
    if counted == stop - first:
        return []
    rows = connection.execute(_EVENTS_MISSING, {"first": first, "stop": stop, "most": most})
    return [LoneEvent(row.leaf_index, None, None, row.leaf_hash) for row in rows]


def consents_used(connection: Connection, named: Sequence[tuple[UUID, UUID]]) -> list[UsedConsent]:
    """These consents (subject key, consent id), each with its looks."""
    _by_index_alone(connection)
    return [UsedConsent(*row) for row in connection.execute(_CONSENTS_USED, _pairs(named))]


def moves_missing(connection: Connection, borrowers: Sequence[UUID]) -> list[LoneEvent]:
    """What the log says happened to consents and grounds of these borrowers, and their files do not say."""
    _by_index_alone(connection)
    return [LoneEvent(*row) for row in connection.execute(_MOVES_MISSING, {"borrowers": list(borrowers)})]


def stored_consents(connection: Connection, named: Sequence[tuple[UUID, UUID]]) -> dict[UUID, StoredConsent]:
    """These consents as stored, with the log entries that must stand behind their signatures, by consent id."""
    return {row.consent_id: _stored_consent(row) for row in connection.execute(_STORED_CONSENTS, _pairs(named))}


def stored_grounds(connection: Connection, named: Sequence[tuple[UUID, UUID]]) -> dict[UUID, StoredGround]:
    """These lawful grounds (subject key, ground id) as stored, with the log entries that recorded them, by id."""
    return {row.ground_id: _stored_ground(row) for row in connection.execute(_STORED_GROUNDS, _pairs(named))}


def sealed_moves(connection: Connection, named: Sequence[tuple[UUID, UUID]]) -> list[SealedMove]:
    """Every move of these consents, with its log entry."""
    return [SealedMove(row.consent_id, row.to_state, _entry(row)) for row in connection.execute(_MOVES, _pairs(named))]


def sampled_looks(connection: Connection, named: Sequence[tuple[UUID, UUID]]) -> list[SampledLook]:
    """These inquiries (subject key, inquiry key) with their log entries."""
    return [_sampled_look(row) for row in connection.execute(_SAMPLE, _pairs(named))]


_NO_WHOLE_TABLES = text("""
    SELECT set_config(name, 'off', true)
    FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'jit']) AS name""")

_LOOKS = text("""
    WITH looks AS MATERIALIZED (
        SELECT asked_at, inquiry_key, subject_key, sequence, member_id, purpose, basis, granted, consent_id, ground_id,
            rules, reasons, leaf_hash
        FROM inquiry WHERE (asked_at, inquiry_key) > (:at, :key) AND asked_at < :until_time
        ORDER BY asked_at, inquiry_key LIMIT :most)
    SELECT l.asked_at, l.inquiry_key, l.subject_key, l.member_id, l.basis, l.granted, l.consent_id, l.ground_id,
        l.leaf_hash, f.leaf_index, array_remove(ARRAY[
            CASE WHEN COALESCE(f.leaf_hash, p.leaf_hash) IS DISTINCT FROM l.leaf_hash
                OR o.leaf_hash IS DISTINCT FROM l.leaf_hash THEN 'LEAF_MISSING' END,
            CASE WHEN f.entry_id IS NOT NULL AND e.act IS DISTINCT FROM 'earlier'
                AND (e.act, e.recorded_at, e.member_id, e.purpose, e.basis, e.granted, e.reasons, e.rules)
                IS DISTINCT FROM ('look', l.asked_at, l.member_id, l.purpose, l.basis, l.granted, l.reasons, l.rules)
                THEN 'EVENT_DIFFERS' END,
            CASE WHEN l.granted AND l.basis = 'CONSENT' THEN CASE
                WHEN c.consent_id IS NULL THEN 'CONSENT_MISSING'
                WHEN c.recipient <> l.member_id THEN 'CONSENT_OTHER_RECIPIENT'
                WHEN c.purpose <> l.purpose THEN 'CONSENT_PURPOSE'
                WHEN l.asked_at < c.starts_at OR l.asked_at >= c.expires_at OR s.to_state IS DISTINCT FROM 'ACTIVE'
                THEN 'CONSENT_NOT_IN_FORCE' END END,
            CASE WHEN l.granted AND l.basis = 'MANDATE' THEN CASE
                WHEN d.known IS NULL THEN 'MANDATE_MISSING'
                WHEN NOT d.theirs THEN 'MANDATE_OTHER_AGENCY'
                WHEN NOT d.stood THEN 'MANDATE_NOT_IN_FORCE' END END,
            CASE WHEN l.granted AND l.basis NOT IN ('CONSENT', 'SELF', 'MANDATE') THEN CASE
                WHEN g.ground_id IS NULL THEN 'GROUND_MISSING'
                WHEN g.recipient <> l.member_id THEN 'GROUND_OTHER_RECIPIENT'
                WHEN g.kind <> l.basis THEN 'GROUND_OTHER_KIND'
                WHEN g.purpose <> l.purpose THEN 'GROUND_PURPOSE'
                WHEN COALESCE(r.sequence < l.sequence, false) AND l.asked_at < g.expires_at AND NOT (
                    g.ended_at IS NOT NULL AND COALESCE(x.sequence < l.sequence, g.ended_at <= l.asked_at)) THEN NULL
                ELSE 'GROUND_NOT_IN_FORCE' END END,
            CASE WHEN l.granted AND (l.basis = 'SELF') <> (l.member_id = 'self') THEN 'SELF_BY_ANOTHER' END
        ], NULL) AS faults
    FROM looks l
    LEFT JOIN log_opening o ON o.subject_key = l.subject_key AND o.sequence = l.sequence
    LEFT JOIN log_leaf f ON f.entry_id = o.entry_id
    LEFT JOIN log_event e ON e.leaf_index = f.leaf_index
    LEFT JOIN log_pending p ON p.entry_id = o.entry_id
    LEFT JOIN consent c ON c.subject_key = l.subject_key AND c.consent_id = l.consent_id
    LEFT JOIN LATERAL (
        SELECT m.to_state FROM consent_move m
        JOIN log_opening mo ON mo.subject_key = m.subject_key AND mo.entry_id = m.entry_id
        WHERE m.subject_key = c.subject_key AND m.consent_id = c.consent_id AND mo.sequence < l.sequence
        ORDER BY mo.sequence DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (
        SELECT bool_or(true) AS known, bool_or(v.agency = l.member_id) AS theirs,
            bool_or(v.agency = l.member_id AND v.state = 'ACTIVE' AND v.recorded_at <= l.asked_at
                AND (v.superseded_at IS NULL OR v.superseded_at >= l.asked_at)
                AND (l.asked_at AT TIME ZONE 'UTC')::date BETWEEN v.starts_on AND v.ends_on) AS stood
        FROM mandate v WHERE v.mandate_id = l.ground_id) d ON l.basis = 'MANDATE'
    LEFT JOIN lawful_ground g ON g.subject_key = l.subject_key AND g.ground_id = l.ground_id
    LEFT JOIN log_opening r ON r.subject_key = g.subject_key AND r.entry_id = g.entry_id
    LEFT JOIN LATERAL (
        SELECT min(xo.sequence) AS sequence FROM log_opening xo
        LEFT JOIN log_leaf xf ON xf.entry_id = xo.entry_id
        LEFT JOIN log_event xe ON xe.leaf_index = xf.leaf_index
        LEFT JOIN log_pending xp ON xp.entry_id = xo.entry_id
        WHERE xo.subject_key = g.subject_key AND xo.recorded_at = g.ended_at
        AND COALESCE(xe.act, xp.act) = 'ground_ended') x ON g.ended_at IS NOT NULL
    ORDER BY l.asked_at, l.inquiry_key""")

_LOGGED_LOOKS = text("""
    WITH looks AS MATERIALIZED (
        SELECT leaf_index, recorded_at, granted, member_id, basis FROM log_event
        WHERE (recorded_at, leaf_index) > (:at, :leaf_index) AND recorded_at < :until_time AND act = 'look'
        ORDER BY recorded_at, leaf_index LIMIT :most)
    SELECT l.recorded_at, l.leaf_index, l.granted, l.member_id, l.basis, f.leaf_hash,
        CASE WHEN o.entry_id IS NULL THEN 'OPENING_MISSING'
        WHEN i.asked_at >= :from_time AND i.asked_at < :until_time THEN NULL
        WHEN o.subject_key <> :nobody OR l.granted THEN 'INQUIRY_MISSING' END
    FROM looks l
    LEFT JOIN log_leaf f ON f.leaf_index = l.leaf_index
    LEFT JOIN log_opening o ON o.entry_id = f.entry_id
    LEFT JOIN inquiry i ON i.subject_key = o.subject_key AND i.sequence = o.sequence
    ORDER BY l.recorded_at, l.leaf_index""")

_LEAVES = text("""
    SELECT
        (SELECT leaf_index FROM log_event WHERE recorded_at < :from_time
            ORDER BY recorded_at DESC, leaf_index DESC LIMIT 1),
        (SELECT leaf_index FROM log_event WHERE recorded_at >= :until_time ORDER BY recorded_at, leaf_index LIMIT 1)
    """)

_COUNT_EVENTS = text("SELECT count(*) FROM log_event WHERE leaf_index >= :first AND leaf_index < :stop")

_EVENTS_MISSING = text("""
    SELECT n.leaf_index, f.leaf_hash
    FROM generate_series(CAST(:first AS bigint), CAST(:stop AS bigint) - 1) n(leaf_index)
    LEFT JOIN log_event e ON e.leaf_index = n.leaf_index
    LEFT JOIN log_leaf f ON f.leaf_index = n.leaf_index
    WHERE e.leaf_index IS NULL ORDER BY n.leaf_index LIMIT :most""")

_CONSENTS_USED = text("""
    SELECT c.subject_key, c.consent_id, c.recipient, c.purpose, c.starts_at, c.expires_at, c.uses, c.artefact,
        i.looks, (i.looks, i.different, i.least, i.most) = (c.uses, c.uses, least(c.uses, 1), c.uses),
        CASE WHEN position('"frequency":{'::bytea IN c.artefact) > 0 THEN ARRAY(
            SELECT asked_at FROM inquiry WHERE subject_key = c.subject_key AND consent_id = c.consent_id AND granted
            ORDER BY consent_use, asked_at) ELSE '{}' END
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:ids AS uuid[])) AS n(subject_key, id)
    JOIN consent c ON c.subject_key = n.subject_key AND c.consent_id = n.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS looks, count(DISTINCT consent_use) AS different,
            COALESCE(min(consent_use), 0) AS least, COALESCE(max(consent_use), 0) AS most
        FROM inquiry WHERE subject_key = c.subject_key AND consent_id = c.consent_id AND granted) i""")

_MOVES_MISSING = text("""
    SELECT e.leaf_index, e.recorded_at, e.member_id, f.leaf_hash
    FROM unnest(CAST(:borrowers AS uuid[])) AS b(subject_key)
    CROSS JOIN LATERAL (SELECT * FROM log_opening WHERE subject_key = b.subject_key OFFSET 0) o
    JOIN log_leaf f ON f.entry_id = o.entry_id
    JOIN log_event e ON e.leaf_index = f.leaf_index
    LEFT JOIN LATERAL (
        SELECT true AS there FROM consent_move m WHERE m.subject_key = o.subject_key AND m.entry_id = o.entry_id
    ) m ON e.act IN ('consent_given', 'consent_moved', 'consent_refused')
    LEFT JOIN LATERAL (
        SELECT true AS there FROM lawful_ground g WHERE g.subject_key = o.subject_key
        AND CASE e.act WHEN 'ground_recorded' THEN g.entry_id = o.entry_id ELSE g.ended_at = o.recorded_at END LIMIT 1
    ) g ON e.act IN ('ground_recorded', 'ground_ended')
    WHERE e.act IN ('consent_given', 'consent_moved', 'consent_refused', 'ground_recorded', 'ground_ended')
    AND m.there IS NULL AND g.there IS NULL
    ORDER BY e.leaf_index""")

_STORED_CONSENTS = text("""
    SELECT c.consent_id, c.artefact, c.signatures::text AS signatures, c.state, c.uses, c.window_started_at,
        c.window_uses, c.signer_key, y.entry_id AS key_entry, y.leaf AS key_leaf, y.service_opening AS key_opening,
        b.entry_id, b.leaf, b.service_opening
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:ids AS uuid[])) AS n(subject_key, id)
    JOIN consent c ON c.subject_key = n.subject_key AND c.consent_id = n.id
    LEFT JOIN log_opening y ON y.subject_key = c.signer_key AND y.entry_id = c.key_entry
    LEFT JOIN log_opening b ON b.subject_key = c.subject_key AND b.entry_id = c.authority_entry""")

_STORED_GROUNDS = text("""
    SELECT g.*, o.leaf, o.service_opening
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:ids AS uuid[])) AS n(subject_key, id)
    JOIN lawful_ground g ON g.subject_key = n.subject_key AND g.ground_id = n.id
    LEFT JOIN log_opening o ON o.subject_key = g.subject_key AND o.entry_id = g.entry_id""")

_MOVES = text("""
    SELECT m.consent_id, m.to_state, o.entry_id, o.leaf, o.service_opening
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:ids AS uuid[])) AS n(subject_key, id)
    JOIN consent_move m ON m.subject_key = n.subject_key AND m.consent_id = n.id
    LEFT JOIN log_opening o ON o.subject_key = m.subject_key AND o.entry_id = m.entry_id
    ORDER BY m.consent_id, m.moved_at, m.move_id""")

_SAMPLE = text("""
    SELECT i.member_id AS member, i.purpose, i.basis, i.consent_id AS consent, i.consent_use, i.ground_id AS ground,
        i.granted, i.requested, i.released, i.withheld, i.rules, i.reasons, i.pack_version AS pack, i.leaf_hash,
        i.asked_at, f.leaf_index, o.entry_id, o.leaf, o.service_opening
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:ids AS uuid[])) AS n(subject_key, id)
    JOIN inquiry i ON i.subject_key = n.subject_key AND i.inquiry_key = n.id
    LEFT JOIN log_opening o ON o.subject_key = i.subject_key AND o.sequence = i.sequence
    LEFT JOIN log_leaf f ON f.entry_id = o.entry_id""")


_SAID = (
    "member", "purpose", "basis", "consent", "consent_use", "ground", "granted", "requested", "released", "withheld",
    "rules", "reasons", "pack",
)  # fmt: skip


def _by_index_alone(connection: Connection) -> None:
    """Within this transaction nothing is read whole to join some thousand rows, however small it seems."""
    connection.execute(_NO_WHOLE_TABLES)


def _pairs(named: Sequence[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"subjects": [subject for subject, _ in named], "ids": [each for _, each in named]}


def _entry(row: Row[Any]) -> SealedEntry | None:
    return None if row.leaf is None else SealedEntry(row.entry_id, row.leaf, row.service_opening)


def _stored_consent(row: Row[Any]) -> StoredConsent:
    return StoredConsent(
        bytes(row.artefact), row.signatures, row.state, row.uses, row.window_started_at, row.window_uses,
        row.signer_key,
        SealedEntry(row.key_entry, row.key_leaf, row.key_opening) if row.key_entry else None,
        _entry(row),
    )  # fmt: skip


def _stored_ground(row: Row[Any]) -> StoredGround:
    return StoredGround(
        row.subject_key, row.ground_id, row.kind, row.reference, row.recipient, row.purpose, row.field_classes,
        row.expires_at, row.ended_at, _entry(row),
    )  # fmt: skip


def _sampled_look(row: Row[Any]) -> SampledLook:
    said = {"act": "look"} | {name: getattr(row, name) for name in _SAID}
    ids = {name: str(said[name]) if said[name] else None for name in ("consent", "ground")}
    return SampledLook(said | ids, row.asked_at, row.leaf_hash, row.leaf_index, _entry(row))
