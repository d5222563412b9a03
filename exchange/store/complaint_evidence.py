"""What is found for a complaint in a borrower's file: with whom they had to do, contacts, clearances, looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, null, select, union

from exchange.handover import THE_BORROWER
from exchange.store.tables.account import account
from exchange.store.tables.assessment import assessment
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.log import log_leaf, log_opening
from exchange.store.tables.mandate import mandate
from exchange.store.tables.member import member
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import BreachKind
from schema.vocabulary.member_class import MemberClass


@dataclass(frozen=True, slots=True)
class Party:
    """A member that contacted, looked at or reported on a borrower; `lender`: for whom it collected, if for another."""

    member_id: str
    name: str
    member_class: MemberClass
    lender: str | None
    lender_name: str | None


@dataclass(frozen=True, slots=True)
class MadeContact:
    """A contact that was recorded, as it stands. `lender`: for whom; `number`: a token; `debts`: account keys."""

    action_key: UUID
    version: int
    actor: str
    actor_class: MemberClass
    lender: str
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    outbound: bool
    started_at: datetime
    result: ContactResult
    debts: frozenset[UUID]
    number: bytes | None


@dataclass(frozen=True, slots=True)
class Cleared:
    """A clearance that was asked for. `leaf_hash`: of its log entry."""

    clearance_id: UUID
    actor: str
    lender: str
    asked_at: datetime
    granted: bool
    used: bool
    rules: tuple[str, ...]
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Breach:
    """A contact against the rules of clearance."""

    action_key: UUID
    kind: BreachKind
    actor: str
    lender: str
    happened_at: datetime
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A look by a member."""

    inquiry_key: UUID
    member_id: str
    asked_at: datetime
    granted: bool
    rules: tuple[str, ...]
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A log entry about the borrower, its service fields sealed."""

    entry_id: UUID
    recorded_at: datetime
    leaf: bytes
    leaf_hash: bytes
    service_opening: bytes


def parties_of(connection: Connection, subject_keys: Sequence[UUID]) -> list[Party]:
    """Everybody a borrower may complain of, by name; authorities are not among them."""
    found = union(*_parties(subject_keys)).subquery("found")
    lender = member.alias("lender_member")
    named = found.join(member, member.c.member_id == found.c.member_id)
    wanted = (
        select(member.c.member_id, member.c.name, member.c.member_class, found.c.lender, lender.c.name)
        .select_from(named.outerjoin(lender, lender.c.member_id == found.c.lender))
        .where(member.c.member_class != MemberClass.REGULATOR.value)
        .order_by(member.c.name, found.c.lender.nulls_first())
    )
    return [Party(id_, name, MemberClass(kind), *lent) for id_, name, kind, *lent in connection.execute(wanted)]


def contacts_since(connection: Connection, subject_key: UUID, since: datetime) -> list[MadeContact]:
    """The contacts of a borrower that stand, from this instant on, the oldest first."""
    rows, lender = collection_action.c, _lender()
    wanted = (
        select(
            rows.action_key, rows.version, rows.contributor, member.c.member_class, lender, rows.stage, rows.channel,
            rows.target, rows.direction, rows.started_at, rows.result, rows.account_keys, rows.contact_token,
        )
        .select_from(_actions().join(member, member.c.member_id == rows.contributor))
        .where(rows.subject_key == subject_key, *_stands(), rows.started_at >= since)
        .order_by(rows.started_at, rows.action_key)
    )  # fmt: skip
    return [_contact(*row) for row in connection.execute(wanted)]


def clearances_between(
    connection: Connection, subject_key: UUID, from_time: datetime, until_time: datetime
) -> list[Cleared]:
    """The clearances that were asked for in a period, the oldest first. `rules` are those of a denial."""
    rows = contact_clearance.c
    asked = select(
        rows.clearance_id, rows.actor, rows.lender, rows.asked_at, rows.granted, rows.used_at.is_not(None), rows.rules,
        rows.leaf_hash,
    ).where(rows.subject_key == subject_key, rows.asked_at >= from_time, rows.asked_at < until_time)  # fmt: skip
    return [
        Cleared(id_, actor, lender, at, granted, used, () if granted else tuple(rules), leaf_hash)
        for id_, actor, lender, at, granted, used, rules, leaf_hash in connection.execute(asked.order_by(rows.asked_at))
    ]


def breaches_between(
    connection: Connection, subject_key: UUID, from_time: datetime, until_time: datetime
) -> list[Breach]:
    """The contacts of a period that were made against the rules of clearance, the oldest first."""
    rows = contact_breach.c
    made = select(rows.action_key, rows.kind, rows.actor, rows.lender, rows.happened_at, rows.rules).where(
        rows.subject_key == subject_key, rows.happened_at >= from_time, rows.happened_at < until_time
    )
    return [
        Breach(key, BreachKind(kind), actor, lender, at, tuple(rules))
        for key, kind, actor, lender, at, rules in connection.execute(made.order_by(rows.happened_at, rows.kind))
    ]


def looks_between(
    connection: Connection, subject_keys: Sequence[UUID], member_id: str, from_time: datetime, until_time: datetime
) -> list[LookedAt]:
    """A member's looks in a period, the oldest first. `rules` are those of a refusal."""
    rows = inquiry.c
    looked = select(rows.inquiry_key, rows.member_id, rows.asked_at, rows.granted, rows.rules, rows.leaf_hash).where(
        rows.subject_key.in_(subject_keys), rows.member_id == member_id
    )
    in_time = looked.where(rows.asked_at >= from_time, rows.asked_at < until_time).order_by(rows.asked_at)
    return [
        LookedAt(key, by, at, granted, () if granted else tuple(rules), leaf_hash)
        for key, by, at, granted, rules, leaf_hash in connection.execute(in_time)
    ]


def entries_since(connection: Connection, subject_key: UUID, since: datetime) -> list[SealedEntry]:
    """The log entries about a borrower from this instant on."""
    rows = log_opening.c
    entries = select(rows.entry_id, rows.recorded_at, rows.leaf, rows.leaf_hash, rows.service_opening)
    theirs = entries.where(rows.subject_key == subject_key, rows.recorded_at >= since).order_by(rows.sequence)
    return [SealedEntry(*row) for row in connection.execute(theirs)]


def places_of(connection: Connection, leaf_hashes: Collection[bytes]) -> dict[bytes, int]:
    """The index in the log of each of these leaves that has one."""
    placed = select(log_leaf.c.leaf_hash, log_leaf.c.leaf_index).where(log_leaf.c.leaf_hash.in_(leaf_hashes))
    return {bytes(leaf_hash): index for leaf_hash, index in connection.execute(placed)}


def references_of_contacts(
    connection: Connection, subject_key: UUID, action_keys: Collection[UUID]
) -> dict[UUID, bytes]:
    """The references that furnishers gave to these contacts, sealed."""
    rows = collection_action.c
    theirs = (rows.subject_key == subject_key) & rows.action_key.in_(action_keys) & rows.superseded_at.is_(None)
    found = connection.execute(select(rows.action_key, rows.reference).where(theirs))
    return {row.action_key: row.reference for row in found}


def accounts_furnished(connection: Connection, subject_key: UUID, member_id: str) -> list[tuple[UUID, bytes]]:
    """A member's accounts of a borrower that stand: key and sealed reference."""
    rows = account.c
    theirs = select(rows.account_key, rows.account_ref).where(
        rows.subject_key == subject_key, rows.contributor == member_id, rows.superseded_at.is_(None)
    )
    return [(key, reference) for key, reference in connection.execute(theirs.order_by(rows.account_key))]


def _parties(subject_keys: Sequence[UUID]) -> list[Select[Any]]:
    rows, lender = collection_action.c, _lender()
    contacted = select(rows.contributor.label("member_id"), _for_another(lender, rows.contributor))
    cleared = select(
        contact_clearance.c.actor, _for_another(contact_clearance.c.lender, contact_clearance.c.actor)
    ).where(contact_clearance.c.subject_key.in_(subject_keys))
    looked = select(inquiry.c.member_id, _nobody()).where(
        inquiry.c.subject_key.in_(subject_keys), inquiry.c.member_id != THE_BORROWER
    )
    reported = [
        select(table.c.contributor, _nobody()).where(table.c.subject_key.in_(subject_keys))
        for table in (account, public_record, repayment_plan, assessment)
    ]
    by_contact = contacted.select_from(_actions()).where(rows.subject_key.in_(subject_keys), *_stands())
    return [by_contact, cleared, looked, *reported]


def _actions() -> Any:
    current = (mandate.c.mandate_id == collection_action.c.mandate_id) & mandate.c.superseded_at.is_(None)
    return collection_action.outerjoin(mandate, current)


def _stands() -> list[ColumnElement[bool]]:
    return [collection_action.c.superseded_at.is_(None), collection_action.c.withdrawn.is_(False)]


def _lender() -> ColumnElement[str]:
    return func.coalesce(mandate.c.lender, collection_action.c.contributor)


def _for_another(lender: ColumnElement[str], actor: ColumnElement[str]) -> ColumnElement[Any]:
    return func.nullif(lender, actor).label("lender")


def _nobody() -> ColumnElement[Any]:
    return cast(null(), Text).label("lender")


def _contact(
    key: UUID, version: int, actor: str, kind: str, lender: str, stage: str, channel: str, target: str, direction: str,
    started_at: datetime, result: str, debts: Sequence[UUID], number: bytes | None,
) -> MadeContact:  # fmt: skip
    return MadeContact(
        action_key=key,
        version=version,
        actor=actor,
        actor_class=MemberClass(kind),
        lender=lender,
        stage=CollectionStage(stage),
        channel=ContactChannel(channel),
        target=ContactTarget(target),
        outbound=direction == "OUTBOUND",
        started_at=started_at,
        result=ContactResult(result),
        debts=frozenset(debts),
        number=number and bytes(number),
    )
