"""The token endpoint, without HTTP: who gets a token, who does not, and what is spent on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc6749 import InsecureTransportError
from joserfc.jwk import OctKey

from exchange.clock import FixedClock
from exchange.identity.client_assertion import MemberAssertion
from exchange.identity.member_request import MemberAnswer, MemberRequest
from exchange.settings import Settings
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope
from tests.unit.identity.identity_cases import (
    BANK_KEY,
    GRAPHQL,
    ISSUER,
    OTHER_KEY,
    PROOF_KEYS,
    TOKEN,
    Exchange,
    a_member,
    public_jwk,
    segment,
    sign,
    token_hash,
)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(exchange: Exchange, assertion: str | None = None, proof: str | None = None, **form: Any) -> MemberAnswer:
    values = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion or exchange.an_assertion(),
        **form,
    }
    given = {name: [value] for name, value in values.items() if value is not None}
    return exchange.server.issue(MemberRequest("POST", TOKEN, given, [proof or exchange.a_proof(url=TOKEN)]))


def refused(answer: MemberAnswer) -> tuple[str, str | None, str | None]:
    assert answer.status == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["DPoP-Nonce"]
    assert "access_token" not in answer.body
    return answer.body["error"], answer.refused_code, answer.member_id


def test_a_member_gets_a_token_bound_to_the_key_of_its_proof(exchange: Exchange) -> None:
    answer = ask(exchange, scope="credit:read")
    assert (answer.status, answer.refused_code) == (200, None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["token_type"] == "DPoP"
    assert answer.body["expires_in"] == 300
    assert answer.body["scope"] == "credit:read"
    token = answer.body["access_token"]
    shown = exchange.a_proof(ath=token_hash(token))
    caller = exchange.authenticator.authenticate("POST", GRAPHQL, f"DPoP {token}", [shown], exchange.now)
    assert (caller.member_id, caller.scopes) == ("bank-a", {Scope.CREDIT_READ})
    assert len(exchange.guard.spent) == 2
    assert "refresh_token" not in answer.body


def test_tokens_begin_and_end_on_our_clock(exchange: Exchange) -> None:
    exchange.clock.instant = datetime(2031, 1, 1, tzinfo=UTC)
    token = exchange.tokens.read(ask(exchange).body["access_token"])
    assert token.issued_at == exchange.now.timestamp()
    assert token.expires_at == exchange.now.timestamp() + 300


def test_who_names_no_scopes_gets_all_that_it_holds(exchange: Exchange) -> None:
    assert ask(exchange).body["scope"] == "credit:read delinquency:read"


@pytest.mark.parametrize("scope", ["root", "credit:read root", "records:write", '"credit:read"', "credit:read \u00e9"])
def test_a_scope_that_is_unknown_or_not_held_gets_no_token_at_all(exchange: Exchange, scope: str) -> None:
    assert refused(ask(exchange, scope=scope)) == ("invalid_scope", "SCOPE_NOT_HELD", "bank-a")


def test_a_member_without_scopes_gets_no_token(exchange: Exchange) -> None:
    exchange.register.members["bank-a"] = a_member(scopes=frozenset())
    assert refused(ask(exchange))[1] == "SCOPE_NOT_HELD"


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.REMOVED])
def test_a_member_that_may_not_act_gets_no_token(exchange: Exchange, status: MemberStatus) -> None:
    exchange.register.members["bank-a"] = a_member(status=status)
    assert refused(ask(exchange)) == ("unauthorized_client", "MEMBER_NOT_ACTIVE", "bank-a")


def test_an_assertion_can_be_sent_again_with_the_nonce_that_was_missing(exchange: Exchange) -> None:
    assertion = exchange.an_assertion()
    first = ask(exchange, assertion, exchange.a_proof(url=TOKEN, nonce=None))
    assert refused(first) == ("use_dpop_nonce", "PROOF_NONCE_NEEDED", None)
    assert exchange.guard.spent == {}
    again = exchange.a_proof(url=TOKEN, nonce=first.headers["DPoP-Nonce"])
    assert ask(exchange, assertion, again).status == 200


def test_an_assertion_buys_one_token(exchange: Exchange) -> None:
    assertion = exchange.an_assertion()
    assert ask(exchange, assertion).status == 200
    assert refused(ask(exchange, assertion)) == ("invalid_client", "ASSERTION_REPLAYED", "bank-a")


def test_a_proof_buys_one_token(exchange: Exchange) -> None:
    proof = exchange.a_proof(url=TOKEN)
    assert ask(exchange, proof=proof).status == 200
    assert refused(ask(exchange, proof=proof)) == ("invalid_dpop_proof", "PROOF_REPLAYED", "bank-a")


def test_a_spent_assertion_is_remembered_until_it_ends(exchange: Exchange) -> None:
    assertion = exchange.an_assertion(exp=exchange.seconds + 300, iat=exchange.seconds + 10)
    ask(exchange, assertion)
    exchange.clock.instant += timedelta(seconds=70)
    exchange.guard.purge(exchange.now)
    assert refused(ask(exchange, assertion))[1] == "ASSERTION_REPLAYED"


def test_a_bad_proof_is_refused_before_the_client_is_looked_at(exchange: Exchange) -> None:
    answer = ask(exchange, "not an assertion", exchange.a_proof(url=GRAPHQL))
    assert refused(answer) == ("invalid_dpop_proof", "PROOF_FOR_ANOTHER_REQUEST", None)
    assert exchange.guard.spent == {}


BAD_ASSERTIONS: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "another member's key": ("ASSERTION_NOT_VALID", None, {"key": OTHER_KEY}),
    "an unknown key id": ("ASSERTION_NOT_VALID", None, {"header": {"kid": "key-2"}}),
    "no key id": ("ASSERTION_NOT_VALID", None, {"header": {"kid": None}}),
    "another type": ("ASSERTION_NOT_VALID", None, {"header": {"typ": "dpop+jwt"}}),
    "an extension": ("ASSERTION_NOT_VALID", None, {"header": {"crit": ["exp"]}}),
    "nobody": ("ASSERTION_NOT_VALID", None, {"sub": None}),
    "a list of members": ("ASSERTION_NOT_VALID", None, {"sub": ["bank-a"]}),
    "a stranger": ("MEMBER_UNKNOWN", None, {"sub": "bank-z", "iss": "bank-z"}),
    "a name that is none": ("MEMBER_UNKNOWN", None, {"sub": "bank-a\x00", "iss": "bank-a\x00"}),
    "half a character": ("ASSERTION_NOT_VALID", None, {"sub": "\ud800", "iss": "\ud800"}),
    "another issuer": ("ASSERTION_NOT_VALID", "bank-a", {"iss": "bank-b"}),
    "no issuer": ("ASSERTION_NOT_VALID", "bank-a", {"iss": None}),
    "the token endpoint's address": ("ASSERTION_WRONG_AUDIENCE", "bank-a", {"aud": TOKEN}),
    "a list with our issuer": ("ASSERTION_WRONG_AUDIENCE", "bank-a", {"aud": [ISSUER]}),
    "a list of several": ("ASSERTION_WRONG_AUDIENCE", "bank-a", {"aud": [ISSUER, "https://other.example"]}),
    "no audience": ("ASSERTION_WRONG_AUDIENCE", "bank-a", {"aud": None}),
    "no end": ("ASSERTION_NOT_VALID", "bank-a", {"exp": None}),
    "an end that is a text": ("ASSERTION_NOT_VALID", "bank-a", {"exp": "soon"}),
    "a start that is a text": ("ASSERTION_NOT_VALID", "bank-a", {"iat": "now"}),
    "no id": ("ASSERTION_NOT_VALID", "bank-a", {"jti": None}),
    "an id without end": ("ASSERTION_NOT_VALID", "bank-a", {"jti": "x" * 129}),
}
BAD_TIMES: dict[str, tuple[str, dict[str, int]]] = {
    "just ended": ("ASSERTION_EXPIRED", {"exp": 0}),
    "ended": ("ASSERTION_EXPIRED", {"exp": -60, "iat": -120}),
    "made 61 seconds ago": ("ASSERTION_EXPIRED", {"iat": -61}),
    "made 11 seconds ahead": ("ASSERTION_FROM_THE_FUTURE", {"iat": 11}),
    "made 61 seconds ahead": ("ASSERTION_FROM_THE_FUTURE", {"iat": 61, "exp": 120}),
    "beginning 11 seconds ahead": ("ASSERTION_FROM_THE_FUTURE", {"nbf": 11}),
    "living 301 seconds": ("ASSERTION_LIVES_TOO_LONG", {"exp": 301}),
    "living ten days": ("ASSERTION_LIVES_TOO_LONG", {"exp": 864_000}),
}


@pytest.mark.parametrize(("code", "member_id", "changes"), BAD_ASSERTIONS.values(), ids=BAD_ASSERTIONS)
def test_a_bad_assertion_is_refused_and_nothing_is_spent(
    exchange: Exchange, code: str, member_id: str | None, changes: dict[str, Any]
) -> None:
    assert refused(ask(exchange, exchange.an_assertion(**changes))) == ("invalid_client", code, member_id)
    assert exchange.guard.spent == {}


@pytest.mark.parametrize(("code", "times"), BAD_TIMES.values(), ids=BAD_TIMES)
def test_an_assertion_out_of_time_is_refused_and_nothing_is_spent(
    exchange: Exchange, code: str, times: dict[str, int]
) -> None:
    assertion = exchange.an_assertion(**{name: exchange.seconds + value for name, value in times.items()})
    assert refused(ask(exchange, assertion)) == ("invalid_client", code, "bank-a")
    assert exchange.guard.spent == {}


@pytest.mark.parametrize("times", [{"iat": 10}, {"nbf": 10}, {"iat": -60}, {"iat": None}, {"exp": 300}])
def test_an_assertion_just_in_time_is_taken(exchange: Exchange, times: dict[str, int | None]) -> None:
    changes = {name: value if value is None else exchange.seconds + value for name, value in times.items()}
    assert ask(exchange, exchange.an_assertion(**changes)).status == 200


def test_an_assertion_signed_with_the_public_key_as_a_shared_secret_is_refused(exchange: Exchange) -> None:
    secret = OctKey.import_key(BANK_KEY.as_pem(private=False).replace(b"-----", b"").strip())
    assertion = exchange.an_assertion(key=secret, header={"alg": "HS256"})
    assert refused(ask(exchange, assertion)) == ("invalid_client", "ASSERTION_NOT_VALID", None)


def test_an_unsigned_assertion_is_refused(exchange: Exchange) -> None:
    _, claims, signature = exchange.an_assertion().split(".")
    header = segment({"typ": "JWT", "alg": "none", "kid": "key-1"})
    for assertion in (f"{header}.{claims}.", f"{header}.{claims}.{signature}"):
        assert refused(ask(exchange, assertion)) == ("invalid_client", "ASSERTION_NOT_VALID", None)


def test_an_assertion_nested_without_end_is_refused(exchange: Exchange) -> None:
    deep = b'{"sub":' + b"[" * 1100 + b"]" * 1100 + b"}"
    assertion = sign({"typ": "JWT", "alg": "ES256", "kid": "key-1"}, deep, BANK_KEY)
    assert refused(ask(exchange, assertion))[1] == "ASSERTION_NOT_VALID"


def test_a_member_cannot_speak_for_another(exchange: Exchange) -> None:
    exchange.register.members["bank-b"] = a_member("bank-b", OTHER_KEY)
    assertion = exchange.an_assertion(sub="bank-b", iss="bank-b")
    assert refused(ask(exchange, assertion)) == ("invalid_client", "ASSERTION_NOT_VALID", None)
    assert refused(ask(exchange, client_id="bank-b"))[1] == "ASSERTION_NOT_VALID"
    assert ask(exchange, client_id="bank-a").status == 200


@pytest.mark.parametrize("alg", ["Ed25519", "PS256"])
def test_a_member_may_sign_with_other_kinds_of_keys(exchange: Exchange, alg: str) -> None:
    jwks = {"keys": [public_jwk(BANK_KEY, kid="key-1"), public_jwk(PROOF_KEYS[alg], kid="key-2")]}
    exchange.register.members["bank-a"] = a_member(jwks=jwks)
    header = {"alg": alg, "kid": "key-2"}
    assert ask(exchange, exchange.an_assertion(key=PROOF_KEYS[alg], header=header)).status == 200
    assert ask(exchange, exchange.an_assertion()).status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"client_assertion_type": "x"}, "invalid_client"),
        ({"client_assertion": "", "client_id": "bank-a", "client_secret": "x"}, "invalid_client"),
    ],
)
def test_other_ways_of_asking_are_refused(exchange: Exchange, form: dict[str, Any], error: str) -> None:
    answer = ask(exchange, **form)
    assert refused(answer)[0] == error
    assert answer.refused_code
    assert exchange.guard.spent == {}


def test_a_parameter_given_twice_is_refused(exchange: Exchange) -> None:
    form = {"grant_type": ["client_credentials", "client_credentials"]}
    answer = exchange.server.issue(MemberRequest("POST", TOKEN, form, [exchange.a_proof(url=TOKEN)]))
    assert refused(answer) == ("invalid_request", "REQUEST_NOT_VALID", None)


def test_only_posts_are_answered_with_a_token(exchange: Exchange) -> None:
    form = {"grant_type": ["client_credentials"]}
    proof = exchange.a_proof(url=TOKEN, htm="GET")
    answer = exchange.server.issue(MemberRequest("GET", TOKEN, form, [proof]))
    assert refused(answer)[0] == "unsupported_grant_type"


def test_an_issuer_in_clear_is_refused_unless_it_is_this_machine(exchange: Exchange) -> None:
    assert Exchange(settings=Settings(issuer="http://127.0.0.1:8600"))
    with pytest.raises(InsecureTransportError):
        Exchange(FixedClock(exchange.now), replace(exchange.settings, issuer="http://exchange.example"))


def test_the_only_way_to_authenticate_is_with_a_signature() -> None:
    assert MemberAssertion.CLIENT_AUTH_METHOD == "private_key_jwt"
