"""Members are kept, found, changed; unknown ones are said to be unknown."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from exchange.errors import BadRequest
from exchange.store.member_register import SqlMemberRegister
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


def test_a_status_changes_and_nothing_else(register: SqlMemberRegister) -> None:
    register.add(a_member(), NOW)
    register.add(a_member("bank-b"), NOW)
    register.set_status("bank-a", MemberStatus.SUSPENDED)
    assert register.find("bank-a") == replace(a_member(), status=MemberStatus.SUSPENDED)
    assert register.find("bank-b") == a_member("bank-b")


def test_keys_are_replaced_as_a_whole(register: SqlMemberRegister) -> None:
    jwks = {"keys": [public_jwk(OTHER_KEY, kid="key-2")]}
    register.add(a_member(), NOW)
    register.replace_jwks("bank-a", jwks)
    assert register.find("bank-a") == replace(a_member(), jwks=jwks)


def test_a_stranger_cannot_be_changed(register: SqlMemberRegister) -> None:
    for change in (lambda: register.set_status("x", MemberStatus.ACTIVE), lambda: register.replace_jwks("x", {})):
        with pytest.raises(BadRequest) as caught:
            change()
        assert caught.value.stable_code == "MEMBER_UNKNOWN"
    assert register.list() == []


def test_where_a_member_is_reached_is_kept(register: SqlMemberRegister) -> None:
    member = replace(a_member(), redirect_uris=("https://b.example/2", "https://b.example/1"), contact="010-1234")
    register.add(member, NOW)
    assert register.find("bank-a") == member
