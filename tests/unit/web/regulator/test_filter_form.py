"""The form of a search: its address, its filter, its faults."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from flask import Flask

from exchange.handover import EventFilter
from exchange.web.language import register_translations
from exchange.web.regulator.filter_form import FilterForm, query_of, read_filter
from exchange.web.regulator.period import read_period, read_whole_period

SHANGHAI = "Asia/Shanghai"
EVERYTHING = {
    "member": "harbour-bank",
    "act": "look",
    "purpose": "LOAN_APPROVAL",
    "outcome": "refused",
    "reason": "CONSENT_MISSING",
    "rule": "cn.cir.18",
    "from": "2026-05-01",
    "until": "2026-05-31",
}


@pytest.fixture(autouse=True)
def request_in_english() -> Iterator[None]:
    app = Flask(__name__)
    register_translations(app.extensions, SHANGHAI)
    with app.test_request_context("/?lang=en"):
        yield


def read(**given: str) -> FilterForm:
    return read_filter(given, SHANGHAI)


def test_an_empty_form_looks_for_everything() -> None:
    form = read()
    assert (form.wanted, form.faults, form.query) == (EventFilter(), {}, "")


def test_every_condition_becomes_part_of_the_filter() -> None:
    form = read_filter(EVERYTHING, SHANGHAI)
    assert form.faults == {}
    assert form.wanted == EventFilter(
        member_id="harbour-bank",
        act="look",
        purpose="LOAN_APPROVAL",
        granted=False,
        reason="CONSENT_MISSING",
        rule="cn.cir.18",
        from_time=datetime(2026, 4, 30, 16, tzinfo=UTC),
        until_time=datetime(2026, 5, 31, 16, tzinfo=UTC),
    )


def test_the_address_says_the_same_search_again() -> None:
    form = read_filter({**EVERYTHING, "lang": "zh-Hans", "after": "x"}, SHANGHAI)
    assert dict(parse_qsl(form.query)) == EVERYTHING
    assert read_filter(dict(parse_qsl(form.query)), SHANGHAI).wanted == form.wanted


def test_one_condition_can_be_left_out() -> None:
    assert dict(parse_qsl(read_filter(EVERYTHING, SHANGHAI).without("rule"))).keys() == EVERYTHING.keys() - {"rule"}


def test_conditions_stand_in_one_order() -> None:
    assert query_of({"until": "2026-05-31", "act": "look"}) == query_of({"act": "look", "until": "2026-05-31"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("member", "no such member"),
        ("act", "LOOK"),
        ("purpose", "loan"),
        ("outcome", "maybe"),
        ("reason", "consent_missing"),
        ("reason", "X'; DROP TABLE log_leaf"),
        ("rule", "18"),
        ("from", "2026-02-30"),
        ("from", "20260501"),
        ("until", "0000-01-01"),
        ("until", "9999-99-99"),
    ],
)
def test_a_condition_that_cannot_be_read_is_told_and_kept(name: str, value: str) -> None:
    form = read(**{name: value})
    assert list(form.faults) == [name]
    assert form.typed[name] == value
    assert form.wanted == EventFilter()


def test_with_a_fault_nothing_is_looked_for_at_all() -> None:
    assert read_filter({**EVERYTHING, "rule": "18"}, SHANGHAI).wanted == EventFilter()


def test_the_last_day_may_be_the_first_but_not_before_it() -> None:
    same = read_period({"from": "2026-05-01", "until": "2026-05-01"}, SHANGHAI)
    assert same.from_time is not None
    assert same.until_time is not None
    assert (same.until_time - same.from_time).days == 1
    assert list(read_period({"from": "2026-05-02", "until": "2026-05-01"}, SHANGHAI).faults) == ["until"]


def test_the_last_day_that_there_is_is_no_error_of_ours() -> None:
    assert list(read_period({"until": "9999-12-31"}, SHANGHAI).faults) == ["until"]
    assert list(read_whole_period({"until": "0001-01-01"}, SHANGHAI, datetime(2026, 6, 1, tzinfo=UTC)).faults) != []


def test_a_whole_period_is_the_last_thirty_days_where_nothing_is_said() -> None:
    """At 20:00 in UTC it is the next day in Shanghai."""
    period = read_whole_period({}, SHANGHAI, datetime(2026, 6, 1, 20, tzinfo=UTC))
    assert period.typed == {"from": "2026-05-04", "until": "2026-06-02"}
    assert period.until_time == datetime(2026, 6, 2, 16, tzinfo=UTC)
