"""Documents are kept for their member, by their digests; no more of its own than the number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Engine

from exchange.store.kept_documents import find_document, keep_own, list_documents, remove_document, trust
from tests.unit.store.member_rows import insert_members

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def members(engine: Engine) -> Engine:
    insert_members(engine, "bank-a", "bank-b")
    return engine


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def test_a_document_is_found_by_its_member_and_digest_alone(members: Engine) -> None:
    with members.begin() as connection:
        assert keep_own(connection, "bank-a", "{ ä }", 5, NOW)
        assert keep_own(connection, "bank-a", "{ ä }", 5, NOW + timedelta(days=1))
        assert find_document(connection, "bank-a", digest("{ ä }")) == (digest("{ ä }"), "{ ä }", False, NOW)
        assert find_document(connection, "bank-b", digest("{ ä }")) is None
        assert not remove_document(connection, "bank-b", digest("{ ä }"))
        assert remove_document(connection, "bank-a", digest("{ ä }"))
        assert list_documents(connection, "bank-a") == []


def test_trust_lifts_a_members_own_and_is_not_lost_when_the_member_sends_it_again(members: Engine) -> None:
    with members.begin() as connection:
        keep_own(connection, "bank-a", "{ a }", 5, NOW)
        trust(connection, "bank-a", ["{ b }", "{ a }", "{ b }"], NOW + timedelta(days=1))
        keep_own(connection, "bank-a", "{ b }", 5, NOW)
        found = [(each.text, each.trusted, each.kept_at) for each in list_documents(connection, "bank-a")]
    assert found == [("{ a }", True, NOW), ("{ b }", True, NOW + timedelta(days=1))]


def test_many_at_once_keep_no_more_than_the_number(members: Engine) -> None:
    def kept(number: int) -> bool:
        with members.begin() as connection:
            return keep_own(connection, "bank-a", f"{{ a{number} }}", 3, NOW)

    with members.begin() as connection:
        trust(connection, "bank-a", ["{ t }"], NOW)
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(kept, range(8))) == 3
    with members.connect() as connection:
        assert len(list_documents(connection, "bank-a")) == 4
