"""What only the home in the database must promise: looks at the same instant, roll-back, and one larger statement."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from consent_cases import CONSENT_ID, NOW, SUBJECT, a_consent
from consent_rows import add_member_and_subjects
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.lifecycle import MOVES, ConsentState
from consent.memory_register import MemoryConsentRegister
from consent.register import HeldConsent
from exchange.store.consent_register import SqlConsentRegister

NAMES = st.sampled_from(["spend", "spend", "spend", *ConsentState])
STEPS = st.lists(st.tuples(NAMES, st.integers(-1, 40)), max_size=12)


def put(engine: Engine, held: HeldConsent) -> None:
    with engine.begin() as connection:
        add_member_and_subjects(connection)
        SqlConsentRegister(connection).add(held, "bank-a", NOW)


def spend_alone(engine: Engine) -> int | None:
    with engine.begin() as connection:
        return SqlConsentRegister(connection).spend(SUBJECT, CONSENT_ID, NOW)


def test_of_many_looks_at_once_as_many_are_let_through_as_the_consent_allows(engine: Engine) -> None:
    put(engine, a_consent(frequency=Frequency(3, FrequencyUnit.DAY)))
    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(lambda _: spend_alone(engine), range(12)))
    assert sorted(number for number in numbers if number) == [1, 2, 3]
    assert numbers.count(None) == 9


def test_a_look_waits_for_a_withdrawal_under_way_and_then_finds_it(engine: Engine) -> None:
    put(engine, a_consent())
    with ThreadPoolExecutor(1) as thread:
        with engine.begin() as withdrawing:
            SqlConsentRegister(withdrawing).move(SUBJECT, CONSENT_ID, ConsentState.REVOKED, "borrower", NOW)
            look = thread.submit(spend_alone, engine)
        assert look.result() is None


def test_a_spend_that_is_rolled_back_was_not_counted(engine: Engine) -> None:
    put(engine, a_consent(fetch=Fetch.ONCE))
    with engine.connect() as connection:
        assert SqlConsentRegister(connection).spend(SUBJECT, CONSENT_ID, NOW) == 1
        connection.rollback()
    assert spend_alone(engine) == 1
    assert spend_alone(engine) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.none() | st.builds(Frequency, st.integers(1, 3), st.just(FrequencyUnit.HOUR)), st.booleans())
def test_memory_and_database_agree_on_any_course_of_events(
    shared_engine: Engine, steps: list[tuple[Any, int]], frequency: Frequency | None, once: bool
) -> None:
    limits = {"fetch": Fetch.ONCE} if once else {"frequency": frequency}
    held = a_consent(ConsentState.REQUESTED, expires_at=NOW + timedelta(hours=4), starts_at=NOW, **limits)
    memory = MemoryConsentRegister()
    with shared_engine.connect() as connection, connection.begin() as transaction:
        add_member_and_subjects(connection)
        registers = (memory, SqlConsentRegister(connection))
        for register in registers:
            register.add(held, "bank-a", NOW)
            register.move(SUBJECT, CONSENT_ID, ConsentState.ACTIVE, "borrower", NOW)
        at = NOW
        for act, minutes in steps:
            at += timedelta(minutes=minutes)
            if act == "spend":
                in_memory, in_database = (register.spend(SUBJECT, CONSENT_ID, at) for register in registers)
                assert in_memory == in_database
            elif act in MOVES[memory.find(SUBJECT, CONSENT_ID).state]:
                for register in registers:
                    register.move(SUBJECT, CONSENT_ID, act, "borrower", at)
            assert registers[1].find(SUBJECT, CONSENT_ID) == memory.find(SUBJECT, CONSENT_ID)
        transaction.rollback()
