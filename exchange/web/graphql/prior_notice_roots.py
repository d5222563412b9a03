"""The mutation that announces negative information to a borrower."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from exchange.journeys.announce_report import CHANNEL, announce_negative_report
from exchange.web.graphql.arguments import errors_of
from exchange.web.graphql.context import Context
from exchange.web.graphql.record_inputs import document_of


def announce_negative_report_root(
    context: Context, subject: Any, account_references: Sequence[str], expected_on: date
) -> Any:
    """The payload of an announcement."""
    document = document_of(subject)
    came = announce_negative_report(context.services, context.request, document, account_references, expected_on)
    one = came.announced
    return {
        "notice_id": str(one.notice_id) if one else None,
        "sent_at": one.sent_at if one else None,
        "delivered_at": one.delivered_at if one else None,
        "channel": CHANNEL if one else None,
        "user_errors": errors_of(came.wrong),
    }
