"""Codes and tokens are used once and revoked as a whole; the memory stand-in of other tests keeps to the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from exchange.handover import AuthorizationCode, PushedRequest, RefreshToken
from exchange.store.authorization import (
    SqlAuthorizations,
    find_pushed_request,
    insert_code,
    use_pushed_request,
)
from exchange.store.tables.authorization import pushed_request
from exchange.store.tables.member import revoked_token
from schema.vocabulary.scope import Scope
from tests.unit.identity.identity_cases import MemoryAuthorizations

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DETAILS = [{"type": "openbureau_consent", "days": 90, "data_to": None}]
Store = SqlAuthorizations | MemoryAuthorizations
AddCode = Callable[[AuthorizationCode], None]


@pytest.fixture(params=["sql", "memory"])
def kept(request: pytest.FixtureRequest) -> tuple[Store, AddCode]:
    if request.param == "memory":
        memory = MemoryAuthorizations()
        return memory, lambda code: memory.codes.__setitem__(code.digest, code)
    engine: Engine = request.getfixturevalue("engine")

    def add(code: AuthorizationCode) -> None:
        with engine.begin() as connection:
            insert_code(connection, code)

    return SqlAuthorizations(engine), add


def a_code(mark: int = 1, consent: int = 2, client_id: str = "bank-a") -> AuthorizationCode:
    return AuthorizationCode(
        digest=bytes([mark]) * 32,
        client_id=client_id,
        subject_key=UUID(int=1),
        consent_id=UUID(int=consent),
        redirect_uri="https://bank-a.example/back",
        code_challenge="c" * 43,
        key_thumbprint="k" * 43,
        scopes=frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ}),
        authorization_details=DETAILS,
        expires_at=NOW + MINUTE,
    )


def a_refresh_token(mark: int, code: AuthorizationCode) -> RefreshToken:
    return RefreshToken(
        bytes([mark]) * 32, code.client_id, code.subject_key, code.consent_id, code.scopes,
        code.authorization_details, NOW, NOW + timedelta(days=30),
    )  # fmt: skip


def test_a_code_is_found_as_it_was_kept_and_buys_once(kept: tuple[Store, AddCode]) -> None:
    store, add = kept
    code = a_code()
    add(code)
    assert store.find_code(code.digest) == code
    assert store.find_code(b"x" * 32) is None
    bought = a_refresh_token(9, code)
    assert store.redeem(code, bought, NOW)
    assert store.find_code(code.digest) == replace(code, used=True)
    assert store.find_refresh_token(bought.digest) == bought
    assert not store.redeem(code, a_refresh_token(8, code), NOW)
    assert store.find_refresh_token(b"\x08" * 32) is None


def test_a_code_that_has_ended_buys_nothing(kept: tuple[Store, AddCode]) -> None:
    store, add = kept
    code = a_code()
    add(code)
    assert not store.redeem(code, a_refresh_token(9, code), NOW + MINUTE)
    assert store.find_refresh_token(b"\x09" * 32) is None
    assert store.find_code(code.digest) == code


def test_a_grant_is_found_by_its_name_and_revoked_with_all_its_tokens(kept: tuple[Store, AddCode]) -> None:
    store, add = kept
    codes = [a_code(mark) for mark in (1, 2)]
    tokens = [a_refresh_token(mark, code) for mark, code in zip((7, 255), codes, strict=True)]
    for code, token in zip(codes, tokens, strict=True):
        add(code)
        store.redeem(code, token, NOW)
    assert [store.find_grant(token.grant_id) for token in tokens] == tokens
    assert store.find_grant("00" * 16) is None
    store.revoke_grant(tokens[0], NOW, NOW + MINUTE)
    assert store.find_refresh_token(tokens[0].digest) == replace(tokens[0], revoked=True)
    assert store.find_refresh_token(tokens[1].digest) == tokens[1]
    assert store.is_revoked(f"{tokens[0].grant_id}.1")
    assert not store.is_revoked(f"{tokens[1].grant_id}.1")


def test_a_code_takes_back_what_its_member_holds_under_its_consent_and_nothing_else(
    kept: tuple[Store, AddCode],
) -> None:
    store, add = kept
    codes = [a_code(1), a_code(2), a_code(3, consent=5), a_code(4, client_id="bank-b")]
    tokens = [a_refresh_token(mark, code) for mark, code in enumerate(codes, start=11)]
    for code, token in zip(codes, tokens, strict=True):
        add(code)
        assert store.redeem(code, token, NOW)
    store.revoke_grants(codes[0], NOW, NOW + MINUTE)
    store.revoke_grants(codes[0], NOW + MINUTE, NOW + 2 * MINUTE)
    assert [store.is_revoked(f"{token.grant_id}.1") for token in tokens] == [True, True, False, False]
    found = [store.find_refresh_token(token.digest) for token in tokens]
    assert [token is not None and token.revoked for token in found] == [True, True, False, False]


def test_one_access_token_is_revoked_alone(kept: tuple[Store, AddCode]) -> None:
    store, _ = kept
    for _ in range(2):
        store.revoke_access_token("grant.1", NOW, NOW + MINUTE)
    assert store.is_revoked("grant.1")
    assert not store.is_revoked("grant.2")
    assert not store.is_revoked("grant")


def test_of_many_who_bring_a_code_at_once_one_is_first(engine: Engine) -> None:
    store, code = SqlAuthorizations(engine), a_code()
    with engine.begin() as connection:
        insert_code(connection, code)
    tokens = [a_refresh_token(mark, code) for mark in range(20, 28)]
    with ThreadPoolExecutor(4) as pool:
        redeemed = list(pool.map(lambda token: store.redeem(code, token, NOW), tokens))
    assert redeemed.count(True) == 1
    assert [store.find_refresh_token(token.digest) is not None for token in tokens] == redeemed


A_REQUEST = PushedRequest(
    digest=b"r" * 32,
    client_id="bank-a",
    redirect_uri="https://bank-a.example/back",
    scopes=frozenset({Scope.CREDIT_READ}),
    state=None,
    code_challenge="c" * 43,
    authorization_details=DETAILS,
    key_thumbprint="k" * 43,
    expires_at=NOW + MINUTE,
)


def test_a_request_is_used_once_by_its_own_member_in_its_time(engine: Engine) -> None:
    SqlAuthorizations(engine).push(A_REQUEST)
    with engine.begin() as connection:
        assert find_pushed_request(connection, "bank-a", A_REQUEST.digest) == A_REQUEST
        assert find_pushed_request(connection, "bank-b", A_REQUEST.digest) is None
        assert use_pushed_request(connection, "bank-b", A_REQUEST.digest, NOW) is None
        assert use_pushed_request(connection, "bank-a", b"x" * 32, NOW) is None
        assert use_pushed_request(connection, "bank-a", A_REQUEST.digest, NOW + MINUTE) is None
        used = replace(A_REQUEST, used=True)
        assert use_pushed_request(connection, "bank-a", A_REQUEST.digest, NOW) == used
        assert use_pushed_request(connection, "bank-a", A_REQUEST.digest, NOW) is None
        assert find_pushed_request(connection, "bank-a", A_REQUEST.digest) == used


def test_a_request_is_not_used_where_what_follows_fails(engine: Engine) -> None:
    SqlAuthorizations(engine).push(A_REQUEST)
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        use_pushed_request(connection, "bank-a", A_REQUEST.digest, NOW)
        raise ZeroDivisionError
    with engine.begin() as connection:
        assert connection.execute(select(pushed_request.c.used_at)).scalar_one() is None
        assert connection.execute(select(revoked_token)).first() is None
