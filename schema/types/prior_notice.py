"""The notice to a borrower before negative information is reported, sent through the exchange."""

import graphene

from schema.types.subject import SubjectInput
from schema.types.user_error import UserError


class AnnounceNegativeReportPayload(graphene.ObjectType):
    """What came of an announcement. Sent again, it tells whether the notice has reached the borrower by now."""

    notice_id = graphene.ID(description="The notice to the borrower.")
    sent_at = graphene.DateTime(description="When it was sent: the prior notice of what you then report.")
    delivered_at = graphene.DateTime(description="When it reached the borrower; null: not yet, as far as we know.")
    channel = graphene.String(description="By what it was sent, as a delinquency in a file names it.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="Everything that is wrong; empty: it was sent."
    )


def announce_negative_report_field() -> graphene.Field:
    """The mutation."""
    return graphene.Field(
        AnnounceNegativeReportPayload,
        required=True,
        description="Tell a borrower, before you report it, that you will report late payments. Needs records:write. "
        "What you report of these accounts later finds the notice by itself.",
        subject=graphene.Argument(SubjectInput, required=True, description="Whom."),
        account_references=graphene.List(
            graphene.NonNull(graphene.String),
            required=True,
            default_value=[],
            description="Your references of the accounts, 100 at most; empty: an account that you have not reported.",
        ),
        expected_on=graphene.Date(required=True, description="The day from which you will report it."),
    )
