"""The client's own check of a consent's receipt, on a receipt that an exchange gave."""

import copy
import hashlib
import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import DoesNotMatch, verify_consent
from openbureau_client.cli import main
from openbureau_client.consent import DOMAIN, KIND, canonical
from openbureau_client.encoding import to_base64url
from openbureau_client.merkle import leaf_hash
from openbureau_client.passkey import thumbprint
from software_authenticator import EDDSA, ES256, RS256, SoftwareAuthenticator

from consent.signature import message
from exchange.identity.cose_key import jwk_of
from tests.vectors import read_vectors

VECTORS = read_vectors("consent_receipt")
KEYS = VECTORS["keys"]
RECEIPTS = {case["name"]: case["receipt"].encode() for case in VECTORS["cases"]}
GOOD = RECEIPTS["by passkey"]
OPERATOR = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["private_key"]))
KID = KEYS["keys"][0]["kid"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[case["name"] for case in VECTORS["cases"]])
def test_each_receipt_of_the_vectors_says_what_it_should(case: dict[str, Any]) -> None:
    found = verify_consent(case["receipt"].encode(), KEYS)
    said = case["says"]
    assert (found.given_by, found.state, found.consent["consent_id"]) == (
        said["given_by"], said["state"], said["consent_id"],
    )  # fmt: skip
    assert {name: leaf.hex() for name, leaf in found.leaves.items()} == said["leaves"]
    assert [told["kind"] for told in found.told] == said["told"]


def test_a_receipt_with_any_byte_changed_does_not_match() -> None:
    for at, byte in enumerate(GOOD):
        for flip in (1, 32):
            with pytest.raises(DoesNotMatch):
                verify_consent(GOOD[:at] + bytes([byte ^ flip]) + GOOD[at + 1 :], KEYS)


def test_a_receipt_with_anything_taken_away_or_put_in_does_not_match() -> None:
    for other in (b"", GOOD[:-1], GOOD + b"\n", b" " + GOOD, GOOD.replace(b":", b": ", 1), b"[]", b"\xff", b"7"):
        with pytest.raises(DoesNotMatch):
            verify_consent(other, KEYS)


def test_another_exchanges_keys_verify_nothing() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    for keys in ({"keys": []}, {"keys": [{**KEYS["keys"][0], "x": to_base64url(stranger)}]}):
        with pytest.raises(DoesNotMatch):
            verify_consent(GOOD, keys)


# What somebody with the exchange's own key could still not do


def sealed(parts: dict[str, Any]) -> bytes:
    """The receipt signed anew with the exchange's key, as a crooked operator could."""
    unsigned = {name: part for name, part in parts.items() if name != "signature"}
    header = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "typ": KIND, "kid": KID}
    protected = to_base64url(json.dumps(header).encode())
    signature = OPERATOR.sign(protected.encode() + b"." + canonical(unsigned))
    return canonical({**unsigned, "signature": f"{protected}..{to_base64url(signature)}"})


def countersigned(parts: dict[str, Any]) -> dict[str, Any]:
    value = to_base64url(OPERATOR.sign(DOMAIN + canonical(parts["consent"])))
    parts["signatures"]["exchange"]["value"] = value
    return parts


def parts_of(receipt: bytes = GOOD) -> dict[str, Any]:
    return copy.deepcopy(json.loads(receipt))


def test_a_receipt_sealed_anew_unchanged_still_verifies() -> None:
    assert verify_consent(sealed(countersigned(parts_of())), KEYS).given_by == "PASSKEY"


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "another-bank"},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"field_classes": ["IDENTITY"]},
        {"contribution_allowed": True},
        {"notice_digest": "0" * 64},
        {"subject_key": "01890000-0000-7000-8000-000000000009"},
    ],
)
def test_the_operator_cannot_change_the_consent(change: dict[str, Any]) -> None:
    parts = parts_of()
    parts["consent"] |= change
    with pytest.raises(DoesNotMatch):
        verify_consent(sealed(countersigned(parts)), KEYS)


def test_the_operator_cannot_change_the_notice_the_state_or_the_entries() -> None:
    changes: list[dict[str, Any]] = [
        {"notice": "You agree to everything."},
        {"notice": None},
        {"state": "REVOKED"},
        {"log": {}},
        {"notices": ["e30.e30.AAAA"]},
        {"signatures": {}},
        {"consent": None},
        {"v": 2},
    ]
    log = parts_of()["log"]
    changes += [{"log": {name: part for name, part in log.items() if name != left_out}} for left_out in log]
    changes += [{"log": {**log, "given": log["key_registered"]}}, {"log": {**log, "withdrawn": log["given"]}}]
    for change in changes:
        if change.get("log", {}).keys() == log.keys() - {"log_origin"}:
            continue  # That the log has another name is the log's own checkpoint's to say.
        with pytest.raises(DoesNotMatch):
            verify_consent(sealed({**parts_of(), **change}), KEYS)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_the_operator_cannot_sign_with_a_passkey_of_their_own(algorithm: int) -> None:
    """All signatures are right, and only the log does not know the passkey."""
    parts = parts_of()
    forger = SoftwareAuthenticator(parts["consent"]["given_by"]["origin"], "localhost", algorithm=algorithm)
    jwk = jwk_of(forger.public_key())
    parts["consent"]["given_by"]["key_thumbprints"] = [thumbprint(jwk)]
    digest = hashlib.sha256(DOMAIN + canonical(parts["consent"])).digest()
    response = forger.assert_challenge(digest)["response"]
    parts["signatures"]["borrower"] = {
        "method": "PASSKEY",
        "public_key": jwk,
        "client_data": response["clientDataJSON"],
        "authenticator_data": response["authenticatorData"],
        "signature": response["signature"],
    }
    with pytest.raises(DoesNotMatch, match="does not say what the receipt says"):
        verify_consent(sealed(countersigned(parts)), KEYS)


def test_a_changed_opening_does_not_belong_to_its_leaf() -> None:
    parts = parts_of()
    entry = parts["log"]["key_registered"]
    opening = json.loads(b64decode(entry["opening"]))
    opening["fields"]["key"] = "A" * 43
    entry["opening"] = b64encode(json.dumps(opening).encode()).decode()
    with pytest.raises(DoesNotMatch):
        verify_consent(sealed(parts), KEYS)


def test_the_client_and_the_server_sign_the_same_message() -> None:
    consent = parts_of()["consent"]
    assert DOMAIN + canonical(consent) == message(canonical(consent))
    assert leaf_hash(b64decode(parts_of()["log"]["given"]["leaf"])) == verify_consent(GOOD, KEYS).leaves["given"]


def test_the_command_says_what_the_receipt_shows(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    receipt, keys = tmp_path / "receipt.json", tmp_path / "jwks.json"
    receipt.write_bytes(GOOD)
    keys.write_text(json.dumps(KEYS))
    assert main(["verify-consent", str(receipt), "--keys", str(keys)]) == 0
    assert json.loads(capsys.readouterr().out)["given_by"] == "PASSKEY"
    receipt.write_bytes(GOOD.replace(b"ACTIVE", b"PAUSED"))
    assert main(["verify-consent", str(receipt), "--keys", str(keys)]) == 2
    assert "SIGNATURE_MISMATCH" in capsys.readouterr().err
