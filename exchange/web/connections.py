"""The shape of a Relay connection, and cursors: a place in a list, as text that means nothing to the outside."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from exchange.errors import BadRequest


def connection(edges: Sequence[dict[str, Any]], has_next: bool, has_previous: bool) -> dict[str, Any]:
    """A page of a list, from its edges: each a `node` and its `cursor`."""
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


def cursor_of(place: bytes) -> str:
    """The cursor of a place in a list."""
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def place_of(cursor: str, length: int) -> bytes:
    """The place that a cursor names, of so many bytes. Raises BadRequest where it is none of this list."""
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        place = b""
    if len(place) != length:
        raise BadRequest("This cursor does not belong to this list.")
    return place
