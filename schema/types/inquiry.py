"""An inquiry: a look at the file."""

import graphene

from schema.types import enums
from schema.types.node import Node, id_field
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.INQUIRIES


class Inquiry(graphene.ObjectType):
    """One granted look at this borrower's file before this one."""

    class Meta:
        interfaces = (Node,)

    id = id_field(_CLASS)
    asked_at = ScopedField(graphene.DateTime, field_class=_CLASS, description="When it was asked.")
    member_class = ScopedField(enums.MemberClass, field_class=_CLASS, description="What kind of member asked.")
    purpose = ScopedField(enums.Purpose, field_class=_CLASS, description="What it was asked for.")
    hard = ScopedField(graphene.Boolean, field_class=_CLASS, description="True where credit was being applied for.")
