"""Recovery codes: how they look, how they are read, and that their hash tells nothing."""

import re

import argon2
import pytest

from exchange.identity.recovery_codes import CODES, RecoveryCodes, code_number
from exchange.settings import Settings

CHEAP = RecoveryCodes(Settings(argon2_memory_kib=64, argon2_passes=1))
MADE = CHEAP.create()


def test_there_are_ten_in_readable_groups_of_80_random_bits() -> None:
    codes = [code for code, _ in MADE]
    assert len(codes) == len(set(codes)) == CODES
    for number, code in enumerate(codes):
        assert re.fullmatch(rf"{number}(-[0-9A-HJKMNP-TV-Z]{{4}}){{4}}", code)
        assert code_number(code) == number
    assert len("".join(codes[0].split("-")[1:])) * 5 >= 80


def test_each_is_known_by_its_own_hash_alone() -> None:
    (first, first_hash), (second, second_hash) = MADE[:2]
    assert CHEAP.matches(first_hash, first)
    assert CHEAP.matches(second_hash, second)
    assert not CHEAP.matches(first_hash, second)
    assert not CHEAP.matches(second_hash, first)


def test_any_usual_spelling_is_read() -> None:
    code, stored = MADE[0]
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code} ", code.replace("-", "–")):
        assert CHEAP.matches(stored, typed)
    assert code_number("1-ILO0-ABCD-EFGH-JKMN") == code_number("1-1100-ABCD-EFGH-JKMN") == 1


@pytest.mark.parametrize(
    "typed", ["", "1", "A-AAAA-AAAA-AAAA-AAAA", "1-AAAA-AAAA-AAAA", "1-UUUU-AAAA-AAAA-AAAA", "9" * 9999]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert code_number(typed) is None
    assert not CHEAP.matches(MADE[0][1], typed)


def test_without_a_hash_nothing_matches_though_the_work_is_done() -> None:
    assert not CHEAP.matches(None, MADE[0][0])
    assert not CHEAP.matches(None, "")
    nobodys = argon2.extract_parameters(CHEAP._nobodys)
    assert nobodys == argon2.extract_parameters(MADE[0][1])


def test_hashes_are_argon2id_at_the_cost_of_the_settings_and_hide_the_code() -> None:
    for code, stored in MADE:
        parameters = argon2.extract_parameters(stored)
        assert parameters.type is argon2.Type.ID
        assert (parameters.memory_cost, parameters.time_cost) == (64, 1)
        assert code.replace("-", "")[1:] not in stored
    assert Settings().argon2_memory_kib >= 64 * 1024


def test_a_damaged_hash_matches_nothing() -> None:
    assert not CHEAP.matches("$argon2id$nonsense", MADE[0][0])
    assert not CHEAP.matches("", MADE[0][0])
