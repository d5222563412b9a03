"""A public record."""

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

_CLASS = FieldClass.PUBLIC_RECORDS


class PublicRecord(graphene.ObjectType):
    """What a court or an authority has on record. Not shown longer than the law allows after it ended."""

    class Meta:
        interfaces = (Node, ContributedRecord)

    id = id_field(_CLASS)
    compliance_flag = compliance_flag_field(_CLASS)
    furnisher_class = furnisher_class_field(_CLASS)
    own_book = own_book_field(_CLASS)
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
