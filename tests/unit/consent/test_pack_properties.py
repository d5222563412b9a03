"""What holds for every pack, and for any rule that is added to one: decisions about looks are the same again, never
permit more for one more rule, and say why.
"""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from consent_cases import CONSENT_ID, NOW, a_consent, a_ground, a_question
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.artefact import Fetch
from consent.decision import Basis, Grant, decide
from consent.lifecycle import ConsentState
from consent.policy.load import known_packs, load_pack
from consent.policy.resolve import deadline
from consent.policy.rules import (
    Act,
    Applies,
    BasisKind,
    Ceiling,
    Deadline,
    Force,
    Kind,
    Pack,
    Precondition,
    Reciprocity,
    Requirement,
    Retention,
    RetentionAction,
    Rule,
    Source,
    Terms,
    Verified,
)
from consent.question import Question
from schema.vocabulary.member_class import ContributionLevel, MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

PACKS = [load_pack(name) for name in known_packs()]
SOURCE = Source("A law", "1", "en", None, Verified.TO_VERIFY)


def sets_of(kind: type) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(st.sampled_from(kind), max_size=2)


terms = st.one_of(
    st.builds(Precondition, st.frozensets(st.sampled_from(Requirement), min_size=1)),
    st.builds(Retention, st.sampled_from(RetentionAction), st.integers(0, 9)),
    st.builds(
        Ceiling, st.none() | st.integers(1, 400), st.none() | st.integers(1, 80), st.none() | st.integers(1, 40),
        st.booleans(),
    ),
    st.just(Reciprocity()),
)  # fmt: skip
KINDS = {
    Precondition: Kind.PRECONDITION,
    Retention: Kind.RETENTION,
    Ceiling: Kind.CEILING,
    Reciprocity: Kind.RECIPROCITY,
}


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    said: Terms = draw(terms)
    applies = Applies(
        Act.QUERY,
        draw(st.frozensets(st.sampled_from(BasisKind), max_size=1)),
        draw(sets_of(MemberClass)),  # type: ignore[arg-type]  # sets of that kind
        draw(sets_of(Purpose)),  # type: ignore[arg-type]  # sets of that kind
        draw(sets_of(FieldClass)),  # type: ignore[arg-type]  # sets of that kind
    )
    since = draw(st.sampled_from([date(2020, 1, 1), date(2026, 5, 3), date(2026, 5, 4)]))
    force = draw(st.sampled_from(Force))
    return Rule("zz.more", SOURCE, force, KINDS[type(said)], applies, said, since, None, ())


questions = st.builds(
    lambda member_class, purpose, classes, staff, level: a_question(
        member_class=member_class, purpose=purpose, field_classes=classes, staff_named=staff, contribution_level=level
    ),
    st.sampled_from([MemberClass.BANK, MemberClass.COLLECTION_AGENCY]),
    st.sampled_from([Purpose.LOAN_APPROVAL, Purpose.COLLECTION]),
    st.frozensets(st.sampled_from(FieldClass), min_size=1),
    st.booleans(),
    st.sampled_from(ContributionLevel),
)


@st.composite
def bases(draw: st.DrawFn) -> Basis | None:
    kind = draw(st.sampled_from(["CONSENT", "CONSENT", "GROUND", "NONE"]))
    if kind == "NONE":
        return None
    if kind == "GROUND":
        return a_ground()
    return a_consent(
        draw(st.sampled_from([ConsentState.ACTIVE, ConsentState.ACTIVE, ConsentState.PAUSED])),
        jurisdiction=draw(st.sampled_from(known_packs())),
        purpose=draw(st.sampled_from([Purpose.LOAN_APPROVAL, Purpose.COLLECTION])),
        fetch=draw(st.sampled_from(Fetch)),
        starts_at=NOW,
        expires_at=NOW + timedelta(days=draw(st.integers(1, 400))),
        data_from=date(2026, 1, 1),
        sensitive_warning_shown=draw(st.booleans()),
    )


def shown(question: Question, basis: Basis | None, pack: Pack) -> tuple[frozenset[FieldClass], int]:
    """What is released, and for how many years after its end (none said: for ever)."""
    answer = decide(question, basis, pack, NOW)
    if not isinstance(answer, Grant):
        return frozenset(), 0
    return frozenset(answer.released), answer.negative_retention_years or 999


@settings(max_examples=150)
@given(st.sampled_from(PACKS), rules(), questions, bases())
def test_one_more_rule_never_permits_more(pack: Pack, rule: Rule, question: Question, basis: Basis | None) -> None:
    classes, years = shown(question, basis, pack)
    with_it, with_years = shown(question, basis, replace(pack, rules=(*pack.rules, rule)))
    assert with_it <= classes
    assert not with_it or with_years <= years


@settings(max_examples=150)
@given(st.sampled_from(PACKS), questions, bases(), st.randoms(use_true_random=False))
def test_the_answer_is_the_same_again_and_in_any_order_of_the_rules(
    pack: Pack, question: Question, basis: Basis | None, random: Random
) -> None:
    shuffled = list(pack.rules)
    random.shuffle(shuffled)
    answer = decide(question, basis, pack, NOW)
    assert answer == decide(question, basis, pack, NOW)
    assert answer == decide(question, basis, replace(pack, rules=tuple(shuffled)), NOW)


@settings(max_examples=150)
@given(st.sampled_from(PACKS), questions, bases())
def test_every_answer_cites_its_rules_or_says_that_nothing_allows_it(
    pack: Pack, question: Question, basis: Basis | None
) -> None:
    answer = decide(question, basis, pack, NOW)
    known = {rule.id for rule in pack.rules}
    assert set(answer.rules) <= known
    assert answer.pack_version == pack.version
    if isinstance(answer, Grant):
        return
    assert answer.reasons  # A denial always says why; what names no rule is the exchange's own default denial.
    assert {reason.rule for reason in answer.reasons} - {None} == set(answer.rules)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.jurisdiction)
def test_a_look_under_a_good_consent_cites_a_rule_and_one_without_is_denied_by_one(pack: Pack) -> None:
    good = a_consent(
        jurisdiction=pack.jurisdiction, fetch=Fetch.ONCE, data_from=date(2026, 1, 1), starts_at=NOW,
        expires_at=NOW + timedelta(31),
    )  # fmt: skip
    answer = decide(a_question(consent_id=CONSENT_ID), good, pack, NOW)
    assert isinstance(answer, Grant) and answer.rules
    denied = decide(a_question(), None, pack, NOW)
    assert not isinstance(denied, Grant)
    assert [reason.code for reason in denied.reasons] == ["CONSENT_MISSING"] and denied.rules


@given(st.sampled_from(PACKS), st.sampled_from(Act), st.integers(1, 60))
def test_one_more_rule_never_gives_longer_to_answer(pack: Pack, act: Act, days: int) -> None:
    on = date(2026, 5, 3)
    everyone: frozenset[object] = frozenset()
    applies = Applies(act, everyone, everyone, everyone, everyone)  # type: ignore[arg-type]  # empty sets are of any kind
    more = Rule("zz.more", SOURCE, Force.MUST, Kind.DEADLINE, applies, Deadline(days), date(2020, 1, 1), None, ())
    before, after = deadline(pack, act, on), deadline(replace(pack, rules=(*pack.rules, more)), act, on)
    assert after is not None and isinstance(after.terms, Deadline)
    assert after.terms.days == min([days] + ([before.terms.days] if before else []))  # type: ignore[union-attr]  # a Deadline
