"""Reviews: borrowers ask that a person look at what a machine judged, and the member answers."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node
from schema.types.user_error import UserError


class Review(graphene.ObjectType):
    """A borrower asks that a person look again at a judgement of yours (PIPL, art. 24; GDPR, art. 22)."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the request.")
    assessment_id = graphene.ID(required=True, description="The judgement, as reports name it.")
    reference = graphene.String(description="Your own reference of it; null: it is gone.")
    words = graphene.String(description="What the borrower says to it. That you read it is logged.")
    asked_at = graphene.DateTime(required=True, description="When it was asked.")
    due_at = graphene.DateTime(description="When your answer is due; null: no rule sets a time.")
    answered_at = graphene.DateTime(description="When you answered.")
    outcome = graphene.Field(enums.ReviewOutcome, description="What the person found.")
    answer = graphene.String(description="What you answered, in words.")


ReviewConnection = connection_of(Review)


class AnswerReviewPayload(graphene.ObjectType):
    """What came of an answer."""

    review = graphene.Field(Review, description="The request as it now stands.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the answer; empty: it was taken."
    )


def reviews_asked_field() -> graphene.Field:
    """The root field of the list."""
    return forward_field(
        ReviewConnection,
        items="requests",
        description="Requests that a person look at a judgement of yours, the oldest first. Needs records:write.",
        open=graphene.Boolean(description="Only open ones, or (false) only answered ones; both unless told."),
    )


def answer_review_field() -> graphene.Field:
    """The root field of an answer."""
    return graphene.Field(
        AnswerReviewPayload,
        required=True,
        description="Answer what a person found, in time or late. Needs records:write. Before CHANGED, record the "
        "judgement anew; before TAKEN_BACK, withdraw it. The same answer may be sent again; another may not.",
        review_id=graphene.ID(required=True, description="The request."),
        outcome=graphene.Argument(enums.ReviewOutcome, required=True, description="What the person found."),
        words=graphene.String(required=True, description="Why, to the borrower, in writing."),
    )
