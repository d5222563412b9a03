"""The root fields about mandates."""

from typing import Any
from uuid import UUID

from exchange.journeys.evaluate_mandate import evaluate_mandate
from exchange.journeys.mandates import end_mandate, fetch_mandates, record_mandate
from exchange.store.mandates import StoredMandate
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from exchange.web.graphql.record_inputs import mandate_of
from exchange.web.graphql.record_roots import payload
from schema.types.contribution.mandate import MandateInput
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.mandate import EvaluationFinding, MandateState


def record_mandate_root(context: Context, mandate: Any, correction: CorrectionReason | None = None) -> Any:
    """A mandate, given or changed."""
    record = mandate_of(mandate, context.request.caller.member_id)
    written = record_mandate(context.services, context.request, record, correction)
    return payload(written, {"mandate": MandateInput._meta.fields})


def end_mandate_root(context: Context, reference: str, reason: CorrectionReason | None = None) -> Any:
    """A mandate, ended."""
    return payload(end_mandate(context.services, context.request, reference, reason), {})


def evaluate_mandate_root(
    context: Context, reference: str, finding: EvaluationFinding, words: str | None = None
) -> Any:
    """An evaluation of the agency."""
    return payload(evaluate_mandate(context.services, context.request, reference, finding, words), {})


def mandates_root(context: Context, first: int, after: str | None = None) -> Any:
    """The caller's mandates as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_mandates(context.services, context.request, first, start)
    edges = [{"node": shown_mandate(each), "cursor": cursor_of(each.mandate_id.bytes)} for each in page.mandates]
    return connection(edges, page.has_next, after is not None) | {"total_count": page.total}


def shown_mandate(mandate: StoredMandate) -> dict[str, Any]:
    """A mandate, as the contract tells it."""
    return {
        "id": str(mandate.mandate_id),
        "reference": mandate.reference,
        "lender": mandate.lender,
        "agency": mandate.agency,
        "portfolio": mandate.portfolio,
        "channels": [ContactChannel(channel) for channel in mandate.channels],
        "starts_on": mandate.starts_on,
        "ends_on": mandate.ends_on,
        "evaluation_due_on": mandate.evaluation_due_on,
        "state": MandateState(mandate.state),
        "version": mandate.version,
        "recorded_at": mandate.recorded_at,
    }
