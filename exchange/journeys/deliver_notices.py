"""Sends notices to members' webhooks: at least once each, the same notice always under the same id.

take the delivery -> commit -> POST -> write what came of it -> commit. Whoever dies between has the notice sent again
once the time for which it was taken is over. A webhook that does not answer has its other notices wait for the next
round, and holds up nobody else's.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from exchange.journeys.notice_facts import payload_of
from exchange.journeys.post_out import Post
from exchange.journeys.retry import Chance, outcome_of, taken_until
from exchange.journeys.services import Services
from exchange.store.deliveries import StoredDelivery, due_deliveries, due_webhooks, put_outcome, take_delivery

log = logging.getLogger(__name__)

ID_HEADER = "OpenBureau-Notice"
SIGNATURE_HEADER = "OpenBureau-Signature"
PER_WEBHOOK_MAX = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did: taken by their receivers, not taken (to be tried again), and given up."""

    done: int = 0
    failed: int = 0
    dead: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(self.done + other.done, self.failed + other.failed, self.dead + other.dead)


def deliver_notices(services: Services, post: Post, chance: Chance) -> Sent:
    """One round: everything that is due now, several webhooks at a time, of each one after the other."""
    with services.connection() as connection:
        due = due_webhooks(connection, services.clock.now())
    with ThreadPoolExecutor(services.settings.deliver_at_once, "deliver") as pool:
        return sum(pool.map(lambda webhook_id: _deliver_to(services, webhook_id, post, chance), due), Sent())


def signed_headers(body: bytes, id_: UUID) -> Mapping[str, str]:
    """The headers beside the payload of a signed text: its id, and its signature with the payload left out.

    The signature is the text's own compact JWS, detached (RFC 7515, appendix F).
    """
    protected, _, signature = body.decode().split(".")
    return {
        "Content-Type": "application/json",
        "User-Agent": "OpenBureau",
        ID_HEADER: str(id_),
        SIGNATURE_HEADER: f"{protected}..{signature}",
    }


def _deliver_to(services: Services, webhook_id: UUID, post: Post, chance: Chance) -> Sent:
    sent = Sent()
    with services.connection() as connection:
        due = due_deliveries(connection, webhook_id, services.clock.now(), PER_WEBHOOK_MAX)
    for delivery in due:
        tried = _try(services, delivery, post, chance)
        if tried is None:
            continue
        sent += tried
        if not tried.done:
            break
    return sent


def _try(services: Services, due: StoredDelivery, post: Post, chance: Chance) -> Sent | None:
    """One try; None where somebody else makes it, or nobody is to."""
    settings = services.settings
    until = taken_until(settings, services.clock.now())
    with services.connection() as connection:
        if not take_delivery(connection, due, until):
            return None
        if not due.standing:
            put_outcome(connection, due, until, due.last_status, dead_at=services.clock.now())
            return None
    status = post(due.url, signed_headers(due.body, due.notice_id), payload_of(due.body))
    now = services.clock.now()
    outcome = outcome_of(settings, status, due.attempts + 1, now, chance)
    with services.connection() as connection:
        put_outcome(connection, due, until, status, outcome.next_at, outcome.done_at, outcome.dead_at)
    if outcome.dead_at:
        log.warning("deliver.given_up webhook=%s notice=%s status=%s", due.webhook_id, due.notice_id, status)
    return Sent(int(outcome.done_at is not None), int(outcome.next_at is not None), int(outcome.dead_at is not None))
