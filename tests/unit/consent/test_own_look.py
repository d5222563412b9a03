"""Borrowers look at their own files; and the words that are flagged in what they say."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consent.decision import decide_own
from consent.policy.load import load_pack
from consent.policy.resolve import forbidden_fields, is_free
from consent.policy.sensitive_words import sensitive_words
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
PACK = load_pack("cn")
FORBIDDEN = forbidden_fields(PACK, NOW.date())


def test_borrowers_are_shown_everything_but_what_the_law_has_deleted() -> None:
    grant = decide_own(UUID(int=1), "self", PACK, NOW)
    assert set(grant.released) == set(FieldClass)
    assert grant.withheld == ()
    assert (grant.history_from, grant.history_to, grant.use_limits, grant.consent_id) == (None, None, None, None)
    assert grant.negative_retention_years == 5
    assert grant.purpose is Purpose.SELF


def test_no_rule_about_lenders_stands_behind_an_own_look() -> None:
    grant = decide_own(UUID(int=1), "self", PACK, NOW)
    assert set(grant.rules) == {"cn.cir.16", "cn.cir.17"}
    rules = [rule for rule in PACK.rules if rule.id in grant.rules]
    assert is_free(rules, 1) and not is_free(rules, 2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I was ILL and in hospital.", ("ILL", "hospital")),
        ("我因为住院没有按时还款", ("住院",)),
        ("我信仰佛教", ("信仰", "佛教")),
        ("My blood type is A", ("blood",)),
        ("The bill was still unpaid; the skill of the general", ()),
        ("我失业了，现在已经还清。", ()),
        ("", ()),
    ],
)
def test_words_that_hint_at_forbidden_information_are_found(text: str, found: tuple[str, ...]) -> None:
    assert sensitive_words(text, FORBIDDEN) == found


def test_only_what_the_pack_forbids_is_flagged() -> None:
    assert sensitive_words("I was ill and went to church", ["religion"]) == ("church",)
    assert sensitive_words("I was ill and went to church", []) == ()
