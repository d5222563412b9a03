"""The pre-keyed HMAC and HKDF against the standards' vectors and against the libraries."""

import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from exchange.keyed_hash import KeyedHash, SubkeySource


def test_rfc_4231_test_case_2() -> None:
    digest = KeyedHash(b"Jefe").digest(b"what do ya want for nothing?")
    assert digest.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(key=st.binary(max_size=64), beginning=st.binary(max_size=200), message=st.binary(max_size=200))
def test_it_is_hmac_sha256(key: bytes, beginning: bytes, message: bytes) -> None:
    keyed = KeyedHash(key, beginning)
    assert keyed.digest(message) == hmac.digest(key, beginning + message, "sha256")
    assert keyed.digest(message) == keyed.digest(message)


@given(key=st.binary(min_size=1, max_size=80), info=st.binary(max_size=80), length=st.integers(1, 32))
def test_subkeys_are_those_of_hkdf_without_salt(key: bytes, info: bytes, length: int) -> None:
    assert SubkeySource(key).derive(info, length) == HKDF(SHA256(), length, None, info).derive(key)


def test_what_would_be_another_construction_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 64 bytes"):
        KeyedHash(bytes(65))
    for length in (0, 33):
        with pytest.raises(ValueError, match="1 to 32 bytes"):
            SubkeySource(b"key").derive(b"", length)
