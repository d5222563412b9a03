"""Codes and refresh tokens: what a borrower's yes buys, once, for one key, and for as long as it stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from exchange.errors import NotAuthenticated
from exchange.identity.secret_text import digest_of
from exchange.identity.signed_claims import read_signed_claims
from schema.vocabulary.scope import Scope
from tests.unit.identity.consent_cases import (
    ALICE,
    BACK,
    CONSENT,
    DETAILS,
    MAY_ASK,
    VERIFIER,
    allowed,
    call,
    may_ask,
    redeem,
    refresh,
    refused,
)
from tests.unit.identity.identity_cases import (
    BANK_KEY,
    GRAPHQL,
    ISSUER,
    OTHER_KEY,
    PROOF_KEYS,
    TOKEN,
    TOKEN_KEY,
    Exchange,
    a_member,
    public_jwk,
    segment,
    sign,
    token_hash,
)
from tests.unit.identity.test_dpop import BAD_PROOFS


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange(proof_url=TOKEN)
    may_ask(made)
    return made


def caller_of(exchange: Exchange, token: str, alg: str = "ES256") -> Any:
    shown = exchange.a_proof(alg, url=GRAPHQL, ath=token_hash(token))
    return exchange.authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [shown], exchange.now)


def is_revoked(exchange: Exchange, access_token: str) -> bool:
    return exchange.authorizations.is_revoked(exchange.tokens.read(access_token).token_id)


def test_a_code_buys_a_token_for_one_consent_and_tells_which(exchange: Exchange) -> None:
    answer = redeem(exchange, allowed(exchange))
    assert (answer.status, answer.refused_code) == (200, None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["token_type"] == "DPoP"
    assert answer.body["scope"] == "credit:read"
    assert answer.body["authorization_details"] == [{**DETAILS, "consent_id": str(CONSENT)}]
    token = answer.body["access_token"]
    caller = caller_of(exchange, token)
    assert (caller.member_id, caller.scopes, caller.consent_id) == ("bank-a", {Scope.CREDIT_READ}, CONSENT)
    claims = read_signed_claims(token, 4096).claims
    assert claims["sub"] == f"consent:{CONSENT}"
    assert claims["consent_id"] == str(CONSENT)
    assert str(ALICE) not in str(claims)


def test_a_refresh_token_is_kept_only_by_its_digest(exchange: Exchange) -> None:
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    assert list(exchange.authorizations.refresh_tokens) == [digest_of(secret)]
    assert secret not in repr(exchange.authorizations.refresh_tokens)


def test_a_token_of_the_members_own_is_bound_to_no_consent(exchange: Exchange) -> None:
    caller = caller_of(exchange, exchange.a_token())
    assert caller.consent_id is None


BAD_CODES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no code": ("invalid_request", "REQUEST_NOT_VALID", {"code": None}),
    "a made-up code": ("invalid_grant", "CODE_UNKNOWN", {"code": "x" * 43}),
    "no address": ("invalid_request", "REQUEST_NOT_VALID", {"redirect_uri": None}),
    "another address": ("invalid_grant", "REDIRECT_URI_DIFFERS", {"redirect_uri": BACK + "?branch=2"}),
    "no verifier": ("invalid_request", "REQUEST_NOT_VALID", {"code_verifier": None}),
    "another verifier": ("invalid_grant", "CODE_VERIFIER_DIFFERS", {"code_verifier": "w" * 43}),
    "the challenge as verifier": (
        "invalid_grant",
        "CODE_VERIFIER_DIFFERS",
        {"code_verifier": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
    ),
    "a short verifier": ("invalid_grant", "CODE_VERIFIER_DIFFERS", {"code_verifier": "v" * 42}),
    "a verifier of other letters": ("invalid_grant", "CODE_VERIFIER_DIFFERS", {"code_verifier": "é" * 43}),
}


@pytest.mark.parametrize(("error", "code", "changes"), BAD_CODES.values(), ids=BAD_CODES)
def test_a_code_brought_wrongly_buys_nothing_and_is_still_good(
    exchange: Exchange, error: str, code: str, changes: dict[str, Any]
) -> None:
    given = allowed(exchange)
    assert refused(redeem(exchange, **{"code": given, **changes})) == (error, code)
    assert exchange.authorizations.refresh_tokens == {}
    assert redeem(exchange, given).status == 200


def test_a_plain_challenge_does_not_fit_even_where_one_was_kept(exchange: Exchange) -> None:
    given = allowed(exchange, code_challenge="v" * 43)
    assert refused(redeem(exchange, given, code_verifier="v" * 43))[1] == "CODE_VERIFIER_DIFFERS"


def test_a_code_lives_sixty_seconds(exchange: Exchange) -> None:
    in_time, late = allowed(exchange), allowed(exchange)
    exchange.clock.instant += timedelta(seconds=59)
    assert redeem(exchange, in_time).status == 200
    exchange.clock.instant += timedelta(seconds=1)
    assert refused(redeem(exchange, late)) == ("invalid_grant", "CODE_EXPIRED")


def test_a_code_brought_twice_takes_back_what_it_bought(exchange: Exchange) -> None:
    code = allowed(exchange)
    first = redeem(exchange, code).body
    later = refresh(exchange, first["refresh_token"]).body["access_token"]
    other = exchange.a_token()
    assert refused(redeem(exchange, code)) == ("invalid_grant", "CODE_REPLAYED")
    assert is_revoked(exchange, first["access_token"])
    assert is_revoked(exchange, later)
    assert not is_revoked(exchange, other)
    assert refused(refresh(exchange, first["refresh_token"])) == ("invalid_grant", "REFRESH_TOKEN_REVOKED")


@pytest.mark.parametrize("late", [0, 61])
def test_a_code_brought_again_wrongly_or_late_still_takes_back_what_it_bought(exchange: Exchange, late: int) -> None:
    code = allowed(exchange)
    token = redeem(exchange, code).body["access_token"]
    exchange.clock.instant += timedelta(seconds=late)
    assert refused(redeem(exchange, code, code_verifier="w" * 43)) == ("invalid_grant", "CODE_REPLAYED")
    assert is_revoked(exchange, token)


def test_of_two_who_bring_a_code_at_once_one_is_late_and_both_lose(exchange: Exchange) -> None:
    code = allowed(exchange)
    kept = exchange.authorizations.find_code(digest_of(code))
    first = redeem(exchange, code).body
    exchange.authorizations.find_code = lambda digest: kept  # read by the second before the first had used it up
    assert refused(redeem(exchange, code)) == ("invalid_grant", "CODE_REPLAYED")
    assert is_revoked(exchange, first["access_token"])


def test_another_members_code_is_unknown_here(exchange: Exchange) -> None:
    exchange.register.members["bank-b"] = a_member("bank-b", OTHER_KEY, redirect_uris=(BACK,), scopes=MAY_ASK)
    assertion = exchange.an_assertion(key=OTHER_KEY, iss="bank-b", sub="bank-b")
    code = allowed(exchange)
    assert refused(redeem(exchange, code, client_assertion=assertion)) == ("invalid_grant", "CODE_UNKNOWN")
    assert redeem(exchange, code).status == 200


def test_a_code_is_for_the_key_that_the_request_was_pushed_with(exchange: Exchange) -> None:
    code = allowed(exchange)
    answer = redeem(exchange, code, exchange.a_proof("Ed25519"))
    assert refused(answer) == ("invalid_dpop_proof", "CODE_BOUND_ELSEWHERE")
    assert redeem(exchange, code).status == 200


def test_a_code_of_a_consent_that_was_withdrawn_meanwhile_buys_nothing(exchange: Exchange) -> None:
    code = allowed(exchange)
    exchange.consents.until.clear()
    assert refused(redeem(exchange, code)) == ("invalid_grant", "CONSENT_NOT_STANDING")
    assert exchange.authorizations.refresh_tokens == {}


@pytest.mark.parametrize(("expected", "make"), BAD_PROOFS.values(), ids=BAD_PROOFS)
def test_a_bad_proof_redeems_nothing(exchange: Exchange, expected: str, make: Callable[[Exchange], list[str]]) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    code = allowed(exchange)
    assert refused(call(exchange, TOKEN, {**form, "code": code}, make(exchange)))[1] == expected
    assert exchange.guard.spent == {}
    assert redeem(exchange, code).status == 200


def test_an_assertion_and_a_proof_redeem_once(exchange: Exchange) -> None:
    assertion, proof = exchange.an_assertion(), exchange.a_proof()
    assert redeem(exchange, allowed(exchange), proof, client_assertion=assertion).status == 200
    code = allowed(exchange)
    assert refused(redeem(exchange, code, client_assertion=assertion))[1] == "ASSERTION_REPLAYED"
    assert refused(redeem(exchange, code, proof))[1] == "PROOF_REPLAYED"


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256"])
def test_an_assertion_of_another_algorithm_redeems_nothing(exchange: Exchange, alg: str) -> None:
    secret = OctKey.import_key(BANK_KEY.as_pem(private=False).replace(b"-----", b"").strip())
    signed = exchange.an_assertion(key=secret, header={"alg": "HS256"})
    if alg != "HS256":
        signed = exchange.an_assertion() if alg == "RS256" else exchange.an_assertion().rpartition(".")[0] + ".AA"
        signed = _with_algorithm(signed, alg)
    assert refused(redeem(exchange, allowed(exchange), client_assertion=signed)) == (
        "invalid_client",
        "ASSERTION_NOT_VALID",
    )


def _with_algorithm(signed: str, alg: str) -> str:
    _, claims, signature = signed.split(".")
    return f"{segment({'typ': 'JWT', 'alg': alg, 'kid': 'key-1'})}.{claims}.{signature}"


def test_a_refresh_token_buys_again_and_stays_the_same(exchange: Exchange) -> None:
    first = redeem(exchange, allowed(exchange)).body
    exchange.clock.instant += timedelta(days=3)
    for _ in range(2):
        answer = refresh(exchange, first["refresh_token"])
        assert answer.status == 200
        assert "refresh_token" not in answer.body
        assert answer.body["authorization_details"] == [{**DETAILS, "consent_id": str(CONSENT)}]
        assert caller_of(exchange, answer.body["access_token"]).consent_id == CONSENT


def test_a_refreshed_token_is_bound_to_the_key_of_its_own_proof(exchange: Exchange) -> None:
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    token = refresh(exchange, secret, exchange.a_proof("Ed25519")).body["access_token"]
    assert caller_of(exchange, token, "Ed25519").key_thumbprint == PROOF_KEYS["Ed25519"].thumbprint()


def test_a_refresh_token_never_outlives_its_consent_nor_its_setting(exchange: Exchange) -> None:
    redeem(exchange, allowed(exchange))
    (token,) = exchange.authorizations.refresh_tokens.values()
    assert token.expires_at == exchange.now + timedelta(days=30)
    exchange.consents.until[(ALICE, CONSENT)] = exchange.now + timedelta(days=3_000)
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    longest = timedelta(seconds=exchange.settings.refresh_token_seconds)
    assert exchange.authorizations.refresh_tokens[digest_of(secret)].expires_at == exchange.now + longest
    exchange.clock.instant += longest
    assert refused(refresh(exchange, secret)) == ("invalid_grant", "REFRESH_TOKEN_EXPIRED")


def test_nothing_is_refreshed_after_a_withdrawal(exchange: Exchange) -> None:
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    exchange.consents.until.clear()
    assert refused(refresh(exchange, secret)) == ("invalid_grant", "CONSENT_NOT_STANDING")


def test_another_members_refresh_token_is_unknown_here(exchange: Exchange) -> None:
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    exchange.register.members["bank-b"] = a_member("bank-b", OTHER_KEY, scopes=MAY_ASK)
    assertion = exchange.an_assertion(key=OTHER_KEY, iss="bank-b", sub="bank-b")
    answer = refresh(exchange, secret, client_assertion=assertion)
    assert refused(answer) == ("invalid_grant", "REFRESH_TOKEN_UNKNOWN")
    assert refused(refresh(exchange, "x" * 43))[1] == "REFRESH_TOKEN_UNKNOWN"


def test_a_refresh_never_widens_and_never_gives_what_the_member_no_longer_holds(exchange: Exchange) -> None:
    both = frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ})
    secret = redeem(exchange, allowed(exchange, scopes=both)).body["refresh_token"]
    assert refresh(exchange, secret, scope="credit:read").body["scope"] == "credit:read"
    assert refresh(exchange, secret).body["scope"] == "credit:read delinquency:read"
    assert refused(refresh(exchange, secret, scope="credit:read consent:request"))[0] == "invalid_scope"
    may_ask(exchange, scopes=frozenset({Scope.CREDIT_READ}))
    assert refresh(exchange, secret).body["scope"] == "credit:read"


def test_a_member_with_a_new_key_goes_on_refreshing(exchange: Exchange) -> None:
    secret = redeem(exchange, allowed(exchange)).body["refresh_token"]
    jwks = {"keys": [public_jwk(OTHER_KEY, kid="key-2"), public_jwk(BANK_KEY, kid="key-1")]}
    may_ask(exchange, jwks=jwks)
    newer = exchange.an_assertion(key=OTHER_KEY, header={"kid": "key-2"})
    assert refresh(exchange, secret, client_assertion=newer).status == 200
    assert refresh(exchange, secret).status == 200


@pytest.mark.parametrize("consent_id", ["all", 7, None, ["2"]])
def test_a_token_whose_consent_is_not_an_id_is_none_of_ours(exchange: Exchange, consent_id: object) -> None:
    claims = read_signed_claims(exchange.a_token(), 4096).claims
    assert claims["aud"] == ISSUER
    header = {"alg": "ES256", "typ": "at+jwt", "kid": TOKEN_KEY.thumbprint()}
    assert exchange.tokens.read(sign(header, claims, TOKEN_KEY)).consent_id is None
    with pytest.raises(NotAuthenticated):
        exchange.tokens.read(sign(header, {**claims, "consent_id": consent_id}, TOKEN_KEY))
