"""The measures of a member's data, and the level that it contributes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.data_quality import Counts, measured_level, quality
from schema.vocabulary.member_class import ContributionLevel

PERFECT = Counts(accounts=10, fields_filled=70, open_accounts=8, fresh=8, recent=10, recent_positive=9, records_read=40)


def test_perfect_data_has_an_index_of_100() -> None:
    found = quality(PERFECT)
    assert (found.completeness, found.timeliness, found.consistency, found.dispute_rate) == (1, 1, 1, 0)
    assert found.index == pytest.approx(100)


def test_each_measure_has_its_weight() -> None:
    assert quality(replace(PERFECT, fields_filled=0)).index == pytest.approx(70)
    assert quality(replace(PERFECT, fresh=0)).index == pytest.approx(70)
    assert quality(replace(PERFECT, records_faulty=40)).index == pytest.approx(70)
    assert quality(replace(PERFECT, accounts=100, fields_filled=700, disputed=5)).index == pytest.approx(90)


def test_more_disputes_than_the_worst_rate_take_nothing_more() -> None:
    assert quality(replace(PERFECT, disputed=10)).index == pytest.approx(90)


def test_nothing_to_measure_has_no_index() -> None:
    found = quality(Counts())
    assert (found.completeness, found.timeliness, found.consistency, found.dispute_rate, found.index) == (None,) * 5


def test_a_measure_that_cannot_be_taken_leaves_its_weight_to_the_others() -> None:
    assert quality(replace(PERFECT, records_read=0)).index == pytest.approx(100)
    assert quality(replace(PERFECT, records_read=0, fresh=0)).index == pytest.approx(100 * 0.4 / 0.7)


counts = st.builds(
    lambda accounts, filled, opened, fresh, disputed, read, faulty: Counts(
        accounts=accounts,
        fields_filled=min(filled, accounts * 7),
        open_accounts=min(opened, accounts),
        fresh=min(fresh, opened, accounts),
        disputed=min(disputed, accounts),
        records_read=read,
        records_faulty=min(faulty, read),
    ),
    *[st.integers(0, 1_000)] * 7,
)


@given(counts)
def test_an_index_lies_between_0_and_100(counted: Counts) -> None:
    index = quality(counted).index
    assert index is None or 0 <= index <= 100 + 1e-9


@given(counts)
def test_one_more_faulty_record_never_raises_the_index(counted: Counts) -> None:
    if counted.records_faulty < counted.records_read:
        before, after = quality(counted), quality(replace(counted, records_faulty=counted.records_faulty + 1))
        assert (after.index or 0) <= (before.index or 0) + 1e-9


@pytest.mark.parametrize(
    ("recent", "positive", "level"),
    [
        (0, 0, ContributionLevel.INQUIRY_ONLY),
        (3, 0, ContributionLevel.NEGATIVE_ONLY),
        (3, 1, ContributionLevel.FULL),
        (3, 3, ContributionLevel.FULL),
    ],
)
def test_the_level_is_what_was_lately_contributed(recent: int, positive: int, level: ContributionLevel) -> None:
    assert measured_level(Counts(recent=recent, recent_positive=positive)) is level
