"""Cuts a page out of a list (Relay cursor connections)."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from exchange.errors import BadRequest

PAGE_MAX = 100
"""The most items of one page."""


def page_of(
    nodes: Sequence[Any],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """The page as a connection. A cursor is the opaque form of a node's id.

    Raises BadRequest where `first`/`last` are missing, both given or not 1 to 100, or a cursor is not of this list.
    """
    if (first is None) == (last is None):
        raise BadRequest("Give either `first` or `last`, from 1 to 100.")
    wanted = first if first is not None else last
    if wanted is None or not 1 <= wanted <= PAGE_MAX:
        raise BadRequest(f"`first` and `last` take 1 to {PAGE_MAX}; {wanted} was given.")
    positions = {node["id"]: position for position, node in enumerate(nodes)}
    start = _position(positions, after) + 1 if after is not None else 0
    end = _position(positions, before) if before is not None else len(nodes)
    start, end = (start, min(end, start + wanted)) if first is not None else (max(start, end - wanted), end)
    page = nodes[start:end]
    edges = [{"node": node, "cursor": _cursor(node["id"])} for node in page]
    return {
        "nodes": page,
        "edges": edges,
        "total_count": len(nodes),
        "page_info": {
            "has_next_page": end < len(nodes),
            "has_previous_page": start > 0,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _cursor(node_id: str) -> str:
    return base64.urlsafe_b64encode(node_id.encode()).decode().rstrip("=")


def _position(positions: dict[str, int], cursor: str) -> int:
    try:
        node_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return positions[node_id]
    except (binascii.Error, UnicodeDecodeError, ValueError, KeyError):
        raise BadRequest("This cursor does not belong to this list.") from None
