"""A notice to a member: something that a borrower did, and that the member must answer by a due time."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of
from schema.types.node import Node
from schema.types.user_error import UserError


class Notice(graphene.ObjectType):
    """A notice to you. The borrower sees whether you answered, what, and whether in time."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the notice.")
    kind = graphene.Field(enums.NoticeKind, required=True, description="What it tells.")
    consent_id = graphene.ID(description="The consent that it is about.")
    signed = graphene.String(
        required=True, description="What is said, signed by the exchange: a compact JWS of type openbureau-notice."
    )
    written_at = graphene.DateTime(required=True, description="When it was written.")
    due_at = graphene.DateTime(description="When your answer is due.")
    answered_at = graphene.DateTime(description="When you answered.")
    answer = graphene.Field(enums.NoticeAnswer, description="What you answered.")
    article = graphene.String(description="The article under which you keep what you have.")
    late = graphene.Boolean(required=True, description="True where no answer came in time.")


NoticeConnection = connection_of(Notice)


class AnswerNoticePayload(graphene.ObjectType):
    """What came of an answer."""

    notice = graphene.Field(Notice, description="The notice as it now stands.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the answer; empty: it was taken."
    )
