"""Disputes: borrowers contest what a record says, and its furnisher answers."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node
from schema.types.user_error import UserError


class Dispute(graphene.ObjectType):
    """What a borrower contests in a record of yours."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the dispute.")
    kind = graphene.Field(enums.DisputeKind, required=True, description="What is said to be wrong.")
    record_kind = graphene.Field(enums.DisputedKind, required=True, description="Which kind of record is contested.")
    record_id = graphene.ID(required=True, description="The record, as reports name it.")
    reference = graphene.String(
        description="Your own reference of it, or of the account that a delinquency belongs to."
    )
    version = graphene.Int(required=True, description="The version that is contested.")
    field = graphene.Field(enums.DisputedField, description="What of it is contested; null: the record as a whole.")
    words = graphene.String(required=True, description="What the borrower says, whole. That you read it is logged.")
    evidence = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="SHA-256 (hexadecimal) of documents that the borrower holds and may show you.",
    )
    state = graphene.Field(enums.DisputeState, required=True, description="Where it stands.")
    filed_at = graphene.DateTime(required=True, description="When it was filed; readers see the mark from then on.")
    furnish_by = graphene.DateTime(description="When your answer is due; null: no rule sets a time.")
    answer_by = graphene.DateTime(description="When the borrower must be answered at the latest.")
    answered_at = graphene.DateTime(description="When you answered.")
    answer = graphene.String(description="What you answered, in words.")
    corrected_version = graphene.Int(description="The version that put it right.")
    closed_at = graphene.DateTime(description="When it was closed; null: it is open.")


DisputeConnection = connection_of(Dispute)


class AnswerDisputePayload(graphene.ObjectType):
    """What came of an answer."""

    dispute = graphene.Field(Dispute, description="The dispute as it now stands.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the answer; empty: it was taken."
    )


def disputes_field() -> graphene.Field:
    """The root field of the list."""
    return forward_field(
        DisputeConnection,
        items="disputes",
        description="Disputes about your records, the oldest first. Needs dispute:answer.",
        open=graphene.Boolean(description="Only open ones, or (false) only closed ones; both unless told."),
    )


def answer_dispute_field() -> graphene.Field:
    """The root field of an answer."""
    return graphene.Field(
        AnswerDisputePayload,
        required=True,
        description="Answer a dispute, in time or late. Needs dispute:answer. The same answer may be sent again; "
        "another may not. CORRECTED: you reported the record rightly, or took it back, since it was filed; every "
        "member that had read what was wrong is told.",
        dispute_id=graphene.ID(required=True, description="The dispute."),
        outcome=graphene.Argument(enums.DisputeOutcome, required=True, description="What came of it."),
        words=graphene.String(
            description="Your answer to the borrower, in writing; required unless the record was corrected."
        ),
        corrected_version=graphene.Int(description="With CORRECTED: the version that put it right, if you know it."),
    )
