"""The shape of a Relay connection, and cursors: a place in a list, as text that means nothing to the outside."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.errors import BadRequest
from exchange.planning.selection import check_size
from schema.types.connection import PAGE_ITEMS_MAX


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


def connection_by_name(named: Mapping[str, Any], first: int, start: str) -> dict[str, Any]:
    """The first of what has a name of its own, by name, after the name `start`; `named` is the whole list."""
    names = sorted(name for name in named if name > start)
    edges = [{"node": named[name], "cursor": cursor_of(name.encode())} for name in names[:first]]
    return connection(edges, len(names) > first, start != "") | {"total_count": len(named)}


def name_before(first: int, after: str | None) -> str:
    """The name after which a page of `first` begins; empty: at the beginning. Raises BadRequest for another size."""
    check_size("first", first, PAGE_ITEMS_MAX)
    return "" if after is None else _decoded(after).decode(errors="replace")


def cursor_of(place: bytes) -> str:
    """The cursor of a place in a list."""
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def place_of(cursor: str, length: int) -> bytes:
    """The place that a cursor names, of so many bytes. Raises BadRequest where it is none of this list."""
    place = _decoded(cursor)
    if len(place) != length:
        raise BadRequest("This cursor does not belong to this list.")
    return place


def _decoded(cursor: str) -> bytes:
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise BadRequest("This is no cursor of ours.") from None
