"""A pack is held against its own boundary cases, and they are close enough to notice any small change of a rule."""

from dataclasses import replace

import pytest
from contact_cases import decided
from pack_texts import a_pack, a_rule, deadline, hours
from rule_changes import changes, with_rule

from consent.contact import Permit
from consent.policy.load import known_packs, load_pack
from consent.policy.rules import Pack, Rule, Vector
from consent.proving.prove_pack import prove, prove_rule
from schema.vocabulary.collection import CollectionStage, ContactChannel

RULES = [(pack, rule) for pack in map(load_pack, known_packs()) for rule in pack.rules]
VECTORS = [(pack, rule, number) for pack, rule in RULES for number in range(len(rule.vectors))]
ON = '{ on = "2026-05-03" }'


@pytest.mark.parametrize(("pack", "rule", "number"), VECTORS, ids=[f"{rule.id}-{n + 1}" for _, rule, n in VECTORS])
def test_each_boundary_case_comes_out_as_its_pack_says(pack: Pack, rule: Rule, number: int) -> None:
    alone = replace(rule, vectors=(rule.vectors[number],))
    assert list(prove_rule(with_rule(pack, alone), alone)) == []


@pytest.mark.parametrize(("pack", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_small_change_of_a_rule_fails_one_of_its_boundary_cases(pack: Pack, rule: Rule) -> None:
    unnoticed = [what for what, changed in changes(rule) if not list(prove_rule(with_rule(pack, changed), changed))]
    assert unnoticed == []


def test_rules_with_numbers_hours_days_and_channels_are_changed() -> None:
    made = {rule.id: [what for what, _ in changes(rule)] for _, rule in RULES}
    assert {"limit: 8", "limit: 6", "days: 8", "channels: VOICE_HUMAN", "channels: SMS"} <= set(
        made["us.regf.14.calls"]
    )
    assert {"quiet_from: 22:01:00", "quiet_until: 07:59:00"} <= set(made["cn.gbt45251.hours"])
    assert {"years: 1", "late_from: 2019-12-31"} <= set(made["cn.pboc.repair.2025"])
    assert "days: 16" in made["cn.pipl.47"] and made["cn.pipl.15"] == []
    assert sum(map(len, made.values())) > 350


@pytest.mark.parametrize("name", known_packs())
def test_the_packs_that_come_with_the_service_are_proved(name: str) -> None:
    assert prove(load_pack(name)) == []


@pytest.mark.parametrize("channel", ContactChannel)
@pytest.mark.parametrize("name", known_packs())
def test_a_lawful_contact_is_permitted_by_every_pack(name: str, channel: ContactChannel) -> None:
    reminded = {"stages_been": frozenset({CollectionStage.REMINDER})}
    assert isinstance(decided(load_pack(name), standing=reminded, channel=channel), Permit)


def test_a_case_that_comes_out_otherwise_is_told_with_its_rule_and_number() -> None:
    pack = a_pack(deadline("a", "ERASE", 30, vectors=f'{{ given = {ON}, expect = "30" }}'))
    assert prove(pack) == []
    wrong = a_pack(
        deadline("a", "ERASE", 30, vectors=f'{{ given = {ON}, expect = "30" }}, {{ given = {ON}, expect = "31" }}'),
        hours("b", "22:00", "08:00", vectors='{ given = { at = "2026-05-13T22:00:00Z" }, expect = "PERMIT" }'),
    )
    assert prove(wrong) == [
        "a, case 2: expected 31, got 30",
        "b, case 1: expected PERMIT, got CONTACT_QUIET_HOURS",
    ]


def test_what_another_rule_decides_proves_nothing_of_this_one() -> None:
    alert = a_rule("a", "access_alert", "QUERY", vectors=f'{{ given = {ON}, expect = "TOLD" }}')
    assert prove(a_pack(alert, alert.replace('"a"', '"b"'))) == ["b, case 1: TOLD as expected, but by a"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{}", "on: missing"),
        ('{ on = "yesterday" }', "on: a date such as 2026-05-03"),
        ('{ on = "2026-05-03", why = 1 }', "1 unknown field(s); known are on"),
        ("5", "given: a table"),
    ],
)
def test_a_case_that_nobody_can_read_is_told(given: str, told: str) -> None:
    pack = a_pack(deadline("a", "ERASE", 30, vectors=f'{{ given = {given}, expect = "30" }}'))
    assert prove(pack) == [f"a, case 1: cannot be decided: {told}"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('{ zone = "Nowhere/At_All" }', "zone: a time zone such as Asia/Shanghai"),
        ('{ zone = "../../etc/passwd" }', "zone: a time zone such as Asia/Shanghai"),
        ("{ history = 3 }", "history: a list of tables"),
        ("{ history = [3] }", "given: a table"),
        ("{ history = [{}] }", "result: missing"),
        ('{ history = [{ result = "EFFECTIVE", times = 10000000000 }] }', "times: at most 9999"),
        ('{ history = [{ result = "EFFECTIVE", debt = "mine" }] }', "debt: same or other"),
        ('{ history = [{ result = "SHOUTED" }] }', "'SHOUTED' is not a valid ContactResult"),
    ],
)
def test_a_case_of_a_contact_that_nobody_can_read_is_told(given: str, told: str) -> None:
    pack = a_pack(hours("a", "22:00", "08:00", vectors=f'{{ given = {given}, expect = "PERMIT" }}'))
    assert prove(pack) == [f"a, case 1: cannot be decided: {told}"]


def test_a_day_past_the_end_of_the_calendar_is_told_and_stops_nothing() -> None:
    kept = a_rule(
        "a", "retention", "KEEP", 'action = "keep_at_least", years = 9000',
        vectors='{ given = { ended_on = "2026-05-03", today = "2026-05-03" }, expect = "KEEP" }',
    )  # fmt: skip
    pack = a_pack(kept, deadline("b", "ERASE", 30, vectors=f'{{ given = {ON}, expect = "31" }}'))
    first, second = prove(pack)
    assert first.startswith("a, case 1: cannot be decided:") and second == "b, case 1: expected 31, got 30"


def test_cases_of_a_jurisdiction_that_we_know_nothing_of_are_on_utc() -> None:
    pack = a_pack(
        hours("a", "22:00", "08:00", vectors='{ given = { at = "2026-05-13T21:59:59Z" }, expect = "PERMIT" }')
    )
    assert prove(pack) == []
    (rule,) = pack.rules
    late = replace(rule, vectors=(Vector({"at": "2026-05-13T22:00:00Z"}, "CONTACT_QUIET_HOURS"),))
    assert list(prove_rule(pack, late)) == []
