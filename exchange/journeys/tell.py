"""Notices, written in the transaction of the act that calls for them: to a borrower, or to a member.

With a notice goes its way out: a delivery to each webhook of the member that wants its kind, and, where there is a
message gateway, a message that the borrower has something to read. What is sent is sent later, by another process.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.signed_words import sign_claims
from exchange.clock import new_id
from exchange.handover import THE_BORROWER
from exchange.journeys.notice_reach import SCOPES_OF_KIND
from exchange.journeys.services import Services
from exchange.store.messages import StoredMessage, add_message
from exchange.store.notices import StoredNotice, write_notice
from exchange.store.webhooks import queue_deliveries
from schema.vocabulary.notice import NoticeKind

NOTICE_TYPE = "openbureau-notice"
"""The `typ` of a signed notice."""

Said = Mapping[str, str | int | bool | list[str] | None]
"""What a notice says, by name: ids, codes, days. Never a name or a number of a person."""


def tell_borrower(
    services: Services, connection: Connection, subject_key: UUID, kind: NoticeKind, about: UUID | None, said: Said
) -> UUID:
    """Writes a notice to a borrower, which stands on their page until they have seen it. Returns its id."""
    return _write(services, connection, subject_key, None, kind, about, said, None)


def tell_member(
    services: Services,
    connection: Connection,
    subject_key: UUID,
    member_id: str,
    kind: NoticeKind,
    about: UUID | None,
    said: Said,
    due_at: datetime | None = None,
) -> UUID:
    """Writes a notice about a borrower to a member, which has to answer by `due_at` where that is given."""
    return _write(services, connection, subject_key, member_id, kind, about, said, due_at)


def _write(
    services: Services,
    connection: Connection,
    subject_key: UUID,
    member_id: str | None,
    kind: NoticeKind,
    about: UUID | None,
    said: Said,
    due_at: datetime | None,
) -> UUID:
    now = services.clock.now()
    notice_id = new_id(now)
    claims = {
        **said,
        "iss": services.settings.issuer,
        "aud": member_id or THE_BORROWER,
        "jti": str(notice_id),
        "iat": int(now.timestamp()),
        "kind": kind.value,
        "about": str(about) if about else None,
        "due_at": due_at.isoformat() if due_at else None,
    }
    body = sign_claims(services.signing, NOTICE_TYPE, claims).encode()
    write_notice(connection, StoredNotice(subject_key, notice_id, kind.value, member_id, about, body, now, due_at))
    if member_id is None:
        _send_borrower(services, connection, subject_key, notice_id, kind, now)
    else:
        scopes = SCOPES_OF_KIND.get(kind, frozenset())
        queue_deliveries(connection, subject_key, notice_id, member_id, kind.value, scopes, now)
    return notice_id


def _send_borrower(
    services: Services, connection: Connection, subject_key: UUID, notice_id: UUID, kind: NoticeKind, now: datetime
) -> None:
    if services.settings.borrower_gateway_url:
        message = StoredMessage(subject_key, new_id(now), kind.value, notice_id, written_at=now, next_at=now)
        add_message(connection, message)
