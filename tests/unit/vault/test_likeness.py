"""Sketches of texts: as good an estimate of the exact index as 64 places can be, keyed, and blind to small changes."""

import random
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.vault.likeness import PLACES, LikenessKey, pieces
from exchange.vault.lookup_token import LookupTokens

KEY = LikenessKey(bytes(range(32)))
ENGLISH = "They rang me at half past ten at night and said that they would come to my office tomorrow."
CHINESE = "催收人员晚上十点半打电话给我，威胁说明天要到我单位来找我，还联系了我的同事和家人。"
WORDS = f"{ENGLISH} the loan interest letter mother court agency again money stop paid fee".split()


def exact(one: str, other: str) -> float:
    """The Jaccard index of two texts' pieces."""
    return len(pieces(one) & pieces(other)) / len(pieces(one) | pieces(other))


def numbers(sketch: bytes) -> list[int]:
    return [int.from_bytes(sketch[start : start + 8]) for start in range(0, len(sketch), 8)]


def estimated(one: str, other: str, key: LikenessKey = KEY) -> float:
    return sum(a == b for a, b in zip(numbers(key.sketch(one)), numbers(key.sketch(other)), strict=True)) / PLACES


def pairs(number: int) -> list[tuple[str, str]]:
    """Texts and copies of which more and more words were changed."""
    chance = random.Random(11)
    made = []
    for place in range(number):
        text = chance.choices(WORDS, k=60)
        changed = [chance.choice(WORDS) if chance.random() < place / number else word for word in text]
        made.append((" ".join(text), " ".join(changed)))
    return made


def test_the_estimate_lies_about_the_exact_index_as_its_standard_error_says() -> None:
    """The error of k places is binomial: sqrt(J (1 - J) / k), 1/16 at most; mean 0, and 4 of them are never passed."""
    errors = [(estimated(*pair) - exact(*pair), exact(*pair)) for pair in pairs(200)]
    assert all(abs(error) <= 4 * max(sqrt(index * (1 - index) / PLACES), 0.02) for error, index in errors)
    mean = sum(error for error, _ in errors) / len(errors)
    spread = sqrt(sum(error**2 for error, _ in errors) / len(errors))
    assert abs(mean) < 0.02 and spread < 1 / 16
    assert {round(index, 1) for _, index in errors} >= {0.3, 0.5, 0.7, 0.9}


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=80).filter(pieces))
def test_a_text_is_wholly_like_itself_and_its_sketch_is_the_same_each_time(text: str) -> None:
    sketch = KEY.sketch(text)
    assert sketch == LikenessKey(bytes(range(32))).sketch(text)
    assert len(sketch) == 8 * PLACES and all(0 <= value < 2**61 - 1 for value in numbers(sketch))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (ENGLISH, ENGLISH.upper()),
        (ENGLISH, f"  {ENGLISH.replace(' ', '  ')}!!"),
        ("Call no. 17 on 3 May", "call no 25 on 9 may"),
        ("１２３ 元", "456 元"),
        ("ＡＢＣ loan", "abc loan"),
    ],
)
def test_case_width_digits_and_punctuation_make_no_difference(text: str, same: str) -> None:
    assert KEY.sketch(text) == KEY.sketch(same)


def test_chinese_and_english_copies_are_alike_and_different_texts_are_not() -> None:
    assert estimated(CHINESE, CHINESE.replace("明天", "后天")) > 0.6
    assert estimated(ENGLISH, ENGLISH.replace("tomorrow", "on Friday")) > 0.6
    assert estimated(ENGLISH, CHINESE) < 0.1
    assert estimated(CHINESE, "我已经还清了这笔贷款，但他们仍然要求我支付利息和手续费。") < 0.3


def test_another_key_gives_another_sketch_and_only_equal_keys_are_compared() -> None:
    other = LikenessKey(bytes(32))
    assert not set(numbers(KEY.sketch(ENGLISH))) & set(numbers(other.sketch(ENGLISH)))
    assert abs(estimated(ENGLISH, ENGLISH[:60], other) - exact(ENGLISH, ENGLISH[:60])) < 0.25


def test_a_short_text_is_one_piece_and_one_without_letters_has_none() -> None:
    assert pieces("No!") == {"no"}
    assert pieces("abcdef") == {"abcde", "bcdef"}
    for nothing in ("", " \n", "?!…", "。。。"):
        assert pieces(nothing) == frozenset()
        with pytest.raises(ValueError, match="no likeness"):
            KEY.sketch(nothing)


def test_the_key_of_likeness_is_the_newest_index_keys_and_no_token_of_it() -> None:
    old, new = bytes(32), bytes(range(32))
    tokens = LookupTokens([(2, new), (1, old)])
    assert tokens.likeness_key == LookupTokens([(2, new)]).likeness_key
    assert tokens.likeness_key != LookupTokens([(1, old)]).likeness_key
    assert tokens.likeness_key not in (new, old) and len(tokens.likeness_key) == 32
