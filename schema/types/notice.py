"""A notice to a member: what a borrower or the exchange did that the member has to know, or to act on in time."""

import graphene

from schema.types import enums
from schema.types.connection import connection_of
from schema.types.node import Node
from schema.types.user_error import UserError


class NoticeFact(graphene.ObjectType):
    """One thing that a notice says; a name that has several values stands several times."""

    name = graphene.String(required=True, description="What it is, for example `by` or `outcome`.")
    value = graphene.String(required=True, description="Its value as text: an id, a code, a day or an instant.")


class Notice(graphene.ObjectType):
    """A notice to you. Of a withdrawn consent the borrower sees whether you answered, what, and whether in time."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the notice.")
    kind = graphene.Field(enums.NoticeKind, required=True, description="What it tells.")
    consent_id = graphene.ID(description="The consent that it is about, where it is about one.")
    about = graphene.ID(description="What it is about: the consent, dispute, complaint, plan, account and so on.")
    facts = graphene.List(
        graphene.NonNull(NoticeFact), required=True, description="What is said, by name; `signed` says the same."
    )
    signed = graphene.String(
        required=True, description="What is said, signed by the exchange: a compact JWS of type openbureau-notice."
    )
    written_at = graphene.DateTime(required=True, description="When it was written.")
    due_at = graphene.DateTime(description="When what you have to do is due.")
    answered_at = graphene.DateTime(description="When you answered, or did what it asks for.")
    answer = graphene.Field(enums.NoticeAnswer, description="What you answered.")
    article = graphene.String(description="The article under which you keep what you have.")
    late = graphene.Boolean(required=True, description="True where what is due was not done in time.")


NoticeConnection = connection_of(Notice)


class AnswerNoticePayload(graphene.ObjectType):
    """What came of an answer."""

    notice = graphene.Field(Notice, description="The notice as it now stands.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is wrong with the answer; empty: it was taken."
    )
