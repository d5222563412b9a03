"""Metro 2's codes and ours, there and back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.metro2 import codes
from exchange.intake.metro2.layout import BASE, HEADER, SEGMENT_LENGTHS, SEGMENTS
from schema.vocabulary.account import ComplianceFlag, Portfolio, Product
from schema.vocabulary.payment_status import PaymentStatus

STATUS_WITHOUT_WAY_BACK = {"61", "62", "63", "64", "65", "89", "94", "95"}
"""Paid in full after something bad is paid to us (13); surrender and foreclosure are recovered in kind (96)."""

PROFILE_WITHOUT_WAY_BACK = {"G": "L", "H": "K", "J": "K"}


def test_the_segments_are_those_of_the_guide_and_fill_their_lengths() -> None:
    assert set(SEGMENTS) == {"J1", "J2", "K1", "K2", "K3", "K4", "L1", "N1"}
    assert {name: max(last for _, last in layout.values()) for name, layout in SEGMENTS.items()} == SEGMENT_LENGTHS
    assert max(last for _, last in BASE.values()) == 426


@pytest.mark.parametrize("layout", [HEADER, BASE, *SEGMENTS.values()])
def test_fields_do_not_overlap(layout: dict[str, tuple[int, int]]) -> None:
    assert all(before[1] < after[0] for before, after in pairwise(sorted(layout.values())))


def test_all_statuses_of_the_guide_are_known() -> None:
    listed = "11 13 61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97 DA DF"
    assert codes.STATUSES.keys() | codes.WITHDRAWN == set(listed.split())
    assert set(codes.PROFILE) == set("0123456BDEGHJKL")


@pytest.mark.parametrize("status", sorted(codes.STATUSES))
def test_account_statuses_come_back(status: str) -> None:
    back = codes.FROM_STATUS[codes.STATUSES[status]]
    assert (back == status) == (status not in STATUS_WITHOUT_WAY_BACK)
    assert codes.STATUSES[back] == codes.STATUSES[status]


@pytest.mark.parametrize("code", sorted(codes.PROFILE))
def test_profile_codes_come_back(code: str) -> None:
    assert codes.FROM_PROFILE[codes.PROFILE[code]] == PROFILE_WITHOUT_WAY_BACK.get(code, code)


def test_every_code_of_ours_has_a_way_out() -> None:
    assert set(codes.FROM_PROFILE) == {status.value for status in PaymentStatus}
    assert set(codes.FROM_PRODUCT) == set(Product)
    assert set(codes.FROM_PORTFOLIO) == set(Portfolio)
    assert set(codes.FROM_COMPLIANCE) == set(ComplianceFlag)
    assert all(codes.PRODUCTS[theirs] in (ours, Product.CONSUMER_LOAN) for ours, theirs in codes.FROM_PRODUCT.items())


@given(known=st.text("0123456DEKL", max_size=24), months_open=st.integers(0, 30))
def test_whole_profiles_come_back(known: str, months_open: int) -> None:
    profile = known.rstrip("D").ljust(24, "B")
    assert codes.profile_from_codes(codes.profile_codes(profile, months_open)) == profile


@given(st.text("0123456BDEGHJKL", min_size=24, max_size=24), st.integers(0, 24))
def test_a_profile_never_says_not_opened_of_a_month_in_which_the_account_was_open(
    profile: str, months_open: int
) -> None:
    ours = codes.profile_codes(profile, months_open)
    assert len(ours) == 24 and "/" not in ours[:months_open]
