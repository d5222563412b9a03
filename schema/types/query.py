"""The root of every query."""

import graphene

from schema.types import enums
from schema.types.access_log import access_log_field, event_field
from schema.types.clearance import contact_clearances_field
from schema.types.complaint import complaints_field
from schema.types.conduct import consent_reconciliation_field, member_conduct_field
from schema.types.connection import forward_field
from schema.types.contribution.mandate import mandates_field
from schema.types.dispute import disputes_field
from schema.types.mandate_file import collection_advice_field, mandate_file_field
from schema.types.member import member_field
from schema.types.notice import NoticeConnection
from schema.types.plan_reply import plan_replies_field
from schema.types.rate_limit import rate_limit_field
from schema.types.report import CreditReport
from schema.types.review import reviews_asked_field
from schema.types.subject import StaffInput, SubjectInput
from schema.types.submission import mappings_field, submission_field, submissions_field
from schema.types.webhook import webhook_deliveries_field, webhooks_field


class Query(graphene.ObjectType):
    """What may be asked."""

    credit_report = graphene.Field(
        CreditReport,
        description="One borrower's report. Each one is a look: it is logged, and the borrower sees it.",
        subject=graphene.Argument(SubjectInput, required=True, description="Whose file."),
        purpose=graphene.Argument(enums.Purpose, required=True, description="Why now; the consent must name the same."),
        consent_id=graphene.ID(description="The borrower's consent that you rely on."),
        ground_id=graphene.ID(description="The lawful ground that you rely on instead; the operator records grounds."),
        staff=graphene.Argument(StaffInput, description="For whom at your house (required under art. 22)."),
        as_of=graphene.DateTime(
            description="What the file said at this instant, with its time zone and not in the future; now unless "
            "told. What may not be shown today is not shown of the past either."
        ),
    )
    notices = forward_field(
        NoticeConnection,
        items="notices",
        description="Notices to you, the oldest first: of the kinds that your scopes open.",
        kinds=graphene.List(
            graphene.NonNull(enums.NoticeKind), required=True, default_value=[], description="Only these; empty: all."
        ),
        unanswered=graphene.Boolean(
            required=True, default_value=False, description="Only withdrawals that you have not answered yet."
        ),
    )
    webhooks = webhooks_field()
    webhook_deliveries = webhook_deliveries_field()
    access_log = access_log_field()
    event = event_field()
    consent_reconciliation = consent_reconciliation_field()
    member_conduct = member_conduct_field()
    submission = submission_field()
    submissions = submissions_field()
    mappings = mappings_field()
    mandates = mandates_field()
    plan_replies = plan_replies_field()
    complaints = complaints_field()
    mandate_file = mandate_file_field()
    collection_advice = collection_advice_field()
    contact_clearances = contact_clearances_field()
    disputes = disputes_field()
    reviews_asked = reviews_asked_field()
    member = member_field()
    rate_limit = rate_limit_field()
