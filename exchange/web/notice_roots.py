"""The root fields about notices: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo

from exchange.errors import BadRequest
from exchange.journeys.notices import NoticeView, answer_notice, fetch_notices


def notices_root(root: None, info: GraphQLResolveInfo, first: int, unanswered: bool, after: str | None = None) -> Any:
    """The caller's notices as a connection."""
    context = info.context
    start = None if after is None else _from_cursor(after)
    page = fetch_notices(context.services, context.request, first, start, unanswered)
    edges = [{"node": _shown(notice), "cursor": _cursor(notice)} for notice in page.notices]
    return {
        "nodes": [edge["node"] for edge in edges],
        "edges": edges,
        "total_count": page.total,
        "page_info": {
            "has_next_page": page.has_next,
            "has_previous_page": page.has_previous,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


def answer_notice_root(
    root: None, info: GraphQLResolveInfo, notice_id: str, answer: Any, article: str | None = None
) -> Any:
    """The payload of an answer."""
    context = info.context
    answered = answer_notice(context.services, context.request, _uuid(notice_id), answer, article)
    return {
        "notice": answered.notice and _shown(answered.notice),
        "user_errors": [
            {"path": [argument], "code": code, "message": message} for argument, code, message in answered.wrong
        ],
    }


def _shown(notice: NoticeView) -> dict[str, Any]:
    return {
        "id": str(notice.notice_id),
        "kind": notice.kind,
        "consent_id": notice.about and str(notice.about),
        "signed": notice.signed,
        "written_at": notice.written_at,
        "due_at": notice.due_at,
        "answered_at": notice.answered_at,
        "answer": notice.answer,
        "article": notice.article,
        "late": notice.late,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _cursor(notice: NoticeView) -> str:
    return urlsafe_b64encode(notice.notice_id.bytes).rstrip(b"=").decode()


def _from_cursor(cursor: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise BadRequest("This cursor does not belong to this list.") from None
