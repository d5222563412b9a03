"""The root of every mutation."""

import graphene

from schema.types import enums
from schema.types.clearance import request_contact_clearance_field
from schema.types.complaint import answer_complaint_field
from schema.types.contribution.fields import (
    end_mandate_field,
    evaluate_mandate_field,
    record_assessment_field,
    record_collection_action_field,
    record_mandate_field,
    record_public_record_field,
    record_repayment_plan_field,
    report_account_field,
    report_subject_field,
    withdraw_account_field,
    withdraw_record_field,
)
from schema.types.dispute import answer_dispute_field
from schema.types.notice import AnswerNoticePayload
from schema.types.prior_notice import announce_negative_report_field
from schema.types.review import answer_review_field
from schema.types.submission import keep_mapping_field
from schema.types.webhook import add_webhook_field, end_webhook_field, send_again_field


class Mutation(graphene.ObjectType):
    """What may be done."""

    answer_notice = graphene.Field(
        AnswerNoticePayload,
        required=True,
        description="Answer the notice of a withdrawn consent. Needs consent:request. The same answer may be sent "
        "again; another may not.",
        notice_id=graphene.ID(required=True, description="The notice."),
        answer=graphene.Argument(enums.NoticeAnswer, required=True, description="What you did."),
        article=graphene.String(description="With RETAINED_UNDER: the law and article, for example `cn.aml.21`."),
    )
    announce_negative_report = announce_negative_report_field()
    add_webhook = add_webhook_field()
    end_webhook = end_webhook_field()
    send_again = send_again_field()
    answer_dispute = answer_dispute_field()
    answer_review = answer_review_field()
    answer_complaint = answer_complaint_field()
    keep_mapping = keep_mapping_field()
    report_account = report_account_field()
    withdraw_account = withdraw_account_field()
    report_subject = report_subject_field()
    request_contact_clearance = request_contact_clearance_field()
    record_collection_action = record_collection_action_field()
    record_repayment_plan = record_repayment_plan_field()
    record_public_record = record_public_record_field()
    record_assessment = record_assessment_field()
    withdraw_record = withdraw_record_field()
    record_mandate = record_mandate_field()
    end_mandate = end_mandate_field()
    evaluate_mandate = evaluate_mandate_field()
