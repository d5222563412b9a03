"""Receipts: the vector, a foreign verifier, and every way of tampering."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from string import ascii_letters, digits

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from exchange.audit.receipt import Receipt, ReceiptKey, issue_receipt, verify_receipt
from exchange.errors import ReceiptDoesNotMatch
from tests.vectors import read_vectors

OURS = read_vectors("log")["ours"]
VECTOR = OURS["receipt"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(OURS["private_key"]))
KEYS = {"receipts-1": KEY.public_key()}
BODY = VECTOR["body"].encode()
SIGNATURE = urlsafe_b64decode(VECTOR["text"].rpartition(".")[2] + "==")
SAYS = Receipt(
    **VECTOR["says"]
    | {
        "request_digest": bytes.fromhex(VECTOR["says"]["request_digest"]),
        "leaves": tuple(bytes.fromhex(leaf) for leaf in VECTOR["says"]["leaves"]),
    }
)


def test_a_receipt_is_the_one_of_the_vectors():
    receipt = issue_receipt(
        ReceiptKey("receipts-1", KEY),
        BODY,
        request_id=SAYS.request_id,
        member=SAYS.member,
        request_digest=SAYS.request_digest,
        leaves=SAYS.leaves,
        log_origin=SAYS.log_origin,
        issued_at=datetime.fromtimestamp(SAYS.issued_at, UTC),
        integrate_by=datetime.fromtimestamp(SAYS.integrate_by, UTC),
    )
    assert receipt == VECTOR["text"]


def test_a_receipt_says_what_it_was_issued_for():
    assert verify_receipt(VECTOR["text"], BODY, KEYS) == SAYS


def test_a_foreign_library_verifies_it_too():
    key = OKPKey.import_key(VECTOR["keys"]["keys"][0])
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    registry.max_header_length = 10_000
    found = jws.deserialize_compact(VECTOR["text"].encode(), key, registry=registry, payload=BODY)
    assert found.payload == BODY


def test_a_receipt_with_any_byte_changed_does_not_match():
    receipt = VECTOR["text"]
    for at, character in enumerate(receipt):
        for other in (chr(ord(character) ^ 1), "=", " ", "A" if character != "A" else "B"):
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
    for other in (b"", BODY + b"\n", BODY[:-1]):
        with pytest.raises(ReceiptDoesNotMatch):
            verify_receipt(VECTOR["text"], other, KEYS)


@pytest.mark.parametrize(
    "keys", [{}, {"other": KEY.public_key()}, {"receipts-1": Ed25519PrivateKey.generate().public_key()}]
)
def test_another_key_does_not_verify_it(keys):
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(VECTOR["text"], BODY, keys)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "EdDSA"},
        {"alg": "none"},
        {"b64": True},
        {"b64": 0},
        {"b64": None},
        {"crit": ["b64", "exp"]},
        {"crit": None},
        {"typ": "JWT"},
        {"kid": ["receipts-1"]},
        {"request_digest": None},
        {"request_digest": "AAAA="},
        {"leaves": "none"},
        {"leaves": [7]},
        {"integrate_by": "soon"},
        {"iat": None},
        {"iat": True},
        {"member": 7},
    ],
    ids=str,
)
def test_a_header_that_asks_or_says_something_else_is_refused_though_rightly_signed(change):
    header = json.loads(urlsafe_b64decode(VECTOR["text"].partition(".")[0] + "=="))
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(sign(header | change), BODY, KEYS)


@pytest.mark.parametrize("header", [[], "text", None, {}])
def test_a_header_that_is_not_one_is_refused(header):
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(sign(header), BODY, KEYS)


@pytest.mark.parametrize("receipt", ["", ".", "..", "a.b.c", "a..b..c", "é..é", VECTOR["text"].replace("..", ".e30.")])
def test_something_else_than_a_detached_signature_is_refused(receipt):
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(receipt, BODY, KEYS)


def sign(header: object) -> str:
    protected = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    signature = urlsafe_b64encode(KEY.sign(protected + b"." + BODY)).rstrip(b"=")
    return f"{protected.decode()}..{signature.decode()}"
