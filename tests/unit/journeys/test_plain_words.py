"""Reasons and rules in plain words."""

import pytest

from consent.policy.load import load_pack
from consent.reasons import CODES
from exchange.journeys.plain_words import MESSAGES, OTHER_REASON, REASONS, reason_in_words, rule_in_words

PACK = load_pack("cn")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_reason_has_words_for_the_borrower(code: str) -> None:
    words = reason_in_words(code)
    assert words.english == REASONS[code]
    assert words.english.endswith(".")


def test_a_reason_that_nobody_foresaw_is_still_told() -> None:
    assert reason_in_words("FROM_THE_FUTURE").english == OTHER_REASON


@pytest.mark.parametrize("rule", [rule.id for rule in PACK.rules])
def test_every_rule_of_the_pack_says_where_it_stands_and_what_it_means(rule: str) -> None:
    words = rule_in_words(PACK, rule)
    assert words.title and words.clause and words.sentences
    assert all("%" not in sentence.english for sentence in words.sentences)
    assert all(sentence.text in MESSAGES for sentence in words.sentences)


def test_a_rule_that_the_pack_no_longer_has_is_only_named() -> None:
    words = rule_in_words(PACK, "cn.gone.1")
    assert (words.rule, words.sentences, words.quote) == ("cn.gone.1", (), None)


def test_the_period_of_retention_is_said_in_years() -> None:
    (sentence,) = rule_in_words(PACK, "cn.cir.16").sentences
    assert sentence.english == "Negative information is deleted 5 years after it ended."
