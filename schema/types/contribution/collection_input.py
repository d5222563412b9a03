"""A collection action, as a member reports it."""

import graphene

from schema.types import enums
from schema.types.contribution.lists import texts
from schema.types.money import BigInt


class CollectionActionInput(graphene.InputObjectType):
    """One contact, or attempt, about a debt. Who owes nothing is told nothing of it."""

    reference = graphene.String(required=True, description="Your own reference; finds the action again.")
    account_references = texts("The accounts: your own references, or the lender's under its mandate.")
    mandate_id = graphene.ID(description="The lender's mandate, where you collect for it.")
    agent = graphene.String(required=True, description="A pseudonym of who acted, the same each time.")
    agent_name = graphene.String(description="Their name; opens only to a regulator.")
    stage = enums.CollectionStage(required=True, description="How far the collection has gone.")
    channel = enums.ContactChannel(required=True, description="By what.")
    direction = enums.ContactDirection(required=True, description="Who contacted whom.")
    target = enums.ContactTarget(required=True, description="Who was contacted.")
    contact = graphene.String(description="The number or address used; sealed where it is stored.")
    clearance_id = graphene.ID(description="The clearance that was used.")
    started_at = graphene.DateTime(required=True, description="When, with its offset from UTC.")
    duration_seconds = graphene.Int(description="How long.")
    result = enums.ContactResult(required=True, description="What came of it.")
    promised_minor = BigInt(description="What was promised, in minor units.")
    promised_currency = graphene.String(description="ISO 4217 code.")
    promised_on = graphene.Date(description="For which day.")
    promise_kept = graphene.Boolean(description="Whether the promise was kept.")
    template = graphene.String(description="The text or script that was used.")
    recording_sha256 = graphene.String(description="SHA-256 of the recording, hexadecimal.")
    disclosed = texts("What of the debt was told; nothing to third persons.")
    borrower_says = enums.BorrowerSays(description="What the borrower said about it afterwards.")
