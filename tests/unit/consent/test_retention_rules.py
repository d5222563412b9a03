"""What the rules about keeping make of a record, held against a model that tries every rule by itself."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from consent_cases import PACK
from hypothesis import given
from hypothesis import strategies as st

from consent.policy.retention import (
    Fate,
    KeptRecord,
    deleting_years,
    fate_of,
    last_floor,
    retention_rules,
)
from consent.policy.rules import (
    Act,
    Applies,
    CountedFrom,
    Force,
    Kind,
    Pack,
    Retention,
    RetentionAction,
    Rule,
    Source,
    Verified,
)
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass

DELETE, HIDE = RetentionAction.DELETE, RetentionAction.SUPPRESS_DISPLAY
ANNOTATE, KEEP = RetentionAction.ANNOTATE, RetentionAction.KEEP_AT_LEAST
NOUNS = (FieldClass.DELINQUENCIES, FieldClass.COLLECTIONS)
FURNISHERS = (MemberClass.BANK, MemberClass.CONSUMER_FINANCE)
TODAY = date(2026, 6, 1)


def a_rule(
    id: str,
    terms: Retention,
    nouns: Sequence[FieldClass] = (),
    furnishers: Sequence[MemberClass] = (),
    act: Act = Act.KEEP,
) -> Rule:
    applies = Applies(act, frozenset(), frozenset(furnishers), frozenset(), frozenset(nouns))
    source = Source("A law", "1", "en", None, Verified.TO_VERIFY)
    return Rule(id, source, Force.MUST, Kind.RETENTION, applies, terms, date(2000, 1, 1), None, ())


days = st.dates(date(2015, 1, 1), date(2030, 12, 31)) | st.sampled_from(
    [date(2020, 2, 29), date(2024, 2, 29), date(2021, 2, 28), date(2020, 12, 31), date(2021, 1, 31)]
)
maybe_days = st.none() | days
amounts = st.none() | st.integers(0, 20)
ceilings = st.builds(
    Retention,
    st.sampled_from([DELETE, HIDE, ANNOTATE]),
    st.integers(0, 7),
    st.sampled_from(CountedFrom),
    amounts,
    st.sampled_from(["CNY", "USD"]),
    maybe_days,
    maybe_days,
    maybe_days,
    st.sampled_from([0, 0, 180]),
)
floors = st.builds(Retention, st.just(KEEP), st.integers(0, 7), st.sampled_from(CountedFrom))
some_nouns = st.lists(st.sampled_from(NOUNS), max_size=2, unique=True)
some_furnishers = st.lists(st.sampled_from(FURNISHERS), max_size=2, unique=True)
rules = st.builds(
    a_rule, st.uuids().map(str), ceilings | floors, some_nouns, some_furnishers, st.sampled_from([Act.KEEP, Act.QUERY])
)
records = st.builds(
    KeptRecord,
    st.sampled_from(NOUNS),
    st.sampled_from(FURNISHERS),
    maybe_days,
    maybe_days,
    maybe_days,
    maybe_days,
    maybe_days,
    amounts,
    st.sampled_from([None, "CNY", "USD"]),
)


def model_last_day(start: date, years: int) -> date:
    year = start.year + years
    return date(year, start.month, min(start.day, monthrange(year, start.month)[1]))


def model_over(rule: Rule, record: KeptRecord, on: date) -> bool | None:
    """Whether the period of the rule is over for this record; None where the rule is not about it at all."""
    terms = rule.terms
    assert isinstance(terms, Retention)
    if rule.applies.field_classes and record.noun not in rule.applies.field_classes:
        return None
    if rule.applies.member_classes and record.furnisher not in rule.applies.member_classes:
        return None
    if terms.amount_minor_max is not None:
        known = record.amount_minor is not None and record.currency == terms.currency
        if not known or record.amount_minor > terms.amount_minor_max:  # type: ignore[operator]  # known
            return None
    for bound, value, fits in (
        (terms.late_from, record.late_on, lambda bound, value: bound <= value),
        (terms.late_until, record.late_on, lambda bound, value: value <= bound),
        (terms.cured_by, record.cured_on, lambda bound, value: value <= bound),
    ):
        if bound is not None and (value is None or not fits(bound, value)):
            return None
    start = {
        "ENDED": record.ended_on,
        "FELL_OVERDUE": record.late_on,
        "RECORDED": record.recorded_on,
        "LAST_ACTION": record.last_action_on,
    }
    counted = start[terms.counted_from.value]
    return counted is not None and on > model_last_day(counted + timedelta(terms.after_days), terms.years)


def model(rules: Sequence[Rule], record: KeptRecord, on: date) -> tuple[RetentionAction | None, bool]:
    """(what is done, whether a floor runs)."""
    over = dict.fromkeys(RetentionAction, False)
    kept = False
    for rule in rules:
        assert isinstance(rule.terms, Retention)
        outcome = model_over(rule, record, on)
        if rule.terms.action is KEEP:
            kept = kept or outcome is False
        elif outcome:
            over[rule.terms.action] = True
    if over[DELETE]:
        return (HIDE if kept else DELETE), kept
    if over[HIDE]:
        return HIDE, kept
    return (ANNOTATE if over[ANNOTATE] else None), kept


@given(st.lists(rules, max_size=6), records, days)
def test_the_rules_together_do_what_each_does_by_itself(rules: list[Rule], record: KeptRecord, on: date) -> None:
    fate = fate_of(rules, record, on)
    assert (fate.action, fate.kept_by is not None) == model(rules, record, on)
    assert (fate.rule is None) == (fate.action is None)
    assert {fate.rule, fate.kept_by} - {None} <= {rule.id for rule in rules}


def is_shown(fate: Fate) -> bool:
    return fate.action in (None, ANNOTATE)


@given(st.lists(rules, max_size=5), rules, records, days)
def test_one_more_rule_never_shows_more(rules: list[Rule], one_more: Rule, record: KeptRecord, on: date) -> None:
    if not is_shown(fate_of(rules, record, on)):
        assert not is_shown(fate_of([*rules, one_more], record, on))


@given(st.lists(rules, max_size=5), records, days, st.integers(0, 4000))
def test_what_is_deleted_or_hidden_once_is_so_ever_after(
    rules: list[Rule], record: KeptRecord, on: date, later: int
) -> None:
    if not is_shown(fate_of(rules, record, on)):
        assert not is_shown(fate_of(rules, record, on + timedelta(days=later)))


@given(st.lists(rules, min_size=1, max_size=5), records, days, st.randoms())
def test_the_order_of_the_rules_does_not_matter(
    rules: list[Rule], record: KeptRecord, on: date, random: Random
) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    pack = Pack("xx", "1", tuple(rules))
    other = Pack("xx", "1", tuple(shuffled))
    assert fate_of(retention_rules(pack, on), record, on) == fate_of(retention_rules(other, on), record, on)


ENDED = KeptRecord(FieldClass.DELINQUENCIES, MemberClass.BANK, ended_on=date(2020, 2, 29))


@pytest.mark.parametrize(
    ("ended_on", "last_shown"),
    [
        (date(2020, 2, 29), date(2025, 2, 28)),
        (date(2019, 2, 28), date(2024, 2, 28)),
        (date(2020, 3, 1), date(2025, 3, 1)),
        (date(2020, 1, 31), date(2025, 1, 31)),
        (date(2020, 12, 31), date(2025, 12, 31)),
    ],
)
def test_negative_information_goes_the_day_after_five_years(ended_on: date, last_shown: date) -> None:
    record = replace(ENDED, ended_on=ended_on)
    on = [fate_of(retention_rules(PACK, day), record, day) for day in (last_shown, last_shown + timedelta(days=1))]
    assert on == [Fate(), Fate(DELETE, "cn.cir.16")]


def test_what_goes_on_and_what_no_rule_is_about_stays() -> None:
    rules = retention_rules(PACK, date(2090, 1, 1))
    assert fate_of(rules, replace(ENDED, ended_on=None), date(2090, 1, 1)) == Fate()
    assert fate_of(rules, replace(ENDED, noun=FieldClass.INQUIRIES), date(2090, 1, 1)) == Fate()


def test_of_floors_the_longest_holds_by_the_class_of_the_furnisher() -> None:
    contact = KeptRecord(FieldClass.COLLECTIONS, MemberClass.CONSUMER_FINANCE, ended_on=date(2022, 5, 3))
    bank = replace(contact, furnisher=MemberClass.BANK)
    rules = retention_rules(PACK, TODAY)
    assert fate_of(rules, contact, date(2024, 5, 3)).kept_by == "cn.cfc.records"
    assert fate_of(rules, contact, date(2027, 5, 3)) == Fate(kept_by="cn.cfc.records")
    assert fate_of(rules, contact, date(2027, 5, 4)) == Fate(DELETE, "cn.cir.16")
    assert fate_of(rules, bank, date(2024, 5, 3)).kept_by == "cn.gbt45251.records"
    assert fate_of(rules, bank, date(2024, 5, 4)) == Fate()
    assert last_floor(rules, contact) == "cn.cfc.records"
    assert last_floor(rules, bank) == "cn.gbt45251.records"
    assert last_floor(rules, ENDED) is None


def test_what_must_be_kept_and_may_not_be_shown_is_hidden() -> None:
    rules = [
        a_rule("ceiling", Retention(DELETE, 3)),
        a_rule("floor", Retention(KEEP, 3, CountedFrom.LAST_ACTION)),
    ]
    record = replace(ENDED, ended_on=date(2020, 1, 1), last_action_on=date(2021, 1, 1))
    fates = [fate_of(rules, record, on) for on in (date(2023, 1, 1), date(2023, 1, 2), date(2024, 1, 2))]
    assert fates == [Fate(kept_by="floor"), Fate(HIDE, "ceiling", "floor"), Fate(DELETE, "ceiling")]


def test_a_floor_whose_day_is_not_known_keeps_for_good() -> None:
    rules = [a_rule("ceiling", Retention(DELETE, 3)), a_rule("floor", Retention(KEEP, 1, CountedFrom.RECORDED))]
    assert fate_of(rules, ENDED, date(2090, 1, 1)) == Fate(HIDE, "ceiling", "floor")


def test_the_repair_hides_and_the_end_of_the_period_still_deletes() -> None:
    repaired = KeptRecord(
        FieldClass.DELINQUENCIES,
        MemberClass.BANK,
        ended_on=date(2024, 7, 1),
        late_on=date(2024, 5, 1),
        cured_on=date(2024, 7, 1),
        amount_minor=1_000_000,
        currency="CNY",
    )
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2029, 7, 1), date(2029, 7, 2)]
    fates = [fate_of(retention_rules(PACK, day), repaired, day) for day in days]
    repair = Fate(HIDE, "cn.pboc.repair.2025")
    assert fates == [Fate(), repair, repair, Fate(DELETE, "cn.cir.16")]


def test_the_fewest_years_tell_how_far_back_to_look() -> None:
    rules = [
        a_rule("a", Retention(DELETE, 7), [FieldClass.COLLECTIONS]),
        a_rule("b", Retention(DELETE, 5)),
        a_rule("c", Retention(HIDE, 1)),
        a_rule("d", Retention(DELETE, 2), [FieldClass.PLANS]),
    ]
    assert deleting_years(rules, FieldClass.COLLECTIONS) == 5
    assert deleting_years(rules, FieldClass.PLANS) == 2
    assert deleting_years(rules[2:3], FieldClass.COLLECTIONS) is None


def test_only_rules_about_keeping_that_are_in_force_are_asked() -> None:
    counted = [len(retention_rules(PACK, day)) for day in (date(2013, 3, 14), date(2013, 3, 15), TODAY)]
    assert counted == [0, 1, 5]
    contributing = a_rule("a", Retention(DELETE, 5), act=Act.CONTRIBUTE)
    assert retention_rules(Pack("xx", "1", (contributing,)), TODAY) == ()
