"""The process that tells the outside: webhooks of members, and the gateway of messages to borrowers."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from exchange.errors import ExchangeError
from exchange.journeys.deliver_notices import Sent, deliver_notices
from exchange.journeys.post_out import Post, Poster
from exchange.journeys.retry import Chance
from exchange.journeys.send_messages import GATEWAY_ALLOWED, queue_alerts, send_messages
from exchange.journeys.services import Services
from exchange.journeys.tell_elsewhere import tell_elsewhere
from exchange.journeys.webhooks import allowed_for_webhooks

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """By what things are sent: to webhooks, and to the gateway; and the chance that spreads the tries."""

    webhooks: Post
    gateway: Post
    chance: Chance


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    lenders_told: int
    alerts: int
    notices: Sent
    messages: Sent


def ways_out(services: Services) -> Ways:
    """The ways of a running service."""
    seconds = services.settings.webhook_timeout_seconds
    to_webhooks = Poster(allowed_for_webhooks(services.settings), seconds)
    return Ways(to_webhooks, Poster(GATEWAY_ALLOWED, seconds), random.SystemRandom().random)


def deliver_once(services: Services, ways: Ways) -> Round:
    """One round of all: first what makes notices, then what sends them. Raises Unavailable."""
    told = tell_elsewhere(services)
    has_gateway = bool(services.settings.borrower_gateway_url)
    alerts = queue_alerts(services) if has_gateway else 0
    notices = deliver_notices(services, ways.webhooks, ways.chance)
    messages = send_messages(services, ways.gateway, ways.chance) if has_gateway else Sent()
    return Round(told, alerts, notices, messages)


def deliver_until(services: Services, ways: Ways, stopped_within: Callable[[float], bool]) -> None:
    """Rounds until it is time to stop. One that fails is logged, and the next one comes."""
    while True:
        try:
            deliver_once(services, ways)
        except Exception as fault:
            code = fault.stable_code if isinstance(fault, ExchangeError) else type(fault).__name__
            log.error("deliver.failed error=%s", code)
        if stopped_within(services.settings.deliver_interval_seconds):
            return
