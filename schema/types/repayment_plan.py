"""A repayment plan: what was offered, what was agreed, and how it was kept."""

import graphene

from schema.types import enums
from schema.types.money import Money
from schema.types.node import (
    ContributedRecord,
    Node,
    compliance_flag_field,
    furnisher_class_field,
    id_field,
    own_book_field,
)
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.PLANS


class PlanOption(graphene.ObjectType):
    """One way to repay that the borrower was offered."""

    plan_type = ScopedField(enums.PlanType, field_class=_CLASS, description="What it gives.")
    instalments = ScopedField(graphene.Int, field_class=_CLASS, description="How many payments.")
    instalment = ScopedField(Money, field_class=_CLASS, description="What each payment is.")
    total = ScopedField(Money, field_class=_CLASS, description="All payments together.")
    waived = ScopedField(Money, field_class=_CLASS, description="What would be waived.")
    first_due_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day of the first payment.")


class PlanPayment(graphene.ObjectType):
    """One payment of a plan's schedule."""

    due_on = ScopedField(graphene.Date, field_class=_CLASS, description="When it is due.")
    amount = ScopedField(Money, field_class=_CLASS, description="What is due.")
    paid = ScopedField(Money, field_class=_CLASS, description="What was paid of it.")


class RepaymentPlan(graphene.ObjectType):
    """A plan to repay a debt in another way than first agreed."""

    class Meta:
        interfaces = (Node, ContributedRecord)

    id = id_field(_CLASS)
    compliance_flag = compliance_flag_field(_CLASS)
    account_ids = ScopedField(
        graphene.List(graphene.NonNull(graphene.ID)), field_class=_CLASS, description="The accounts that it is about."
    )
    furnisher_class = furnisher_class_field(_CLASS)
    own_book = own_book_field(_CLASS)
    plan_type = ScopedField(enums.PlanType, field_class=_CLASS, description="What it gives.")
    state = ScopedField(enums.PlanState, field_class=_CLASS, description="Where it stands.")
    options = ScopedField(
        graphene.List(graphene.NonNull(PlanOption)), field_class=_CLASS, description="What was offered."
    )
    chosen_option = ScopedField(
        graphene.Int, field_class=_CLASS, description="Which of the options was chosen, counted from 0."
    )
    schedule = ScopedField(
        graphene.List(graphene.NonNull(PlanPayment)), field_class=_CLASS, description="The payments, as agreed."
    )
    waived = ScopedField(Money, field_class=_CLASS, description="What is waived.")
    days_past_due_before = ScopedField(graphene.Int, field_class=_CLASS, description="Days past due before the plan.")
    reporting_treatment = ScopedField(
        enums.ReportingTreatment, field_class=_CLASS, description="How the account is reported while the plan runs."
    )
    stop_collection_until = ScopedField(
        graphene.Date, field_class=_CLASS, description="Until this day nobody may collect."
    )
    proposed_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day of the offer.")
    answer_by = ScopedField(graphene.Date, field_class=_CLASS, description="Day until which it may be answered.")
    accepted_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day that it was accepted.")
    ended_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day that it ended.")
