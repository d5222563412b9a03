"""The borrower, as a report shows them."""

import graphene

from schema.types import enums
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.IDENTITY


class Subject(graphene.ObjectType):
    """The borrower. These fields are sealed one by one where they are stored."""

    id_type = ScopedField(enums.IdType, field_class=_CLASS, description="Kind of identity document.")
    country = ScopedField(graphene.String, field_class=_CLASS, description="ISO 3166-1 code of its issuer.")
    id_number = ScopedField(graphene.String, field_class=_CLASS, description="Number of the document.")
    names = ScopedField(
        graphene.List(graphene.NonNull(graphene.String)), field_class=_CLASS, description="Name and its variants."
    )
    birth_date = ScopedField(graphene.Date, field_class=_CLASS, description="Date of birth.")
    deceased_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day of death, where it was reported.")
    fraud_alert = ScopedField(
        graphene.String,
        field_class=_CLASS,
        description="How to reach the borrower before anything is opened in their name: they fear fraud.",
    )
    fraud_alert_until = ScopedField(graphene.DateTime, field_class=_CLASS, description="Until when the alert stands.")
    vulnerability_until = ScopedField(
        graphene.Date, field_class=_CLASS, description="Until when the borrower is to be treated with special care."
    )
    synthetic = ScopedField(graphene.Boolean, field_class=_CLASS, description="True where the identity was made up.")


class SubjectInput(graphene.InputObjectType):
    """Whose file is asked for: one identity document."""

    id_type = enums.IdType(required=True, description="Kind of identity document.")
    country = graphene.String(required=True, description="ISO 3166-1 alpha-2 code of its issuer.")
    id_number = graphene.String(required=True, description="Number of the document, in any usual spelling.")


class StaffInput(graphene.InputObjectType):
    """The person at the member for whom the file is asked (Regulation on Credit Reporting, art. 22)."""

    id = graphene.String(required=True, description="The member's own id of the person.")
    name = graphene.String(required=True, description="The person's name; sealed where it is stored.")
