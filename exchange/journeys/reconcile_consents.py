"""Consents held against accesses: every granted look of a period has its log entry, its inquiry, and a basis that
covered it at that moment; and nothing in the log is missing from the files. What is found is said and signed.

1. Every inquiry of the period: its leaf is in the log and says the same, and its consent (recipient, purpose, given
   and in force before it, by the borrower's own sequence numbers) or its lawful ground covered it. In SQL, all of them.
2. Every look that the log has in the period: its inquiry is there. Every leaf of the period can be searched for.
   In SQL, all of them.
3. Every consent that was used: its columns are what its artefact says, its looks are numbered without a gap and never
   went beyond what it allows; every move of a consent and of a ground that the log has is in the borrower's file.
   In SQL and counted again here, all of them.
4. What columns cannot show: signatures of the consents used, the log entries behind their passkeys, moves and grounds,
   for `reconcile_signatures_max` of each, picked at random; and the entries of `reconcile_entries_opened` looks, picked
   at random, are opened, compared with the inquiry and proved to be under the checkpoint. The seed is in the statement.

Steps 1 to 3 find every contradiction in what is stored. A forgery without one (a made-up consent, with its move and its
log entries) is found by step 4 alone, for sure only where every consent was verified. Nobody need trust us for any of
it: a whole period that was exported is verified offline, every entry against the tree that witnesses have cosigned.
Events from before events were kept (act `earlier`) are seen by step 1 alone.
"""

import os
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from consent.mandate_look import MANDATE
from exchange.audit.checkpoint import Checkpoint, checkpoint_in
from exchange.audit.entry import FieldValue
from exchange.audit.signed_words import sign_claims
from exchange.errors import BadRequest, Unavailable
from exchange.handover import EventFilter
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.openable import Auditor, event_id_of
from exchange.journeys.reconcile_proofs import (
    Named,
    Sample,
    faults_of_consents,
    faults_of_grounds,
    faults_of_looks,
    faults_of_use,
)
from exchange.journeys.services import Services
from exchange.store.engine import database_errors
from exchange.store.reconciliation import (
    LEAVES_AT_ONCE,
    LoggedLook,
    LoneEvent,
    ReadLook,
    consents_used,
    events_missing,
    leaves_of_period,
    logged_looks_after,
    looks_after,
    moves_missing,
)
from schema.vocabulary.reconciliation import UnmatchedCode
from schema.vocabulary.scope import Scope

KIND = "openbureau-reconciliation"
LOOKS_AT_ONCE = 10_000
FAULTS_SHOWN = 100
CONSENTS_AT_ONCE = 500
SEED_BYTES = 16
CHECKED_MAX = 500_000
NO_KEY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry of the log, or an inquiry, that something is wrong with."""

    leaf_hash: bytes
    event_id: str | None
    recorded_at: datetime
    member_id: str | None
    why: UnmatchedCode


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found. `looks` are granted ones, `matched` those without a fault; `refused` were refused, and have no
    basis to match; `waiting` have no place in the log yet.

    `unmatched` counts everything with a fault, `by_fault` each fault by its code; `faults` are the first 100.
    `consents_verified` consents had their signatures verified, `every_consent_verified` where that is all that were
    used; `entries_opened` looks had their entries opened.
    `statement` says all this as a compact JWS, bound to the checkpoint in `note`.
    """

    from_time: datetime
    until_time: datetime
    looks: int
    by_basis: Mapping[str, int]
    refused: int
    waiting: int
    matched: int
    unmatched: int
    by_fault: Mapping[str, int]
    faults: tuple[Unmatched, ...]
    consents_verified: int
    every_consent_verified: bool
    entries_opened: int
    seed: str
    note: str
    statement: str


@dataclass(slots=True)
class _Found:
    """What was found so far. A look is picked with each basis, to be named where the basis is at fault.

    `checked` are consents and borrowers that need no second check; it is emptied before it grows large.
    """

    consents: Sample[tuple[Named, ReadLook]]
    grounds: Sample[tuple[Named, ReadLook]]
    opened: Sample[tuple[Named, ReadLook]]
    checked: set[Named] = field(default_factory=set)
    by_basis: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    waiting: int = 0
    granted_at_fault: set[UUID | int] = field(default_factory=set)
    at_fault: dict[UUID | int, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_fault: Counter[str] = field(default_factory=Counter)
    faults: list[Unmatched] = field(default_factory=list)

    def add_look(self, why: str, look: ReadLook) -> None:
        """Counts a fault of a look that has its inquiry."""
        self._add(
            look.inquiry_key,
            look.granted,
            _unmatched(look.leaf_hash, look.leaf_index, look.asked_at, look.member_id, why),
        )

    def add_logged(self, why: str, look: LoggedLook) -> None:
        """Counts a fault of a look that only the log has."""
        self._add(
            look.leaf_index,
            look.granted,
            _unmatched(look.leaf_hash, look.leaf_index, look.recorded_at, look.member_id, why),
        )

    def add_event(self, why: str, event: LoneEvent, at: datetime) -> None:
        """Counts a fault of something that is no look. `at`: stands in where nothing says when it was."""
        self._add(
            event.leaf_index,
            False,
            _unmatched(event.leaf_hash, event.leaf_index, event.recorded_at or at, event.member_id, why),
        )

    def _add(self, what: UUID | int, granted: bool, unmatched: Unmatched) -> None:
        """Counts a fault once: of an inquiry by its key, else by its place in the log."""
        if unmatched.why in self.at_fault[what]:
            return
        self.at_fault[what].add(unmatched.why)
        self.by_fault[unmatched.why.value] += 1
        if granted:
            self.granted_at_fault.add(what)
        if len(self.faults) < FAULTS_SHOWN:
            self.faults.append(unmatched)


def reconcile(services: Services, auditor: Auditor, from_time: datetime, until_time: datetime) -> Reconciliation:
    """Holds the looks from `from_time` up to but without `until_time` against what they rest on, and logs that.

    Raises Refused without audit:read, BadRequest PERIOD_NOT_VALID, Unavailable until the log has signed something.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_period(from_time, until_time)
    with database_errors():
        note = services.log.newest_note()
    if note is None:
        raise Unavailable("The log has no checkpoint yet. Try again in a moment.", "LOG_BEHIND")
    seed = os.urandom(SEED_BYTES)
    signatures_max, opened_max = services.settings.reconcile_signatures_max, services.settings.reconcile_entries_opened
    found = _Found(Sample(seed, signatures_max), Sample(seed, signatures_max), Sample(seed, opened_max))
    for looks in _inquiries(services, from_time, until_time):
        _take_inquiries(services, looks, found)
    for logged in _logged_looks(services, from_time, until_time):
        _take_logged(logged, found)
    _find_missing_events(services, from_time, until_time, checkpoint_in(note).size, found)
    _verify_samples(services, note, found)
    result = _signed(services, auditor, from_time, until_time, found, seed, note)
    _log(services, auditor, result)
    return result


def check_period(from_time: datetime, until_time: datetime) -> None:
    """Raises BadRequest where this is no period."""
    if from_time.tzinfo is None or until_time.tzinfo is None:
        raise BadRequest("Give both times with their offset from UTC.", "PERIOD_NOT_VALID")
    if from_time >= until_time:
        raise BadRequest("The period must end after it begins.", "PERIOD_NOT_VALID")


def _inquiries(services: Services, from_time: datetime, until_time: datetime) -> Iterator[list[ReadLook]]:
    at, key = from_time, NO_KEY
    while True:
        with services.transaction() as connection:
            looks = looks_after(connection, at, key, until_time, LOOKS_AT_ONCE)
        if looks:
            yield looks
            at, key = looks[-1].asked_at, looks[-1].inquiry_key
        if len(looks) < LOOKS_AT_ONCE:
            return


def _logged_looks(services: Services, from_time: datetime, until_time: datetime) -> Iterator[list[LoggedLook]]:
    at, index = from_time, -1
    while True:
        with services.transaction() as connection:
            looks = logged_looks_after(connection, at, index, from_time, until_time, LOOKS_AT_ONCE)
        if looks:
            yield looks
            at, index = looks[-1].recorded_at, looks[-1].leaf_index
        if len(looks) < LOOKS_AT_ONCE:
            return


def _take_inquiries(services: Services, looks: Sequence[ReadLook], found: _Found) -> None:
    granted = [look for look in looks if look.granted]
    found.by_basis.update(look.basis for look in granted)
    found.refused += len(looks) - len(granted)
    found.waiting += sum(look.leaf_index is None and "LEAF_MISSING" not in look.faults for look in looks)
    for look in looks:
        for why in look.faults:
            found.add_look(why, look)
    consents = {(look.subject_key, look.consent_id): look for look in granted if look.consent_id}
    grounds = {(look.subject_key, look.ground_id): look for look in granted if look.ground_id and look.basis != MANDATE}
    _count_uses(services, _unchecked(found, consents), consents, found)
    borrowers = _unchecked(found, ((borrower, borrower) for borrower, _ in [*consents, *grounds]))
    _find_missing_moves(services, [borrower for borrower, _ in borrowers], found)
    found.consents.add((named[1].bytes, (named, look)) for named, look in consents.items())
    found.grounds.add((named[1].bytes, (named, look)) for named, look in grounds.items())
    found.opened.add((look.leaf_hash, ((look.subject_key, look.inquiry_key), look)) for look in granted)


def _unchecked(found: _Found, named: Iterable[Named]) -> list[Named]:
    """Those that were not checked yet; they count as checked from now on."""
    if len(found.checked) > CHECKED_MAX:
        found.checked.clear()
    fresh = sorted(set(named) - found.checked)
    found.checked.update(fresh)
    return fresh


def _count_uses(services: Services, named: Sequence[Named], consents: Mapping[Named, ReadLook], found: _Found) -> None:
    with services.transaction() as connection:
        used = consents_used(connection, named)
    for each in used:
        for why in faults_of_use(each):
            found.add_look(why, consents[each.subject_key, each.consent_id])


def _find_missing_moves(services: Services, borrowers: Sequence[UUID], found: _Found) -> None:
    with services.transaction() as connection:
        missing = moves_missing(connection, borrowers)
    for event in missing:
        found.add_event("MOVE_MISSING", event, services.clock.now())


def _take_logged(looks: Sequence[LoggedLook], found: _Found) -> None:
    for look in looks:
        if look.fault is None:
            continue
        if look.granted:
            found.by_basis[look.basis or ""] += 1
        found.add_logged(look.fault, look)


def _find_missing_events(
    services: Services, from_time: datetime, until_time: datetime, tree_size: int, found: _Found
) -> None:
    with services.connection() as connection:
        first, stop = leaves_of_period(connection, from_time, until_time, tree_size)
    for start in range(first, stop, LEAVES_AT_ONCE):
        with services.connection() as connection:
            missing = events_missing(connection, start, min(start + LEAVES_AT_ONCE, stop), FAULTS_SHOWN)
        for event in missing:
            found.add_event("EVENT_MISSING", event, from_time)


def _verify_samples(services: Services, note: str, found: _Found) -> None:
    for checker, sample in ((faults_of_consents, found.consents), (faults_of_grounds, found.grounds)):
        picked = sample.items()
        looks = {named[1]: look for named, look in picked}
        for start in range(0, len(picked), CONSENTS_AT_ONCE):
            for basis_id, why in checker(services, [named for named, _ in picked[start : start + CONSENTS_AT_ONCE]]):
                found.add_look(why, looks[basis_id])
    opened = {look.leaf_hash: look for _, look in found.opened.items()}
    for leaf_hash, why in faults_of_looks(services, [named for named, _ in found.opened.items()], note):
        found.add_look(why, opened[leaf_hash])


def _signed(
    services: Services,
    auditor: Auditor,
    from_time: datetime,
    until_time: datetime,
    found: _Found,
    seed: bytes,
    note: str,
) -> Reconciliation:
    looks = sum(found.by_basis.values())
    figures: dict[str, Any] = {
        "looks": looks,
        "by_basis": dict(sorted(found.by_basis.items())),
        "refused": found.refused,
        "waiting": found.waiting,
        "matched": looks - len(found.granted_at_fault),
        "unmatched": len(found.at_fault),
        "by_fault": dict(sorted(found.by_fault.items())),
        "consents_verified": len(found.consents.items()),
        "every_consent_verified": found.consents.whole,
        "entries_opened": len(found.opened.items()),
        "seed": seed.hex(),
    }
    claims = {
        "iss": services.settings.issuer,
        "aud": auditor.authority,
        "iat": int(services.clock.now().timestamp()),
        "from": from_time.isoformat(),
        "until": until_time.isoformat(),
        **figures,
        "faults": [_claimed(each) for each in found.faults],
        **_checkpoint_claims(checkpoint_in(note)),
    }
    statement = sign_claims(services.signing, KIND, claims)
    return Reconciliation(from_time, until_time, faults=tuple(found.faults), note=note, statement=statement, **figures)


def _unmatched(
    leaf_hash: bytes | None, leaf_index: int | None, at: datetime, member_id: str | None, why: str
) -> Unmatched:
    event_id = None if leaf_index is None else event_id_of(leaf_index)
    return Unmatched(leaf_hash or b"", event_id, at, member_id, UnmatchedCode(why))


def _claimed(unmatched: Unmatched) -> dict[str, Any]:
    return {
        "leaf_hash": b64encode(unmatched.leaf_hash).decode(),
        "event": unmatched.event_id,
        "recorded_at": unmatched.recorded_at.isoformat(),
        "member": unmatched.member_id,
        "why": unmatched.why,
    }


def _checkpoint_claims(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "log_origin": checkpoint.origin,
        "tree_size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
    }


def _log(services: Services, auditor: Auditor, result: Reconciliation) -> None:
    """The entry names the statement by its SHA-256, so that none can be denied later."""
    wanted = wanted_in_words(EventFilter(from_time=result.from_time, until_time=result.until_time))
    said: dict[str, FieldValue] = {
        "wanted": wanted,
        "found": result.unmatched,
        "digest": sha256(result.statement.encode()).hexdigest(),
    }
    with services.transaction() as connection:
        log_view(services, connection, auditor, "reconciled", said)
