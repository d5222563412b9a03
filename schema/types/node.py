"""What types have in common: an id, and for records that members contribute, whom they are from."""

import graphene

from schema.types import enums
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

_ID = "Its opaque id."
_FURNISHER_CLASS = "Kind of member it is from."
_OWN_BOOK = "True where you contributed it."


class Node(graphene.Interface):
    """Something with an id (Relay's object identification): opaque, like no other, and never changed."""

    id = graphene.ID(required=True, description=_ID)


class ContributedRecord(graphene.Interface):
    """A record of a borrower that a member contributed."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description=_ID)
    furnisher_class = graphene.Field(enums.MemberClass, required=True, description=_FURNISHER_CLASS)
    own_book = graphene.Boolean(required=True, description=_OWN_BOOK)


def id_field(field_class: FieldClass) -> ScopedField:
    """The id of something of the file."""
    return ScopedField(graphene.ID, required=True, field_class=field_class, description=_ID)


def compliance_flag_field(field_class: FieldClass) -> ScopedField:
    """Whether the borrower contests a record that has no mark of its furnisher's."""
    return ScopedField(enums.ComplianceFlag, field_class=field_class, description="Mark of a dispute.")


def furnisher_class_field(field_class: FieldClass) -> ScopedField:
    """What kind of member a record is from."""
    return ScopedField(enums.MemberClass, required=True, field_class=field_class, description=_FURNISHER_CLASS)


def own_book_field(field_class: FieldClass) -> ScopedField:
    """Whether the reader contributed a record."""
    return ScopedField(graphene.Boolean, required=True, field_class=field_class, description=_OWN_BOOK)
