"""An assessment of ability to repay, as a member reports it."""

import graphene

from schema.types import enums
from schema.types.contribution.lists import items, texts


class AssessmentFactInput(graphene.InputObjectType):
    """Something that a scorecard was given. Never religion, genes, fingerprints, blood type or disease."""

    name = graphene.String(required=True, description="What it is.")
    value = graphene.String(required=True, description="What it was.")


class AssessmentInput(graphene.InputObjectType):
    """How you judged a borrower's ability to repay."""

    reference = graphene.String(required=True, description="Your own reference; finds the assessment again.")
    scorecard = graphene.String(required=True, description="Name and version of what judged.")
    inputs = items(AssessmentFactInput, "What it was given; sealed where it is stored.")
    band = enums.AssessmentBand(required=True, description="How likely the borrower is to repay.")
    score = graphene.Int(description="The score.")
    reason_codes = texts("Why: at least one.")
    explanation = graphene.String(description="Why, in plain words for the borrower; a must where a machine decided.")
    solely_automated = graphene.Boolean(required=True, description="True where no person took part.")
    reviewer = graphene.String(description="Who reviewed it; sealed where it is stored.")
    contested_at = graphene.DateTime(description="When the borrower contested it.")
    assessed_at = graphene.DateTime(required=True, description="When it was made, with its offset from UTC.")
