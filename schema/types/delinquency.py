"""A delinquency."""

import graphene

from schema.types import enums
from schema.types.money import Money
from schema.types.node import Node, compliance_flag_field, id_field
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.DELINQUENCIES


class Delinquency(graphene.ObjectType):
    """One time that the borrower fell behind on an account. Not shown longer than the law allows."""

    class Meta:
        interfaces = (Node,)

    id = id_field(_CLASS)
    compliance_flag = compliance_flag_field(_CLASS)
    account_id = ScopedField(graphene.ID, field_class=_CLASS, description="The account it belongs to.")
    first_delinquent_on = ScopedField(graphene.Date, field_class=_CLASS, description="First delinquency; never moves.")
    peak_days_past_due = ScopedField(graphene.Int, field_class=_CLASS, description="The most days past due reached.")
    cured_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day that the arrears were cleared.")
    ended_on = ScopedField(graphene.Date, field_class=_CLASS, description="End of the conduct; retention counts on.")
    reason = ScopedField(enums.DelinquencyReason, field_class=_CLASS, description="Why, as far as it is known.")
    charge_off_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day of the charge-off.")
    charge_off = ScopedField(Money, field_class=_CLASS, description="Amount charged off.")
    prior_notice_sent_at = ScopedField(
        graphene.DateTime, field_class=_CLASS, description="When the borrower was told before it was reported."
    )
    prior_notice_delivered_at = ScopedField(
        graphene.DateTime, field_class=_CLASS, description="When that notice reached the borrower."
    )
    prior_notice_channel = ScopedField(graphene.String, field_class=_CLASS, description="By what that notice was sent.")
    display_until = ScopedField(graphene.Date, field_class=_CLASS, description="The last day on which it may be shown.")
    annotated_by = ScopedField(
        graphene.String, field_class=_CLASS, description="The rule by which you are to read it with care."
    )
