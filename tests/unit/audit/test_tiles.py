"""Tile paths, widths and entry bundles, as C2SP tlog-tiles writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.audit.tiles import bundle, parse_tile_path, tile_path, tile_width, unbundle
from exchange.errors import LogDoesNotMatch
from tests.vectors import read_vectors

VECTORS = read_vectors("log")["tiles"]


@pytest.mark.parametrize("vector", VECTORS["paths"], ids=lambda vector: vector["path"])
def test_paths_are_those_of_the_specification(vector):
    place = (vector["level"], vector["index"], vector["width"])
    assert tile_path(*place) == vector["path"]
    assert parse_tile_path(vector["path"]) == place


@pytest.mark.parametrize("path", VECTORS["bad_paths"])
def test_any_other_spelling_is_refused(path):
    with pytest.raises(ValueError, match="not a tile path"):
        parse_tile_path(path)


@given(level=st.one_of(st.just("entries"), st.integers(0, 63)), index=st.integers(0, 10**12), width=st.integers(1, 256))
def test_every_place_has_one_path(level, index, width):
    assert parse_tile_path(tile_path(level, index, width)) == (level, index, width)


@pytest.mark.parametrize("vector", VECTORS["widths"], ids=str)
def test_widths_are_those_of_the_specification(vector):
    assert tile_width(vector["size"], vector["level"], vector["index"]) == vector["width"]


def test_a_bundle_holds_each_leaf_behind_its_length():
    assert bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert unbundle(bundle([b"", b"ab", bytes(65_535)])) == [b"", b"ab", bytes(65_535)]


def test_a_leaf_too_long_for_its_length_is_not_bundled():
    with pytest.raises(ValueError, match="longer than 65535 bytes"):
        bundle([bytes(65_536)])


@pytest.mark.parametrize("cut", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_cut_short_is_refused(cut):
    with pytest.raises(LogDoesNotMatch):
        unbundle(cut)
