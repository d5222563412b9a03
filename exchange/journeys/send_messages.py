"""Hands messages to borrowers to the operator's gateway, which sends them by text or e-mail.

Looks need no outbox of their own: the list of looks is read from where it was last read. A telephone number or an
e-mail address is opened only while its message is handed over, and goes nowhere else.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from consent.policy.resolve import access_alert_rule
from exchange.audit.signed_words import sign_claims
from exchange.clock import new_id
from exchange.journeys.allowed_address import Allowed
from exchange.journeys.deliver_notices import Sent, signed_headers
from exchange.journeys.message_words import message_text
from exchange.journeys.notice_facts import payload_of
from exchange.journeys.post_out import Post
from exchange.journeys.retry import Chance, outcome_of, taken_until
from exchange.journeys.services import Services
from exchange.store import messages
from exchange.store.messages import Cursor, StoredMessage
from exchange.store.own_file import find_own_file
from schema.vocabulary.notice import NoticeKind

log = logging.getLogger(__name__)

MESSAGE_TYPE = "openbureau-message"
"""The `typ` of a signed message."""
GATEWAY_ALLOWED = Allowed(private=True, loopback_http=True)
"""The gateway is the operator's own: it may stand in a private network, or on this machine."""
AT_ONCE_MAX = 500
_LOOKS = "looks"
_SPARE = timedelta(seconds=5)


def queue_alerts(services: Services) -> int:
    """Has borrowers told whose files were looked at since this was last done. Returns how many messages wait for it.

    At most one in `alert_hours` for each, unless the law has each look told: a later look has its message wait.
    """
    now = services.clock.now()
    # A look has its time before it is committed: those that may still be on their way are read next time.
    until = now - timedelta(milliseconds=services.settings.statement_timeout_ms) - _SPARE
    queued = 0
    with services.transaction() as connection:
        cursor = messages.hold_cursor(connection, _LOOKS, until)
        looks = messages.looks_after(connection, cursor, until, AT_ONCE_MAX)
        told: set[UUID] = set()
        for look in looks:
            if look.subject_key in told and not _each_look(services):
                continue
            told.add(look.subject_key)
            last = messages.last_alert(connection, look.subject_key)
            next_at = _next_alert(services, last, now)
            if next_at is not None:
                kind = NoticeKind.FILE_LOOKED_AT.value
                messages.add_message(connection, StoredMessage(look.subject_key, new_id(now), kind, None, now, next_at))
                queued += 1
        if looks:
            messages.move_cursor(connection, _LOOKS, Cursor(looks[-1].asked_at, looks[-1].inquiry_key))
    return queued


def send_messages(services: Services, post: Post, chance: Chance) -> Sent:
    """Hands over the messages that are due."""
    with services.connection() as connection:
        due = messages.due_messages(connection, services.clock.now(), AT_ONCE_MAX)
    sent = Sent()
    for message in due:
        tried = _send(services, message, post, chance)
        if tried is None:
            continue
        sent += tried
        if not tried.done:
            break  # The gateway is one for all: it is asked again next time.
    return sent


def _each_look(services: Services) -> bool:
    """Whether each look has its own message: by setting, or because the law says so."""
    rule = access_alert_rule(services.pack, services.clock.now().date())
    return not services.settings.alert_hours or rule is not None


def _next_alert(services: Services, last: StoredMessage | None, now: datetime) -> datetime | None:
    """When a borrower may be told of a look; None where a message about it waits already."""
    if _each_look(services) or last is None:
        return now
    if last.next_at is not None:
        return None
    sent_at = last.sent_at or last.written_at
    return max(now, sent_at + timedelta(hours=services.settings.alert_hours))


def _send(services: Services, due: StoredMessage, post: Post, chance: Chance) -> Sent | None:
    """One try; None where somebody else makes it, or there is nobody to tell, or nothing any more."""
    until = taken_until(services.settings, services.clock.now())
    with services.connection() as connection:
        if not messages.take_message(connection, due, until):
            return None
        signed = _signed(services, due)
        if signed is None or not messages.is_wanted(connection, due):
            messages.put_message_outcome(connection, due, until, None, dead_at=services.clock.now())
            return None
    status = post(services.settings.borrower_gateway_url, signed_headers(signed, due.message_id), payload_of(signed))
    now = services.clock.now()
    outcome = outcome_of(services.settings, status, due.attempts + 1, now, chance)
    with services.connection() as connection:
        messages.put_message_outcome(connection, due, until, status, outcome.next_at, outcome.done_at, outcome.dead_at)
    if outcome.dead_at:
        log.warning("deliver.message_given_up message=%s status=%s", due.message_id, status)
    return Sent(int(outcome.done_at is not None), int(outcome.next_at is not None), int(outcome.dead_at is not None))


def _signed(services: Services, message: StoredMessage) -> bytes | None:
    """The message with whom it goes to, signed; None where we know no way to reach the borrower."""
    with services.connection() as connection:
        file = find_own_file(connection, message.subject_key)
        reached = None if file is None or file.merged else messages.ways_to_reach(connection, message.subject_key)
    if file is None or reached is None:
        return None
    cipher, row = services.keys.open(file.wrapped_key), message.subject_key.bytes
    for channel, column, sealed in (("SMS", "phones", reached.phones), ("EMAIL", "emails", reached.emails)):
        ways = orjson.loads(cipher.unseal("subject", column, row, sealed)) if sealed else []
        if ways:
            language, text = message_text(NoticeKind(message.kind), reached.language)
            claims = {
                "iss": services.settings.issuer,
                "jti": str(message.message_id),
                "iat": int(services.clock.now().timestamp()),
                "language": language,
                "text": text,
                "channel": channel,
                "to": ways[-1],
            }
            return sign_claims(services.signing, MESSAGE_TYPE, claims).encode()
    return None
