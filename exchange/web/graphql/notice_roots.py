"""The root fields about notices: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from exchange.journeys.notices import NoticeView, answer_notice, fetch_notices
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.notice import NoticeKind

_OF_CONSENTS = frozenset({NoticeKind.CONSENT_WITHDRAWN, NoticeKind.CONSENT_GIVEN, NoticeKind.CONSENT_REQUESTED})


def notices_root(
    context: Context, first: int, unanswered: bool, kinds: Sequence[NoticeKind], after: str | None = None
) -> Any:
    """The caller's notices as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_notices(context.services, context.request, first, start, unanswered, kinds)
    edges = [{"node": _shown(notice), "cursor": cursor_of(notice.notice_id.bytes)} for notice in page.notices]
    return connection(edges, page.has_next, page.has_previous) | {"total_count": page.total}


def answer_notice_root(context: Context, notice_id: str, answer: Any, article: str | None = None) -> Any:
    """The payload of an answer."""
    answered = answer_notice(context.services, context.request, id_in(notice_id), answer, article)
    return {
        "notice": answered.notice and _shown(answered.notice),
        "user_errors": errors_of(answered.wrong),
    }


def _shown(notice: NoticeView) -> dict[str, Any]:
    return {
        "id": str(notice.notice_id),
        "kind": notice.kind,
        "consent_id": str(notice.about) if notice.about and notice.kind in _OF_CONSENTS else None,
        "about": notice.about and str(notice.about),
        "facts": [{"name": name, "value": value} for name, value in notice.facts],
        "signed": notice.signed,
        "written_at": notice.written_at,
        "due_at": notice.due_at,
        "answered_at": notice.answered_at,
        "answer": notice.answer,
        "article": notice.article,
        "late": notice.late,
    }
