"""Complaints of borrowers about a member, which it reads and answers."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.node import Node
from schema.types.user_error import UserError


class ComplaintEvidence(graphene.ObjectType):
    """What the exchange attached to a complaint by itself: a contact, a clearance, a breach, a look."""

    kind = graphene.Field(enums.EvidenceKind, required=True, description="What it is.")
    at = graphene.DateTime(required=True, description="When it happened.")
    member_id = graphene.String(required=True, description="Who did it: you, or who collected for you.")
    what = graphene.String(
        required=True,
        description="The channel of a contact, the outcome of a clearance or of a look, the kind of a breach.",
    )
    reference = graphene.String(description="What the furnisher calls the contact.")
    clearance_id = graphene.ID(description="The clearance.")
    rules = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="The rules that it broke or that refused it."
    )
    leaf_hash = graphene.String(description="Base64 of the hash of its leaf in the log.")


class Complaint(graphene.ObjectType):
    """A complaint about you. Each time that you are shown it is logged, and the borrower sees it."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the complaint.")
    category = graphene.Field(enums.ComplaintCategory, required=True, description="What it is about.")
    lender_id = graphene.String(description="The lender for whom you collected; null: you are meant for yourself.")
    account_references = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Your own references of the borrower's accounts."
    )
    words = graphene.String(required=True, description="What the borrower says.")
    filed_at = graphene.DateTime(required=True, description="When it was filed.")
    due_at = graphene.DateTime(description="When your answer is due.")
    state = graphene.Field(enums.ComplaintState, required=True, description="Where it stands.")
    evidence = graphene.List(
        graphene.NonNull(ComplaintEvidence), required=True, description="What was attached, the oldest first."
    )
    answer = graphene.String(description="What you answered.")
    answered_at = graphene.DateTime(description="When you answered.")
    finding = graphene.Field(enums.Finding, description="What the authority found.")
    finding_words = graphene.String(description="The authority's reasons.")
    found_at = graphene.DateTime(description="When the authority decided.")


ComplaintConnection = connection_of(Complaint)


class AnswerComplaintPayload(graphene.ObjectType):
    """What came of an answer."""

    complaint = graphene.Field(Complaint, description="The complaint as it now stands.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the answer; empty: it was taken."
    )


def complaints_field() -> graphene.Field:
    """Complaints about the caller."""
    return forward_field(
        ComplaintConnection,
        items="complaints",
        description="Complaints about you, the oldest first. Needs dispute:answer. Reading them is logged.",
        open=graphene.Boolean(required=True, default_value=False, description="Only those that you did not answer."),
    )


def answer_complaint_field() -> graphene.Field:
    """A member's answer."""
    return graphene.Field(
        AnswerComplaintPayload,
        required=True,
        description="Answer a complaint, in time or late. Needs dispute:answer. The same words may be sent again; "
        "others may not.",
        complaint_id=graphene.ID(required=True, description="The complaint."),
        words=graphene.String(required=True, description="Your answer, which the borrower and the authority read."),
    )
