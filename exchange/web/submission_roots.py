"""The root fields about submissions: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo

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


def submission_root(root: None, info: GraphQLResolveInfo, **given: Any) -> Any:
    """One submission of the caller's, or None."""
    services, member = _admitted(info)
    try:
        found = view_submission(services, _uuid(given["id"]), member.member_id)
    except BadRequest:
        return None
    return _shown(services, found)


def submissions_root(root: None, info: GraphQLResolveInfo, first: int, after: str | None = None) -> Any:
    """The caller's submissions as a connection."""
    services, member = _admitted(info)
    start = None if after is None else UUID(bytes=_from_cursor(after, 16))
    page = page_submissions(services, member.member_id, first, start)
    edges = [
        {"node": _shown(services, submission), "cursor": _cursor(submission.submission_id.bytes)}
        for submission in page.submissions
    ]
    return _connection(edges, page.has_next, page.has_previous) | {"total_count": page.total}


def mappings_root(root: None, info: GraphQLResolveInfo) -> Any:
    """The caller's mappings."""
    services, member = _admitted(info)
    return [asdict(mapping) for mapping in mappings_of(services, member.member_id)]


def keep_mapping_root(root: None, info: GraphQLResolveInfo, name: str, toml: str) -> Any:
    """The payload of a mapping."""
    services, member = _admitted(info)
    wrong = keep_mapping(services, member.member_id, name, toml)
    kept = () if wrong else (each for each in mappings_of(services, member.member_id) if each.name == name)
    return {
        "mapping": next((asdict(mapping) for mapping in kept), None),
        "user_errors": [{"path": [argument], "code": code, "message": message} for argument, code, message in wrong],
    }


def _admitted(info: GraphQLResolveInfo) -> tuple[Services, Member]:
    services: Services = info.context.services
    return services, admit_contributor(services, info.context.request.caller)


def _shown(services: Services, submission: SubmissionView) -> dict[str, Any]:
    def faults(_info: GraphQLResolveInfo, first: int, after: str | None = None) -> dict[str, Any]:
        start = 0 if after is None else int.from_bytes(_from_cursor(after, 4), "big")
        page = page_faults(services, submission.submission_id, first, start)
        edges = [{"node": _fault(fault), "cursor": _cursor(fault.fault_no.to_bytes(4, "big"))} for fault in page.faults]
        return _connection(edges, page.has_next, page.has_previous)

    return asdict(submission) | {
        "id": str(submission.submission_id),
        "digest": submission.digest.hex(),
        "fault_count": submission.faults,
        "faults": faults,
        "notes": [{"code": code, "times": times} for code, times in sorted(submission.notes.items())],
        "leaf_hash": submission.leaf_hash and b64encode(submission.leaf_hash).decode(),
    }


def _fault(fault: FaultView) -> dict[str, Any]:
    return asdict(fault) | {"sentence": lambda _info, language: fault.sentence(language)}


def _connection(edges: Sequence[dict[str, Any]], has_next: bool, has_previous: bool) -> dict[str, Any]:
    return {
        "nodes": [edge["node"] for edge in edges],
        "edges": edges,
        "page_info": {
            "has_next_page": has_next,
            "has_previous_page": has_previous,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _cursor(place: bytes) -> str:
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def _from_cursor(cursor: str, length: int) -> bytes:
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        place = b""
    if len(place) != length:
        raise BadRequest("This cursor does not belong to this list.")
    return place
