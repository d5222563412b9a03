"""A key belongs to the first who takes it; what has no answer may be taken over, by one alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from exchange.store.idempotency import (
    RELEASED_AT,
    Claim,
    KeptAnswer,
    RequestKey,
    claim,
    keep_answer,
    release,
    take_over,
)
from tests.unit.store.member_rows import insert_members

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
END = NOW + timedelta(hours=24)
KEY = RequestKey("bank-a", b"k" * 32)
BODY = b"b" * 32
ANSWER = KeptAnswer(200, b'{"data":{}}', (b"leaf one", b"leaf two"))


@pytest.fixture
def members(engine: Engine) -> Engine:
    insert_members(engine, "bank-a", "bank-b")
    return engine


def test_a_key_is_taken_once_and_its_answer_is_kept_for_whoever_comes_next(members: Engine) -> None:
    with members.begin() as connection:
        assert claim(connection, KEY, BODY, NOW, END) is None
        assert claim(connection, KEY, b"o" * 32, LATER, END) == Claim(BODY, NOW, None)
        assert keep_answer(connection, KEY, NOW, ANSWER)
        assert claim(connection, KEY, BODY, LATER, END) == Claim(BODY, NOW, ANSWER)
        assert not keep_answer(connection, KEY, NOW, KeptAnswer(500, b"other", ()))
        release(connection, KEY, NOW)
        assert not take_over(connection, KEY, NOW, LATER)
        assert claim(connection, KEY, BODY, LATER, END) == Claim(BODY, NOW, ANSWER)


def test_another_member_or_another_key_is_another_place(members: Engine) -> None:
    with members.begin() as connection:
        for key in (KEY, RequestKey("bank-b", KEY.digest), RequestKey("bank-a", b"o" * 32)):
            assert claim(connection, key, BODY, NOW, END) is None


def test_a_key_that_was_let_go_may_be_taken_over(members: Engine) -> None:
    with members.begin() as connection:
        claim(connection, KEY, BODY, NOW, END)
        release(connection, KEY, LATER)  # not ours
        assert claim(connection, KEY, BODY, LATER, END) == Claim(BODY, NOW, None)
        release(connection, KEY, NOW)
        assert claim(connection, KEY, BODY, LATER, END) == Claim(BODY, RELEASED_AT, None)
        assert take_over(connection, KEY, RELEASED_AT, LATER)
        assert not take_over(connection, KEY, RELEASED_AT, LATER)
        assert not keep_answer(connection, KEY, NOW, ANSWER)
        assert keep_answer(connection, KEY, LATER, ANSWER)


def test_of_many_at_once_one_takes_a_key_and_one_takes_it_over(members: Engine) -> None:
    def taken(_: int) -> bool:
        with members.begin() as connection:
            return claim(connection, KEY, BODY, NOW, END) is None

    def taken_over(number: int) -> bool:
        with members.begin() as connection:
            return take_over(connection, KEY, NOW, LATER + timedelta(seconds=number))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(taken, range(6))) == 1
        assert sum(pool.map(taken_over, range(6))) == 1
