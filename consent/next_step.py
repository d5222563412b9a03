"""The gentlest next step about a debt that has not been shown to fail. A suggestion, no leave: whoever follows it
still asks for a clearance before each contact. Pure.

1. Wait while something stands still, is still to come, or was done a few days ago.
2. Say how far one may go: no harder than an offer with somebody who is pressed hard, needs care or told of hardship.
3. Of the steps up to there take the first that was not tried often enough to say that it fails; what led to a payment
   counts afresh from then on.
4. Where the pack's order of stages does not allow that step yet, wait.

How often a step is tried before it counts as failed, and for how long one waits, is ours; no law says it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from consent.policy.contact_terms import StageOrder
from consent.policy.resolve import by_strength
from consent.policy.rules import Pack
from schema.vocabulary.collection import CollectionStage, ContactResult
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.next_step import AdviceCode, NextStep
from schema.vocabulary.plan import PlanState
from schema.vocabulary.pressure import PressureBand

PAUSE_DAYS = 3
"""For so many days after a contact one waits for what it leads to, as after the day of a promise."""
HARDSHIP_DAYS = 90
"""For so long what the borrower told of their hardship counts."""
TIMES_ENOUGH = {NextStep.REMIND: 2, NextStep.CALL: 3, NextStep.VISIT: 1, NextStep.PRE_LEGAL: 1}
"""Tried so often without effect, a step is shown to fail. Taking legal steps is the last."""
PLANS_ENOUGH = 1
"""So many offers that came to nothing show that offers fail; with hardship, one more."""

STAGES = {
    NextStep.REMIND: CollectionStage.REMINDER,
    NextStep.CALL: CollectionStage.PHONE,
    NextStep.VISIT: CollectionStage.VISIT,
    NextStep.PRE_LEGAL: CollectionStage.PRE_LEGAL,
    NextStep.LEGAL: CollectionStage.LEGAL,
}
"""The stage that a step belongs to; waiting and offering belong to none."""

_FAILED = {
    NextStep.REMIND: AdviceCode.REMINDERS_FAILED,
    NextStep.OFFER_PLAN: AdviceCode.PLAN_FAILED,
    NextStep.CALL: AdviceCode.CALLS_FAILED,
    NextStep.VISIT: AdviceCode.VISIT_FAILED,
    NextStep.PRE_LEGAL: AdviceCode.PRE_LEGAL_FAILED,
}
_CAME_TO_NOTHING = frozenset({PlanState.REJECTED, PlanState.EXPIRED, PlanState.BROKEN})
_RUNNING = frozenset({PlanState.ACCEPTED, PlanState.ACTIVE})
_UNANSWERED = frozenset({PlanState.PROPOSED, PlanState.COUNTERED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One contact about the debts: on which day of the debtor's, and what came of it."""

    on: date
    stage: CollectionStage
    result: ContactResult
    promised_on: date | None = None
    promise_kept: bool | None = None

    @property
    def worked(self) -> bool:
        """Whether it led to a payment."""
        return self.result is ContactResult.PAID or self.promise_kept is True


@dataclass(frozen=True, slots=True)
class PlanTried:
    """A plan about the debts, and the day of its present state."""

    state: PlanState
    since: date


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of the debts, and of the borrower as far as it bears on them. `today` is the debtor's."""

    today: date
    days_past_due: int
    attempts: Sequence[Attempt]
    plans: Sequence[PlanTried]
    stop_requested: bool
    dispute_open: bool
    needs_care: bool
    pressure: PressureBand


@dataclass(frozen=True, slots=True)
class AdviceReason:
    """Why; `rule` is the rule of the pack that says so (None: none does)."""

    code: AdviceCode
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """The step that is suggested, with its reasons."""

    step: NextStep
    reasons: tuple[AdviceReason, ...]


Orders = Sequence[tuple[str, StageOrder]]
"""Rules about the order of stages: id and terms."""


def stage_orders(pack: Pack, member_class: MemberClass, on: date) -> Orders:
    """The pack's rules about the order of stages, for a member of this class."""
    return tuple(
        (rule.id, rule.terms)
        for rule in by_strength(pack.rules)
        if isinstance(rule.terms, StageOrder)
        and rule.in_force(on)
        and (not rule.applies.member_classes or member_class in rule.applies.member_classes)
    )


def suggest_next_step(case: Case, orders: Orders) -> Advice:
    """The gentlest step that has not been shown to fail; never harder than `orders` allow."""
    if why := _reasons_to_wait(case):  # 1
        return Advice(NextStep.WAIT, _plain(why))
    first, last, why = _range(case)  # 2
    for step in _steps(first, last):  # 3
        if _has_failed(step, case):
            why.append(_FAILED[step])
            continue
        if forbidding := _not_yet(step, case, orders):  # 4
            return Advice(NextStep.WAIT, (*_plain(why), AdviceReason(AdviceCode.STAGE_NOT_YET, forbidding)))
        return Advice(step, _plain([*why, AdviceCode.NOT_SHOWN_TO_FAIL]))
    return Advice(NextStep.WAIT, _plain([*why, AdviceCode.NOTHING_GENTLER]))


def _reasons_to_wait(case: Case) -> list[AdviceCode]:
    lately = case.today - timedelta(days=PAUSE_DAYS)
    states = {plan.state for plan in case.plans}
    waiting = {
        AdviceCode.NOT_PAST_DUE: case.days_past_due <= 0,
        AdviceCode.STOP_REQUESTED: case.stop_requested,
        AdviceCode.PLAN_RUNNING: bool(states & _RUNNING),
        AdviceCode.PLAN_UNANSWERED: bool(states & _UNANSWERED),
        AdviceCode.DISPUTE_OPEN: case.dispute_open,
        AdviceCode.PROMISE_OPEN: any(_is_open(each, lately) for each in case.attempts),
        AdviceCode.CONTACTED_LATELY: any(each.on > lately for each in case.attempts),
        AdviceCode.PRESSED_TOO_HARD: case.pressure is PressureBand.EXCESSIVE,
    }
    return [code for code, stands in waiting.items() if stands]


def _is_open(attempt: Attempt, lately: date) -> bool:
    return attempt.promise_kept is None and attempt.promised_on is not None and attempt.promised_on > lately


def _range(case: Case) -> tuple[NextStep, NextStep, list[AdviceCode]]:
    """The first step to think of, the hardest one that may be taken, and why."""
    hardship = _told_of_hardship(case)
    gentle = {
        AdviceCode.PRESSED_HARD: case.pressure is PressureBand.HIGH,
        AdviceCode.NEEDS_CARE: case.needs_care,
        AdviceCode.HARDSHIP_RAISED: hardship,
    }
    why = [code for code, stands in gentle.items() if stands]
    first = NextStep.OFFER_PLAN if hardship else NextStep.REMIND
    return first, NextStep.OFFER_PLAN if why else NextStep.LEGAL, why


def _told_of_hardship(case: Case) -> bool:
    since = case.today - timedelta(days=HARDSHIP_DAYS)
    return any(each.result is ContactResult.HARDSHIP_RAISED and each.on >= since for each in case.attempts)


def _steps(first: NextStep, last: NextStep) -> Iterable[NextStep]:
    every = list(NextStep)
    return every[every.index(first) : every.index(last) + 1]


def _has_failed(step: NextStep, case: Case) -> bool:
    """Whether a step was tried often enough since something last led to a payment."""
    worked_on = max((each.on for each in case.attempts if each.worked), default=date.min)
    if step is NextStep.OFFER_PLAN:
        failed = [plan for plan in case.plans if plan.state in _CAME_TO_NOTHING and plan.since > worked_on]
        return len(failed) >= PLANS_ENOUGH + _told_of_hardship(case)
    if step not in TIMES_ENOUGH:
        return False
    tried = [
        each
        for each in case.attempts
        if each.stage is STAGES[step] and each.on > worked_on and each.result is not ContactResult.INVALID_NUMBER
    ]
    return len(tried) >= TIMES_ENOUGH[step]


def _not_yet(step: NextStep, case: Case, orders: Orders) -> str | None:
    """The rule that does not allow the stage of this step yet; None: all do."""
    been = {each.stage for each in case.attempts}
    for rule, order in orders:
        too_early = case.days_past_due < order.days_past_due_min
        out_of_order = order.after is not None and order.after not in been
        if order.stage is STAGES.get(step) and (too_early or out_of_order):
            return rule
    return None


def _plain(codes: Iterable[AdviceCode]) -> tuple[AdviceReason, ...]:
    return tuple(AdviceReason(code) for code in codes)
