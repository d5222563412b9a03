"""Requests to open an event, in SQL. Every statement belongs to the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, insert, select, update

from exchange.store.tables.log import log_leaf
from exchange.store.tables.officer import officer, opening_request


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it is made. `reason` is sealed; undecided at `ends_at`, it waits no longer."""

    request_id: UUID
    authority: str
    leaf_index: int
    asked_by: UUID
    reason: bytes
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class StoredRequest(NewRequest):
    """A request as it stands. `signature` is what the second officer's passkey signed, where they agreed."""

    leaf_hash: bytes
    asked_by_name: str
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    approved: bool | None
    signature: Mapping[str, Any] | None


def add_request(connection: Connection, new: NewRequest) -> None:
    """Adds a request."""
    row = {
        "request_id": new.request_id,
        "member_id": new.authority,
        "leaf_index": new.leaf_index,
        "asked_by": new.asked_by,
        "reason": new.reason,
        "asked_at": new.asked_at,
        "ends_at": new.ends_at,
    }
    connection.execute(insert(opening_request).values(row))


def find_request(connection: Connection, authority: str, request_id: UUID) -> StoredRequest | None:
    """A request of this authority."""
    row = connection.execute(_requests(authority).where(opening_request.c.request_id == request_id)).one_or_none()
    return StoredRequest(*row) if row else None


def requests_for(connection: Connection, authority: str, leaf_index: int) -> list[StoredRequest]:
    """An authority's requests for one event, the newest first."""
    theirs = _requests(authority).where(opening_request.c.leaf_index == leaf_index)
    return [StoredRequest(*row) for row in connection.execute(theirs)]


def list_requests(connection: Connection, authority: str, most: int) -> list[StoredRequest]:
    """An authority's requests, the newest first."""
    return [StoredRequest(*row) for row in connection.execute(_requests(authority).limit(most))]


def put_decision(
    connection: Connection,
    request_id: UUID,
    decided_by: UUID,
    decided_at: datetime,
    approved: bool,
    signature: Mapping[str, Any] | None,
) -> bool:
    """False: the request was decided before, and stays so."""
    undecided = update(opening_request).where(
        opening_request.c.request_id == request_id, opening_request.c.decided_at.is_(None)
    )
    values = {"decided_by": decided_by, "decided_at": decided_at, "approved": approved, "signature": signature}
    return connection.execute(undecided.values(values)).rowcount == 1


def _requests(authority: str) -> Select[Any]:
    asker, decider = officer.alias("asker"), officer.alias("decider")
    request = opening_request.c
    return (
        select(
            request.request_id, request.member_id, request.leaf_index, request.asked_by, request.reason,
            request.asked_at, request.ends_at, log_leaf.c.leaf_hash, asker.c.name, request.decided_by, decider.c.name,
            request.decided_at, request.approved, request.signature,
        )
        .select_from(opening_request)
        .join(log_leaf, log_leaf.c.leaf_index == request.leaf_index)
        .join(asker, asker.c.officer_id == request.asked_by)
        .outerjoin(decider, decider.c.officer_id == request.decided_by)
        .where(request.member_id == authority)
        .order_by(request.asked_at.desc(), request.request_id.desc())
    )  # fmt: skip
