"""What holds for every record: sound ones are accepted, a broken rule is found, joining is stable."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exchange.intake.check_record import Rules, check_record
from exchange.intake.check_versions import contradictions
from exchange.intake.contribution import AccountRecord, Contribution, History
from exchange.intake.merge import (
    HeldDelinquency,
    delinquency_changes,
    merge_account,
    merge_history,
    merged_delinquencies,
)
from exchange.intake.months import last_day, month_number, months_before
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.payment_status import NEGATIVE, OVERDUE
from tests.unit.intake.sound_records import NEWEST, TODAY, accounts, contributions, histories

RULES = Rules(TODAY)
few = settings(max_examples=40)
"""A whole record is much to draw."""
Break = Callable[[Contribution, int], Contribution | None]


def faults_of(record: Contribution) -> set[str]:
    return {fault.code for fault in check_record(record, RULES).faults}


@few
@given(contributions())
def test_every_record_that_keeps_the_rules_is_accepted(record: Contribution) -> None:
    assert faults_of(record) == set()


def with_codes(record: Contribution, codes: str, **beside: Any) -> Contribution:
    """The record with other codes and without the values beside them."""
    history = History(NEWEST, codes, **beside)
    return replace(record, account=replace(record.account, history=history), delinquencies=())


def codes_of(record: Contribution) -> str:
    assert record.account.history is not None
    return record.account.history.codes


def put(codes: str, place: int, code: str) -> str:
    return codes[:place] + code + codes[place + 1 :]


def jump(record: Contribution, place: int) -> Contribution | None:
    codes = codes_of(record)
    if place + 1 >= len(codes):
        return None
    return with_codes(record, put(put(codes, place + 1, "N"), place, "2"))


def go_on(record: Contribution, place: int) -> Contribution | None:
    return with_codes(record, put(codes_of(record), place, "C")) if place else None


def wrong_days(record: Contribution, place: int) -> Contribution | None:
    codes = codes_of(record)
    if codes[place] not in "N*C" and codes[place] not in OVERDUE:
        return None
    days = [None] * len(codes)
    days[place] = 7_000 if codes[place] != "7" else 180  # type: ignore[call-overload]  # a list of None so far
    return with_codes(record, codes, days_past_due=tuple(days))


def wrong_past_due(record: Contribution, place: int) -> Contribution | None:
    codes = codes_of(record)
    if codes[place] not in "N*C" and codes[place] not in OVERDUE:
        return None
    amounts: list[int | None] = [None] * len(codes)
    amounts[place] = 0 if codes[place] in OVERDUE else 1
    return with_codes(record, codes, past_due_minor=tuple(amounts))


def before_opening(record: Contribution, place: int) -> Contribution | None:
    codes = codes_of(record)
    if place == 0 or set(codes[place:]) <= {"#", "/"}:
        return None
    opened_on = months_before(NEWEST, place - 1)
    return replace(record, account=replace(record.account, opened_on=opened_on, history=History(NEWEST, codes)))


def re_age(record: Contribution, place: int) -> Contribution | None:
    """The furnisher says that the last arrears began later than the history shows."""
    if not record.delinquencies:
        return None
    *earlier, last = record.delinquencies
    moved = last_day(last.first_late_month) + timedelta(days=1 + place)
    return replace(record, delinquencies=(*earlier, replace(last, first_delinquent_on=moved, stated=True)))


def in_future(record: Contribution, place: int) -> Contribution:
    history = History(months_before(NEWEST, -2 - place), codes_of(record))
    return replace(record, account=replace(record.account, history=history), delinquencies=())


BREAKS: dict[str, Break] = {
    "HISTORY_JUMP": jump,
    "HISTORY_AFTER_END": go_on,
    "HISTORY_IN_FUTURE": in_future,
    "HISTORY_BEFORE_OPENING": before_opening,
    "HISTORY_CODE_UNKNOWN": lambda record, place: with_codes(record, put(codes_of(record), place, "x")),
    "HISTORY_LENGTHS_DIFFER": lambda record, place: with_codes(record, codes_of(record), paid_minor=(None,) * 61),
    "DAYS_DO_NOT_FIT_CODE": wrong_days,
    "PAST_DUE_DOES_NOT_FIT_CODE": wrong_past_due,
    "FIRST_DELINQUENCY_TOO_LATE": re_age,
    "AMOUNT_NEGATIVE": lambda record, place: replace(
        record, account=replace(record.account, original_amount_minor=-1 - place)
    ),
    "TEXT_NOT_PRINTABLE": lambda record, place: replace(
        record, account=replace(record.account, sold_to=chr(place % 32))
    ),
}


@pytest.mark.parametrize("code", BREAKS)
@few
@given(record=contributions(months_max=14), data=st.data())
def test_whoever_breaks_one_rule_is_told_which(code: str, record: Contribution, data: st.DataObject) -> None:
    broken = BREAKS[code](record, data.draw(st.integers(0, len(codes_of(record)) - 1)))
    assume(broken is not None)
    assert broken is not None and code in faults_of(broken)


@few
@given(accounts(months_max=14), accounts(months_max=14))
def test_joining_a_report_twice_changes_nothing_more(held: AccountRecord, reported: AccountRecord) -> None:
    once = merge_account(held, reported)
    assert merge_account(once, reported) == once
    assert contradictions(1, once, reported, once)[0] == ()


@few
@given(accounts(months_max=10), contributions(months_max=10), st.none() | st.sampled_from(CorrectionReason))
def test_a_second_report_of_the_same_changes_no_delinquency(
    held: AccountRecord, record: Contribution, correction: CorrectionReason | None
) -> None:
    record = replace(record, account=replace(record.account, correction=correction))
    merged = merge_account(held, record.account)
    late = [HeldDelinquency(UUID(int=n), 1, one) for n, one in enumerate(merged_delinquencies(merged, record))]
    changes = delinquency_changes(merged, merge_account(merged, record.account), record, late)
    assert (changes.added, changes.superseded, changes.moved) == ((), (), False)


@few
@given(histories(months_max=8), st.data())
def test_months_reported_one_by_one_in_any_order_make_one_history(whole: History, data: st.DataObject) -> None:
    months = [
        History(months_before(NEWEST, place), code, **{name: _one(getattr(whole, name), place) for name in BESIDE})
        for place, code in enumerate(whole.codes)
    ]
    shuffled: Sequence[History] = data.draw(st.permutations(months))
    joined = reduce(merge_history, shuffled)
    assert joined == reduce(merge_history, months) and joined is not None
    assert joined.codes == whole.codes and joined.month == whole.month


BESIDE = ("days_past_due", "past_due_minor", "balance_minor", "paid_minor")


def _one(values: tuple[int | None, ...] | None, place: int) -> tuple[int | None, ...] | None:
    return None if values is None else values[place : place + 1]


@few
@given(accounts(months_max=14), st.data())
def test_no_late_month_is_rewritten_without_a_reason(held: AccountRecord, data: st.DataObject) -> None:
    codes = held.history.codes if held.history else ""
    late = [place for place, code in enumerate(codes) if place and code in NEGATIVE]
    assume(late)
    better = put(codes, data.draw(st.sampled_from(late)), "N")
    reported = replace(held, history=History(NEWEST, better))
    assert "HISTORY_REWRITTEN" in {fault.code for fault in contradicted(held, reported)}
    explained = replace(reported, correction=data.draw(st.sampled_from(CorrectionReason)))
    assert "HISTORY_REWRITTEN" not in {fault.code for fault in contradicted(held, explained)}
    assert merge_account(held, explained).history is not None
    assert merge_account(held, explained).history.codes == better  # type: ignore[union-attr]  # asserted above


def contradicted(held: AccountRecord, reported: AccountRecord) -> Sequence[Any]:
    return contradictions(1, held, reported, merge_account(held, reported))[0]


@few
@given(accounts(months_max=14), accounts(months_max=14))
def test_an_unknown_month_takes_nothing_away(held: AccountRecord, reported: AccountRecord) -> None:
    assert held.history is not None and reported.history is not None
    merged = merge_history(held.history, reported.history)
    assert merged is not None
    for place, code in enumerate(held.history.codes):
        if code != "#" and place < len(merged.codes):
            assert merged.codes[place] != "#"
    assert month_number(merged.month) == max(month_number(held.history.month), month_number(reported.history.month))


def test_the_first_day_of_today_is_later_than_the_months_drawn() -> None:
    assert date(2026, 5, 31) < TODAY and NEWEST < TODAY
