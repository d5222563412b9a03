"""Callers are told from strangers, and nothing else ever comes out."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey

from exchange.errors import NotAuthenticated
from exchange.handover import Caller
from exchange.identity.access_token import AccessTokens
from exchange.identity.bearer import Authenticator
from schema.vocabulary.scope import Scope
from tests.unit.identity.identity_cases import (
    GRAPHQL,
    ISSUER,
    OTHER_KEY,
    PROOF_KEYS,
    TOKEN_KEY,
    Exchange,
    public_jwk,
    sign,
    token_hash,
)


def knock(exchange: Exchange, token: str, **proof: Any) -> Caller:
    shown = exchange.a_proof(ath=token_hash(token), **proof)
    return exchange.authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [shown], exchange.now)


def refusal(exchange: Exchange, token: str, **proof: Any) -> NotAuthenticated:
    with pytest.raises(NotAuthenticated) as caught:
        knock(exchange, token, **proof)
    return caught.value


def a_signed_token(exchange: Exchange, key: Any = TOKEN_KEY, header: Any = None, **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "bank-a",
        "client_id": "bank-a",
        "scope": "credit:read",
        "jti": "token-1",
        "iat": exchange.seconds,
        "exp": exchange.seconds + 300,
        "cnf": {"jkt": PROOF_KEYS["ES256"].thumbprint()},
    }
    whole = {"typ": "at+jwt", "alg": "ES256", "kid": TOKEN_KEY.thumbprint(), **(header or {})}
    return sign(whole, {k: v for k, v in {**claims, **changes}.items() if v is not None}, key)


def test_a_token_and_its_proof_show_the_caller(exchange: Exchange) -> None:
    token = exchange.a_token()
    caller = knock(exchange, token)
    assert caller.member_id == "bank-a"
    assert caller.scopes == {Scope.CREDIT_READ}
    assert caller.key_thumbprint == PROOF_KEYS["ES256"].thumbprint()
    assert caller.once.kind == "proof"
    assert len(caller.once.digest) == 32
    assert caller.once.expires_at > exchange.now + timedelta(seconds=exchange.settings.proof_age_seconds)
    assert exchange.guard.spent == {}


@pytest.mark.parametrize("alg", ["ES256", "Ed25519", "PS256"])
def test_every_kind_of_key_can_prove(exchange: Exchange, alg: str) -> None:
    token = exchange.a_token(PROOF_KEYS[alg])
    assert knock(exchange, token, alg=alg).key_thumbprint == PROOF_KEYS[alg].thumbprint()


def test_two_requests_of_one_token_are_spent_apart(exchange: Exchange) -> None:
    token = exchange.a_token()
    first, second = knock(exchange, token), knock(exchange, token)
    assert first.token_id == second.token_id
    assert first.once.digest != second.once.digest


def test_the_same_proof_shown_again_has_the_same_one_time_value(exchange: Exchange) -> None:
    token = exchange.a_token()
    assert knock(exchange, token, jti="again").once.digest == knock(exchange, token, jti="again").once.digest


def test_a_token_of_the_key_before_last_still_holds(exchange: Exchange) -> None:
    token = exchange.a_token()
    keys = [ECKey.generate_key("P-256"), TOKEN_KEY]
    newer = AccessTokens(exchange.settings, lambda: keys)
    shown = exchange.a_proof(ath=token_hash(token))
    authenticator = Authenticator(newer, exchange.proofs)
    assert authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [shown], exchange.now).member_id == "bank-a"
    assert [key["kid"] for key in newer.public_keys()][1] == TOKEN_KEY.thumbprint()
    assert all("d" not in key for key in newer.public_keys())


def test_a_remembered_token_still_ends(exchange: Exchange) -> None:
    token = exchange.a_token()
    knock(exchange, token)
    exchange.clock.instant += timedelta(seconds=300)
    refused = refusal(exchange, token)
    assert (refused.stable_code, refused.oauth_error, refused.member_id) == ("TOKEN_EXPIRED", "invalid_token", "bank-a")


def test_a_token_may_come_from_a_clock_ten_seconds_ahead_and_no_more(exchange: Exchange) -> None:
    assert knock(exchange, a_signed_token(exchange, nbf=exchange.seconds + 10))
    assert refusal(exchange, a_signed_token(exchange, nbf=exchange.seconds + 11)).stable_code == "TOKEN_NOT_VALID"
    assert refusal(exchange, a_signed_token(exchange, iat=exchange.seconds + 61)).stable_code == "TOKEN_NOT_VALID"


@pytest.mark.parametrize("header", [None, "", "   "])
def test_without_a_token_nobody_is_known(exchange: Exchange, header: str | None) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        exchange.authenticator.authenticate("POST", GRAPHQL, header, [exchange.a_proof()], exchange.now)
    assert caught.value.stable_code in {"TOKEN_MISSING", "TOKEN_NOT_VALID"}
    assert caught.value.member_id is None


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "dpop2", "DPoP x"])
def test_a_token_under_another_scheme_is_refused(exchange: Exchange, scheme: str) -> None:
    token = exchange.a_token()
    shown = exchange.a_proof(ath=token_hash(token))
    with pytest.raises(NotAuthenticated) as caught:
        exchange.authenticator.authenticate("POST", GRAPHQL, f"{scheme} {token}", [shown], exchange.now)
    assert caught.value.stable_code == "TOKEN_NOT_VALID"


def test_a_token_signed_by_another_key_is_refused(exchange: Exchange) -> None:
    refused = refusal(exchange, a_signed_token(exchange, key=OTHER_KEY))
    assert (refused.stable_code, refused.member_id) == ("TOKEN_NOT_VALID", None)


def test_a_token_signed_with_our_public_key_as_a_shared_secret_is_refused(exchange: Exchange) -> None:
    secret = OctKey.import_key(TOKEN_KEY.as_pem(private=False).replace(b"-----", b"").strip())
    refused = refusal(exchange, a_signed_token(exchange, key=secret, header={"alg": "HS256"}))
    assert (refused.stable_code, refused.member_id) == ("TOKEN_NOT_VALID", None)


def test_an_unsigned_token_is_refused(exchange: Exchange) -> None:
    header, claims, signature = a_signed_token(exchange).split(".")
    unsigned = sign({"typ": "at+jwt", "alg": "none", "kid": TOKEN_KEY.thumbprint()}, {"iss": ISSUER}, TOKEN_KEY)
    for token in (f"{header}.{claims}.", f"{header}.{claims}", unsigned, unsigned + signature):
        refused = refusal(exchange, token)
        assert (refused.stable_code, refused.member_id) == ("TOKEN_NOT_VALID", None)


@pytest.mark.parametrize(
    "header", [{"typ": "JWT"}, {"typ": "dpop+jwt"}, {"kid": "another"}, {"crit": ["exp"]}, {"kid": ["a"]}]
)
def test_a_token_of_another_kind_is_refused(exchange: Exchange, header: dict[str, Any]) -> None:
    assert refusal(exchange, a_signed_token(exchange, header=header)).stable_code == "TOKEN_NOT_VALID"


@pytest.mark.parametrize(
    "claim", [{"aud": "https://other.example"}, {"iss": "https://other.example"}, {"aud": [ISSUER]}]
)
def test_a_token_for_another_service_is_refused(exchange: Exchange, claim: dict[str, Any]) -> None:
    refused = refusal(exchange, a_signed_token(exchange, **claim))
    assert (refused.stable_code, refused.member_id) == ("TOKEN_WRONG_AUDIENCE", "bank-a")


@pytest.mark.parametrize("name", ["client_id", "scope", "jti", "iat", "exp", "cnf"])
def test_a_token_that_says_too_little_is_refused(exchange: Exchange, name: str) -> None:
    assert refusal(exchange, a_signed_token(exchange, **{name: None})).stable_code == "TOKEN_NOT_VALID"


@pytest.mark.parametrize(
    "claim", [{"cnf": {}}, {"cnf": "x"}, {"scope": "credit:read root"}, {"exp": "soon"}, {"jti": 7}]
)
def test_a_token_that_speaks_nonsense_is_refused(exchange: Exchange, claim: dict[str, Any]) -> None:
    assert refusal(exchange, a_signed_token(exchange, **claim)).stable_code == "TOKEN_NOT_VALID"


def test_a_token_bound_to_another_key_is_refused(exchange: Exchange) -> None:
    refused = refusal(exchange, exchange.a_token(PROOF_KEYS["Ed25519"]))
    assert (refused.stable_code, refused.oauth_error) == ("TOKEN_BOUND_ELSEWHERE", "invalid_token")
    assert refused.member_id == "bank-a"


def test_a_proof_for_another_token_is_refused(exchange: Exchange) -> None:
    token, other = exchange.a_token(), exchange.a_token()
    for shown in (exchange.a_proof(ath=token_hash(other)), exchange.a_proof(), exchange.a_proof(ath=7)):
        with pytest.raises(NotAuthenticated) as caught:
            exchange.authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [shown], exchange.now)
        assert caught.value.stable_code == "PROOF_FOR_ANOTHER_TOKEN"
        assert caught.value.oauth_error == "invalid_dpop_proof"
        assert caught.value.member_id == "bank-a"


def test_a_stolen_token_without_a_proof_is_refused_and_its_member_named(exchange: Exchange) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        exchange.authenticator.authenticate("POST", GRAPHQL, f"DPoP {exchange.a_token()}", [], exchange.now)
    assert (caught.value.stable_code, caught.value.member_id) == ("PROOF_MISSING", "bank-a")


_EXCHANGE = Exchange()
_TOKEN = _EXCHANGE.a_token()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_NAMES = ["htm", "htu", "iat", "jti", "nonce", "ath", "exp", "cnf", "scope", "client_id", "aud", "iss"]
_CLAIMS = st.dictionaries(st.sampled_from(_NAMES), _JSON)
_HEADERS = st.dictionaries(st.sampled_from(["typ", "jwk", "crit", "kid"]), _JSON, max_size=1)


@given(st.none() | st.text(), st.lists(st.text(), max_size=2), st.text(), st.text())
def test_whatever_is_sent_is_a_caller_or_is_not(header: str | None, proofs: list[str], method: str, url: str) -> None:
    with pytest.raises(NotAuthenticated):
        _EXCHANGE.authenticator.authenticate(method, url, header, proofs, _EXCHANGE.now)


@given(_CLAIMS)
def test_whatever_a_well_signed_token_says_is_a_caller_or_is_not(claims: dict[str, Any]) -> None:
    _authenticate(a_signed_token(_EXCHANGE, **claims), _EXCHANGE.a_proof())


@given(_CLAIMS, _HEADERS)
def test_whatever_a_well_signed_proof_says_is_a_caller_or_is_not(
    claims: dict[str, Any], header: dict[str, Any]
) -> None:
    key = PROOF_KEYS["ES256"]
    whole = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(key), **header}
    _authenticate(_TOKEN, sign(whole, {**_EXCHANGE.proof_claims(ath=token_hash(_TOKEN)), **claims}, key))


def _authenticate(token: str, proof: str) -> None:
    try:
        caller = _EXCHANGE.authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [proof], _EXCHANGE.now)
    except NotAuthenticated as refused:
        assert refused.stable_code
        assert refused.sentence
    else:
        assert caller.member_id
