"""The borrower, as a member reports them."""

import graphene

from schema.types import enums
from schema.types.contribution.lists import items, texts
from schema.types.subject import SubjectInput


class SubjectRecordInput(graphene.InputObjectType):
    """A borrower as you know them. The identity document finds the borrower again."""

    id_type = enums.IdType(required=True, description="Kind of identity document.")
    country = graphene.String(required=True, description="ISO 3166-1 alpha-2 code of its issuer.")
    id_number = graphene.String(required=True, description="Number of the document, in any usual spelling.")
    names = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Name and its variants; at least one."
    )
    birth_date = graphene.Date(description="Date of birth.")
    phones = texts("Telephone numbers.")
    emails = texts("E-mail addresses.")
    addresses = texts("Postal addresses.")
    employment = texts("Employers.")
    other_ids = items(SubjectInput, "Further identity documents of the same person.")
    time_zone = graphene.String(
        required=True, default_value="Asia/Shanghai", description="Where the borrower lives, as in the IANA database."
    )
    language = graphene.String(required=True, default_value="zh-Hans", description="BCP 47 tag.")
