"""A statement: the borrower's own words."""

import graphene

from schema.types.node import Node, id_field
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_CLASS = FieldClass.ACCOUNTS


class Statement(graphene.ObjectType):
    """What the borrower says about an account or about the file (Regulation on Credit Reporting, art. 16)."""

    class Meta:
        interfaces = (Node,)

    id = id_field(_CLASS)
    words = ScopedField(graphene.String, field_class=_CLASS, description="The borrower's own words.")
    stated_at = ScopedField(graphene.DateTime, field_class=_CLASS, description="When it was said.")
