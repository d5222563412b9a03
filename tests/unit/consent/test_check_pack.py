"""What makes a pack unusable although each of its rules can be read."""

from datetime import date, time

import pytest
from pack_texts import a_pack, a_rule, deadline, hours, stage

from consent.policy.check_pack import CARRIED_OUT
from consent.policy.contact_terms import Hours
from consent.policy.load import RULES_MAX, PackNotValid, known_packs, load_pack, read_pack
from consent.policy.resolve import deadline as deadline_of
from consent.policy.rules import Act, Kind

ON = date(2026, 5, 3)


def faults(*rules: str) -> list[str]:
    with pytest.raises(PackNotValid) as found:
        a_pack(*rules)
    return found.value.faults


def test_a_pack_without_rules_is_refused() -> None:
    with pytest.raises(PackNotValid, match="no rules"):
        a_pack("rules = []")


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "a = " + "9" * 5_000, "\x00"])
def test_a_text_that_is_no_pack_is_refused_however_it_is_none(text: str) -> None:
    with pytest.raises(PackNotValid, match="not TOML"):
        read_pack(text)


def test_a_pack_is_of_a_bounded_length_and_so_are_its_rules() -> None:
    with pytest.raises(PackNotValid, match="longer than 500,000 characters"):
        read_pack("#" * 500_001)
    rules = [deadline(f"r{number}", "ERASE", 5) for number in range(RULES_MAX + 1)]
    assert faults(*rules) == [f"rules: at most {RULES_MAX}"]
    assert len(a_pack(*rules[1:]).rules) == RULES_MAX


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_carried_out_for_some_act_and_stands_in_a_pack(kind: Kind) -> None:
    assert CARRIED_OUT[kind]
    assert any(rule.kind is kind for name in known_packs() for rule in load_pack(name).rules)


@pytest.mark.parametrize("act", Act)
def test_only_acts_that_no_law_names_a_rule_for_are_without_one(act: Act) -> None:
    has_one = any(rule.applies.act is act for name in known_packs() for rule in load_pack(name).rules)
    assert has_one == (act is not Act.ANSWER_PLAN)


def test_a_rule_that_nobody_would_ever_ask_is_refused() -> None:
    assert faults(deadline("a", "QUERY", 5)) == ["a: nobody carries out rules of the kind deadline for QUERY"]
    told = faults(a_rule("b", "precondition", "CONTRIBUTE", 'requires = ["CONSENT", "STAFF_NAMED"]'))
    assert told == ["b: nobody asks for STAFF_NAMED at CONTRIBUTE"]


def test_only_hours_can_be_lifted() -> None:
    lifted = 'override = ["CONSENT"]'
    assert faults(deadline("a", "ERASE", 5, more=lifted)) == ["a: nothing lifts a rule of the kind deadline"]
    assert a_pack(hours("b", "22:00", "08:00", more=lifted)).rules


def test_channels_are_of_contacts_and_purposes_are_not() -> None:
    assert faults(deadline("a", "ERASE", 5, applies=', channels = ["SMS"]')) == ["a: only a contact has channels"]
    told = faults(hours("b", "22:00", "08:00", applies=', purposes = ["COLLECTION"]'))
    assert told == ["b: a contact has no basis, purpose or field class"]


def test_hours_that_leave_no_hour_open_are_refused() -> None:
    assert faults(hours("a", "20:00", "08:00"), hours("b", "08:00", "20:00")) == ["a, b together leave no hour open"]
    assert a_pack(hours("a", "20:00", "08:00"), hours("b", "08:01", "20:00")).rules
    calls, visits = ', channels = ["VOICE_HUMAN"]', ', channels = ["VISIT"]'
    assert a_pack(hours("a", "20:00", "08:00", applies=calls), hours("b", "08:00", "20:00", applies=visits)).rules
    banks, agencies = ', member_classes = ["BANK"]', ', member_classes = ["COLLECTION_AGENCY"]'
    assert a_pack(hours("a", "20:00", "08:00", applies=banks), hours("b", "08:00", "20:00", applies=agencies)).rules


def test_hours_that_never_hold_together_may_cover_the_day() -> None:
    ended = hours("a", "20:00", "08:00", more='effective_to = "2024-01-01"')
    assert a_pack(ended, hours("b", "08:00", "20:00", effective_from="2024-01-01")).rules
    assert faults(ended, hours("b", "08:00", "20:00", effective_from="2023-12-31"))


def test_hours_are_two_different_times_of_the_day() -> None:
    assert "another time than quiet_from" in faults(hours("a", "22:00", "22:00"))[0]
    assert len(faults(hours("a", "24:00", "8"))) == 2


def test_a_span_of_hours_may_run_over_midnight() -> None:
    night, noon = Hours(time(22), time(8)), Hours(time(12), time(14))
    assert [night.is_quiet(time(*at)) for at in ((21, 59, 59), (22,), (0,), (7, 59, 59), (8,))] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert [noon.is_quiet(time(*at)) for at in ((11, 59, 59), (12,), (13, 59, 59), (14,))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_furnisher_does_not_have_longer_than_the_borrower_waits() -> None:
    (told,) = faults(deadline("late", "FURNISH_DISPUTE", 21), deadline("soon", "ANSWER_DISPUTE", 20))
    assert told == "late gives longer for FURNISH_DISPUTE than soon for ANSWER_DISPUTE, which waits for it"
    assert a_pack(deadline("a", "FURNISH_DISPUTE", 20), deadline("b", "ANSWER_DISPUTE", 20)).rules
    assert faults(deadline("a", "ANSWER_COMPLAINT", 31), deadline("b", "FIND_COMPLAINT", 30))


def test_stages_that_come_after_themselves_are_refused() -> None:
    told = faults(stage("a", "VISIT", "PHONE"), stage("b", "PHONE", "REMINDER"), stage("c", "REMINDER", "VISIT"))
    assert len(told) == 3
    assert faults(stage("a", "VISIT", "VISIT")) == ["the stage VISIT comes after itself"]
    assert a_pack(stage("a", "VISIT", "PHONE"), stage("b", "LEGAL", "VISIT")).rules


def test_a_period_ends_after_it_began() -> None:
    told = faults(deadline("a", "ERASE", 5, more='effective_to = "2020-01-01"'))
    assert told == ["rules[1] a.effective_to: after effective_from"]


@pytest.mark.parametrize(
    ("kind", "act", "terms"),
    [
        ("ceiling", "QUERY", ""),
        ("right", "EXERCISE", "rights = []"),
        ("standstill", "CONTACT", "while = []"),
        ("targets", "CONTACT", "targets = []"),
        ("stage_order", "CONTACT", 'stage = "VISIT"'),
        ("precondition", "QUERY", "requires = []"),
        ("two_person", "INSPECT", "persons = 1"),
        ("rate", "CONTACT", 'count = "EFFECTIVE", days = 0, group = "ACTOR", per = "DEBT", limit = 0'),
        ("duty", "OPERATE", ""),
    ],
)
def test_terms_that_say_nothing_are_refused(kind: str, act: str, terms: str) -> None:
    assert all(fault.startswith("rules[1] a.terms.") for fault in faults(a_rule("a", kind, act, terms)))


def test_all_faults_of_rules_together_are_told_at_once() -> None:
    told = faults(
        hours("a", "20:00", "08:00"),
        hours("b", "08:00", "20:00"),
        deadline("c", "FURNISH_DISPUTE", 9),
        deadline("d", "ANSWER_DISPUTE", 8),
        deadline("e", "ASK", 8),
    )
    assert len(told) == 3


def test_the_shortest_deadline_holds_and_the_stronger_where_two_are_as_short() -> None:
    pack = a_pack(
        deadline("a", "ERASE", 30, force="SHOULD"), deadline("b", "ERASE", 30), deadline("c", "ERASE", 31),
        deadline("d", "ERASE", 5, effective_from="2027-01-01"), deadline("e", "ANSWER_REVIEW", 3),
    )  # fmt: skip
    found = deadline_of(pack, Act.ERASE, ON)
    assert found and found.id == "b"
    later = deadline_of(pack, Act.ERASE, date(2027, 1, 1))
    assert later and later.id == "d"
    assert deadline_of(pack, Act.ANSWER_PLAN, ON) is None
