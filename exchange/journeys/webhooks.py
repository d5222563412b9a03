"""Members' webhooks: added, ended, listed; and what was not taken sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection

from consent.reasons import Reason
from exchange.clock import new_id
from exchange.errors import Refused
from exchange.handover import Member
from exchange.journeys.allowed_address import AddressNotAllowed, Allowed, read_place
from exchange.journeys.describe_look import Request
from exchange.journeys.notice_reach import kinds_within
from exchange.journeys.notices import admit_told
from exchange.journeys.services import Services
from exchange.journeys.write_act import log_write_about_nobody
from exchange.planning.selection import check_size
from exchange.settings import Settings
from exchange.store import deliveries, webhooks
from exchange.store.deliveries import StoredDelivery
from exchange.store.submissions import hold_turn
from exchange.store.webhooks import StoredWebhook
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.notice import NoticeKind

Wrong = tuple[tuple[str, str, str], ...]
"""What is wrong with what was given, as (argument, code, sentence)."""
_NO_WEBHOOK = "No webhook of yours has this id."
_NO_DELIVERY = "No delivery to you has this id."


@dataclass(frozen=True, slots=True)
class Changed:
    """A webhook as it now stands, or what is wrong."""

    webhook: StoredWebhook | None = None
    wrong: Wrong = ()


@dataclass(frozen=True, slots=True)
class SentAgain:
    """A delivery as it now stands, or what is wrong."""

    delivery: StoredDelivery | None = None
    wrong: Wrong = ()


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """Some of a member's webhooks, the oldest first."""

    webhooks: tuple[StoredWebhook, ...]
    total: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some of a member's deliveries, the oldest first."""

    deliveries: tuple[StoredDelivery, ...]
    total: int
    has_next: bool


def allowed_for_webhooks(settings: Settings) -> Allowed:
    """Where webhooks may lead: to the public Internet, and in a demonstration to this very machine."""
    return Allowed(private=settings.webhook_private_addresses, loopback_http=settings.demonstration)


def add_webhook(services: Services, request: Request, url: str, kinds: Sequence[NoticeKind]) -> Changed:
    """Adds a webhook for these kinds of notices, or for all that the member may see; with a token that opens fewer, for
    those that it opens. The same again changes nothing.

    Raises Refused without a scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    with services.transaction() as connection:
        member = _admitted(connection, request)
        hold_turn(connection, member.member_id)
        wanted = tuple(sorted({kind.value for kind in kinds or _all_within(request, member)}))
        standing = webhooks.standing_webhooks(connection, member.member_id)
        held = next((each for each in standing if each.url == url), None)
        if held is not None and held.kinds == wanted:
            return Changed(held)
        if wrong := _faults(services.settings, request, member, url, kinds, held, len(standing)):
            return Changed(wrong=wrong)
        now = services.clock.now()
        added = StoredWebhook(member.member_id, new_id(now), url, wanted, now)
        webhooks.add_webhook(connection, added)
        fields = {"act": "webhook_added", "webhook": str(added.webhook_id), "url": _where(url), "kinds": list(wanted)}
        leaf_hash = log_write_about_nobody(services, connection, request, member, fields)
    request.leaves.append(leaf_hash)
    return Changed(added)


def end_webhook(services: Services, request: Request, webhook_id: UUID | None) -> Changed:
    """Ends a webhook; what waits for it is not sent. Ended before: unchanged. Raises as `add_webhook` does."""
    with services.transaction() as connection:
        member = _admitted(connection, request)
        hold_turn(connection, member.member_id)
        held = webhooks.find_webhook(connection, member.member_id, webhook_id) if webhook_id else None
        if held is None:
            return Changed(wrong=(("webhookId", "WEBHOOK_NOT_FOUND", _NO_WEBHOOK),))
        if not webhooks.end_webhook(connection, member.member_id, held.webhook_id, services.clock.now()):
            return Changed(held)
        fields = {"act": "webhook_ended", "webhook": str(held.webhook_id)}
        leaf_hash = log_write_about_nobody(services, connection, request, member, fields)
        ended = webhooks.find_webhook(connection, member.member_id, held.webhook_id)
    request.leaves.append(leaf_hash)
    return Changed(ended)


def send_again(services: Services, request: Request, notice_id: UUID, webhook_id: UUID) -> SentAgain:
    """Has a delivery that was given up sent again. One that waits already is left as it is.

    Raises as `add_webhook` does.
    """
    with services.transaction() as connection:
        member = _admitted(connection, request)
        held = deliveries.find_delivery(connection, member.member_id, notice_id, webhook_id)
        if held is None or NoticeKind(held.kind) not in kinds_within(request.caller.scopes & member.scopes):
            return SentAgain(wrong=(("deliveryId", "DELIVERY_NOT_FOUND", _NO_DELIVERY),))
        if held.delivered_at is not None:
            return SentAgain(held, (("deliveryId", "DELIVERY_DONE", "This notice was taken by your webhook."),))
        if not held.standing:
            return SentAgain(held, (("deliveryId", "WEBHOOK_ENDED", "The webhook of this delivery has ended."),))
        if not deliveries.revive_delivery(connection, held, services.clock.now()):
            return SentAgain(held)
        fields = {"act": "delivery_sent_again", "notice": str(notice_id), "webhook": str(webhook_id)}
        leaf_hash = log_write_about_nobody(services, connection, request, member, fields)
        revived = deliveries.find_delivery(connection, member.member_id, notice_id, webhook_id)
    request.leaves.append(leaf_hash)
    return SentAgain(revived)


def fetch_webhooks(services: Services, request: Request, first: int, after: UUID | None) -> WebhookPage:
    """A page of the caller's webhooks that have not ended.

    Raises BadRequest for a page of another size, Refused without a scope, NotAuthenticated with a revoked token.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    with services.transaction() as connection:
        member = admit_told(connection, request.caller)
        found = webhooks.standing_webhooks(connection, member.member_id, after, first + 1)
        total = webhooks.count_webhooks(connection, member.member_id)
    return WebhookPage(tuple(found[:first]), total, has_next=len(found) > first)


def fetch_deliveries(
    services: Services, request: Request, first: int, after: tuple[UUID, UUID] | None, dead: bool
) -> DeliveryPage:
    """A page of the caller's deliveries of the kinds that its scopes open; `dead`: only those that were given up.

    Raises as `fetch_webhooks` does.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    with services.transaction() as connection:
        member = admit_told(connection, request.caller)
        kinds = kinds_within(request.caller.scopes & member.scopes)
        found = deliveries.deliveries_to(connection, member.member_id, kinds, dead, after, first + 1)
        total = deliveries.count_deliveries_to(connection, member.member_id, kinds, dead)
    return DeliveryPage(tuple(found[:first]), total, has_next=len(found) > first)


def _where(url: str) -> str:
    """Where an address leads, for the log: without its path and query, in which members hand one another secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _all_within(request: Request, member: Member) -> Collection[NoticeKind]:
    """What "all kinds" means to this caller: none (all that the member may see, also later), unless its token opens
    less than that.
    """
    theirs = kinds_within(request.caller.scopes & member.scopes)
    return () if theirs == kinds_within(member.scopes) else theirs


def _faults(
    settings: Settings,
    request: Request,
    member: Member,
    url: str,
    kinds: Sequence[NoticeKind],
    held: StoredWebhook | None,
    standing: int,
) -> Wrong:
    wrong = []
    if held is not None:
        wrong.append(("url", "WEBHOOK_EXISTS", "You have a webhook with this address, for other kinds. End it first."))
    elif standing >= settings.webhooks_max:
        wrong.append(("url", "WEBHOOK_TOO_MANY", f"You may have {settings.webhooks_max} webhooks. End one first."))
    try:
        read_place(url, allowed_for_webhooks(settings))
    except AddressNotAllowed as fault:
        wrong.append(("url", "WEBHOOK_URL_NOT_ALLOWED", str(fault)))
    if not kinds_within(request.caller.scopes & member.scopes) >= frozenset(kinds):
        wrong.append(("kinds", "NOTICE_KIND_NOT_YOURS", "Your token holds no scope for one of these kinds of notices."))
    return tuple(wrong)


def _admitted(connection: Connection, request: Request) -> Member:
    member = admit_told(connection, request.caller)
    if member.status is not MemberStatus.ACTIVE:
        raise Refused([Reason("MEMBER_NOT_ACTIVE", "Your membership is not active.")])
    return member
