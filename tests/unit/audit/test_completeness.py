"""The signed count of entries about a borrower, and other things that the exchange signs."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import SignedWordsDoNotMatch, verify_copy
from openbureau_client.signed_words import verify_claims

from exchange.audit.checkpoint import Checkpoint
from exchange.audit.completeness import KIND, EntryCount, pseudonym_of, state_count, verify_count
from exchange.audit.receipt import ReceiptKey
from exchange.audit.signed_words import sign_beside, sign_claims
from exchange.errors import IntegrityError
from exchange.key_files import public_jwk

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ALICE, BOB = UUID(int=1), UUID(int=2)
CHECKPOINT = Checkpoint("openbureau.example/log", 1234, b"r" * 32)
SIGNING = ReceiptKey("x1", Ed25519PrivateKey.from_private_bytes(b"e" * 32))
OTHER = ReceiptKey("x1", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
KEYS = {"x1": SIGNING.key.public_key()}
STATEMENT = state_count(SIGNING, ALICE, 17, 2, CHECKPOINT, NOW)


def test_a_count_says_what_was_signed() -> None:
    said = EntryCount(pseudonym_of(ALICE), 17, 2, CHECKPOINT, int(NOW.timestamp()))
    assert verify_count(STATEMENT, KEYS) == said


def test_a_count_does_not_tell_whom_it_is_about() -> None:
    assert pseudonym_of(ALICE) != pseudonym_of(BOB)
    assert str(ALICE) not in pseudonym_of(ALICE)
    assert len(pseudonym_of(ALICE)) == 64


def test_any_changed_character_of_a_count_is_refused() -> None:
    for at, character in enumerate(STATEMENT):
        for other in "A.-":
            if other != character:
                with pytest.raises(IntegrityError):
                    verify_count(STATEMENT[:at] + other + STATEMENT[at + 1 :], KEYS)


@pytest.mark.parametrize("keys", [{}, {"x2": SIGNING.key.public_key()}, {"x1": OTHER.key.public_key()}])
def test_a_count_signed_by_somebody_else_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        verify_count(STATEMENT, keys)  # type: ignore[arg-type]  # an empty set of keys


@pytest.mark.parametrize("claims", [{}, {"sub": "x", "count": "many"}, {"sub": "x", "count": 1, "root": 7}])
def test_a_count_that_lacks_something_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        verify_count(sign_claims(SIGNING, KIND, claims), KEYS)


def test_what_was_signed_as_one_thing_is_not_taken_for_another() -> None:
    jwks = {"keys": [public_jwk(SIGNING)]}
    with pytest.raises(IntegrityError):
        verify_count(sign_claims(SIGNING, "openbureau-receipt", {"sub": "x"}), KEYS)
    with pytest.raises(SignedWordsDoNotMatch):
        verify_claims(STATEMENT, "openbureau-consent", jwks)
    with pytest.raises(SignedWordsDoNotMatch):
        verify_copy(b"words", sign_beside(SIGNING, "openbureau-receipt", b"words"), jwks)
    with pytest.raises(SignedWordsDoNotMatch):
        verify_copy(b"words", STATEMENT, jwks)
    verify_copy(b"words", sign_beside(SIGNING, "openbureau-copy", b"words"), jwks)


def test_server_and_client_read_the_same_count() -> None:
    claims = verify_claims(STATEMENT, KIND, {"keys": [public_jwk(SIGNING)]})
    read = verify_count(STATEMENT, KEYS)
    assert (claims["sub"], claims["count"], claims["waiting"]) == (read.pseudonym, read.count, read.waiting)
    assert claims["tree_size"] == read.checkpoint.size
