"""Tokens after they were issued: revoked by whoever holds them, explained to nobody else but regulators."""

from datetime import timedelta
from typing import Any

import pytest

from exchange.identity.member_request import MemberAnswer
from schema.vocabulary.member_class import MemberClass
from tests.unit.identity.consent_cases import (
    CONSENT,
    INTROSPECT,
    MAY_ASK,
    REVOKE,
    allowed,
    call,
    may_ask,
    redeem,
    refresh,
    refused,
)
from tests.unit.identity.identity_cases import ISSUER, OTHER_KEY, PROOF_KEYS, TOKEN, Exchange, a_member


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange(proof_url=TOKEN)
    may_ask(made)
    made.register.members["bank-b"] = a_member("bank-b", OTHER_KEY, scopes=MAY_ASK)
    made.register.members["regulator"] = a_member("regulator", OTHER_KEY, member_class=MemberClass.REGULATOR)
    return made


def of(exchange: Exchange, member_id: str) -> dict[str, str]:
    return {"client_assertion": exchange.an_assertion(key=OTHER_KEY, iss=member_id, sub=member_id)}


def revoke(exchange: Exchange, token: str | None, **changes: Any) -> MemberAnswer:
    return call(exchange, REVOKE, {"token": token}, [], **changes)


def ask(exchange: Exchange, token: str | None, **changes: Any) -> MemberAnswer:
    return call(exchange, INTROSPECT, {"token": token}, [], **changes)


def is_active(exchange: Exchange, token: str) -> bool:
    return bool(ask(exchange, token).body["active"])


def granted(exchange: Exchange) -> tuple[str, str]:
    body = redeem(exchange, allowed(exchange)).body
    return body["access_token"], body["refresh_token"]


def test_a_member_revokes_its_own_token_and_no_other(exchange: Exchange) -> None:
    mine, other = exchange.a_token(), exchange.a_token()
    answer = revoke(exchange, mine)
    assert (answer.status, answer.body) == (200, {})
    assert not is_active(exchange, mine)
    assert is_active(exchange, other)
    assert revoke(exchange, mine).status == 200


def test_what_revokes_an_access_token_leaves_its_grant(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    revoke(exchange, access)
    assert not is_active(exchange, access)
    assert is_active(exchange, refresh(exchange, secret).body["access_token"])


def test_a_refresh_token_takes_along_all_that_was_issued_with_it(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    later = refresh(exchange, secret).body["access_token"]
    other, other_secret = granted(exchange)
    assert revoke(exchange, secret).status == 200
    assert refused(refresh(exchange, secret)) == ("invalid_grant", "REFRESH_TOKEN_REVOKED")
    assert [is_active(exchange, token) for token in (access, later, secret)] == [False, False, False]
    assert [is_active(exchange, token) for token in (other, other_secret)] == [True, True]


def test_a_hint_does_not_mislead(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    revoke(exchange, secret, token_type_hint="access_token")
    assert not is_active(exchange, access)


@pytest.mark.parametrize("text", ["x", "x" * 43, "e30.e30.x", "a.b.c.d", "\u00e9" * 43])
def test_what_is_no_token_needs_no_revoking_and_is_not_active(exchange: Exchange, text: str) -> None:
    assert revoke(exchange, text).status == 200
    assert ask(exchange, text).body == {"active": False}
    assert exchange.authorizations.revoked == {}


def test_nobody_revokes_another_members_token(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    for token in (access, secret):
        answer = revoke(exchange, token, **of(exchange, "bank-b"))
        assert refused(answer) == ("invalid_grant", "TOKEN_OF_ANOTHER_MEMBER")
        assert is_active(exchange, token)


def test_a_token_is_explained_to_its_own_member(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    body = ask(exchange, access).body
    assert body["active"] is True
    assert (body["client_id"], body["sub"], body["scope"]) == ("bank-a", f"consent:{CONSENT}", "credit:read")
    assert (body["iss"], body["aud"], body["token_type"]) == (ISSUER, ISSUER, "DPoP")
    assert body["cnf"] == {"jkt": PROOF_KEYS["ES256"].thumbprint()}
    assert body["exp"] - body["iat"] == 300
    assert body["consent_id"] == ask(exchange, secret).body["consent_id"] == str(CONSENT)
    assert "consent_id" not in ask(exchange, exchange.a_token()).body
    assert ask(exchange, access).headers["Cache-Control"] == "no-store"


def test_a_regulator_is_told_and_another_member_is_not(exchange: Exchange) -> None:
    for token in granted(exchange):
        assert ask(exchange, token, **of(exchange, "regulator")).body["client_id"] == "bank-a"
        assert ask(exchange, token, **of(exchange, "bank-b")).body == {"active": False}


def test_a_token_ends_with_its_time_and_with_its_consent(exchange: Exchange) -> None:
    access, secret = granted(exchange)
    own = exchange.a_token()
    exchange.consents.until.clear()
    assert [is_active(exchange, token) for token in (access, secret, own)] == [False, False, True]
    exchange.clock.instant += timedelta(seconds=300)
    assert not is_active(exchange, own)


@pytest.mark.parametrize("url", [REVOKE, INTROSPECT])
def test_who_does_not_sign_is_told_nothing_and_changes_nothing(exchange: Exchange, url: str) -> None:
    token = exchange.a_token()
    for changes in (
        {"client_assertion": None, "client_id": "bank-a"},
        {"client_assertion": None, "client_id": "bank-a", "client_secret": "x"},
        {"client_assertion": exchange.an_assertion(key=OTHER_KEY)},
    ):
        assert refused(call(exchange, url, {"token": token}, [], **changes))[0] == "invalid_client"
    assert refused(call(exchange, url, {"token": None}, []))[0] == "invalid_request"
    assertion = exchange.an_assertion()
    assert call(exchange, url, {"token": "x"}, [], client_assertion=assertion).status == 200
    assert refused(call(exchange, url, {"token": token}, [], client_assertion=assertion))[1] == "ASSERTION_REPLAYED"
    assert is_active(exchange, token)
