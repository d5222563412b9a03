"""The root fields about the log: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from exchange.audit.entry import FieldValue
from exchange.errors import ExchangeError
from exchange.handover import EventFilter
from exchange.journeys.inspect_log import Event, EventDetail, search, view_event
from exchange.journeys.log_view import admit_auditor
from exchange.journeys.open_event import Opening, opened_event
from exchange.journeys.openable import Auditor
from exchange.journeys.services import Services
from exchange.web.graphql.connections import connection
from exchange.web.graphql.context import Context
from schema.vocabulary.opening import OpeningState
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import Scope

Fields = Mapping[str, FieldValue]


def access_log_root(context: Context, first: int, **given: Any) -> Any:
    """The events that are looked for, as a connection."""
    services: Services = context.services
    auditor = admit_auditor(services, context.request.caller)
    after = given.get("after")
    page = search(services, auditor, _wanted(given.get("filter") or {}), first, after)
    edges = [{"node": _shown(event), "cursor": event.cursor} for event in page.events]
    return connection(edges, page.after is not None, after is not None)


def event_root(context: Context, **given: Any) -> Any:
    """One event in full. What two officers opened is fetched, and logged, only where fields are asked for."""
    services: Services = context.services
    auditor = admit_auditor(services, context.request.caller)
    detail = view_event(services, auditor, given["id"])
    fields = _once(lambda: _fields(services, auditor, detail))
    return _shown(detail.event) | {
        "leaf": detail.leaf.decode(),
        "proof": detail.proof,
        "checkpoint": detail.note,
        "fields": lambda: [{"name": name, "value": orjson.dumps(said).decode()} for name, said in fields().items()],
        "closed": lambda: [name for name in detail.closed if name not in fields()],
        "opening": detail.opening and _opening(detail.opening),
    }


def _once(read: Callable[[], Fields]) -> Callable[[], Fields]:
    """The same, but it reads a single time, and gives or raises again what came of it then: each reading is logged."""

    @cache
    def outcome() -> Fields | ExchangeError:
        try:
            return read()
        except ExchangeError as error:
            return error

    def again() -> Fields:
        found = outcome()
        if isinstance(found, ExchangeError):
            raise found
        return found

    return again


def _fields(services: Services, auditor: Auditor, detail: EventDetail) -> Fields:
    opened = detail.opening is not None and detail.opening.state is OpeningState.APPROVED
    if opened and Scope.AUDIT_OPEN in auditor.scopes:
        return opened_event(services, auditor, detail.event.event_id)
    return detail.fields


def _wanted(given: Mapping[str, Any]) -> EventFilter:
    purpose = given.get("purpose")
    return EventFilter(
        member_id=given.get("member_id"),
        act=given.get("act"),
        purpose=Purpose(purpose).value if purpose else None,
        granted=given.get("granted"),
        reason=given.get("reason"),
        rule=given.get("rule"),
        from_time=_in_utc(given.get("from_")),
        until_time=_in_utc(given.get("until")),
    )


def _in_utc(instant: datetime | None) -> datetime | None:
    """An instant without an offset is meant in UTC."""
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant


def _shown(event: Event) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "recorded_at": event.recorded_at,
        "act": event.act,
        "member_id": event.member_id,
        "member_name": event.member_name,
        "purpose": event.purpose and Purpose(event.purpose),
        "basis": event.basis,
        "granted": event.granted,
        "reasons": event.reasons,
        "rules": event.rules,
        "leaf_hash": b64encode(event.leaf_hash).decode(),
    }


def _opening(opening: Opening) -> dict[str, Any]:
    return {
        "state": opening.state,
        "asked_by": opening.asked_by_name,
        "reason": opening.reason,
        "asked_at": opening.asked_at,
        "decided_by": opening.decided_by_name,
        "decided_at": opening.decided_at,
        "ends_at": opening.ends_at,
    }
