"""The root field about answers to offers of repayment plans."""

from typing import Any
from uuid import UUID

from exchange.disclosure.shape_values import money
from exchange.journeys.plan_replies import ReplyView, fetch_plan_replies
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.plan import PlanReply, PlanState


def plan_replies_root(context: Context, first: int, waiting: bool, after: str | None = None) -> Any:
    """The answers as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_plan_replies(context.services, context.request, first, start, waiting)
    edges = [{"node": _shown(each), "cursor": cursor_of(each.replied.answer.reply_id.bytes)} for each in page.replies]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def _shown(view: ReplyView) -> dict[str, Any]:
    replied, answer = view.replied, view.replied.answer
    return {
        "id": str(answer.reply_id),
        "plan_id": str(answer.plan_key),
        "reference": view.reference,
        "reply": PlanReply(answer.reply),
        "replied_at": answer.replied_at,
        "option": answer.option,
        "counter": view.counter,
        "words": view.words,
        "waits": replied.waits,
        "version": replied.version,
        "state": PlanState(replied.state),
        "schedule": [
            {
                "due_on": each.due_on,
                "amount": money(each.amount_minor, replied.currency),
                "paid": money(each.paid_minor, replied.currency),
            }
            for each in view.schedule
        ],
        "accepted_on": replied.accepted_on,
        "stop_collection_until": replied.stop_collection_until,
    }
