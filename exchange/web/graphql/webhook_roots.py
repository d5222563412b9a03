"""The root fields about webhooks: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from exchange.errors import BadRequest
from exchange.journeys.webhooks import (
    add_webhook,
    end_webhook,
    fetch_deliveries,
    fetch_webhooks,
    send_again,
)
from exchange.store.deliveries import StoredDelivery
from exchange.store.webhooks import StoredWebhook
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.notice import NoticeKind

_NOTHING = UUID(int=0)


def webhooks_root(context: Context, first: int, after: str | None = None) -> Any:
    """The caller's webhooks as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_webhooks(context.services, context.request, first, start)
    edges = [{"node": _webhook(each), "cursor": cursor_of(each.webhook_id.bytes)} for each in page.webhooks]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def webhook_deliveries_root(context: Context, first: int, dead: bool, after: str | None = None) -> Any:
    """The caller's deliveries as a connection."""
    start = None if after is None else _two(place_of(after, 32))
    page = fetch_deliveries(context.services, context.request, first, start, dead)
    edges = [{"node": _delivery(each), "cursor": _id_of(each)} for each in page.deliveries]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def add_webhook_root(context: Context, url: str, kinds: Sequence[NoticeKind]) -> Any:
    """The payload of a new webhook."""
    added = add_webhook(context.services, context.request, url, kinds)
    return {"webhook": added.webhook and _webhook(added.webhook), "user_errors": errors_of(added.wrong)}


def end_webhook_root(context: Context, webhook_id: str) -> Any:
    """The payload of a webhook's end."""
    ended = end_webhook(context.services, context.request, id_in(webhook_id))
    return {"webhook": ended.webhook and _webhook(ended.webhook), "user_errors": errors_of(ended.wrong)}


def send_again_root(context: Context, delivery_id: str) -> Any:
    """The payload of a delivery that is sent again."""
    sent = send_again(context.services, context.request, *_named(delivery_id))
    return {"delivery": sent.delivery and _delivery(sent.delivery), "user_errors": errors_of(sent.wrong)}


def _webhook(webhook: StoredWebhook) -> dict[str, Any]:
    return {
        "id": str(webhook.webhook_id),
        "url": webhook.url,
        "kinds": [NoticeKind(kind) for kind in webhook.kinds],
        "added_at": webhook.added_at,
        "ended_at": webhook.ended_at,
    }


def _delivery(delivery: StoredDelivery) -> dict[str, Any]:
    return {
        "id": _id_of(delivery),
        "notice_id": str(delivery.notice_id),
        "webhook_id": str(delivery.webhook_id),
        "kind": NoticeKind(delivery.kind),
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "next_at": delivery.next_at,
        "delivered_at": delivery.delivered_at,
        "dead_at": delivery.dead_at,
    }


def _id_of(delivery: StoredDelivery) -> str:
    return cursor_of(delivery.notice_id.bytes + delivery.webhook_id.bytes)


def _named(delivery_id: str) -> tuple[UUID, UUID]:
    """The notice and the webhook of a delivery's id; of nothing where it is none."""
    try:
        return _two(place_of(delivery_id, 32))
    except BadRequest:
        return _NOTHING, _NOTHING


def _two(place: bytes) -> tuple[UUID, UUID]:
    return UUID(bytes=place[:16]), UUID(bytes=place[16:])
