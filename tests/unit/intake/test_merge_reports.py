"""Joining a new report with what is held."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.contribution import History
from exchange.intake.merge import (
    HeldDelinquency,
    VersionReason,
    change_delinquencies,
    merge_account,
    merge_history,
    merged_delinquencies,
    version_reason,
)
from exchange.intake.months import months_before
from tests.unit.intake.intake_cases import MAY, account, contribution, delinquency

KEY = UUID(int=7)
HISTORIES = st.builds(
    lambda back, codes: History(months_before(MAY, back), codes),
    st.integers(0, 30),
    st.text("N123*", min_size=1, max_size=60),
)


def held(**changes: object) -> HeldDelinquency:
    return HeldDelinquency(KEY, 3, delinquency(**changes))


def test_a_shorter_report_keeps_the_months_it_does_not_hold() -> None:
    merged = merge_history(History(date(2026, 4, 1), "N1NNN"), History(MAY, "NN"))
    assert merged == History(MAY, "NN1NNN")


def test_a_correction_replaces_a_month_and_its_amounts() -> None:
    before = History(MAY, "1N", past_due_minor=(500, 0))
    assert merge_history(before, History(MAY, "N")) == History(MAY, "NN", past_due_minor=(None, 0))


def test_months_between_two_reports_are_unknown() -> None:
    assert merge_history(History(date(2026, 2, 1), "N"), History(MAY, "N")) == History(MAY, "N##N")


def test_at_most_sixty_months_are_kept() -> None:
    merged = merge_history(History(date(2026, 4, 1), "1" * 60), History(MAY, "N"))
    assert merged == History(MAY, "N" + "1" * 59)


@given(HISTORIES)
def test_the_same_report_again_changes_nothing(history: History) -> None:
    assert merge_history(history, history) == history


@given(HISTORIES, HISTORIES)
def test_every_reported_month_of_the_newest_sixty_stands_as_reported(before: History, report: History) -> None:
    merged = merge_history(before, report)
    assert merged is not None and merged.month == max(before.month, report.month)
    months = {months_before(merged.month, back): code for back, code in enumerate(merged.codes)}
    for back, code in enumerate(report.codes):
        assert months.get(months_before(report.month, back), code) == code


def test_a_backdated_report_corrects_months_and_leaves_today_alone() -> None:
    before = account("NNN", balance_minor=100)
    report = account(reported_on=date(2026, 3, 31), history=History(date(2026, 3, 1), "1"), balance_minor=900)
    merged = merge_account(before, report)
    assert merged.balance_minor == 100 and merged.reported_on == date(2026, 5, 31)
    assert merged.history == History(MAY, "NN1")
    assert version_reason(before, report) is VersionReason.BACKDATED
    assert merged_delinquencies(merged, contribution(account=report))[0].cured_on == date(2026, 4, 1)


def test_reasons_tell_updates_from_corrections() -> None:
    assert version_reason(account(reported_on=date(2026, 4, 30)), account()) is VersionReason.UPDATE
    assert version_reason(account(), account(balance_minor=1)) is VersionReason.CORRECTION
    assert version_reason(account(), account(withdrawn=True)) is VersionReason.WITHDRAWN


def test_a_delinquency_that_goes_on_keeps_its_first_day_and_gets_a_version() -> None:
    shown = delinquency(first_delinquent_on=MAY, first_late_month=MAY, peak_days_past_due=70, stated=False)
    changes = change_delinquencies([held(first_delinquent_on=date(2025, 9, 3))], [shown], MAY)
    ((record, version),) = changes.added
    assert record.first_delinquent_on == date(2025, 9, 3) and record.peak_days_past_due == 70
    assert version == 4 and changes.superseded == (KEY,) and not changes.moved


def test_moving_a_first_delinquency_is_found_in_both_directions() -> None:
    for day in (date(2026, 4, 2), date(2026, 2, 2)):
        assert change_delinquencies([held()], [delinquency(first_delinquent_on=day)], date(2025, 1, 1)).moved


def test_a_stated_day_of_the_same_month_moves_nothing() -> None:
    changes = change_delinquencies([held(first_delinquent_on=date(2026, 3, 1))], [delinquency()], date(2025, 1, 1))
    assert not changes.moved and changes.added == () and changes.superseded == ()


def test_arrears_that_were_corrected_away_end_without_a_successor() -> None:
    changes = change_delinquencies([held()], [], date(2026, 1, 1))
    assert changes.superseded == (KEY,) and changes.added == ()


def test_a_delinquency_older_than_the_history_is_not_touched() -> None:
    old = held(first_delinquent_on=date(2020, 1, 1), cured_on=date(2020, 3, 1), ended_on=date(2020, 3, 1))
    changes = change_delinquencies([old], [delinquency()], date(2026, 1, 1))
    assert changes.superseded == () and changes.added == ((delinquency(), 1),)


def test_a_cured_and_repeated_delinquency_is_new() -> None:
    cured = held(first_delinquent_on=date(2026, 1, 5), cured_on=date(2026, 2, 1), ended_on=date(2026, 2, 1))
    first = delinquency(first_delinquent_on=date(2026, 1, 1), first_late_month=date(2026, 1, 1), stated=False,
                        cured_on=date(2026, 2, 1), ended_on=date(2026, 2, 1))  # fmt: skip
    changes = change_delinquencies([cured], [first, delinquency()], date(2025, 1, 1))
    assert changes.added == ((delinquency(), 1),) and changes.superseded == () and not changes.moved
