"""A repayment plan, as a member reports it."""

import graphene

from schema.types import enums
from schema.types.contribution.lists import items, texts
from schema.types.money import BigInt


class PlanOptionInput(graphene.InputObjectType):
    """One thing that was offered. The last instalment may be smaller than the others."""

    plan_type = enums.PlanType(required=True, description="What it gives.")
    instalments = graphene.Int(required=True, description="How many.")
    amount_minor = BigInt(required=True, description="Each of them, in minor units.")
    total_minor = BigInt(required=True, description="All of them.")
    waived_minor = BigInt(description="What would be waived.")
    first_due_on = graphene.Date(description="When the first falls due.")


class InstalmentInput(graphene.InputObjectType):
    """One payment of a plan's schedule."""

    due_on = graphene.Date(required=True, description="When it falls due.")
    amount_minor = BigInt(required=True, description="What is due, in minor units.")
    paid_minor = BigInt(description="What was paid of it.")


class RepaymentPlanInput(graphene.InputObjectType):
    """An offer to repay otherwise, and what became of it. Amounts are minor units of its currency."""

    reference = graphene.String(required=True, description="Your own reference; finds the plan again.")
    account_references = texts("The accounts: your own references, or the lender's under its mandate.")
    mandate_id = graphene.ID(description="The lender's mandate, where you collect for it.")
    plan_type = enums.PlanType(required=True, description="What it gives.")
    state = enums.PlanState(required=True, description="Where it stands.")
    currency = graphene.String(required=True, description="ISO 4217 code.")
    options = items(PlanOptionInput, "What was offered: at least two, for the borrower to choose.")
    chosen_option = graphene.Int(description="Which was chosen, counted from 0.")
    schedule = items(InstalmentInput, "The payments agreed, in their order.")
    waived_minor = BigInt(description="What is waived.")
    days_past_due_before = graphene.Int(description="Days past due before the plan.")
    reporting_treatment = enums.ReportingTreatment(
        required=True, description="How the accounts are reported while it runs."
    )
    stop_collection_until = graphene.Date(description="Until this day nobody may collect.")
    proposed_on = graphene.Date(required=True, description="When it was offered.")
    answer_by = graphene.Date(description="Until when it may be answered.")
    accepted_on = graphene.Date(description="When it was accepted.")
    ended_on = graphene.Date(description="When it ended.")
