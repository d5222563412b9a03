"""The root field of a report: from GraphQL's arguments to the journey."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from exchange.errors import BadRequest
from exchange.journeys.answer_query import answer_query
from exchange.journeys.describe_look import Asked
from exchange.journeys.find_borrower import Document
from exchange.web.graphql.context import Context

_ID_NOT_VALID = {"consentId": "CONSENT_ID_NOT_VALID", "groundId": "GROUND_ID_NOT_VALID"}


def credit_report_root(context: Context, **given: Any) -> Any:
    """One borrower's report."""
    subject, staff = given["subject"], given.get("staff")
    asked = Asked(
        document=Document(subject.id_type, subject.country, subject.id_number),
        purpose=given["purpose"],
        consent_id=_uuid(given.get("consent_id"), "consentId"),
        staff=(staff.id, staff.name) if staff else None,
        selection=context.selection(),
        ground_id=_uuid(given.get("ground_id"), "groundId"),
        as_of=_past(given.get("as_of"), context.services.clock.now()),
    )
    if asked.consent_id and asked.ground_id:
        raise BadRequest("Name a consent or a lawful ground, not both.", "TWO_BASES_NAMED")
    return answer_query(context.services, context.request, asked)


def _uuid(text: str | None, argument: str) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise BadRequest(f"`{argument}` is not an id of ours.", _ID_NOT_VALID[argument]) from None


def _past(as_of: datetime | None, now: datetime) -> datetime | None:
    if as_of is None:
        return None
    if as_of.tzinfo is None:
        raise BadRequest("`asOf` needs its time zone, for example 2026-05-03T09:00:00+08:00.", "AS_OF_WITHOUT_ZONE")
    if as_of > now:
        raise BadRequest("`asOf` lies in the future.", "AS_OF_IN_FUTURE")
    return as_of.astimezone(UTC)
