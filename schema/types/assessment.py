"""An assessment of a borrower's ability to repay."""

import graphene

from schema.types import enums
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

_CLASS = FieldClass.ASSESSMENTS


class Assessment(graphene.ObjectType):
    """How a member judged the borrower's ability to repay. What it was computed from is shown to the borrower alone."""

    class Meta:
        interfaces = (Node, ContributedRecord)

    id = id_field(_CLASS)
    compliance_flag = compliance_flag_field(_CLASS)
    furnisher_class = furnisher_class_field(_CLASS)
    own_book = own_book_field(_CLASS)
    scorecard = ScopedField(graphene.String, field_class=_CLASS, description="Name and version of the scorecard.")
    band = ScopedField(enums.AssessmentBand, field_class=_CLASS, description="The band that it gave, A the best.")
    score = ScopedField(graphene.Int, field_class=_CLASS, description="The score that it gave.")
    reason_codes = ScopedField(
        graphene.List(graphene.NonNull(graphene.String)), field_class=_CLASS, description="Codes of what weighed most."
    )
    explanation = ScopedField(
        graphene.String, field_class=_CLASS, description="How it came about, as the borrower is told."
    )
    solely_automated = ScopedField(
        graphene.Boolean, field_class=_CLASS, description="True where no person took part (PIPL, art. 24)."
    )
    reviewed = ScopedField(graphene.Boolean, field_class=_CLASS, description="True where a person reviewed it.")
    contested_at = ScopedField(graphene.DateTime, field_class=_CLASS, description="When the borrower contested it.")
    assessed_at = ScopedField(graphene.DateTime, field_class=_CLASS, description="When it was made.")
