"""A collection action."""

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

_CLASS = FieldClass.COLLECTIONS


class CollectionAction(graphene.ObjectType):
    """One contact, or attempt, about a debt. The number or address, and the agent's name, are not shown to members."""

    class Meta:
        interfaces = (Node, ContributedRecord)

    id = id_field(_CLASS)
    compliance_flag = compliance_flag_field(_CLASS)
    account_ids = ScopedField(
        graphene.List(graphene.NonNull(graphene.ID)), field_class=_CLASS, description="The accounts that it was about."
    )
    furnisher_class = furnisher_class_field(_CLASS)
    own_book = own_book_field(_CLASS)
    agent = ScopedField(graphene.String, field_class=_CLASS, description="Pseudonym of who acted.")
    stage = ScopedField(enums.CollectionStage, field_class=_CLASS, description="How far collection had gone.")
    channel = ScopedField(enums.ContactChannel, field_class=_CLASS, description="By what the contact was made.")
    direction = ScopedField(enums.ContactDirection, field_class=_CLASS, description="Who contacted whom.")
    target = ScopedField(enums.ContactTarget, field_class=_CLASS, description="Who was contacted.")
    started_at = ScopedField(graphene.DateTime, field_class=_CLASS, description="When it began.")
    duration_seconds = ScopedField(graphene.Int, field_class=_CLASS, description="How long it took.")
    result = ScopedField(enums.ContactResult, field_class=_CLASS, description="What came of it.")
    promised = ScopedField(Money, field_class=_CLASS, description="What was promised to be paid.")
    promised_on = ScopedField(graphene.Date, field_class=_CLASS, description="The day promised.")
    promise_kept = ScopedField(graphene.Boolean, field_class=_CLASS, description="Whether the promise was kept.")
    disclosed = ScopedField(
        graphene.List(graphene.NonNull(graphene.String)),
        field_class=_CLASS,
        description="Fields of the debt that were told; none to a third person.",
    )
    borrower_says = ScopedField(
        enums.BorrowerSays, field_class=_CLASS, description="What the borrower says about the contact."
    )
