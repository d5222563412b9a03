"""The root fields about submissions: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import b64encode
from dataclasses import asdict
from typing import Any
from uuid import UUID

from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.keep_mapping import keep_mapping, mappings_of
from exchange.journeys.services import Services
from exchange.journeys.view_submissions import (
    FaultView,
    SubmissionView,
    page_faults,
    page_submissions,
    view_submission,
)
from exchange.web.graphql.arguments import errors_of, id_in
from exchange.web.graphql.connections import connection, connection_by_name, cursor_of, name_before, place_of
from exchange.web.graphql.context import Context


def submission_root(context: Context, **given: Any) -> Any:
    """One submission of the caller's, or None."""
    services, member = _admitted(context)
    try:
        found = view_submission(services, id_in(given["id"]), member.member_id)
    except BadRequest:
        return None
    return _shown(services, found)


def submissions_root(context: Context, first: int, after: str | None = None) -> Any:
    """The caller's submissions as a connection."""
    services, member = _admitted(context)
    start = None if after is None else UUID(bytes=place_of(after, 16))
    page = page_submissions(services, member.member_id, first, start)
    edges = [
        {"node": _shown(services, submission), "cursor": cursor_of(submission.submission_id.bytes)}
        for submission in page.submissions
    ]
    return connection(edges, page.has_next, page.has_previous) | {"total_count": page.total}


def mappings_root(context: Context, first: int, after: str | None = None) -> Any:
    """The caller's mappings as a connection."""
    start = name_before(first, after)
    services, member = _admitted(context)
    found = {mapping.name: asdict(mapping) for mapping in mappings_of(services, member.member_id)}
    return connection_by_name(found, first, start)


def keep_mapping_root(context: Context, name: str, toml: str) -> Any:
    """The payload of a mapping."""
    services, member = _admitted(context)
    wrong = keep_mapping(services, member.member_id, name, toml)
    kept = () if wrong else (each for each in mappings_of(services, member.member_id) if each.name == name)
    return {
        "mapping": next((asdict(mapping) for mapping in kept), None),
        "user_errors": errors_of(wrong),
    }


def _admitted(context: Context) -> tuple[Services, Member]:
    services: Services = context.services
    return services, admit_contributor(services, context.request.caller)


def _shown(services: Services, submission: SubmissionView) -> dict[str, Any]:
    def faults(first: int, after: str | None = None) -> dict[str, Any]:
        start = 0 if after is None else int.from_bytes(place_of(after, 4), "big")
        page = page_faults(services, submission.submission_id, first, start)
        edges = [
            {"node": _fault(fault), "cursor": cursor_of(fault.fault_no.to_bytes(4, "big"))} for fault in page.faults
        ]
        return connection(edges, page.has_next, page.has_previous)

    return asdict(submission) | {
        "id": str(submission.submission_id),
        "digest": submission.digest.hex(),
        "fault_count": submission.faults,
        "faults": faults,
        "notes": [{"code": code, "times": times} for code, times in sorted(submission.notes.items())],
        "leaf_hash": submission.leaf_hash and b64encode(submission.leaf_hash).decode(),
    }


def _fault(fault: FaultView) -> dict[str, Any]:
    return asdict(fault) | {"sentence": lambda language: fault.sentence(language)}
