"""Every root field of the contract, and what answers it."""

from collections.abc import Callable
from typing import Any

from exchange.web.graphql.audit_roots import access_log_root, event_root
from exchange.web.graphql.clearance_roots import contact_clearances_root, request_contact_clearance_root
from exchange.web.graphql.complaint_roots import answer_complaint_root, complaints_root
from exchange.web.graphql.conduct_roots import consent_reconciliation_root, member_conduct_root
from exchange.web.graphql.dispute_roots import answer_dispute_root, disputes_root
from exchange.web.graphql.mandate_file_roots import collection_advice_root, mandate_file_root
from exchange.web.graphql.mandate_roots import (
    end_mandate_root,
    evaluate_mandate_root,
    mandates_root,
    record_mandate_root,
)
from exchange.web.graphql.member_roots import member_root
from exchange.web.graphql.notice_roots import answer_notice_root, notices_root
from exchange.web.graphql.plan_roots import plan_replies_root
from exchange.web.graphql.prior_notice_roots import announce_negative_report_root
from exchange.web.graphql.rate_limit_root import rate_limit_root
from exchange.web.graphql.record_roots import (
    record_assessment_root,
    record_collection_action_root,
    record_public_record_root,
    record_repayment_plan_root,
    report_account_root,
    report_subject_root,
    withdraw_account_root,
    withdraw_record_root,
)
from exchange.web.graphql.report_root import credit_report_root
from exchange.web.graphql.review_roots import answer_review_root, reviews_asked_root
from exchange.web.graphql.submission_roots import keep_mapping_root, mappings_root, submission_root, submissions_root
from exchange.web.graphql.webhook_roots import (
    add_webhook_root,
    end_webhook_root,
    send_again_root,
    webhook_deliveries_root,
    webhooks_root,
)

Root = Callable[..., Any]
"""Takes a Context and the field's arguments; gives what the field's own fields resolve from."""

ROOTS: dict[str, Root] = {
    "creditReport": credit_report_root,
    "notices": notices_root,
    "answerNotice": answer_notice_root,
    "webhooks": webhooks_root,
    "webhookDeliveries": webhook_deliveries_root,
    "announceNegativeReport": announce_negative_report_root,
    "addWebhook": add_webhook_root,
    "endWebhook": end_webhook_root,
    "sendAgain": send_again_root,
    "complaints": complaints_root,
    "answerComplaint": answer_complaint_root,
    "accessLog": access_log_root,
    "event": event_root,
    "consentReconciliation": consent_reconciliation_root,
    "memberConduct": member_conduct_root,
    "submission": submission_root,
    "submissions": submissions_root,
    "mappings": mappings_root,
    "disputes": disputes_root,
    "answerDispute": answer_dispute_root,
    "reviewsAsked": reviews_asked_root,
    "answerReview": answer_review_root,
    "keepMapping": keep_mapping_root,
    "mandates": mandates_root,
    "planReplies": plan_replies_root,
    "member": member_root,
    "rateLimit": rate_limit_root,
    "contactClearances": contact_clearances_root,
    "requestContactClearance": request_contact_clearance_root,
    "reportAccount": report_account_root,
    "withdrawAccount": withdraw_account_root,
    "reportSubject": report_subject_root,
    "recordCollectionAction": record_collection_action_root,
    "recordRepaymentPlan": record_repayment_plan_root,
    "recordPublicRecord": record_public_record_root,
    "recordAssessment": record_assessment_root,
    "withdrawRecord": withdraw_record_root,
    "recordMandate": record_mandate_root,
    "endMandate": end_mandate_root,
    "evaluateMandate": evaluate_mandate_root,
    "mandateFile": mandate_file_root,
    "collectionAdvice": collection_advice_root,
}
