"""The next step: the gentlest that has not been shown to fail, never harder than the rules allow."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.next_step import STAGES, Attempt, Case, PlanTried, stage_orders, suggest_next_step
from consent.policy.contact_terms import StageOrder
from consent.policy.load import load_pack
from schema.vocabulary.collection import CollectionStage, ContactResult
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.next_step import AdviceCode, NextStep
from schema.vocabulary.plan import PlanState
from schema.vocabulary.pressure import PressureBand

TODAY = date(2026, 5, 31)
CASE = Case(
    today=TODAY,
    days_past_due=120,
    attempts=(),
    plans=(),
    stop_requested=False,
    dispute_open=False,
    needs_care=False,
    pressure=PressureBand.LOW,
)
LADDER = [NextStep.REMIND, NextStep.OFFER_PLAN, NextStep.CALL, NextStep.VISIT, NextStep.PRE_LEGAL, NextStep.LEGAL]


def tried(stage: CollectionStage, times: int, days_ago: int = 20, **how: object) -> tuple[Attempt, ...]:
    how.setdefault("result", ContactResult.NO_ANSWER)
    return tuple(Attempt(TODAY - timedelta(days=days_ago), stage, **how) for _ in range(times))  # type: ignore[arg-type]  # by name


REMINDED = tried(CollectionStage.REMINDER, 2)
CALLED = REMINDED + tried(CollectionStage.PHONE, 3)
VISITED = CALLED + tried(CollectionStage.VISIT, 1)
WARNED = VISITED + tried(CollectionStage.PRE_LEGAL, 1)
REFUSED = (PlanTried(PlanState.REJECTED, TODAY - timedelta(days=30)),)


def step(orders: tuple[tuple[str, StageOrder], ...] = (), **changes: object) -> NextStep:
    return suggest_next_step(replace(CASE, **changes), orders).step  # type: ignore[arg-type]  # by name


def codes(orders: tuple[tuple[str, StageOrder], ...] = (), **changes: object) -> list[AdviceCode]:
    advice = suggest_next_step(replace(CASE, **changes), orders)  # type: ignore[arg-type]  # by name
    return [each.code for each in advice.reasons]


@pytest.mark.parametrize(
    ("attempts", "plans", "expected"),
    [
        ((), (), NextStep.REMIND),
        (tried(CollectionStage.REMINDER, 1), (), NextStep.REMIND),
        (REMINDED, (), NextStep.OFFER_PLAN),
        (REMINDED, REFUSED, NextStep.CALL),
        (CALLED, REFUSED, NextStep.VISIT),
        (VISITED, REFUSED, NextStep.PRE_LEGAL),
        (WARNED, REFUSED, NextStep.LEGAL),
        (WARNED, (), NextStep.OFFER_PLAN),
    ],
)
def test_the_gentlest_step_that_was_not_shown_to_fail(
    attempts: tuple[Attempt, ...], plans: tuple[PlanTried, ...], expected: NextStep
) -> None:
    assert step(attempts=attempts, plans=plans) is expected


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (AdviceCode.NOT_PAST_DUE, {"days_past_due": 0}),
        (AdviceCode.STOP_REQUESTED, {"stop_requested": True}),
        (AdviceCode.DISPUTE_OPEN, {"dispute_open": True}),
        (AdviceCode.PRESSED_TOO_HARD, {"pressure": PressureBand.EXCESSIVE}),
        (AdviceCode.PLAN_RUNNING, {"plans": (PlanTried(PlanState.ACTIVE, TODAY),)}),
        (AdviceCode.PLAN_UNANSWERED, {"plans": (PlanTried(PlanState.PROPOSED, TODAY),)}),
        (AdviceCode.CONTACTED_LATELY, {"attempts": tried(CollectionStage.REMINDER, 1, days_ago=2)}),
        (AdviceCode.PROMISE_OPEN, {"attempts": tried(
            CollectionStage.PHONE, 1, result=ContactResult.PROMISE_TO_PAY, promised_on=TODAY
        )}),
    ],
)  # fmt: skip
def test_one_waits_while_something_stands_still_and_says_what(code: AdviceCode, changes: dict[str, object]) -> None:
    everything_failed: dict[str, object] = {"attempts": WARNED, "plans": REFUSED}
    advice = suggest_next_step(replace(CASE, **(everything_failed | changes)), ())  # type: ignore[arg-type]  # by name
    assert advice.step is NextStep.WAIT
    assert [each.code for each in advice.reasons] == [code]


def test_every_reason_to_wait_is_told() -> None:
    assert codes(stop_requested=True, dispute_open=True) == [AdviceCode.STOP_REQUESTED, AdviceCode.DISPUTE_OPEN]


def test_a_kept_promise_shows_that_what_led_to_it_works() -> None:
    kept = tried(CollectionStage.PHONE, 1, 10, result=ContactResult.PROMISE_TO_PAY, promise_kept=True)
    assert step(attempts=WARNED + kept, plans=REFUSED) is NextStep.REMIND
    broken = tried(CollectionStage.PHONE, 1, 10, result=ContactResult.PROMISE_TO_PAY, promise_kept=False)
    assert step(attempts=WARNED + broken, plans=REFUSED) is NextStep.LEGAL


def test_a_wrong_number_is_no_attempt() -> None:
    missed = tried(CollectionStage.REMINDER, 5, result=ContactResult.INVALID_NUMBER)
    assert step(attempts=missed) is NextStep.REMIND


@pytest.mark.parametrize("changes", [{"pressure": PressureBand.HIGH}, {"needs_care": True}])
def test_nothing_harder_than_an_offer_for_whoever_is_pressed_hard_or_needs_care(changes: dict[str, object]) -> None:
    assert step(attempts=REMINDED, **changes) is NextStep.OFFER_PLAN
    assert step(attempts=WARNED, plans=REFUSED, **changes) is NextStep.WAIT
    assert AdviceCode.NOTHING_GENTLER in codes(attempts=WARNED, plans=REFUSED, **changes)


def test_hardship_is_answered_with_an_offer_and_with_a_second_one() -> None:
    told = tried(CollectionStage.PHONE, 1, 60, result=ContactResult.HARDSHIP_RAISED)
    assert step(attempts=told) is NextStep.OFFER_PLAN
    assert step(attempts=told, plans=REFUSED) is NextStep.OFFER_PLAN
    assert step(attempts=told, plans=REFUSED * 2) is NextStep.WAIT
    long_ago = tried(CollectionStage.PHONE, 1, 91, result=ContactResult.HARDSHIP_RAISED)
    assert step(attempts=long_ago) is NextStep.REMIND


def test_where_the_order_of_stages_does_not_allow_it_yet_one_waits() -> None:
    late = (("xx.visit", StageOrder(CollectionStage.VISIT, None, 200)),)
    advice = suggest_next_step(replace(CASE, attempts=CALLED, plans=REFUSED), late)
    assert advice.step is NextStep.WAIT
    assert (advice.reasons[-1].code, advice.reasons[-1].rule) == (AdviceCode.STAGE_NOT_YET, "xx.visit")
    assert step(late, attempts=CALLED, plans=REFUSED, days_past_due=200) is NextStep.VISIT


def test_a_stage_that_must_come_before_is_not_left_out() -> None:
    after = (("xx.phone", StageOrder(CollectionStage.PHONE, CollectionStage.VISIT, 0)),)
    assert step(after, attempts=REMINDED, plans=REFUSED) is NextStep.WAIT


attempts = st.lists(
    st.builds(
        Attempt,
        st.dates(TODAY - timedelta(days=200), TODAY),
        st.sampled_from(CollectionStage),
        st.sampled_from(ContactResult),
        st.none() | st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=30)),
        st.sampled_from([None, True, False]),
    ),
    max_size=10,
)
cases = st.builds(
    Case,
    st.just(TODAY),
    st.integers(0, 400),
    attempts,
    st.lists(
        st.builds(PlanTried, st.sampled_from(PlanState), st.dates(TODAY - timedelta(days=200), TODAY)), max_size=3
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(PressureBand),
)
orders = st.lists(
    st.tuples(
        st.just("xx.order"),
        st.builds(
            StageOrder, st.sampled_from(CollectionStage), st.none() | st.sampled_from(CollectionStage),
            st.integers(0, 300),
        ),
    ),
    max_size=4,
)  # fmt: skip


def how_hard(of: NextStep) -> int:
    return list(NextStep).index(of)


@given(cases, orders)
def test_never_harder_than_the_order_of_stages_allows(case: Case, rules: list[tuple[str, StageOrder]]) -> None:
    advice = suggest_next_step(case, rules)
    been = {each.stage for each in case.attempts}
    for _, rule in rules:
        if STAGES.get(advice.step) is rule.stage:
            assert case.days_past_due >= rule.days_past_due_min and (rule.after is None or rule.after in been)


@given(cases, orders)
def test_what_speaks_for_the_borrower_never_makes_it_harder(case: Case, rules: list[tuple[str, StageOrder]]) -> None:
    usual = how_hard(suggest_next_step(case, rules).step)
    kinder = (
        {"stop_requested": True}, {"dispute_open": True}, {"needs_care": True}, {"days_past_due": 0},
        {"pressure": PressureBand.EXCESSIVE},
    )  # fmt: skip
    for change in kinder:
        assert how_hard(suggest_next_step(replace(case, **change), rules).step) <= usual  # type: ignore[arg-type]  # by name


@given(cases)
def test_more_pressure_never_makes_it_harder(case: Case) -> None:
    steps = [how_hard(suggest_next_step(replace(case, pressure=band), ()).step) for band in PressureBand]
    assert steps == sorted(steps, reverse=True)


@given(cases, orders)
def test_a_rule_more_never_makes_it_harder(case: Case, rules: list[tuple[str, StageOrder]]) -> None:
    assert how_hard(suggest_next_step(case, rules).step) <= how_hard(suggest_next_step(case, rules[1:]).step)


@given(cases, orders)
def test_every_step_has_its_reasons(case: Case, rules: list[tuple[str, StageOrder]]) -> None:
    assert suggest_next_step(case, rules).reasons


def test_the_pack_says_in_which_order_stages_come() -> None:
    found = stage_orders(load_pack("cn"), MemberClass.BANK, TODAY)
    assert all(isinstance(terms, StageOrder) for _, terms in found)


def test_every_reason_has_a_sentence_of_its_own() -> None:
    assert len({code.phrase for code in AdviceCode}) == len(AdviceCode)
