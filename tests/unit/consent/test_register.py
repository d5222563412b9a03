"""What every home of consents promises: the one in memory and the one in the database pass the same tests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from consent_cases import CONSENT_ID, NOW, OTHER_CONSENT_ID, OTHER_SUBJECT, SUBJECT, a_consent
from consent_rows import add_member_and_subjects
from sqlalchemy import Engine

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.lifecycle import ConsentState, MoveNotAllowed
from consent.memory_register import MemoryConsentRegister
from consent.register import ConsentAlreadyHeld, ConsentMove, ConsentNotHeld, ConsentRegister
from exchange.store.consent_register import SqlConsentRegister

S = ConsentState
MICROSECOND = timedelta(microseconds=1)
TWO_AN_HOUR = Frequency(2, FrequencyUnit.HOUR)


@pytest.fixture(params=["memory", "sql"])
def register(request: pytest.FixtureRequest) -> Iterator[ConsentRegister]:
    if request.param == "memory":
        yield MemoryConsentRegister()
        return
    engine: Engine = request.getfixturevalue("shared_engine")
    with engine.connect() as connection, connection.begin() as transaction:
        add_member_and_subjects(connection)
        yield SqlConsentRegister(connection)
        transaction.rollback()


def test_what_was_added_is_found_as_it_was(register: ConsentRegister) -> None:
    held = a_consent(uses=3, window_started_at=NOW, window_uses=2, frequency=TWO_AN_HOUR, purpose_text="给你贷款")
    register.add(held, "bank-a", NOW)
    assert register.find(SUBJECT, CONSENT_ID) == held
    assert register.find(SUBJECT, OTHER_CONSENT_ID) is None
    assert register.find(OTHER_SUBJECT, CONSENT_ID) is None


def test_an_artefact_is_never_overwritten(register: ConsentRegister) -> None:
    held = a_consent()
    register.add(held, "bank-a", NOW)
    with pytest.raises(ConsentAlreadyHeld):
        register.add(a_consent(purpose_text="Something else."), "bank-a", NOW)
    assert register.find(SUBJECT, CONSENT_ID) == held
    assert len(register.moves(SUBJECT, CONSENT_ID)) == 1


def test_a_borrowers_consents_are_listed_and_nobody_elses(register: ConsentRegister) -> None:
    later, first = a_consent(consent_id=OTHER_CONSENT_ID), a_consent()
    register.add(later, "bank-a", NOW)
    register.add(first, "bank-a", NOW)
    register.add(a_consent(subject_key=OTHER_SUBJECT), "bank-a", NOW)
    assert register.list_for(SUBJECT) == (first, later)
    assert register.list_for(UUID(int=9)) == ()


def test_each_move_is_recorded_with_who_and_when(register: ConsentRegister) -> None:
    register.add(a_consent(S.REQUESTED), "bank-a", NOW)
    for seconds, to in enumerate([S.ACTIVE, S.PAUSED, S.REVOKED], start=1):
        register.move(SUBJECT, CONSENT_ID, to, "borrower", NOW + timedelta(seconds=seconds))
    found = register.find(SUBJECT, CONSENT_ID)
    assert found == a_consent(S.REVOKED)
    assert register.moves(SUBJECT, CONSENT_ID) == (
        ConsentMove(None, S.REQUESTED, "bank-a", NOW),
        ConsentMove(S.REQUESTED, S.ACTIVE, "borrower", NOW + timedelta(seconds=1)),
        ConsentMove(S.ACTIVE, S.PAUSED, "borrower", NOW + timedelta(seconds=2)),
        ConsentMove(S.PAUSED, S.REVOKED, "borrower", NOW + timedelta(seconds=3)),
    )
    assert register.moves(SUBJECT, OTHER_CONSENT_ID) == ()


def test_a_move_that_is_not_allowed_changes_nothing(register: ConsentRegister) -> None:
    register.add(a_consent(S.REVOKED), "bank-a", NOW)
    with pytest.raises(MoveNotAllowed):
        register.move(SUBJECT, CONSENT_ID, S.ACTIVE, "bank-a", NOW)
    found = register.find(SUBJECT, CONSENT_ID)
    assert found == a_consent(S.REVOKED)
    assert len(register.moves(SUBJECT, CONSENT_ID)) == 1


def test_an_unknown_consent_cannot_move_or_be_spent(register: ConsentRegister) -> None:
    with pytest.raises(ConsentNotHeld):
        register.move(SUBJECT, CONSENT_ID, S.REVOKED, "borrower", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) is None


def test_each_spend_has_the_next_number(register: ConsentRegister) -> None:
    register.add(a_consent(), "bank-a", NOW)
    register.add(a_consent(consent_id=OTHER_CONSENT_ID), "bank-a", NOW)
    assert [register.spend(SUBJECT, CONSENT_ID, NOW) for _ in range(3)] == [1, 2, 3]
    other = register.find(SUBJECT, OTHER_CONSENT_ID)
    assert other == a_consent(consent_id=OTHER_CONSENT_ID)


def test_a_consent_for_one_look_is_spent_once(register: ConsentRegister) -> None:
    register.add(a_consent(fetch=Fetch.ONCE), "bank-a", NOW)
    later = NOW + timedelta(days=40)
    assert [register.spend(SUBJECT, CONSENT_ID, at) for at in (NOW, NOW, later)] == [1, None, None]
    found = register.find(SUBJECT, CONSENT_ID)
    assert found is not None
    assert found.uses == 1


@pytest.mark.parametrize("state", [state for state in S if state is not S.ACTIVE])
def test_only_an_active_consent_is_spent(register: ConsentRegister, state: ConsentState) -> None:
    register.add(a_consent(state), "bank-a", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) is None
    assert register.find(SUBJECT, CONSENT_ID) == a_consent(state)


def test_a_withdrawal_stops_the_very_next_spend(register: ConsentRegister) -> None:
    register.add(a_consent(), "bank-a", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) == 1
    register.move(SUBJECT, CONSENT_ID, S.REVOKED, "borrower", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) is None


def test_a_pause_stops_and_resuming_goes_on_counting(register: ConsentRegister) -> None:
    register.add(a_consent(), "bank-a", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) == 1
    register.move(SUBJECT, CONSENT_ID, S.PAUSED, "borrower", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) is None
    register.move(SUBJECT, CONSENT_ID, S.ACTIVE, "borrower", NOW)
    assert register.spend(SUBJECT, CONSENT_ID, NOW) == 2


def test_a_consent_is_spent_from_its_first_instant_to_before_its_last(register: ConsentRegister) -> None:
    ends = NOW + timedelta(hours=1)
    register.add(a_consent(starts_at=NOW, expires_at=ends), "bank-a", NOW)
    instants = (NOW - MICROSECOND, NOW, ends - MICROSECOND, ends)
    assert [register.spend(SUBJECT, CONSENT_ID, at) for at in instants] == [None, 1, 2, None]


def test_a_frequency_counts_in_spans_that_start_with_a_look(register: ConsentRegister) -> None:
    register.add(a_consent(frequency=TWO_AN_HOUR), "bank-a", NOW)
    hour = timedelta(hours=1)
    half = timedelta(minutes=30)
    instants = (NOW, NOW + half, NOW + half, NOW + hour - MICROSECOND, NOW + hour, NOW + hour + half, NOW + hour + half)
    assert [register.spend(SUBJECT, CONSENT_ID, at) for at in instants] == [1, 2, None, None, 3, 4, None]
    assert register.spend(SUBJECT, CONSENT_ID, NOW + 9 * hour) == 5
    found = register.find(SUBJECT, CONSENT_ID)
    assert found is not None
    assert (found.window_started_at, found.window_uses) == (NOW + 9 * hour, 1)


def test_a_clock_that_runs_behind_opens_no_new_span(register: ConsentRegister) -> None:
    register.add(a_consent(frequency=TWO_AN_HOUR), "bank-a", NOW)
    behind = NOW - timedelta(hours=2)
    assert [register.spend(SUBJECT, CONSENT_ID, at) for at in (NOW, behind, behind)] == [1, 2, None]


def test_spending_changes_the_counts_and_nothing_else(register: ConsentRegister) -> None:
    held = a_consent(frequency=TWO_AN_HOUR)
    register.add(held, "bank-a", NOW)
    register.spend(SUBJECT, CONSENT_ID, NOW)
    assert register.find(SUBJECT, CONSENT_ID) == replace(held, uses=1, window_started_at=NOW, window_uses=1)
    assert len(register.moves(SUBJECT, CONSENT_ID)) == 1
