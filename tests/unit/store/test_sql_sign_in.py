"""Signing in, in SQL: what is used once stays used, and the web workers' role may do all of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, insert, text

from exchange.handover import Passkey, SessionOwner, WebSession
from exchange.store.passkeys import BORROWERS
from exchange.store.roles import grant_roles
from exchange.store.sign_in import (
    count_recovery_codes,
    find_recovery_hash,
    find_totp,
    put_totp,
    record_enrolment,
    remove_totp,
    replace_recovery_codes,
    spend_recovery_code,
    spend_totp_step,
)
from exchange.store.tables.subject import subject
from exchange.store.web_sessions import SqlSessions

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SOMEBODY = UUID(int=7)


@pytest.fixture
def connection(engine: Engine) -> Any:
    """A transaction with a borrower, as the web workers' role."""
    with engine.begin() as connection:
        _add_subject(connection)
        connection.execute(text('CREATE ROLE "test-sign-in"'))
        connection.execute(text('CREATE ROLE "test-sign-in-integrator"'))
        grant_roles(connection, "test-sign-in", "test-sign-in-integrator")
        connection.execute(text('SET LOCAL ROLE "test-sign-in"'))
        yield connection
        connection.rollback()


def _add_subject(connection: Connection) -> None:
    connection.execute(
        insert(subject).values(
            subject_key=SOMEBODY, id_type="PASSPORT", country="CN", id_number=b"n", names=b"n", time_zone="UTC",
            language="en", jurisdiction="cn", recorded_at=NOW,
        )
    )  # fmt: skip


def a_passkey(sign_count: int = 0, credential_id: bytes = b"c1", owner: UUID = SOMEBODY) -> Passkey:
    return Passkey(credential_id, owner, b"cose", sign_count, "Phone", ("internal", "usb"), NOW, None, uuid4())


def test_a_passkey_is_kept_as_it_was_added(connection: Connection) -> None:
    added = a_passkey()
    assert BORROWERS.add(connection, added)
    assert BORROWERS.find(connection, b"c1") == added
    assert BORROWERS.list(connection, SOMEBODY) == [added]
    assert BORROWERS.find(connection, b"c2") is None


def test_a_credential_belongs_to_whoever_added_it_first(connection: Connection) -> None:
    BORROWERS.add(connection, a_passkey())
    assert not BORROWERS.add(connection, a_passkey(owner=UUID(int=8)))
    assert not BORROWERS.rename(connection, UUID(int=8), b"c1", "Mine")
    assert not BORROWERS.remove(connection, UUID(int=8), b"c1")
    found = BORROWERS.find(connection, b"c1")
    assert found is not None
    assert (found.user_handle, found.name) == (SOMEBODY, "Phone")


def test_a_count_only_grows_and_zero_is_for_passkeys_that_do_not_count(connection: Connection) -> None:
    BORROWERS.add(connection, a_passkey(0))
    assert BORROWERS.count_use(connection, b"c1", 0, NOW)
    assert BORROWERS.count_use(connection, b"c1", 5, NOW)
    for stale in (5, 4, 0):
        assert not BORROWERS.count_use(connection, b"c1", stale, NOW + timedelta(days=1))
    found = BORROWERS.find(connection, b"c1")
    assert found is not None
    assert (found.sign_count, found.last_used_at) == (5, NOW)


def test_a_passkey_is_renamed_and_removed_by_its_owner(connection: Connection) -> None:
    BORROWERS.add(connection, a_passkey())
    assert BORROWERS.rename(connection, SOMEBODY, b"c1", "Old phone")
    assert BORROWERS.remove(connection, SOMEBODY, b"c1")
    assert not BORROWERS.remove(connection, SOMEBODY, b"c1")


def test_an_authenticator_app_takes_the_place_of_another(connection: Connection) -> None:
    put_totp(connection, SOMEBODY, b"first", 10, NOW)
    put_totp(connection, SOMEBODY, b"second", 5, NOW)
    stored = find_totp(connection, SOMEBODY)
    assert stored is not None
    assert (stored.secret, stored.last_step) == (b"second", 5)
    assert spend_totp_step(connection, SOMEBODY, 6)
    assert not spend_totp_step(connection, SOMEBODY, 6)
    assert not spend_totp_step(connection, SOMEBODY, 5)
    assert remove_totp(connection, SOMEBODY)
    assert not remove_totp(connection, SOMEBODY)


def test_recovery_codes_are_spent_one_by_one(connection: Connection) -> None:
    replace_recovery_codes(connection, SOMEBODY, ["h0", "h1"])
    assert find_recovery_hash(connection, SOMEBODY, 1) == "h1"
    assert not spend_recovery_code(connection, SOMEBODY, 1, "h0", NOW)
    assert spend_recovery_code(connection, SOMEBODY, 1, "h1", NOW)
    assert not spend_recovery_code(connection, SOMEBODY, 1, "h1", NOW)
    assert find_recovery_hash(connection, SOMEBODY, 1) is None
    assert count_recovery_codes(connection, SOMEBODY) == 1
    replace_recovery_codes(connection, SOMEBODY, ["n0", "n1", "n2"])
    assert find_recovery_hash(connection, SOMEBODY, 0) == "n0"
    assert count_recovery_codes(connection, SOMEBODY) == 3


def test_the_first_enrolment_stands(connection: Connection) -> None:
    assert record_enrolment(connection, SOMEBODY, "national-id", b"sealed", "en", NOW)
    assert not record_enrolment(connection, SOMEBODY, "another", b"other", "zh-Hans", NOW)


def test_sessions_are_within_the_rights_of_the_web_workers(connection: Connection) -> None:
    sessions = SqlSessions(connection)
    sessions.add(WebSession(b"d", SOMEBODY, "PASSKEY", NOW, "Firefox", NOW, NOW, NOW, {"a": 1, "b": 2}))
    sessions.see(b"d", NOW + timedelta(minutes=1))
    sessions.change(b"d", {"a": 3}, ["b"])
    assert sessions.take(b"d", "a") == 3
    assert sessions.list_for(SessionOwner(SOMEBODY))[0].data == {}
    assert sessions.end(b"d")
    assert sessions.find(b"d") is None


@pytest.mark.parametrize(
    "spend",
    [
        lambda connection: BORROWERS.count_use(connection, b"c1", 1, NOW),
        lambda connection: spend_totp_step(connection, SOMEBODY, 11),
        lambda connection: spend_recovery_code(connection, SOMEBODY, 0, "h0", NOW),
    ],
    ids=["passkey count", "totp code", "recovery code"],
)
def test_of_many_at_once_one_is_first(engine: Engine, spend: Callable[[Connection], bool]) -> None:
    with engine.begin() as connection:
        _add_subject(connection)
        BORROWERS.add(connection, a_passkey())
        put_totp(connection, SOMEBODY, b"secret", 10, NOW)
        replace_recovery_codes(connection, SOMEBODY, ["h0"])

    def alone(_number: int) -> bool:
        with engine.begin() as connection:
            return spend(connection)

    with ThreadPoolExecutor(4) as pool:
        firsts = list(pool.map(alone, range(8)))
    assert firsts.count(True) == 1
