"""Sessions begin, are found, age and end; the memory stand-in keeps to the same as the table."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.handover import SessionOwner, WebSession
from exchange.identity.sessions import SEEN_EVERY, Sessions, SessionStore, digest_of
from exchange.settings import Settings
from exchange.store.web_sessions import SqlSessions

ALICE, BOB = SessionOwner(UUID(int=1)), SessionOwner(UUID(int=2))
LI = SessionOwner(officer_id=UUID(int=1))
MINUTE = timedelta(minutes=1)
SETTINGS = Settings(
    session_idle_seconds=900,
    session_seconds_max=43_200,
    officer_session_idle_seconds=600,
    officer_session_seconds_max=28_800,
)


def is_of(session: WebSession, owner: SessionOwner) -> bool:
    return (session.subject_key, session.officer_id) == (owner.subject_key, owner.officer_id)


class MemorySessions:
    """A SessionStore without a database."""

    def __init__(self) -> None:
        self._kept: dict[bytes, WebSession] = {}

    def add(self, session: WebSession) -> None:
        self._kept[session.digest] = session

    def find(self, digest: bytes) -> WebSession | None:
        return self._kept.get(digest)

    def see(self, digest: bytes, now: datetime) -> None:
        self._kept[digest] = replace(self._kept[digest], seen_at=now)

    def change(self, digest: bytes, put: Mapping[str, Any], removed: Sequence[str]) -> None:
        if digest in self._kept:
            left = {name: value for name, value in self._kept[digest].data.items() if name not in removed}
            self._kept[digest] = replace(self._kept[digest], data=left | dict(put))

    def take(self, digest: bytes, name: str) -> Any:
        session = self._kept.get(digest)
        value = session.data.get(name) if session else None
        self.change(digest, {}, [name])
        return value

    def end(self, digest: bytes) -> bool:
        return self._kept.pop(digest, None) is not None

    def list_for(self, owner: SessionOwner) -> list[WebSession]:
        theirs = [session for session in self._kept.values() if is_of(session, owner)]
        return sorted(theirs, key=lambda session: session.seen_at, reverse=True)


@pytest.fixture(params=["sql", "memory"])
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        yield MemorySessions()
        return
    engine: Engine = request.getfixturevalue("engine")
    with engine.connect() as connection:
        yield SqlSessions(connection.execution_options(isolation_level="AUTOCOMMIT"))


@pytest.fixture
def sessions(store: SessionStore) -> Sessions:
    return Sessions(store, SETTINGS)


def sign_in(
    sessions: Sessions, clock: FixedClock, who: SessionOwner = ALICE, before: bytes | None = None
) -> tuple[str, WebSession]:
    return sessions.sign_in(before, who, "PASSKEY", "Firefox, Linux", {"language": "en"}, clock.now())


def test_a_session_is_found_by_its_value_and_stored_by_its_digest(sessions: Sessions, clock: FixedClock) -> None:
    value, session = sessions.open({"draft": "x"}, "Chrome, Windows", clock.now())
    assert sessions.find(value, clock.now()) == session
    assert session.digest == digest_of(value)
    assert session.subject_key is None
    assert value not in repr(session)
    assert len(value) == 43


@pytest.mark.parametrize("value", ["", "A" * 43, "A" * 42, "A" * 10_000, "ü" * 43, "A" * 42 + "\n"])
def test_another_value_finds_nothing(sessions: Sessions, clock: FixedClock, value: str) -> None:
    sessions.open({}, "", clock.now())
    assert sessions.find(value, clock.now()) is None


def test_a_session_ends_when_it_was_not_used_for_15_minutes(sessions: Sessions, clock: FixedClock) -> None:
    value, _ = sign_in(sessions, clock)
    clock.instant += 15 * MINUTE - timedelta(seconds=1)
    assert sessions.find(value, clock.now())
    clock.instant += 15 * MINUTE - timedelta(seconds=1)
    assert sessions.find(value, clock.now()), "using it keeps it going"
    clock.instant += 15 * MINUTE
    assert sessions.find(value, clock.now()) is None
    assert sessions.list_live(ALICE, clock.now()) == []


def test_a_session_ends_after_12_hours_however_busy(sessions: Sessions, clock: FixedClock) -> None:
    value, _ = sign_in(sessions, clock)
    begun = clock.instant
    while clock.instant < begun + timedelta(hours=12) - 10 * MINUTE:
        clock.instant += 10 * MINUTE
        assert sessions.find(value, clock.now())
    clock.instant = begun + timedelta(hours=12)
    assert sessions.find(value, clock.now()) is None


def test_use_is_noted_now_and_then_not_at_every_request(sessions: Sessions, clock: FixedClock) -> None:
    value, session = sign_in(sessions, clock)
    clock.instant += SEEN_EVERY - timedelta(seconds=1)
    sessions.find(value, clock.now())
    assert sessions.list_live(ALICE, clock.now())[0].seen_at == session.seen_at
    clock.instant += timedelta(seconds=1)
    sessions.find(value, clock.now())
    assert sessions.list_live(ALICE, clock.now())[0].seen_at == clock.now()


def test_signing_in_ends_the_session_before_and_forgets_what_it_knew(sessions: Sessions, clock: FixedClock) -> None:
    planted, visitor = sessions.open({"draft": "x"}, "", clock.now())
    value, session = sign_in(sessions, clock, before=visitor.digest)
    assert value != planted
    assert sessions.find(planted, clock.now()) is None
    assert "draft" not in session.data
    found = sessions.find(value, clock.now())
    assert found is not None
    assert (found.subject_key, found.signed_in_by, found.signed_in_at) == (ALICE.subject_key, "PASSKEY", clock.now())


def test_values_are_never_given_twice(sessions: Sessions, clock: FixedClock) -> None:
    assert len({sessions.open({}, "", clock.now())[0] for _ in range(20)}) == 20


def test_an_ended_session_is_never_found_again(sessions: Sessions, store: SessionStore, clock: FixedClock) -> None:
    value, session = sign_in(sessions, clock)
    assert store.end(session.digest)
    assert not store.end(session.digest)
    assert sessions.find(value, clock.now()) is None
    assert sessions.list_live(ALICE, clock.now()) == []


def test_a_borrower_ends_their_own_sessions_and_nobody_elses(sessions: Sessions, clock: FixedClock) -> None:
    kept, mine = sign_in(sessions, clock)
    second, other = sign_in(sessions, clock)
    third, _ = sign_in(sessions, clock)
    bobs, bob = sign_in(sessions, clock, BOB)
    assert not sessions.end_of(ALICE, bob.digest, clock.now())
    assert sessions.end_of(ALICE, other.digest, clock.now())
    assert not sessions.end_of(ALICE, other.digest, clock.now())
    assert sessions.find(second, clock.now()) is None
    assert sessions.end_others(ALICE, mine.digest, clock.now()) == 1
    assert sessions.find(third, clock.now()) is None
    assert sessions.find(kept, clock.now())
    assert sessions.find(bobs, clock.now())


def test_an_officers_session_ends_sooner(sessions: Sessions, clock: FixedClock) -> None:
    value, _ = sign_in(sessions, clock, LI)
    borrowers, _ = sign_in(sessions, clock, ALICE)
    clock.instant += 10 * MINUTE - timedelta(seconds=1)
    assert sessions.find(value, clock.now())
    assert sessions.find(borrowers, clock.now())
    clock.instant += 10 * MINUTE
    assert sessions.find(value, clock.now()) is None
    assert sessions.find(borrowers, clock.now())
    value, _ = sign_in(sessions, clock, LI)
    begun = clock.instant
    while clock.instant < begun + timedelta(hours=8) - 9 * MINUTE:
        clock.instant += 9 * MINUTE
        assert sessions.find(value, clock.now())
    clock.instant = begun + timedelta(hours=8)
    assert sessions.find(value, clock.now()) is None


def test_a_borrower_and_an_officer_of_one_id_are_two(sessions: Sessions, clock: FixedClock) -> None:
    """Their ids are random, but even of one value they would not meet."""
    borrowers, of_alice = sign_in(sessions, clock, ALICE)
    officers, of_li = sign_in(sessions, clock, LI)
    assert [session.digest for session in sessions.list_live(LI, clock.now())] == [of_li.digest]
    assert [session.digest for session in sessions.list_live(ALICE, clock.now())] == [of_alice.digest]
    assert not sessions.end_of(LI, of_alice.digest, clock.now())
    assert sessions.end_others(LI, None, clock.now()) == 1
    assert sessions.find(officers, clock.now()) is None
    found = sessions.find(borrowers, clock.now())
    assert found is not None
    assert (found.subject_key, found.officer_id) == (ALICE.subject_key, None)


@pytest.mark.parametrize("ids", [(None, None), (UUID(int=1), UUID(int=1))], ids=["nobody", "both"])
def test_a_session_is_one_persons(ids: tuple[UUID | None, UUID | None]) -> None:
    with pytest.raises(ValueError, match="a borrower's or an officer's"):
        SessionOwner(*ids)


def test_changing_one_thing_leaves_the_others(sessions: Sessions, store: SessionStore, clock: FixedClock) -> None:
    value, session = sessions.open({"a": 1, "b": [2], "c": "3"}, "", clock.now())
    store.change(session.digest, {"b": {"x": None}}, ["a"])
    found = sessions.find(value, clock.now())
    assert found is not None
    assert found.data == {"b": {"x": None}, "c": "3"}


def test_what_is_taken_is_gone(sessions: Sessions, store: SessionStore, clock: FixedClock) -> None:
    _, session = sessions.open({"challenge": {"kind": "sign_in"}, "kept": 1}, "", clock.now())
    assert store.take(session.digest, "challenge") == {"kind": "sign_in"}
    assert store.take(session.digest, "challenge") is None
    assert store.take(b"nobody", "challenge") is None
    assert store.take(session.digest, "kept") == 1


def test_of_many_who_take_it_at_once_one_gets_it(engine: Engine, clock: FixedClock) -> None:
    def each_alone(act: Callable[[SqlSessions], Any]) -> Any:
        with engine.begin() as connection:
            return act(SqlSessions(connection))

    _, session = each_alone(lambda store: Sessions(store, SETTINGS).open({"challenge": "x"}, "", clock.now()))
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: each_alone(lambda store: store.take(session.digest, "challenge")), range(8)))
    assert got.count("x") == 1
    assert got.count(None) == 7
