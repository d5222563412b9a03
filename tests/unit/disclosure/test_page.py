"""Pages of a list, against a plain model of Relay's cursor connections."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.disclosure.page import page_of
from exchange.errors import BadRequest


def nodes_of(count: int) -> list[dict[str, Any]]:
    return [{"id": f"n{number}"} for number in range(count)]


def cursors(nodes: list[dict[str, Any]]) -> list[str]:
    return [edge["cursor"] for edge in page_of(nodes, first=100)["edges"]()]


def slice_of(nodes: list[Any], first: int | None, last: int | None, after: int | None, before: int | None) -> list[Any]:
    """Relay's algorithm, read word by word: cut by the cursors, then take the first or the last."""
    kept = list(nodes)
    if after is not None:
        kept = [node for node in kept if nodes.index(node) > after]
    if before is not None:
        kept = [node for node in kept if nodes.index(node) < before]
    if first is not None:
        kept = kept[:first]
    if last is not None:
        kept = kept[-last:] if last < len(kept) else kept
    return kept


@given(
    count=st.integers(0, 12),
    size=st.integers(1, 14),
    forward=st.booleans(),
    data=st.data(),
)
def test_a_page_is_the_slice_that_relay_describes(count: int, size: int, forward: bool, data: st.DataObject) -> None:
    nodes = nodes_of(count)
    place = st.none() if not nodes else st.none() | st.integers(0, count - 1)
    after, before = data.draw(place), data.draw(place)
    first, last = (size, None) if forward else (None, size)
    known = cursors(nodes)

    page = page_of(
        nodes,
        first=first,
        last=last,
        after=None if after is None else known[after],
        before=None if before is None else known[before],
    )

    expected = slice_of(nodes, first, last, after, before)
    assert page["nodes"] == expected == [edge["node"] for edge in page["edges"]()]
    assert page["total_count"] == count
    info = page["page_info"]()
    if expected:
        assert info["has_previous_page"] == (nodes.index(expected[0]) > 0)
        assert info["has_next_page"] == (nodes.index(expected[-1]) < count - 1)
        assert info["start_cursor"] == known[nodes.index(expected[0])]
        assert info["end_cursor"] == known[nodes.index(expected[-1])]
    else:
        assert info["start_cursor"] is info["end_cursor"] is None


@given(count=st.integers(0, 30), size=st.integers(1, 7))
def test_page_after_page_shows_every_node_once(count: int, size: int) -> None:
    nodes, seen, after = nodes_of(count), [], None
    while True:
        page = page_of(nodes, first=size, after=after)
        seen += page["nodes"]
        after = page["page_info"]()["end_cursor"]
        if not page["page_info"]()["has_next_page"]:
            break
    assert seen == nodes


@given(st.text(max_size=30))
def test_a_cursor_that_is_not_of_the_list_is_a_bad_request(cursor: str) -> None:
    with pytest.raises(BadRequest):
        page_of([], first=1, after=cursor)
    with pytest.raises(BadRequest):
        page_of(nodes_of(1), last=1, before="!" + cursor)
