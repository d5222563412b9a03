"""The pressure index: what it counts, and that a further contact never makes it fall."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.contact import Contact
from consent.pressure import (
    BANDS,
    CHANNEL_WEIGHTS,
    DAYS,
    RESULT_PERCENT,
    STAGE_PERCENT,
    Press,
    band_of,
    pressure_of,
)
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.pressure import PressureBand

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
CALL = Contact(
    at=NOW - timedelta(days=2),
    lender="harbour-bank",
    actor="harbour-bank",
    stage=CollectionStage.PHONE,
    channel=ContactChannel.VOICE_HUMAN,
    target=ContactTarget.DEBTOR,
    debts=frozenset({UUID(int=1)}),
    number=None,
    result=ContactResult.EFFECTIVE,
)


@st.composite
def contacts(draw: st.DrawFn) -> Contact:
    return replace(
        CALL,
        at=NOW - timedelta(hours=draw(st.integers(-24, 40 * 24))),
        lender=draw(st.sampled_from(["a", "b", "c"])),
        actor=draw(st.sampled_from(["a", "b", "c", "d"])),
        stage=draw(st.sampled_from(CollectionStage)),
        channel=draw(st.sampled_from(ContactChannel)),
        result=draw(st.none() | st.sampled_from(ContactResult)),
    )


def test_nobody_who_was_left_alone_is_pressed() -> None:
    pressure = pressure_of([], NOW)
    assert (pressure.index, pressure.band, pressure.reasons) == (0, PressureBand.LOW, ())


def test_twenty_talks_with_one_lender_are_the_full_index() -> None:
    assert pressure_of([CALL] * 19, NOW).index == 95
    assert pressure_of([CALL] * 20, NOW).index == pressure_of([CALL] * 500, NOW).index == 100


@pytest.mark.parametrize(
    ("at", "counted"),
    [(NOW, 1), (NOW - timedelta(days=DAYS) + timedelta(seconds=1), 1), (NOW - timedelta(days=DAYS), 0),
     (NOW + timedelta(seconds=1), 0)],
)  # fmt: skip
def test_only_the_last_thirty_days_count(at: datetime, counted: int) -> None:
    assert pressure_of([replace(CALL, at=at)], NOW).contacts == counted


def test_the_same_calls_by_several_lenders_press_harder() -> None:
    by_one = [CALL] * 6
    by_three = [replace(CALL, lender=name, actor=name) for name in "abc"] * 2
    assert pressure_of(by_three, NOW).index > pressure_of(by_one, NOW).index
    by_agencies = [replace(CALL, actor=name) for name in "abc"] * 2
    assert pressure_of(by_one, NOW).index < pressure_of(by_agencies, NOW).index < pressure_of(by_three, NOW).index


def test_a_visit_presses_harder_than_a_call_and_a_call_than_a_message() -> None:
    visit, call, message = (
        pressure_of([replace(CALL, channel=channel)] * 4, NOW).index
        for channel in (ContactChannel.VISIT, ContactChannel.VOICE_HUMAN, ContactChannel.SMS)
    )
    assert visit > call > message > 0


def test_a_contact_of_unknown_result_counts_in_full() -> None:
    assert pressure_of([replace(CALL, result=None)] * 5, NOW).index == pressure_of([CALL] * 5, NOW).index


def test_reasons_name_the_channels_that_press_most_first() -> None:
    message = replace(CALL, channel=ContactChannel.SMS, stage=CollectionStage.REMINDER)
    pressure = pressure_of([message] * 3 + [CALL] * 2, NOW)
    assert pressure.reasons == (
        Press(ContactChannel.VOICE_HUMAN, 2, 16), Press(ContactChannel.SMS, 3, 5)
    )  # fmt: skip


@given(st.lists(contacts(), max_size=12), contacts())
def test_a_further_contact_never_lowers_the_index(before: list[Contact], further: Contact) -> None:
    fewer, more = pressure_of(before, NOW), pressure_of([*before, further], NOW)
    assert fewer.index <= more.index
    assert list(PressureBand).index(fewer.band) <= list(PressureBand).index(more.band)


@given(st.lists(contacts(), max_size=8))
def test_the_order_of_contacts_is_the_same_to_it(some: list[Contact]) -> None:
    assert pressure_of(some, NOW) == pressure_of(reversed(some), NOW)


def test_every_channel_result_and_stage_has_a_weight_and_every_band_a_begin() -> None:
    assert (set(CHANNEL_WEIGHTS), set(RESULT_PERCENT), set(STAGE_PERCENT)) == (
        set(ContactChannel), set(ContactResult), set(CollectionStage)
    )  # fmt: skip
    assert {band for _, band in BANDS} == set(PressureBand)
    assert [band_of(index) for index in (0, 19, 20, 49, 50, 74, 75, 100)] == [
        PressureBand.LOW, PressureBand.LOW, PressureBand.NOTICEABLE, PressureBand.NOTICEABLE, PressureBand.HIGH,
        PressureBand.HIGH, PressureBand.EXCESSIVE, PressureBand.EXCESSIVE,
    ]  # fmt: skip
