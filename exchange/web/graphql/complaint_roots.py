"""The root fields about complaints: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from exchange.journeys.answer_complaint import MemberComplaint, answer_complaint, fetch_complaints
from exchange.store.complaints import Evidence
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, cursor_of, place_of
from exchange.web.graphql.context import Context
from schema.vocabulary.complaint import EvidenceKind


def complaints_root(context: Context, first: int, open: bool, after: str | None = None) -> Any:
    """The complaints against the caller as a connection."""
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = fetch_complaints(context.services, context.request, first, start, open)
    edges = [{"node": _shown(one), "cursor": cursor_of(one.complaint.complaint_id.bytes)} for one in page.complaints]
    return connection(edges, page.has_next, page.has_previous) | {"total_count": page.total}


def answer_complaint_root(context: Context, complaint_id: str, words: str) -> Any:
    """The payload of an answer."""
    answered = answer_complaint(context.services, context.request, id_in(complaint_id), words)
    return {
        "complaint": answered.complaint and _shown(answered.complaint),
        "user_errors": errors_of(answered.wrong),
    }


def _shown(view: MemberComplaint) -> dict[str, Any]:
    filed = view.complaint
    return {
        "id": str(filed.complaint_id),
        "category": filed.category,
        "lender_id": filed.lender,
        "account_references": list(view.account_references),
        "words": view.words,
        "filed_at": filed.filed_at,
        "due_at": view.due_at,
        "state": filed.state,
        "evidence": [_evidence(each, view) for each in filed.evidence],
        "answer": view.answer,
        "answered_at": filed.answered_at,
        "finding": filed.finding,
        "finding_words": view.finding_words,
        "found_at": filed.found_at,
    }


def _evidence(evidence: Evidence, view: MemberComplaint) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "at": evidence.at,
        "member_id": evidence.member_id,
        "what": evidence.what,
        "reference": view.references.get(evidence.key),
        "clearance_id": str(evidence.key) if evidence.kind is EvidenceKind.CLEARANCE else None,
        "rules": list(evidence.rules),
        "leaf_hash": b64encode(evidence.leaf_hash).decode() if evidence.leaf_hash else None,
    }
