"""A public record, as a member reports it."""

import graphene

from schema.types import enums
from schema.types.money import BigInt


class PublicRecordInput(graphene.InputObjectType):
    """What a court or an authority has on record about a borrower."""

    reference = graphene.String(required=True, description="Number of the case or file; finds the record again.")
    kind = enums.PublicRecordKind(required=True, description="What it is.")
    authority = graphene.String(required=True, description="Whose record.")
    status = enums.PublicRecordStatus(required=True, description="Where it stands.")
    amount_minor = BigInt(description="The amount, in minor units.")
    currency = graphene.String(description="ISO 4217 code of the amount.")
    filed_on = graphene.Date(required=True, description="When it was filed.")
    decided_on = graphene.Date(description="When it was decided.")
    ended_on = graphene.Date(description="When it was satisfied, dismissed, removed or ended.")
