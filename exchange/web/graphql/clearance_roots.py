"""The root fields about clearances."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from exchange.errors import BadRequest
from exchange.intake.check_contact import WantedContact
from exchange.journeys.request_clearance import fetch_clearances, request_clearance, signed_clearance
from exchange.journeys.services import Services
from exchange.store.clearances import StoredClearance
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from exchange.web.graphql.record_inputs import contact_of, document_of, user_errors
from schema.types.clearance import ContactInput
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactTarget

_INSTANT_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def request_contact_clearance_root(context: Context, subject: Any, action: Any) -> Any:
    """Leave for a contact, or why there is none."""
    wanted: WantedContact = contact_of(action)
    cleared = request_clearance(context.services, context.request, document_of(subject), wanted)
    return {
        "clearance": _shown(context.services, cleared.clearance) if cleared.clearance else None,
        "user_errors": user_errors(cleared.faults, {"action": ContactInput._meta.fields}),
    }


def contact_clearances_root(context: Context, first: int, after: str | None = None) -> Any:
    """The caller's clearances as a connection."""
    start = None if after is None else _place(after)
    found, has_next = fetch_clearances(context.services, context.request, first, start)
    edges = [{"node": _shown(context.services, each), "cursor": _cursor(each)} for each in found]
    return connection(edges, has_next, after is not None)


def _cursor(clearance: StoredClearance) -> str:
    microseconds = (clearance.asked_at - _EPOCH) // timedelta(microseconds=1)
    return cursor_of(microseconds.to_bytes(_INSTANT_BYTES, "big") + clearance.clearance_id.bytes)


def _place(cursor: str) -> tuple[datetime, UUID]:
    place = place_of(cursor, _INSTANT_BYTES + 16)
    microseconds = int.from_bytes(place[:_INSTANT_BYTES], "big")
    try:
        return _EPOCH + timedelta(microseconds=microseconds), UUID(bytes=place[_INSTANT_BYTES:])
    except OverflowError:
        raise BadRequest("This cursor does not belong to this list.") from None


def _shown(services: Services, clearance: StoredClearance) -> dict[str, Any]:
    told = zip(clearance.reasons, clearance.told, strict=True)
    return {
        "id": str(clearance.clearance_id),
        "granted": clearance.granted,
        "lender": clearance.lender,
        "mandate_id": str(clearance.mandate_id) if clearance.mandate_id else None,
        "stage": CollectionStage(clearance.stage),
        "channel": ContactChannel(clearance.channel),
        "target": ContactTarget(clearance.target),
        "asked_at": clearance.asked_at,
        "expires_at": clearance.expires_at,
        "again_at": clearance.again_at,
        "used_at": clearance.used_at,
        "counts": [{"rule": rule, "counted": counted, "limit": limit} for rule, counted, limit in clearance.counts],
        "reasons": [{"code": code, "message": sentence, "rule": rule} for code, (sentence, rule) in told],
        "rules": list(clearance.rules),
        "pack": clearance.pack_version,
        "signed": signed_clearance(services, clearance),
        "leaf_hash": b64encode(clearance.leaf_hash).decode(),
    }
