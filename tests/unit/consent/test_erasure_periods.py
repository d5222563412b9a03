"""Until when a record is kept against its borrower's wish to have it erased."""

from dataclasses import replace
from datetime import date

import pytest

from consent.policy.erasure import Keeping, kept_as_negative, kept_by_floor
from consent.policy.load import load_pack
from consent.policy.retention import KeptRecord, retention_rules
from consent.policy.rules import Rule
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass

ENDED = date(2024, 2, 29)
ON = date(2026, 5, 31)
LATE = KeptRecord(FieldClass.DELINQUENCIES, MemberClass.BANK, ended_on=ENDED, recorded_on=ENDED, late_on=ENDED)
CONTACT = KeptRecord(
    FieldClass.COLLECTIONS, MemberClass.CONSUMER_FINANCE, ended_on=ENDED, recorded_on=ENDED, last_action_on=ENDED
)


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return retention_rules(load_pack("cn"), ON)


def test_negative_information_stays_for_as_long_as_the_law_lets_it(rules: tuple[Rule, ...]) -> None:
    assert kept_as_negative(rules, LATE, ON) == Keeping(date(2029, 2, 28), "cn.cir.16")


@pytest.mark.parametrize(("on", "stays"), [(date(2029, 2, 28), True), (date(2029, 3, 1), False)])
def test_it_goes_the_day_after_its_last_day(rules: tuple[Rule, ...], on: date, stays: bool) -> None:
    assert (kept_as_negative(rules, LATE, on) is not None) is stays


def test_what_has_not_ended_stays_without_a_known_day(rules: tuple[Rule, ...]) -> None:
    keeping = kept_as_negative(rules, replace(LATE, ended_on=None), ON)
    assert keeping == Keeping(None, "cn.cir.16")
    assert keeping.ends == date.max


def test_a_duty_to_keep_binds_only_the_records_it_is_about(rules: tuple[Rule, ...]) -> None:
    assert kept_by_floor(rules, LATE, ON) is None
    keeping = kept_by_floor(rules, CONTACT, ON)
    assert keeping is not None
    assert keeping.until == date(2029, 2, 28)
    assert kept_by_floor(rules, replace(CONTACT, furnisher=MemberClass.BANK), ON) is None


def test_without_rules_nothing_is_kept() -> None:
    assert kept_as_negative((), LATE, ON) is None
    assert kept_by_floor((), CONTACT, ON) is None
