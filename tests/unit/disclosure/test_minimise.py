"""What is taken away: negative information after its time, months outside the consent, and what was not asked for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
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


def kept(section: SectionName, row: dict[str, Any], of: Grant | None = None) -> list[dict[str, Any]]:
    opened = OpenRows(Plan(of or grant(), uuid4(), (), 0), {section: [row]})
    return [dict(each) for each in minimise(opened, TODAY).rows[section]]


@pytest.mark.parametrize("section", [SectionName.PUBLIC_RECORD, SectionName.REPAYMENT_PLAN])
@pytest.mark.parametrize("column", ["ended_on", "ended_on_today"])
def test_a_record_goes_once_it_ended_too_long_ago_then_or_as_is_known_today(section: SectionName, column: str) -> None:
    row = {"ended_on": None}
    assert kept(section, row | {column: date(2021, 6, 15)})
    assert not kept(section, row | {column: date(2021, 6, 14)})


@pytest.mark.parametrize("column", ["display_until", "display_until_today"])
def test_a_delinquency_is_shown_on_its_last_day_and_not_after_it(column: str) -> None:
    row = {"ended_on": None}
    assert kept(SectionName.DELINQUENCY, row | {column: TODAY})
    assert not kept(SectionName.DELINQUENCY, row | {column: TODAY - timedelta(1)})


def test_contacts_go_with_their_age_and_outside_the_range_of_the_consent() -> None:
    def shown(year: int, month: int, day: int, of: Grant | None = None) -> bool:
        at = {"started_at": datetime(year, month, day, 12, tzinfo=UTC)}
        return bool(kept(SectionName.COLLECTION_ACTION, at, of))

    assert shown(2021, 6, 15) and not shown(2021, 6, 14)
    ranged = grant(date(2026, 4, 10), date(2026, 4, 20))
    assert [shown(2026, 4, day, ranged) for day in (9, 10, 20, 21)] == [False, True, True, False]


def test_an_assessment_is_never_too_old() -> None:
    assert kept(SectionName.ASSESSMENT, {"assessed_at": datetime(2000, 1, 1, tzinfo=UTC)})


def test_alerts_and_needs_of_care_are_told_on_their_last_day_and_not_after_it() -> None:
    row = {"fraud_alert": "call first", "vulnerability": "HARDSHIP", "deceased_on": date(2000, 1, 1)}
    last = {"fraud_alert_until": datetime(2026, 6, 15, tzinfo=UTC), "vulnerability_until": TODAY}
    over = {"fraud_alert_until": datetime(2026, 6, 14, tzinfo=UTC), "vulnerability_until": TODAY - timedelta(1)}
    assert kept(SectionName.SUBJECT, row | last) == [row | last]
    assert kept(SectionName.SUBJECT, row | over) == [{**dict.fromkeys([*row, *over]), "deceased_on": date(2000, 1, 1)}]


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
    hidden=st.sets(st.dates(date(2015, 1, 1), date(2026, 5, 1)).map(lambda day: day.replace(day=1)), max_size=9),
)
def test_every_month_is_shown_masked_or_left_out_as_a_plain_reading_says(
    codes: str, newest: date, start: date, days: int | None, months: int, hidden: set[date]
) -> None:
    end = None if days is None else start + timedelta(days=days)
    shown = shown_account(row(codes, newest, hidden_months=sorted(hidden)), grant(start, end), months)
    assert shown is not None

    expected: dict[date, tuple[str, int | None]] = {}
    for place, code in enumerate(codes):
        month = first_of_month(newest, place)
        if month < start.replace(day=1) or (end and month > end):
            continue
        over = code in NEGATIVE and replace_year(first_of_month(month, -1), 5) < TODAY
        expected[month] = ("#", None) if over or month in hidden else (code, place)
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
