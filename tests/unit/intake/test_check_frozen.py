"""A status that a plan freezes: what may be said of the account while it runs, and what may not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from intake_cases import account

from exchange.intake.check_frozen import check_frozen
from exchange.intake.contribution import AccountRecord, History
from schema.vocabulary.correction import CorrectionReason, Withdrawal

SINCE = date(2026, 4, 10)
BEFORE = 45


def reported(codes: str, month: date = date(2026, 5, 1), **changes: Any) -> AccountRecord:
    history = History(month, codes, **{k: changes.pop(k) for k in ("days_past_due",) if k in changes})
    return replace(account(), history=history, reported_on=date(2026, 5, 31), days_past_due=None, **changes)


def later(codes: str, held: str = "21N", days: tuple[int | None, ...] | None = None, **changes: Any) -> set[str]:
    """The fields that are too late. What is held ends with March: before the plan."""
    before = replace(reported(held, date(2026, 3, 1)), days_past_due=40)
    said = reported(codes, **({"days_past_due": days} if days else {}))
    return {fault.field for fault in check_frozen(1, before, replace(said, **changes), SINCE, BEFORE)}


@pytest.mark.parametrize("codes", ["2221N", "1121N", "NN21N", "*#21N", "C221N", "MA21N"])
def test_months_that_are_no_later_than_before_are_taken(codes: str) -> None:
    assert later(codes) == set()


@pytest.mark.parametrize("codes", ["3221N", "2321N", "B221N", "7721N"])
def test_a_later_month_is_not(codes: str) -> None:
    assert later(codes) == {"history"}


def test_days_say_more_than_their_code() -> None:
    assert later("2221N", days=(45, 45, 40, 20, 0)) == set()
    assert later("2221N", days=(46, 45, 40, 20, 0)) == {"history"}


def test_months_before_the_plan_and_months_held_already_are_not_judged() -> None:
    assert later("2231N") == set()
    held = reported("32", date(2026, 5, 1))
    assert check_frozen(1, held, reported("32", date(2026, 5, 1)), SINCE, BEFORE) == []
    assert check_frozen(1, held, reported("42", date(2026, 5, 1)), SINCE, BEFORE) != []
    with_days = reported("22", date(2026, 5, 1), days_past_due=(50, 40))
    assert check_frozen(1, with_days, with_days, SINCE, BEFORE) == []
    assert check_frozen(1, with_days, reported("22", date(2026, 5, 1), days_past_due=(51, 40)), SINCE, BEFORE) != []


def test_the_account_itself_may_not_be_later_either() -> None:
    assert later("2221N", days_past_due=45) == set()
    assert later("2221N", days_past_due=46) == {"days_past_due"}
    assert later("2221N", days_past_due=46, reported_on=date(2026, 4, 9)) == set()


@pytest.mark.parametrize("reason", CorrectionReason)
def test_only_a_dispute_or_a_court_sets_the_plan_aside(reason: CorrectionReason) -> None:
    aside = reason in (CorrectionReason.DISPUTE, CorrectionReason.COURT)
    assert later("7721N", correction=reason) == (set() if aside else {"history"})


def test_an_account_that_is_taken_back_is_not_judged() -> None:
    assert later("7721N", withdrawal=Withdrawal.DELETED) == set()
