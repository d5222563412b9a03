"""A changed policy pack over the decisions of a period: which of them it would have made otherwise. Nothing changes.

1. Every look that rested on a consent or a lawful ground, or was refused: under the pack in force and the changed one.
2. Every clearance, from the facts that it was decided on.

Borrowers' own looks are left out: they are always granted. Looks under a mandate are counted as skipped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ConsentArtefact
from consent.contact import Permit
from consent.contact_facts import from_facts
from consent.decision import Basis
from consent.lifecycle import ConsentState
from consent.policy.rules import BasisKind, Pack
from consent.question import GroundKind, LawfulGround, Question
from consent.register import HeldConsent
from consent.replay import PACK_DECIDES, Outcome, RecordedLook, look_under
from consent.signature import Signatures
from exchange.errors import BadRequest
from exchange.journeys.log_view import log_view, require_scope
from exchange.journeys.openable import Auditor
from exchange.journeys.reconcile_consents import check_period
from exchange.journeys.services import Services
from exchange.store.recorded_decisions import (
    StoredClearance,
    StoredLook,
    clearances_recorded,
    count_decisions,
    looks_recorded,
)
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

AT_ONCE = 2_000
SHOWN_MAX = 500
FOR_AN_AUDITOR_MAX = 20_000
"""So many decisions are replayed while somebody waits for the page; more are for `openbureau pack replay`."""
_BEGINNING = UUID(int=0)
_T = TypeVar("_T", StoredLook, StoredClearance)


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that the changed pack would have made otherwise. `kind`: look or clearance."""

    kind: str
    decided_at: datetime
    member_id: str
    leaf_hash: bytes
    was: Outcome
    would_be: Outcome


@dataclass(slots=True)
class Replay:
    """What was found. `looks` and `clearances` were decided again; `skipped` looks could not be.

    `differences` are the first 500 of `differ`, in the order of their time, looks first. `not_as_recorded`: clearances
    that the pack that they name, now in force, does not decide as they were: 0, or something is wrong with them.
    """

    pack: str
    changed: str
    looks: int = 0
    clearances: int = 0
    skipped: int = 0
    differ: int = 0
    not_as_recorded: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        """Counts a difference where there is one, and keeps it while there is room."""
        if difference.would_be.differs_from(difference.was):
            self.differ += 1
            if len(self.differences) < SHOWN_MAX:
                self.differences.append(difference)


def replay(services: Services, changed: Pack, from_time: datetime, until_time: datetime) -> Replay:
    """The decisions from `from_time` up to but without `until_time` under `changed`.

    Raises BadRequest PERIOD_NOT_VALID, Unavailable.
    """
    check_period(from_time, until_time)
    found = Replay(services.pack.version, changed.version)
    for look in _all(services, looks_recorded, from_time, until_time, lambda each: each.inquiry_key):
        _look_again(found, look, services.pack, changed)
    for clearance in _all(services, clearances_recorded, from_time, until_time, lambda each: each.clearance_id):
        _clear_again(found, clearance, services.pack, changed)
    return found


def replay_for_auditor(
    services: Services, auditor: Auditor, changed: Pack, from_time: datetime, until_time: datetime
) -> Replay:
    """The same for an auditor, logged before it is told.

    Raises Refused without audit:read, BadRequest PERIOD_NOT_VALID where the period holds too many decisions, and as
    `replay` does.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_period(from_time, until_time)
    with services.connection() as connection:
        if count_decisions(connection, from_time, until_time, FOR_AN_AUDITOR_MAX + 1) > FOR_AN_AUDITOR_MAX:
            raise BadRequest("This period holds too many decisions for a page: ask for fewer days.", "PERIOD_NOT_VALID")
    found = replay(services, changed, from_time, until_time)
    with services.transaction() as connection:
        period = [f"from_time={from_time.isoformat()}", f"until_time={until_time.isoformat()}"]
        log_view(services, connection, auditor, "pack_replayed", {"wanted": period, "pack": changed.version})
    return found


def _all(
    services: Services,
    fetch: Callable[[Connection, datetime, UUID, datetime, int], Sequence[_T]],
    from_time: datetime,
    until_time: datetime,
    key_of: Callable[[_T], UUID],
) -> Iterator[_T]:
    at, key = from_time, _BEGINNING
    while True:
        with services.connection() as connection:
            some = fetch(connection, at, key, until_time, AT_ONCE)
        yield from some
        if len(some) < AT_ONCE:
            return
        at, key = some[-1].asked_at, key_of(some[-1])


def _look_again(found: Replay, stored: StoredLook, pack: Pack, changed: Pack) -> None:
    recorded = _recorded(stored)
    if recorded is None:
        found.skipped += 1
        return
    found.looks += 1
    under = partial(look_under, recorded)
    found.add(Difference("look", stored.asked_at, stored.member_id, stored.leaf_hash, under(pack), under(changed)))


def _clear_again(found: Replay, stored: StoredClearance, pack: Pack, changed: Pack) -> None:
    facts = from_facts(stored.facts)
    was = Outcome(stored.granted, reasons=tuple(sorted(stored.reasons)))
    found.clearances += 1
    if stored.pack_version == pack.version and isinstance(facts.decide(pack), Permit) != stored.granted:
        found.not_as_recorded += 1
    decision = facts.decide(changed)
    if isinstance(decision, Permit):
        would_be = Outcome(True, rules=decision.rules)
    else:
        codes = tuple(sorted({reason.code for reason in decision.reasons}))
        against = tuple(sorted({reason.rule for reason in decision.reasons if reason.rule}))
        would_be = Outcome(False, reasons=codes, rules=against)
    found.add(Difference("clearance", stored.asked_at, stored.actor, stored.leaf_hash, was, would_be))


def _recorded(stored: StoredLook) -> RecordedLook | None:
    refused_anyway = not stored.granted and bool(set(stored.reasons) - PACK_DECIDES)
    basis = None if refused_anyway else _basis(stored)
    if basis is None and not refused_anyway:
        return None
    question = Question(
        member_id=stored.member_id,
        member_class=MemberClass(stored.member_class),
        member_status=MemberStatus.ACTIVE,
        contribution_level=ContributionLevel.FULL,
        scopes=frozenset(Scope),
        purpose=Purpose(stored.purpose),
        field_classes=frozenset(map(FieldClass, _asked(stored, basis))),
        staff_named=stored.staff_named,
        subject_frozen=False,
        subject_key=stored.subject_key,
    )
    return RecordedLook(question, basis, stored.asked_at)


def _asked(stored: StoredLook, basis: Basis | None) -> Sequence[str]:
    """The parts that only a pack decides about: all that were asked for, where it was the pack that withheld some."""
    unwarned = isinstance(basis, HeldConsent) and not basis.artefact.sensitive_warning_shown
    return stored.requested if unwarned or not stored.granted else stored.released


def _basis(stored: StoredLook) -> Basis | None:
    """What the look rested on, as it stood when it was granted: in force, with a use left."""
    if stored.artefact is not None and stored.basis == BasisKind.CONSENT.value:
        artefact = ConsentArtefact.from_canonical(bytes(stored.artefact))
        return HeldConsent(artefact, ConsentState.ACTIVE, Signatures({}, "", b""))
    if stored.ground_expires_at is not None and stored.ground_purpose is not None:
        return LawfulGround(
            kind=GroundKind(stored.basis),
            reference="",
            subject_key=stored.subject_key,
            recipient=stored.member_id,
            purpose=Purpose(stored.ground_purpose),
            field_classes=frozenset(map(FieldClass, stored.ground_classes or ())),
            expires_at=stored.ground_expires_at,
        )
    return None
