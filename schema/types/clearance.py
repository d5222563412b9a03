"""Clearances: leave to contact a borrower about a debt, asked for before each contact."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.contribution.lists import texts
from schema.types.node import Node
from schema.types.subject import SubjectInput
from schema.types.user_error import UserError

SCOPE = "contact:clear"


class ContactInput(graphene.InputObjectType):
    """A contact that is to be made now. One clearance is for one contact."""

    account_references = texts("The accounts: your own references, or the lender's under its mandate.")
    mandate_id = graphene.ID(description="The lender's mandate, where you collect for it.")
    stage = enums.CollectionStage(required=True, description="How far the collection has gone.")
    channel = enums.ContactChannel(required=True, description="By what.")
    target = enums.ContactTarget(required=True, description="Who is to be contacted.")
    contact = graphene.String(
        description="The number or address; needed for calls, SMS and e-mail, and for third persons. It is not kept."
    )


class ClearanceCount(graphene.ObjectType):
    """How a rule counted: contacts made, and those that may be made under open clearances."""

    rule = graphene.String(required=True, description="The rule.")
    counted = graphene.Int(required=True, description="How many it counted.")
    limit = graphene.Int(required=True, description="How many there may be.")


class ClearanceReason(graphene.ObjectType):
    """Why a clearance was denied."""

    code = graphene.String(required=True, description="Stable code.")
    message = graphene.String(required=True, description="A sentence for a person.")
    rule = graphene.String(description="The rule that says so.")


class ContactClearance(graphene.ObjectType):
    """What was decided about a contact, before it was made."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the clearance; name it when you record the contact.")
    granted = graphene.Boolean(required=True, description="Whether the contact may be made.")
    lender = graphene.ID(required=True, description="For whom the debt is collected.")
    mandate_id = graphene.ID(description="The mandate that it was asked for under.")
    stage = graphene.Field(enums.CollectionStage, required=True, description="How far the collection has gone.")
    channel = graphene.Field(enums.ContactChannel, required=True, description="By what.")
    target = graphene.Field(enums.ContactTarget, required=True, description="Who is contacted.")
    asked_at = graphene.DateTime(required=True, description="When it was decided.")
    expires_at = graphene.DateTime(description="Until when the contact may begin; null: it may not be made.")
    again_at = graphene.DateTime(description="Denied for the hour alone: when it is no longer quiet.")
    used_at = graphene.DateTime(description="When the contact was recorded that used it.")
    counts = graphene.List(
        graphene.NonNull(ClearanceCount), required=True, description="How each rule with a limit counted."
    )
    reasons = graphene.List(
        graphene.NonNull(ClearanceReason), required=True, description="Why it was denied; all reasons."
    )
    rules = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="The rules that were asked or, of a denial, that speak against it.",
    )
    pack = graphene.String(required=True, description="Version of the policy pack.")
    signed = graphene.String(
        required=True, description="What was decided, signed: a compact JWS of type openbureau-clearance."
    )
    leaf_hash = graphene.String(required=True, description="Hash of its leaf in the log, base64.")


ContactClearanceConnection = connection_of(ContactClearance, counted=False)


class RequestContactClearancePayload(graphene.ObjectType):
    """What was decided. A denial is an answer; with user errors nothing was decided."""

    clearance = graphene.Field(ContactClearance, description="The decision.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the question; empty: it was heard."
    )


def request_contact_clearance_field() -> graphene.Field:
    """The mutation."""
    return graphene.Field(
        RequestContactClearancePayload,
        required=True,
        description=f"Ask for leave to contact a borrower now. Needs {SCOPE}. The same again, while its clearance is "
        "open, gives the same one; each denial is kept and logged.",
        subject=graphene.Argument(SubjectInput, required=True, description="The borrower."),
        action=graphene.Argument(ContactInput, required=True, description="What you are about to do."),
    )


def contact_clearances_field() -> graphene.Field:
    """The root field."""
    return forward_field(
        ContactClearanceConnection,
        items="clearances",
        description=f"Clearances that you asked for, granted and denied, the newest last. Needs {SCOPE}.",
    )
