"""A member of the exchange, as every other member sees it."""

import graphene

from schema.types import enums
from schema.types.conduct import DataQuality
from schema.types.node import Node


class Member(graphene.ObjectType):
    """A member of the exchange."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Its id.")
    name = graphene.String(required=True, description="Its name.")
    member_class = graphene.Field(enums.MemberClass, required=True, description="Its class.")
    licence = graphene.String(required=True, description="Number of its licence.")
    status = graphene.Field(enums.MemberStatus, required=True, description="Whether it may act today.")
    contribution_level = graphene.Field(enums.ContributionLevel, required=True, description="What it contributes.")
    data_quality = graphene.Field(DataQuality, description="How good its data is; null while it was never measured.")


def member_field() -> graphene.Field:
    """The root field."""
    return graphene.Field(
        Member,
        description="A member of the exchange; null where there is none of this id. Any member may ask.",
        id=graphene.Argument(graphene.ID, required=True, description="Its id."),
    )
