"""The root of every mutation."""

import graphene

from schema.types import enums
from schema.types.notice import AnswerNoticePayload


class Mutation(graphene.ObjectType):
    """What may be done."""

    answer_notice = graphene.Field(
        AnswerNoticePayload,
        required=True,
        description="Answer a notice. Needs consent:request. The same answer may be sent again; another may not.",
        notice_id=graphene.ID(required=True, description="The notice."),
        answer=graphene.Argument(enums.NoticeAnswer, required=True, description="What you did."),
        article=graphene.String(description="With RETAINED_UNDER: the law and article, for example `cn.aml.21`."),
    )
