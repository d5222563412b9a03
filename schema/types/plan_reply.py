"""What a borrower answered to an offer of a repayment plan, as the member that made the offer reads it."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of, forward_field
from schema.types.money import Money
from schema.types.node import Node


class CounterOffer(graphene.ObjectType):
    """What the borrower offers instead: monthly payments, of which the last is what remains."""

    instalments = graphene.Int(required=True, description="How many payments.")
    instalment = graphene.Field(Money, required=True, description="What each payment is.")
    total = graphene.Field(Money, required=True, description="All payments together.")
    first_due_on = graphene.Date(required=True, description="Day of the first payment.")


class PaymentDue(graphene.ObjectType):
    """One payment of the schedule that was agreed."""

    due_on = graphene.Date(required=True, description="When it falls due.")
    amount = graphene.Field(Money, required=True, description="What is due.")
    paid = graphene.Field(Money, description="What you reported as paid of it.")


class RepliedPlan(graphene.ObjectType):
    """A borrower's answer to an offer of yours, and the plan as it stands now."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the answer.")
    plan_id = graphene.ID(required=True, description="The plan: `recordId` of your report.")
    reference = graphene.String(required=True, description="Your own reference of the plan.")
    reply = graphene.Field(enums.PlanReply, required=True, description="What was answered.")
    replied_at = graphene.DateTime(required=True, description="When.")
    option = graphene.Int(description="The option that was accepted, counted from 0.")
    counter = graphene.Field(CounterOffer, description="What the borrower offers instead.")
    words = graphene.String(description="What the borrower says to it. For you alone.")
    waits = graphene.Boolean(required=True, description="True while the borrower waits for another offer of yours.")
    version = graphene.Int(required=True, description="Number of the plan's version that stands.")
    state = graphene.Field(enums.PlanState, required=True, description="Where the plan stands.")
    schedule = graphene.List(
        graphene.NonNull(PaymentDue), required=True, description="The payments agreed; empty before that."
    )
    accepted_on = graphene.Date(description="Day that it was accepted.")
    stop_collection_until = graphene.Date(description="Until this day nobody may collect, while the plan runs.")


RepliedPlanConnection = connection_of(RepliedPlan)


def plan_replies_field() -> graphene.Field:
    """The root field."""
    return forward_field(
        RepliedPlanConnection,
        items="answers",
        description="Borrowers' answers to your offers of repayment plans, the oldest first. Needs collection:write.",
        waiting=graphene.Boolean(
            required=True, default_value=False, description="Only counter-offers that wait for another offer of yours."
        ),
    )
