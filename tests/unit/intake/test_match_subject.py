"""Whether an identity that is furnished is the one that is held, compared by commitments alone."""

import hashlib
import hmac
import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.handover import IdentityChecks
from exchange.intake.match_subject import FIRST_WORDS_MAX, checks_of, conflicts, identity_checks, spellings
from schema.vocabulary.subject import ReviewKind
from tests.unit.intake.intake_cases import subject

WORDS = st.lists(st.text("abcdefgxyz", min_size=1, max_size=6), min_size=1, max_size=4)
NAMES = st.lists(st.sampled_from(["王芳", "Wang Fang", "李娜", "Li Na", "Jean-Luc Moreau"]), min_size=1, max_size=3)
DAYS = st.none() | st.dates(date(1940, 1, 1), date(2005, 12, 31))


def commit(content: bytes, key: bytes = b"k" * 32) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def checks(*names: str, birth_date: date | None = None) -> IdentityChecks:
    return checks_of(commit, names, birth_date)


def same(name: str, other: str) -> bool:
    return conflicts(checks(name), checks(other)) == ()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("王芳", " 王　芳 "),
        ("Wang Fang", "WANG, FANG"),
        ("Wang Fang", "Fang Wang"),
        ("Wang Xiaoming", "Xiao-Ming WANG"),
        ("ＷＡＮＧ　ＦＡＮＧ", "wang fang"),
        ("José Ñúñez", "JOSE NUNEZ"),
        ("Conan O’Brien", "CONAN O'BRIEN"),
        ("艾力·买买提", "艾力•买买提"),
        ("Großmann", "GROSSMANN"),
        ("Mary A. Smith", "SMITH, MARY A"),
    ],
)
def test_spellings_of_one_name_are_the_same_person(name: str, other: str) -> None:
    assert same(name, other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("王芳", "王方"),
        ("Wang Fang", "Wang Fan"),
        ("張偉", "张伟"),
        ("王芳", "Wang Fang"),
        ("Mary Smith", "Mary Jones"),
    ],
)
def test_other_names_are_for_a_person_to_look_at(name: str, other: str) -> None:
    assert conflicts(checks(name), checks(other)) == (ReviewKind.NAME_DIFFERS,)


def test_one_name_in_common_is_enough() -> None:
    assert conflicts(checks("王芳", "Wang Fang"), checks("Fang Wang", "王小芳")) == ()


def test_another_birth_date_is_a_conflict_and_an_unknown_one_is_not() -> None:
    held = checks("王芳", birth_date=date(1990, 1, 1))
    assert conflicts(held, checks("王芳", birth_date=date(1990, 1, 2))) == (ReviewKind.BIRTH_DATE_DIFFERS,)
    assert conflicts(held, checks("王芳")) == ()
    assert conflicts(checks("王芳"), held) == ()


def test_both_conflicts_are_told_at_once() -> None:
    claimed = checks("李娜", birth_date=date(1990, 1, 2))
    assert set(conflicts(checks("王芳", birth_date=date(1990, 1, 1)), claimed)) == {
        ReviewKind.BIRTH_DATE_DIFFERS,
        ReviewKind.NAME_DIFFERS,
    }


def test_a_borrower_of_whom_nothing_was_kept_conflicts_with_nothing() -> None:
    assert conflicts(IdentityChecks(None, ()), checks("王芳", birth_date=date(1990, 1, 1))) == ()


def test_a_name_of_signs_alone_says_nothing() -> None:
    assert spellings(" ·-· ") == frozenset()
    assert conflicts(checks("王芳"), checks("--")) == ()


def test_commitments_differ_between_borrowers_and_between_names_and_dates() -> None:
    mine = identity_checks(commit, subject(birth_date=date(1990, 1, 1)))
    theirs = identity_checks(lambda content: commit(content, b"o" * 32), subject(birth_date=date(1990, 1, 1)))
    assert not {mine.birth, *mine.names} & {theirs.birth, *theirs.names}
    assert checks("1990-01-01").names[0] != checks(birth_date=date(1990, 1, 1)).birth


def test_a_very_long_name_has_so_many_spellings_and_no_more() -> None:
    assert len(spellings(" ".join(f"w{number}" for number in range(5000)))) == FIRST_WORDS_MAX


@given(WORDS)
def test_the_first_words_may_come_last(words: list[str]) -> None:
    for first in range(len(words)):
        assert same(" ".join(words), ", ".join(words[first:] + words[:first]).upper())


@given(WORDS)
def test_words_that_are_written_together_are_the_same_name(words: list[str]) -> None:
    assert same(" ".join(words), "".join(words))


@given(st.text())
def test_any_text_has_spellings_that_are_spelled_as_themselves(name: str) -> None:
    for spelling in spellings(name):
        assert spelling in spellings(spelling)


@given(NAMES, DAYS, NAMES, DAYS)
def test_conflicts_are_the_same_from_both_sides(
    names: list[str], born: date | None, others: list[str], other_born: date | None
) -> None:
    one, other = checks(*names, birth_date=born), checks(*others, birth_date=other_born)
    assert conflicts(one, other) == conflicts(other, one)
    assert (ReviewKind.BIRTH_DATE_DIFFERS in conflicts(one, other)) == (
        None not in (born, other_born) and born != other_born
    )


@given(NAMES, DAYS)
def test_nobody_conflicts_with_themselves_in_any_order(names: list[str], born: date | None) -> None:
    for order in itertools.permutations(names):
        assert checks(*order, birth_date=born) == checks(*names, birth_date=born)
    assert conflicts(checks(*names, birth_date=born), checks(*names, birth_date=born)) == ()
