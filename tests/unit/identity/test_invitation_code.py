"""Codes that invite: 128 random bits, kept as a digest, found by nothing but themselves."""

import hashlib
import re
from uuid import UUID

import pytest

from exchange.identity.invitation_code import digest_of_code, matching, new_code

LI, WANG = UUID(int=1), UUID(int=2)
CODE = "0123-4567-89AB-CDEF-0123-4567-89AB-CDEF"


def test_a_code_has_128_bits_and_is_never_made_twice() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch(r"([0-9A-F]{4}-){7}[0-9A-F]{4}", code) for code in codes)


def test_what_is_kept_is_the_digest_of_the_bare_code() -> None:
    assert digest_of_code(CODE) == hashlib.sha256(CODE.replace("-", "").encode()).digest()


@pytest.mark.parametrize("typed", [CODE.lower(), CODE.replace("-", ""), f"  {CODE.replace('-', ' ')}\n"])
def test_a_code_is_found_however_it_was_typed(typed: str) -> None:
    pending = [(WANG, digest_of_code(new_code())), (LI, digest_of_code(CODE))]
    assert matching(typed, pending) == LI


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE[:-1] + "0", CODE + "0", "x" * 10_000])
def test_another_code_is_nobodys(typed: str) -> None:
    assert matching(typed, [(LI, digest_of_code(CODE))]) is None
    assert matching(CODE, []) is None
