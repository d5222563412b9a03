"""The root fields about disputes: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from typing import Any
from uuid import UUID

from exchange.journeys.answer_dispute import Answer, DisputeView, answer_dispute, fetch_disputes
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.dispute import DisputeOutcome


def disputes_root(context: Context, first: int, after: str | None = None, open: bool | None = None) -> Any:
    """The disputes about the caller's records as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_disputes(context.services, context.request, first, start, open)
    edges = [{"node": _shown(each), "cursor": cursor_of(each.stored.dispute_id.bytes)} for each in page.disputes]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def answer_dispute_root(
    context: Context, dispute_id: str, outcome: DisputeOutcome, words: str = "", corrected_version: int | None = None
) -> Any:
    """The payload of an answer."""
    given = Answer(DisputeOutcome(outcome), words or "", corrected_version)
    answered = answer_dispute(context.services, context.request, id_in(dispute_id), given)
    return {
        "dispute": answered.dispute and _shown(answered.dispute),
        "user_errors": errors_of(answered.wrong),
    }


def _shown(view: DisputeView) -> dict[str, Any]:
    stored = view.stored
    return {
        "id": str(stored.dispute_id),
        "kind": stored.kind,
        "record_kind": stored.record_kind,
        "record_id": str(stored.record_key),
        "reference": view.reference,
        "version": stored.record_version,
        "field": stored.field,
        "words": view.words,
        "evidence": [bytes(each).hex() for each in stored.evidence],
        "state": stored.state,
        "filed_at": stored.filed_at,
        "furnish_by": view.furnish_by,
        "answer_by": view.answer_by,
        "answered_at": stored.answered_at,
        "answer": view.answer,
        "corrected_version": stored.corrected_version,
        "closed_at": stored.closed_at,
    }
