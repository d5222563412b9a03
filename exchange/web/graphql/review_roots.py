"""The root fields about reviews: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from typing import Any
from uuid import UUID

from exchange.journeys.answer_review import ReviewView, answer_review, fetch_reviews
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.review import ReviewOutcome


def reviews_asked_root(context: Context, first: int, after: str | None = None, open: bool | None = None) -> Any:
    """The requests to the caller as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_reviews(context.services, context.request, first, start, open)
    edges = [{"node": _shown(each), "cursor": cursor_of(each.review.review_id.bytes)} for each in page.reviews]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def answer_review_root(context: Context, review_id: str, outcome: ReviewOutcome, words: str) -> Any:
    """The payload of an answer."""
    answered = answer_review(context.services, context.request, id_in(review_id), ReviewOutcome(outcome), words)
    return {
        "review": answered.review and _shown(answered.review),
        "user_errors": errors_of(answered.wrong),
    }


def _shown(view: ReviewView) -> dict[str, Any]:
    review = view.review
    return {
        "id": str(review.review_id),
        "assessment_id": str(view.assessment_id),
        "reference": view.reference,
        "words": review.words,
        "asked_at": review.asked_at,
        "due_at": review.due_at,
        "answered_at": review.answered_at,
        "outcome": review.outcome,
        "answer": review.answer,
    }
