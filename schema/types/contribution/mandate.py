"""Mandates: a lender lets an agency collect for it."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.contribution.lists import items, texts
from schema.types.node import Node


class MandateInput(graphene.InputObjectType):
    """A mandate to an agency: for a portfolio of yours, or for accounts that you name. It may not be passed on."""

    reference = graphene.String(required=True, description="Your own reference; finds the mandate again.")
    agency = graphene.ID(required=True, description="The collection agency.")
    portfolio = graphene.String(description="Your name of the portfolio: any account of yours may be in it.")
    account_references = texts("Your references of the accounts, where no portfolio is named.")
    channels = items(enums.ContactChannel, "By what the agency may contact borrowers.")
    starts_on = graphene.Date(required=True, description="Its first day.")
    ends_on = graphene.Date(required=True, description="Its last day.")
    evaluation_due_on = graphene.Date(
        required=True, description="Until when you evaluate the agency: within twelve months of the beginning."
    )


class Mandate(graphene.ObjectType):
    """A mandate that you gave, or were given, as it stands."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the mandate.")
    reference = graphene.String(required=True, description="The lender's own reference.")
    lender = graphene.ID(required=True, description="Who gave it.")
    agency = graphene.ID(required=True, description="To whom.")
    portfolio = graphene.String(description="The lender's portfolio; null: accounts are named one by one.")
    channels = graphene.List(
        graphene.NonNull(enums.ContactChannel), required=True, description="By what borrowers may be contacted."
    )
    starts_on = graphene.Date(required=True, description="Its first day.")
    ends_on = graphene.Date(required=True, description="Its last day.")
    evaluation_due_on = graphene.Date(required=True, description="Until when the agency is evaluated.")
    state = graphene.Field(enums.MandateState, required=True, description="Whether it counts.")
    version = graphene.Int(required=True, description="Number of this version.")
    recorded_at = graphene.DateTime(required=True, description="When this version was recorded.")


MandateConnection = connection_of(Mandate)


def mandates_field() -> graphene.Field:
    """The root field."""
    return forward_field(
        MandateConnection,
        items="mandates",
        description="Mandates that you gave or were given, the oldest first. Needs records:write or collection:write.",
    )
