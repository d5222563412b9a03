"""Delinquencies from histories."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.contribution import History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.months import month_number
from tests.unit.intake.intake_cases import MAY

END_OF_MAY = date(2026, 5, 31)


def test_a_run_is_one_delinquency_from_its_first_late_month_to_the_month_it_was_cured() -> None:
    (only,) = derive_delinquencies(History(MAY, "NN321NN"), END_OF_MAY)
    assert only.first_delinquent_on == date(2026, 1, 1)
    assert (only.first_late_month, only.last_late_month) == (date(2026, 1, 1), date(2026, 3, 1))
    assert only.cured_on == only.ended_on == date(2026, 4, 1)
    assert only.peak_days_past_due == 61 and not only.stated


def test_a_cured_and_repeated_delinquency_is_a_second_one() -> None:
    first, second = derive_delinquencies(History(MAY, "1N1N"), END_OF_MAY)
    assert first.first_delinquent_on == date(2026, 3, 1) and first.cured_on == date(2026, 4, 1)
    assert second.first_delinquent_on == date(2026, 5, 1) and second.cured_on is None


def test_months_that_say_nothing_neither_cure_nor_split() -> None:
    (only,) = derive_delinquencies(History(MAY, "#2#1N"), END_OF_MAY)
    assert only.cured_on is None and only.last_late_month == date(2026, 4, 1)


def test_a_clean_history_has_none() -> None:
    assert derive_delinquencies(History(MAY, "NN*/#A"), END_OF_MAY) == ()


def test_stated_days_make_the_peak() -> None:
    (only,) = derive_delinquencies(History(MAY, "21N", days_past_due=(44, 20, 0)), END_OF_MAY)
    assert only.peak_days_past_due == 44


def test_a_stated_date_wins_for_the_last_run_only() -> None:
    first, last = derive_delinquencies(History(MAY, "21N1N"), END_OF_MAY, date(2026, 3, 20))
    assert not first.stated and first.first_delinquent_on == date(2026, 2, 1)
    assert last.stated and last.first_delinquent_on == date(2026, 3, 20)


def test_a_lost_debt_is_late_since_its_first_delinquency() -> None:
    (only,) = derive_delinquencies(History(MAY, "BBB"), END_OF_MAY, date(2025, 5, 31))
    assert only.peak_days_past_due == 365


@given(st.text("N1234567BDZ#A*MCG/", min_size=1, max_size=60))
def test_every_late_month_lies_in_exactly_one_delinquency(codes: str) -> None:
    delinquencies = derive_delinquencies(History(MAY, codes), END_OF_MAY)
    newest = month_number(MAY)
    spans = [(month_number(d.first_late_month), month_number(d.last_late_month)) for d in delinquencies]
    for months_back, code in enumerate(codes):
        holding = sum(first <= newest - months_back <= last for first, last in spans)
        assert holding == (code in "1234567BDZ") or (code in "#A" and holding <= 1)
    assert spans == sorted(spans)
    for d in delinquencies:
        assert d.peak_days_past_due >= 0 and d.cured_on == d.ended_on
        assert d.cured_on is None or d.cured_on > d.last_late_month
        assert d.first_delinquent_on <= END_OF_MAY
