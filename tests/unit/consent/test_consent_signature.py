import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from consent_cases import KEY, KEY_ID, an_artefact
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from consent.signature import ConsentSignatureDoesNotMatch, Signatures, digest, message, sign, verify

ARTEFACT = an_artefact(purpose_text="给你贷款")
CANONICAL = ARTEFACT.to_canonical()
SIGNED = sign(ARTEFACT, KEY, KEY_ID)
KEYS = {KEY_ID: KEY.public_key()}


def test_what_was_signed_verifies() -> None:
    verify(CANONICAL, SIGNED, KEYS)


@given(st.integers(0, len(CANONICAL) - 1), st.integers(1, 255))
def test_one_changed_byte_of_the_consent_is_found(place: int, flip: int) -> None:
    changed = bytearray(CANONICAL)
    changed[place] ^= flip
    with pytest.raises(ConsentSignatureDoesNotMatch):
        verify(bytes(changed), SIGNED, KEYS)


@given(st.integers(0, 63), st.integers(1, 255))
def test_one_changed_byte_of_the_signature_is_found(place: int, flip: int) -> None:
    changed = bytearray(SIGNED.exchange_signature)
    changed[place] ^= flip
    with pytest.raises(ConsentSignatureDoesNotMatch, match="not over these bytes"):
        verify(CANONICAL, replace(SIGNED, exchange_signature=bytes(changed)), KEYS)


def test_a_changed_but_well_formed_consent_is_found() -> None:
    for other in (an_artefact(recipient="bank-b"), an_artefact(sensitive_warning_shown=False)):
        with pytest.raises(ConsentSignatureDoesNotMatch, match="not over these bytes"):
            verify(other.to_canonical(), SIGNED, KEYS)


def test_a_signature_over_the_bare_bytes_is_not_one_over_the_consent() -> None:
    bare = replace(SIGNED, exchange_signature=KEY.sign(CANONICAL))
    with pytest.raises(ConsentSignatureDoesNotMatch, match="not over these bytes"):
        verify(CANONICAL, bare, KEYS)


def test_another_key_under_our_name_and_an_unknown_name_are_refused() -> None:
    stranger = sign(ARTEFACT, Ed25519PrivateKey.from_private_bytes(bytes(32)), KEY_ID)
    with pytest.raises(ConsentSignatureDoesNotMatch, match="not over these bytes"):
        verify(CANONICAL, stranger, KEYS)
    with pytest.raises(ConsentSignatureDoesNotMatch, match="no key of the exchange"):
        verify(CANONICAL, SIGNED, {"exchange-2025": KEY.public_key()})


@pytest.mark.parametrize(
    "borrower",
    [{}, {"method": "WRITTEN"}, {"method": "WRITTEN", "value": "c" * 64}, {"method": "PASSKEY", "value": "b" * 64}],
)
def test_the_borrowers_slot_must_name_the_document_of_the_consent(borrower: dict[str, str]) -> None:
    with pytest.raises(ConsentSignatureDoesNotMatch, match="borrower"):
        verify(CANONICAL, replace(SIGNED, borrower=borrower), KEYS)


def test_signatures_read_back_from_what_is_stored() -> None:
    stored = json.loads(json.dumps(SIGNED.to_values()))
    assert Signatures.from_values(stored) == SIGNED


@pytest.mark.parametrize(
    "exchange",
    [
        None,
        {},
        {"method": "Ed25519", "key_id": KEY_ID, "value": 7},
        {"method": "Ed25519", "key_id": KEY_ID, "value": "*"},
        {"method": "Ed25519", "key_id": KEY_ID, "value": SIGNED.to_values()["exchange"]["value"] + "="},
        {"method": "none", "key_id": KEY_ID, "value": SIGNED.to_values()["exchange"]["value"]},
    ],
)
def test_signatures_that_cannot_be_read_do_not_match(exchange: object) -> None:
    stored = {**SIGNED.to_values(), "exchange": exchange}
    with pytest.raises(ConsentSignatureDoesNotMatch):
        Signatures.from_values(stored)  # type: ignore[arg-type]  # untrusted on purpose


def test_the_vectors_verify_and_fail_as_they_say() -> None:
    vectors = json.loads((Path(__file__).parents[2] / "vectors" / "consent_artefact.json").read_text(encoding="utf-8"))
    for case in vectors["cases"]:
        canonical = case["canonical"].encode()
        signatures = Signatures.from_values(case["signatures"])
        encoded = case["exchange_public_key"]
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        keys = {case["signatures"]["exchange"]["key_id"]: public}
        assert hashlib.sha256(canonical).hexdigest() == case["canonical_sha256"]
        assert digest(canonical).hex() == case["digest"]
        assert message(canonical) == vectors["domain"].encode() + canonical
        verify(canonical, signatures, keys)
        for broken in case["do_not_verify"]:
            with pytest.raises(ConsentSignatureDoesNotMatch):
                verify(broken["canonical"].encode(), signatures, keys)
