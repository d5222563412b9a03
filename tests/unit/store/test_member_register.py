"""Members are kept, found, changed; unknown ones are said to be unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Row, select

from exchange.errors import BadRequest
from exchange.store.member_register import SqlMemberRegister, change_member
from exchange.store.tables.member import member_version
from schema.vocabulary.member_class import MemberStatus
from tests.unit.identity.identity_cases import OTHER_KEY, a_member, public_jwk

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def register(engine: Engine) -> SqlMemberRegister:
    return SqlMemberRegister(engine)


def test_a_member_is_found_as_it_was_added(register: SqlMemberRegister) -> None:
    register.add(a_member(), NOW)
    assert register.find("bank-a") == a_member()
    assert register.find("bank-b") is None
    assert register.find("BANK-A") is None


def test_members_are_listed_by_id(register: SqlMemberRegister) -> None:
    for member_id in ("c", "a", "b"):
        register.add(a_member(member_id), NOW)
    assert [member.member_id for member in register.list()] == ["a", "b", "c"]


def test_an_id_is_given_once_and_the_first_member_stays_as_it_was(register: SqlMemberRegister) -> None:
    register.add(a_member(), NOW)
    with pytest.raises(BadRequest) as caught:
        register.add(a_member(name="Second Bank"), NOW)
    assert caught.value.stable_code == "MEMBER_ID_TAKEN"
    assert register.find("bank-a") == a_member()


def change(engine: Engine, member_id: str, values: dict[str, Any], reason: str, now: datetime = NOW) -> None:
    with engine.begin() as connection:
        change_member(connection, member_id, values, reason, now)


def versions(engine: Engine) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(connection.execute(select(member_version).order_by(member_version.c.superseded_at)))


def test_a_status_changes_and_nothing_else(register: SqlMemberRegister, engine: Engine) -> None:
    register.add(a_member(), NOW)
    register.add(a_member("bank-b"), NOW)
    change(engine, "bank-a", {"status": MemberStatus.SUSPENDED}, "STATUS")
    assert register.find("bank-a") == replace(a_member(), status=MemberStatus.SUSPENDED)
    assert register.find("bank-b") == a_member("bank-b")


def test_keys_are_replaced_as_a_whole(register: SqlMemberRegister, engine: Engine) -> None:
    jwks = {"keys": [public_jwk(OTHER_KEY, kid="key-2")]}
    register.add(a_member(), NOW)
    change(engine, "bank-a", {"jwks": jwks}, "KEYS")
    assert register.find("bank-a") == replace(a_member(), jwks=jwks)


def test_what_the_register_said_before_stays_a_version_with_its_reason(
    register: SqlMemberRegister, engine: Engine
) -> None:
    register.add(a_member(), NOW)
    register.add(a_member("bank-b"), NOW)
    change(engine, "bank-a", {"status": MemberStatus.SUSPENDED}, "STATUS", NOW + timedelta(days=1))
    change(engine, "bank-a", {"status": MemberStatus.REMOVED}, "STATUS", NOW + timedelta(days=2))
    kept = versions(engine)
    assert [(row.member_id, row.superseded_at, row.reason, row.record["status"]) for row in kept] == [
        ("bank-a", NOW + timedelta(days=1), "STATUS", "ACTIVE"),
        ("bank-a", NOW + timedelta(days=2), "STATUS", "SUSPENDED"),
    ]
    assert kept[0].record["jwks"] == a_member().jwks


def test_a_stranger_cannot_be_changed(register: SqlMemberRegister, engine: Engine) -> None:
    for values in ({"status": MemberStatus.ACTIVE}, {"jwks": {}}):
        with pytest.raises(BadRequest) as caught:
            change(engine, "x", values, "STATUS")
        assert caught.value.stable_code == "MEMBER_UNKNOWN"
    assert register.list() == []
    assert versions(engine) == []


def test_where_a_member_is_reached_is_kept(register: SqlMemberRegister) -> None:
    member = replace(a_member(), redirect_uris=("https://b.example/2", "https://b.example/1"), contact="010-1234")
    register.add(member, NOW)
    assert register.find("bank-a") == member
