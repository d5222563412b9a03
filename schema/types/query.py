"""The root of every query."""

import graphene

from schema.types import enums
from schema.types.report import CreditReport
from schema.types.subject import StaffInput, SubjectInput


class Query(graphene.ObjectType):
    """What may be asked."""

    credit_report = graphene.Field(
        CreditReport,
        description="One borrower's report. Each one is a look: it is logged, and the borrower sees it.",
        subject=graphene.Argument(SubjectInput, required=True, description="Whose file."),
        purpose=graphene.Argument(enums.Purpose, required=True, description="Why now; the consent must name the same."),
        consent_id=graphene.ID(description="The borrower's consent that you rely on."),
        staff=graphene.Argument(StaffInput, description="For whom at your house (required under art. 22)."),
    )
