"""A member's key set is checked as a whole, and looked up by key id."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from exchange.errors import BadRequest
from exchange.identity.member_keys import MemberKeys, check_jwks
from tests.unit.identity.identity_cases import BANK_KEY, OTHER_KEY, PROOF_KEYS, public_jwk, segment


def faults(*keys: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        check_jwks({"keys": list(keys)})
    assert caught.value.stable_code == "JWKS_NOT_VALID"
    return caught.value.sentence


def test_one_key_of_each_kind_is_taken() -> None:
    jwks = {"keys": [public_jwk(key, kid=alg, use="sig", alg=alg) for alg, key in PROOF_KEYS.items()]}
    assert check_jwks(json.dumps(jwks)) == jwks
    assert check_jwks(jwks) == jwks


def test_a_key_is_found_by_its_id_with_the_one_algorithm_of_its_kind() -> None:
    keys = MemberKeys({"keys": [public_jwk(BANK_KEY, kid="a"), public_jwk(PROOF_KEYS["PS256"], kid="b")]})
    found = keys.find("b")
    assert found is not None
    assert (found[0].thumbprint(), found[1]) == (PROOF_KEYS["PS256"].thumbprint(), "PS256")
    assert keys.find("c") is None
    assert keys.find(None) is None
    assert keys.find(["a"]) is None


def test_every_fault_is_named_at_once() -> None:
    sentence = faults(
        public_jwk(BANK_KEY, kid="same"),
        public_jwk(OTHER_KEY, kid="same"),
        public_jwk(PROOF_KEYS["Ed25519"]),
        BANK_KEY.as_dict(private=True, kid="secret"),
        public_jwk(BANK_KEY, kid="wrong", use="enc", alg="RS256", key_ops=["sign"]),
        "not a key",
    )
    for fault in (
        "key 2: its kid is also that of an earlier key",
        "key 3: its kid must be a text",
        "key 4: it holds private parts (d)",
        "key 5: its alg must be ES256",
        "key 5: its use must be sig",
        "key 5: its key_ops must be [verify]",
        "key 6: it must be an object",
    ):
        assert fault in sentence
    assert "key 1:" not in sentence


@pytest.mark.parametrize(
    "jwk",
    [
        OctKey.generate_key(256).as_dict(),
        public_jwk(ECKey.generate_key("P-384")),
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "RSA", "n": segment(b"\xff" * 128), "e": "AQAB"},
        {"kty": "RSA", "n": segment(b"\xff" * 1024), "e": "AQAB"},
        {"kty": "RSA", "n": segment(b"\xff" * 256), "e": "Aw"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "A+/=", "y": "AA"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A"},
        {"kty": ["EC"], "crv": {}},
        {},
    ],
)
def test_keys_that_cannot_sign_for_a_member_are_refused(jwk: dict[str, Any]) -> None:
    assert "key 1:" in faults({**jwk, "kid": "a"})


@pytest.mark.parametrize("document", ["", "{", "[]", "7", '{"keys": {}}', '{"keys": []}', b"\xff", {}])
def test_whatever_is_no_key_set_is_refused(document: Any) -> None:
    with pytest.raises(BadRequest):
        check_jwks(document)


def test_eleven_keys_are_one_too_many() -> None:
    assert "1 to 10 keys, not 11" in faults(*(public_jwk(BANK_KEY, kid=str(number)) for number in range(11)))
