"""Proofs of possession: a good one holds, and each kind of bad one is refused with its own code."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey
from joserfc.util import urlsafe_b64encode

from exchange.errors import NotAuthenticated
from exchange.identity.dpop import Proof, replayed
from exchange.identity.nonce import Nonces
from tests.unit.identity.identity_cases import GRAPHQL, OTHER_KEY, PROOF_KEYS, Exchange, public_jwk, segment, sign

SMALL_RSA = {"kty": "RSA", "n": urlsafe_b64encode(b"\xff" * 128).decode(), "e": "AQAB"}


def verify(exchange: Exchange, *proofs: str, url: str = GRAPHQL) -> Proof:
    return exchange.proofs.verify(proofs, "POST", url, exchange.now)


def code(exchange: Exchange, *proofs: str, url: str = GRAPHQL) -> str:
    with pytest.raises(NotAuthenticated) as caught:
        verify(exchange, *proofs, url=url)
    assert caught.value.member_id is None
    assert exchange.guard.spent == {}
    return caught.value.stable_code


def test_a_good_proof_holds_and_names_its_key(exchange: Exchange) -> None:
    proof = verify(exchange, exchange.a_proof())
    assert proof.key_thumbprint == PROOF_KEYS["ES256"].thumbprint()
    assert exchange.guard.spend(proof.once)
    assert not exchange.guard.spend(proof.once)


def test_equal_ids_of_two_keys_are_two_one_time_values(exchange: Exchange) -> None:
    first = verify(exchange, exchange.a_proof("ES256", jti="same"))
    second = verify(exchange, exchange.a_proof("Ed25519", jti="same"))
    assert first.once.digest != second.once.digest


def _other_signature(exchange: Exchange) -> str:
    header, claims, _ = exchange.a_proof().split(".")
    return ".".join([header, claims, exchange.a_proof().split(".")[2]])


def _changed_claims(exchange: Exchange) -> str:
    header, _, signature = exchange.a_proof().split(".")
    return ".".join([header, exchange.a_proof(htm="GET").split(".")[1], signature])


BAD_PROOFS: dict[str, tuple[str, Callable[[Exchange], list[str]]]] = {
    "none at all": ("PROOF_MISSING", lambda e: []),
    "two headers": ("PROOF_NOT_VALID", lambda e: [e.a_proof(), e.a_proof()]),
    "two proofs in one header": ("PROOF_NOT_VALID", lambda e: [f"{e.a_proof()},{e.a_proof()}"]),
    "not a JWT": ("PROOF_NOT_VALID", lambda e: ["proof"]),
    "empty": ("PROOF_NOT_VALID", lambda e: [""]),
    "a line too many": ("PROOF_NOT_VALID", lambda e: [e.a_proof() + "\n"]),
    "padded": ("PROOF_NOT_VALID", lambda e: [e.a_proof() + "="]),
    "too long": ("PROOF_NOT_VALID", lambda e: [e.a_proof(more="x" * 4096)]),
    "nested without end": ("PROOF_NOT_VALID", lambda e: [_nested(e)]),
    "claims that are a list": ("PROOF_NOT_VALID", lambda e: [_with_claims(e, b"[]")]),
    "claims that are not JSON": ("PROOF_NOT_VALID", lambda e: [_with_claims(e, b"{")]),
    "another type": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"typ": "JWT"})]),
    "no type": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"typ": None})]),
    "an unknown extension": ("PROOF_NOT_VALID", lambda e: [_critical(e)]),
    "no key": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"jwk": None})]),
    "a private key": (
        "PROOF_NOT_VALID",
        lambda e: [_private(e)],
    ),
    "a shared secret": ("PROOF_NOT_VALID", lambda e: [_shared_secret(e)]),
    "no signature algorithm": ("PROOF_NOT_VALID", lambda e: [_unsigned(e)]),
    "an algorithm of another key": ("PROOF_NOT_VALID", lambda e: [_header_alg(e, "Ed25519")]),
    "an algorithm we do not take": ("PROOF_NOT_VALID", lambda e: [_header_alg(e, "RS256")]),
    "a curve we do not take": ("PROOF_NOT_VALID", lambda e: [_other_curve(e)]),
    "a point off the curve": ("PROOF_NOT_VALID", lambda e: [_off_curve(e)]),
    "a small RSA key": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"jwk": SMALL_RSA})]),
    "a key of lists": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"jwk": {"kty": ["EC"], "crv": ["P-256"]}})]),
    "another proof's signature": ("PROOF_NOT_VALID", lambda e: [_other_signature(e)]),
    "changed claims": ("PROOF_NOT_VALID", lambda e: [_changed_claims(e)]),
    "signed by another key": ("PROOF_NOT_VALID", lambda e: [e.a_proof(header={"jwk": public_jwk(OTHER_KEY)})]),
    "another method": ("PROOF_FOR_ANOTHER_REQUEST", lambda e: [e.a_proof(htm="GET")]),
    "the method in small letters": ("PROOF_FOR_ANOTHER_REQUEST", lambda e: [e.a_proof(htm="post")]),
    "no method": ("PROOF_FOR_ANOTHER_REQUEST", lambda e: [e.a_proof(htm=None)]),
    "no address": ("PROOF_FOR_ANOTHER_REQUEST", lambda e: [e.a_proof(htu=None)]),
    "no time": ("PROOF_NOT_VALID", lambda e: [e.a_proof(iat=None)]),
    "a time that is a text": ("PROOF_NOT_VALID", lambda e: [e.a_proof(iat=str(e.seconds))]),
    "a time that is true": ("PROOF_NOT_VALID", lambda e: [e.a_proof(iat=True)]),
    "61 seconds old": ("PROOF_EXPIRED", lambda e: [e.a_proof(iat=e.seconds - 61)]),
    "made before time began": ("PROOF_EXPIRED", lambda e: [e.a_proof(iat=-1e300)]),
    "11 seconds ahead": ("PROOF_FROM_THE_FUTURE", lambda e: [e.a_proof(iat=e.seconds + 11)]),
    "61 seconds ahead": ("PROOF_FROM_THE_FUTURE", lambda e: [e.a_proof(iat=e.seconds + 61)]),
    "in the year of no return": ("PROOF_FROM_THE_FUTURE", lambda e: [e.a_proof(iat=10**40)]),
    "no id": ("PROOF_NOT_VALID", lambda e: [e.a_proof(jti=None)]),
    "an empty id": ("PROOF_NOT_VALID", lambda e: [e.a_proof(jti="")]),
    "an id of 129 characters": ("PROOF_NOT_VALID", lambda e: [e.a_proof(jti="x" * 129)]),
    "an id that is a number": ("PROOF_NOT_VALID", lambda e: [e.a_proof(jti=1)]),
    "no nonce": ("PROOF_NONCE_NEEDED", lambda e: [e.a_proof(nonce=None)]),
    "a forged nonce": ("PROOF_NONCE_NEEDED", lambda e: [e.a_proof(nonce=Nonces(b"x" * 32, 120).current(e.now))]),
    "a nonce of other letters": ("PROOF_NONCE_NEEDED", lambda e: [e.a_proof(nonce="n\u00f6nce")]),
    "an old nonce": (
        "PROOF_NONCE_NEEDED",
        lambda e: [_with_nonce_of(e, timedelta(seconds=-121))],
    ),
    "a nonce of tomorrow": (
        "PROOF_NONCE_NEEDED",
        lambda e: [_with_nonce_of(e, timedelta(days=1))],
    ),
}


@pytest.mark.parametrize(("expected", "make"), BAD_PROOFS.values(), ids=BAD_PROOFS)
def test_a_bad_proof_is_refused_and_nothing_is_spent(
    exchange: Exchange, expected: str, make: Callable[[Exchange], list[str]]
) -> None:
    assert code(exchange, *make(exchange)) == expected


def test_a_bad_proof_stays_bad_once_its_header_is_known(exchange: Exchange) -> None:
    verify(exchange, exchange.a_proof())
    assert code(exchange, _other_signature(exchange)) == "PROOF_NOT_VALID"
    assert code(exchange, exchange.a_proof(htm="GET")) == "PROOF_FOR_ANOTHER_REQUEST"


def test_a_proof_is_taken_up_to_its_last_second(exchange: Exchange) -> None:
    assert verify(exchange, exchange.a_proof(iat=exchange.seconds - 60))
    assert verify(exchange, exchange.a_proof(iat=exchange.seconds + 10))


def test_a_spent_proof_is_remembered_for_as_long_as_it_could_be_shown(exchange: Exchange) -> None:
    shown = exchange.a_proof(iat=exchange.seconds + 10)
    exchange.guard.spend(verify(exchange, shown).once)
    exchange.clock.instant += timedelta(seconds=70)
    assert exchange.guard.purge(exchange.now) == 0


def test_a_nonce_holds_for_its_window_and_the_next(exchange: Exchange) -> None:
    nonce = exchange.nonces.current(exchange.now)
    for seconds in (0, 59, 60, 119):
        assert exchange.nonces.is_taken(nonce, exchange.now + timedelta(seconds=seconds))
    assert not exchange.nonces.is_taken(nonce, exchange.now + timedelta(seconds=120))
    assert not exchange.nonces.is_taken(nonce, exchange.now - timedelta(seconds=1))


def test_two_workers_of_one_key_take_each_others_nonces(exchange: Exchange) -> None:
    other = Nonces(b"n" * 32, exchange.settings.nonce_seconds)
    assert exchange.nonces.is_taken(other.current(exchange.now), exchange.now)


def test_the_refusal_of_a_nonce_says_so_in_oauth_words(exchange: Exchange) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        verify(exchange, exchange.a_proof(nonce=None))
    assert caught.value.oauth_error == "use_dpop_nonce"
    assert (replayed().stable_code, replayed().oauth_error) == ("PROOF_REPLAYED", "invalid_dpop_proof")


SAME = [
    GRAPHQL,
    "HTTPS://EXCHANGE.example/graphql",
    "https://exchange.example:443/graphql",
    "https://exchange.example/graphql?a=b#c",
    "https://exchange.example/%67raphql",
    "https://exchange.example/a/../graphql",
    "https://exchange.example/./graphql",
]
OTHER = [
    "http://exchange.example/graphql",
    "https://exchange.example:8443/graphql",
    "https://exchange.example/Graphql",
    "https://exchange.example/graphql/",
    "https://exchange.example//graphql",
    "https://exchange.example.evil.example/graphql",
    "https://evil.example//exchange.example/graphql",
    "https://exchange.example@evil.example/graphql",
    "https://someone@exchange.example/graphql",
    "https://exchange.example:99999/graphql",
    "https://exchange.example/gra\nphql",
    "https://[exchange.example/graphql",
    "exchange.example/graphql",
    "/graphql",
    "",
    "https://exchange.example/graphql" + "a" * 2048,
    ["https://exchange.example/graphql"],
    7,
]


@pytest.mark.parametrize("htu", SAME)
def test_spellings_of_our_address_are_taken(exchange: Exchange, htu: str) -> None:
    assert verify(exchange, exchange.a_proof(htu=htu))


@pytest.mark.parametrize("htu", OTHER, ids=lambda htu: repr(htu)[:60])
def test_other_addresses_are_refused(exchange: Exchange, htu: Any) -> None:
    assert code(exchange, exchange.a_proof(htu=htu)) == "PROOF_FOR_ANOTHER_REQUEST"


def test_an_address_with_a_port_and_no_path_is_compared_whole(exchange: Exchange) -> None:
    shown = exchange.a_proof(htu="http://[::1]:8600")
    assert verify(exchange, shown, url="http://[::1]:8600/")
    assert code(exchange, exchange.a_proof(htu="http://[::1]"), url="http://[::1]:8600/") == "PROOF_FOR_ANOTHER_REQUEST"


def _header(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    return {"typ": "dpop+jwt", "alg": "ES256", "jwk": public_jwk(PROOF_KEYS["ES256"]), **changes}


def _with_claims(exchange: Exchange, claims: bytes) -> str:
    return sign(_header(exchange), claims, PROOF_KEYS["ES256"])


def _nested(exchange: Exchange) -> str:
    return _with_claims(exchange, b'{"a":' + b"[" * 1200 + b"]" * 1200 + b"}")


def _critical(exchange: Exchange) -> str:
    return sign(_header(exchange, crit=["iat"]), exchange.proof_claims(), PROOF_KEYS["ES256"])


def _header_alg(exchange: Exchange, alg: str) -> str:
    _, claims, signature = exchange.a_proof().split(".")
    return f"{segment(_header(exchange, alg=alg))}.{claims}.{signature}"


def _unsigned(exchange: Exchange) -> str:
    return f"{segment(_header(exchange, alg='none'))}.{segment(exchange.proof_claims())}."


def _shared_secret(exchange: Exchange) -> str:
    secret = OctKey.generate_key(256)
    return sign({"typ": "dpop+jwt", "alg": "HS256", "jwk": secret.as_dict()}, exchange.proof_claims(), secret)


def _with_nonce_of(exchange: Exchange, later: timedelta) -> str:
    return exchange.a_proof(nonce=exchange.nonces.current(exchange.now + later))


def _private(exchange: Exchange) -> str:
    return exchange.a_proof(header={"jwk": PROOF_KEYS["ES256"].as_dict(private=True)})


def _other_curve(exchange: Exchange) -> str:
    return sign(
        _header(exchange, jwk=public_jwk(ECKey.generate_key("P-384"))), exchange.proof_claims(), PROOF_KEYS["ES256"]
    )


def _off_curve(exchange: Exchange) -> str:
    jwk = public_jwk(PROOF_KEYS["ES256"])
    return sign(_header(exchange, jwk={**jwk, "y": jwk["x"]}), exchange.proof_claims(), PROOF_KEYS["ES256"])
