"""A public record."""

import graphene

from schema.types import enums
from schema.types.money import Money
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.PUBLIC_RECORDS


class PublicRecord(graphene.ObjectType):
    """What a court or an authority has on record. Not shown longer than the law allows after it ended."""

    id = ScopedField(graphene.ID, field_class=_CLASS, description="Opaque id of the record.")
    furnisher_class = ScopedField(enums.MemberClass, field_class=_CLASS, description="Kind of member it is from.")
    own_book = ScopedField(graphene.Boolean, field_class=_CLASS, description="True where you contributed it.")
    kind = ScopedField(enums.PublicRecordKind, field_class=_CLASS, description="What was put on record.")
    authority = ScopedField(graphene.String, field_class=_CLASS, description="The court or authority.")
    reference = ScopedField(graphene.String, field_class=_CLASS, description="Number of the case or file.")
    status = ScopedField(enums.PublicRecordStatus, field_class=_CLASS, description="Where it stands.")
    amount = ScopedField(Money, field_class=_CLASS, description="The amount that it is about.")
    filed_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day that it was put on record.")
    decided_on = ScopedField(graphene.Date, field_class=_CLASS, description="Day of the decision.")
    ended_on = ScopedField(
        graphene.Date, field_class=_CLASS, description="Day that it was satisfied, dismissed or ended."
    )
