"""The client's own check of receipts, on the vectors that the server issues by."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from string import ascii_letters, digits

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import ReceiptDoesNotMatch, verify_receipt

from tests.vectors import read_vectors

OURS = read_vectors("log")["ours"]
VECTOR = OURS["receipt"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(OURS["private_key"]))
BODY, KEYS = VECTOR["body"].encode(), VECTOR["keys"]
SIGNATURE = urlsafe_b64decode(VECTOR["text"].rpartition(".")[2] + "==")


def test_the_receipt_of_the_vectors_says_what_it_should():
    found = verify_receipt(VECTOR["text"], BODY, KEYS)
    assert found.request_digest.hex() == VECTOR["says"]["request_digest"]
    assert [leaf.hex() for leaf in found.leaves] == VECTOR["says"]["leaves"]
    for name in ("request_id", "member", "log_origin", "issued_at", "integrate_by"):
        assert getattr(found, name) == VECTOR["says"][name]


def test_a_receipt_with_any_byte_changed_does_not_match():
    receipt = VECTOR["text"]
    for at, character in enumerate(receipt):
        for other in (chr(ord(character) ^ 1), "=", "\n", "A" if character != "A" else "B"):
            with pytest.raises(ReceiptDoesNotMatch):
                verify_receipt(receipt[:at] + other + receipt[at + 1 :], BODY, KEYS)


def test_a_signature_has_one_spelling_only():
    receipt = VECTOR["text"]
    same_bytes = [
        receipt[:-1] + last
        for last in ascii_letters + digits + "-_"
        if urlsafe_b64decode(receipt.rpartition(".")[2][:-1] + last + "==") == SIGNATURE and last != receipt[-1]
    ]
    assert len(same_bytes) == 15
    for other in [*same_bytes, receipt + "=", receipt + "==", receipt + "\n", receipt[:-3] + "*" + receipt[-3:]]:
        with pytest.raises(ReceiptDoesNotMatch):
            verify_receipt(other, BODY, KEYS)


def test_a_body_with_any_byte_changed_does_not_match():
    for at in range(len(BODY)):
        with pytest.raises(ReceiptDoesNotMatch):
            verify_receipt(VECTOR["text"], BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :], KEYS)


@pytest.mark.parametrize(
    "change", [{"kid": "other"}, {"crv": "Ed448"}, {"crv": "X25519"}, {"x": "AAAA"}, {"x": "!"}], ids=str
)
def test_another_key_does_not_verify_it(change):
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(VECTOR["text"], BODY, {"keys": [KEYS["keys"][0] | change]})
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(VECTOR["text"], BODY, {"keys": []})


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "EdDSA"},
        {"alg": "HS256"},
        {"b64": True},
        {"b64": 0},
        {"crit": ["b64", "exp"]},
        {"crit": None},
        {"typ": "JWT"},
        {"kid": ["receipts-1"]},
        {"request_digest": None},
        {"request_digest": "AAAA"},
        {"leaves": "none"},
        {"leaves": [7]},
        {"integrate_by": "soon"},
        {"iat": True},
        {"member": 7},
    ],
    ids=str,
)
def test_a_header_that_asks_or_says_something_else_is_refused_though_rightly_signed(change):
    header = json.loads(urlsafe_b64decode(VECTOR["text"].partition(".")[0] + "=="))
    verify_receipt(sign(header), BODY, KEYS)
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(sign(header | change), BODY, KEYS)


@pytest.mark.parametrize("receipt", ["", "..", "a.b.c", "é..é", VECTOR["text"].replace("..", ".e30.")])
def test_something_else_than_a_detached_signature_is_refused(receipt):
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(receipt, BODY, KEYS)


def sign(header: object) -> str:
    protected = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    signature = urlsafe_b64encode(KEY.sign(protected + b"." + BODY)).rstrip(b"=")
    return f"{protected.decode()}..{signature.decode()}"
