"""Cuts a page out of a list (Relay cursor connections)."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from exchange.errors import BadRequest


def page_of(
    nodes: Sequence[Any],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """The page as a connection: of the nodes after `after` and before `before`, the `first` or else the `last`.

    Its edges and its place in the list are made when they are asked for. A cursor is the opaque form of a node's id.
    Raises BadRequest where a cursor is not of this list.
    """
    start = _position(nodes, after) + 1 if after is not None else 0
    end = _position(nodes, before) if before is not None else len(nodes)
    if first is not None:
        end = min(end, start + first)
    elif last is not None:
        start = max(start, end - last)
    page = nodes[start:end]
    return {
        "nodes": page,
        "edges": lambda: [{"node": node, "cursor": _cursor(node["id"])} for node in page],
        "total_count": len(nodes),
        "page_info": lambda: {
            "has_next_page": end < len(nodes),
            "has_previous_page": start > 0,
            "start_cursor": _cursor(page[0]["id"]) if page else None,
            "end_cursor": _cursor(page[-1]["id"]) if page else None,
        },
    }


def _cursor(node_id: str) -> str:
    return base64.urlsafe_b64encode(node_id.encode()).decode().rstrip("=")


def _position(nodes: Sequence[Any], cursor: str) -> int:
    try:
        node_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return [node["id"] for node in nodes].index(node_id)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadRequest("This cursor does not belong to this list.") from None
