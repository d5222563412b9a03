"""What is taken away: negative information after its time, months outside the consent, and what was not asked for."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import Grant, decide
from consent.policy.rules import Pack
from exchange.disclosure.minimise import first_of_month, minimise
from exchange.handover import OpenRows, Plan, SectionName
from schema.vocabulary.payment_status import NEGATIVE, PaymentStatus
from tests.unit.consent.consent_cases import NOW, PACK, a_consent, a_question

TODAY = date(2026, 6, 15)
CODES = [status.value for status in PaymentStatus]


LONG_AGO = date(1990, 1, 1)
UNLIMITED = replace(PACK, rules=tuple(rule for rule in PACK.rules if rule.id != "cn.cir.16"))


def grant(start: date = LONG_AGO, end: date | None = None, pack: Pack = PACK) -> Grant:
    granted = decide(a_question(), a_consent(data_from=start, data_to=end), pack, NOW)
    assert isinstance(granted, Grant), granted
    return granted


def shown_account(row: dict[str, Any], of: Grant, months: int = 60) -> dict[str, Any] | None:
    plan = Plan(of, uuid4(), (), months)
    rows = minimise(OpenRows(plan, {SectionName.ACCOUNT: [row]}), TODAY).rows[SectionName.ACCOUNT]
    return dict(rows[0]) if rows else None


def row(codes: str, newest: date = date(2026, 5, 1), **more: Any) -> dict[str, Any]:
    beside = {"history_past_due_minor": list(range(len(codes)))}
    return {"state": "NORMAL", "closed_on": None, "history_codes": codes, "history_month": newest, **beside, **more}


@pytest.mark.parametrize("pack", [PACK, UNLIMITED], ids=["five years", "no limit"])
@pytest.mark.parametrize(
    ("ended_on", "within_five"), [(date(2021, 6, 15), True), (date(2021, 6, 14), False), (None, True)]
)
def test_a_delinquency_goes_the_day_after_its_time(ended_on: date | None, within_five: bool, pack: Pack) -> None:
    plan = Plan(grant(pack=pack), uuid4(), (), 0)
    opened = OpenRows(plan, {SectionName.DELINQUENCY: [{"ended_on": ended_on}]})
    kept = minimise(opened, TODAY).rows[SectionName.DELINQUENCY]
    assert len(kept) == (within_five or pack is UNLIMITED)


@pytest.mark.parametrize("state", ["BAD_DEBT", "WRITTEN_OFF", "IN_RECOVERY"])
def test_a_bad_account_goes_once_it_was_closed_for_longer_than_may_be_shown(state: str) -> None:
    closed = {"state": state, "history_codes": ""}
    assert shown_account(closed | {"closed_on": date(2021, 6, 15)}, grant()) is not None
    assert shown_account(closed | {"closed_on": date(2021, 6, 14)}, grant()) is None
    assert shown_account(closed | {"closed_on": None}, grant()) is not None


def test_a_good_account_stays_however_long_ago_it_was_closed() -> None:
    assert shown_account({"state": "SETTLED", "history_codes": "", "closed_on": date(2010, 1, 1)}, grant())


def test_a_history_of_no_months_loses_everything_beside_it() -> None:
    shown = shown_account(row("N1"), grant(start=date(2026, 6, 1)))
    assert shown is not None
    assert (shown["history_codes"], shown["history_past_due_minor"]) == ("", None)


@given(
    codes=st.text(st.sampled_from(CODES), min_size=1, max_size=60),
    newest=st.dates(date(2020, 1, 1), date(2026, 5, 1)).map(lambda day: day.replace(day=1)),
    start=st.dates(date(2018, 1, 1), date(2026, 6, 1)),
    days=st.none() | st.integers(0, 3_000),
    months=st.integers(0, 60),
)
def test_every_month_is_shown_masked_or_left_out_as_a_plain_reading_says(
    codes: str, newest: date, start: date, days: int | None, months: int
) -> None:
    end = None if days is None else start + timedelta(days=days)
    shown = shown_account(row(codes, newest), grant(start, end), months)
    assert shown is not None

    expected: dict[date, tuple[str, int | None]] = {}
    for place, code in enumerate(codes):
        month = first_of_month(newest, place)
        if month < start.replace(day=1) or (end and month > end):
            continue
        over = code in NEGATIVE and replace_year(first_of_month(month, -1), 5) < TODAY
        expected[month] = ("#", None) if over else (code, place)
    newest_first = dict(list(expected.items())[:months])

    told = {
        first_of_month(shown["history_month"], place): (code, amount)
        for place, (code, amount) in enumerate(
            zip(shown["history_codes"], shown["history_past_due_minor"] or [], strict=True)
        )
    }
    assert told == newest_first


def test_the_first_of_a_month_is_found_across_years() -> None:
    assert first_of_month(date(2026, 1, 31), 1) == date(2025, 12, 1)
    assert first_of_month(date(2026, 12, 1), -1) == date(2027, 1, 1)
    assert first_of_month(date(2026, 6, 15), 0) == date(2026, 6, 1)
    assert first_of_month(date(2026, 6, 15), 30) == date(2023, 12, 1)


def replace_year(day: date, years: int) -> date:
    return day.replace(year=day.year + years)
