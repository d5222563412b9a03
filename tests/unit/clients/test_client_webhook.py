"""The client's check of notices that come to a webhook, on the vector that the server signs by."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey
from openbureau_client import SignedWordsDoNotMatch, verify_webhook

from exchange.audit.receipt import ReceiptKey
from exchange.audit.signed_words import encode_url, sign_claims
from exchange.journeys.deliver_notices import signed_headers
from exchange.journeys.notice_facts import payload_of
from tests.vectors import read_vectors

VECTOR = read_vectors("webhook")
HEADERS, BODY, KEYS, US = VECTOR["headers"], VECTOR["body"].encode(), VECTOR["keys"], VECTOR["audience"]
SIGNATURE, ID = "OpenBureau-Signature", "OpenBureau-Notice"
KEY = ReceiptKey("notices-1", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private_key"])))


def test_the_notice_of_the_vector_says_what_it_should():
    assert verify_webhook(HEADERS, BODY, KEYS, US) == VECTOR["claims"]


def test_names_of_headers_may_come_in_any_case():
    assert verify_webhook({name.lower(): value for name, value in HEADERS.items()}, BODY, KEYS, US)


def test_the_server_sends_the_notice_of_the_vector():
    signed = sign_claims(KEY, "openbureau-notice", VECTOR["claims"]).encode()
    assert payload_of(signed) == BODY
    assert signed_headers(signed, UUID(VECTOR["claims"]["jti"])) == HEADERS


def test_another_library_finds_the_signature_good():
    protected, _, signature = HEADERS[SIGNATURE].split(".")
    whole = f"{protected}.{encode_url(BODY).decode()}.{signature}"
    key = OKPKey.import_key(KEYS["keys"][0])
    assert jws.deserialize_compact(whole, key, algorithms=["Ed25519"]).payload == BODY


def test_a_body_with_any_byte_changed_is_not_taken():
    for at in range(len(BODY)):
        with pytest.raises(SignedWordsDoNotMatch):
            verify_webhook(HEADERS, BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :], KEYS, US)
    for other in (b"", BODY + b" ", BODY + BODY):
        with pytest.raises(SignedWordsDoNotMatch):
            verify_webhook(HEADERS, other, KEYS, US)


def test_a_signature_with_any_character_changed_is_not_taken():
    signature = HEADERS[SIGNATURE]
    for at, character in enumerate(signature):
        other = "A" if character != "A" else "B"
        with pytest.raises(SignedWordsDoNotMatch):
            verify_webhook({**HEADERS, SIGNATURE: signature[:at] + other + signature[at + 1 :]}, BODY, KEYS, US)


def test_a_notice_without_a_signature_or_with_a_payload_in_it_is_not_taken():
    protected, _, signature = HEADERS[SIGNATURE].split(".")
    whole = f"{protected}.{encode_url(BODY).decode()}.{signature}"
    for other in ({}, {SIGNATURE: ""}, {SIGNATURE: "a.b"}, {SIGNATURE: whole}, {SIGNATURE: whole + ".x"}):
        with pytest.raises(SignedWordsDoNotMatch):
            verify_webhook({ID: HEADERS[ID], **other}, BODY, KEYS, US)


def test_a_notice_for_another_member_or_under_another_id_is_not_taken():
    with pytest.raises(SignedWordsDoNotMatch):
        verify_webhook(HEADERS, BODY, KEYS, "other-bank")
    for headers in ({SIGNATURE: HEADERS[SIGNATURE]}, {**HEADERS, ID: "01890000-0000-7000-8000-00000000bbbb"}):
        with pytest.raises(SignedWordsDoNotMatch):
            verify_webhook(headers, BODY, KEYS, US)


def test_something_else_that_the_exchange_signed_is_no_notice():
    signed = sign_claims(KEY, "openbureau-message", VECTOR["claims"]).encode()
    with pytest.raises(SignedWordsDoNotMatch):
        verify_webhook(signed_headers(signed, UUID(VECTOR["claims"]["jti"])), payload_of(signed), KEYS, US)
