"""How far a consent may go."""

from datetime import date, timedelta
from typing import Any

import pytest
from consent_cases import NOW, a_consent, a_question, an_artefact
from hypothesis import given
from hypothesis import strategies as st
from pack_texts import a_pack, a_rule

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.decision import Grant, Refusal, decide
from consent.policy.ceiling import above_ceilings
from consent.policy.load import load_pack
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose

INDIA = load_pack("in")
ONCE: dict[str, Any] = {"fetch": Fetch.ONCE, "jurisdiction": "in", "starts_at": NOW, "expires_at": NOW + timedelta(31)}
SHORT: dict[str, Any] = {**ONCE, "data_from": date(2025, 12, 1), "data_to": date(2026, 5, 3)}


def above(**terms: Any) -> list[str]:
    return [each.rule for each in above_ceilings(INDIA, an_artefact(**{**SHORT, **terms}), MemberClass.BANK)]


def test_a_consent_below_every_ceiling_opens_the_file() -> None:
    assert above() == []
    assert isinstance(decide(a_question(), a_consent(**SHORT), INDIA, NOW), Grant)


def test_a_consent_above_a_ceiling_opens_nothing_and_names_the_rule_and_the_most() -> None:
    held = a_consent(**{**SHORT, "fetch": Fetch.PERIODIC, "expires_at": NOW + timedelta(32)})
    answer = decide(a_question(), held, INDIA, NOW)
    assert isinstance(answer, Refusal)
    assert [reason.code for reason in answer.reasons] == ["CONSENT_ABOVE_CEILING"] * 2
    assert [reason.rule for reason in answer.reasons] == ["in.sahamati.103"] * 2
    assert "31 days" in answer.reasons[0].sentence and "one look" in answer.reasons[1].sentence


def test_a_pack_without_ceilings_lets_a_consent_go_as_far_as_it_likes() -> None:
    assert above_ceilings(load_pack("cn"), an_artefact(expires_at=NOW + timedelta(9_999)), MemberClass.BANK) == ()


def test_history_that_grows_until_the_consent_ends_is_measured_to_its_end() -> None:
    grows = {"data_to": None, "data_from": date(2025, 4, 3)}
    assert above(**grows) == []  # 14 months from 3 April 2025 end with 3 June 2026, as does the consent.
    assert above(**{**grows, "data_from": date(2025, 4, 2)}) == ["in.sahamati.103"]


@pytest.mark.parametrize(
    ("count", "unit", "fits"),
    [
        (1, FrequencyUnit.WEEK, True),
        (5, FrequencyUnit.MONTH, True),
        (6, FrequencyUnit.MONTH, False),
        (2, FrequencyUnit.WEEK, False),
        (1, FrequencyUnit.DAY, False),
        (1, FrequencyUnit.HOUR, False),
    ],
)
def test_looks_are_counted_over_31_days(count: int, unit: FrequencyUnit, fits: bool) -> None:
    monitoring = {"purpose": Purpose.POST_LOAN, "fetch": Fetch.PERIODIC, "frequency": Frequency(count, unit)}
    assert above(**monitoring) == ([] if fits else ["in.sahamati.104"])


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 40), st.integers(0, 1))
def test_months_of_history_end_with_the_same_day_or_the_last_of_the_month(first: date, months: int, more: int) -> None:
    rule = a_rule("a", "ceiling", "QUERY", f"history_months = {months}")
    number = first.year * 12 + first.month - 1 + months
    end = date(number // 12, number % 12 + 1, 1)
    last = next(day for day in (end + timedelta(first.day - 1 - back) for back in range(4)) if day.month == end.month)
    consent = an_artefact(data_from=first, data_to=last + timedelta(more))
    assert bool(above_ceilings(a_pack(rule), consent, MemberClass.BANK)) is bool(more)


def test_an_instant_counts_not_a_day() -> None:
    later = NOW + timedelta(31)
    assert above(expires_at=later) == []
    assert above(expires_at=later + timedelta(seconds=1)) == ["in.sahamati.103"]
