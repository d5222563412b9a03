"""Joining a new report with what is held."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.contribution import History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.merge import (
    DelinquencyChanges,
    HeldDelinquency,
    VersionReason,
    change_delinquencies,
    delinquency_changes,
    merge_account,
    merge_history,
    merged_delinquencies,
    version_reason,
)
from exchange.intake.months import months_before
from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from schema.vocabulary.delinquency import DelinquencyReason
from tests.unit.intake.intake_cases import MAY, account, contribution, delinquency

KEY = UUID(int=7)
JUNE = date(2026, 6, 1)
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
    assert version_reason(account(), account(withdrawal=Withdrawal.DELETED)) is VersionReason.WITHDRAWN


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


def test_an_unknown_month_hides_nothing_unless_it_is_a_correction() -> None:
    before, unknown = History(MAY, "N2N", past_due_minor=(0, 9, 0)), History(MAY, "N#N")
    assert merge_history(before, unknown) == History(MAY, "N2N", past_due_minor=(None, 9, None))
    assert merge_history(before, unknown, corrects=True) == History(MAY, "N#N", past_due_minor=(None, None, None))


def test_an_account_that_was_taken_back_begins_anew() -> None:
    taken_back = account("G2NN", withdrawal=Withdrawal.DELETED)
    anew = account("N", reported_on=date(2026, 6, 1))
    assert merge_account(taken_back, anew) == anew


def test_taking_back_keeps_what_was_known_of_the_months() -> None:
    merged = merge_account(account("2NN"), account(None, withdrawal=Withdrawal.FRAUD))
    assert merged.withdrawal is Withdrawal.FRAUD and merged.history == History(MAY, "2NN")


@pytest.mark.parametrize(
    ("held_codes", "codes", "changes", "reason"),
    [
        ("N1N", "NNN", {}, VersionReason.CORRECTION),  # below thirty days; without a reason it is refused elsewhere
        ("N2N", "NNN", {"correction": CorrectionReason.COURT}, VersionReason.BACKDATED),
        ("N1N", "NNN", {"correction": CorrectionReason.FURNISHER_ERROR}, VersionReason.BACKDATED),
        ("N#N", "N2N", {"reported_on": date(2026, 6, 1)}, VersionReason.UPDATE),
        ("1NN", "NNN", {"correction": CorrectionReason.LATE_FEED}, VersionReason.CORRECTION),
    ],
)
def test_changing_an_older_month_is_backdating(
    held_codes: str, codes: str, changes: dict[str, Any], reason: VersionReason
) -> None:
    assert version_reason(account(held_codes), account(codes, **changes)) is reason


def test_other_days_past_due_of_an_older_month_are_backdating_too() -> None:
    before = account(history=History(MAY, "N2", days_past_due=(0, 40)))
    after = account(history=History(MAY, "N2", days_past_due=(0, 55)))
    assert version_reason(before, after) is VersionReason.BACKDATED
    assert version_reason(before, before) is VersionReason.CORRECTION


def corrected(codes_before: str, codes: str, correction: CorrectionReason | None, **late: Any) -> DelinquencyChanges:
    """What becomes of the one delinquency of an account whose months are reported otherwise."""
    before = account(codes_before)
    assert before.history is not None
    (first,) = derive_delinquencies(before.history, before.reported_on)
    report = contribution(account=account(codes, correction=correction), delinquencies=())
    merged = merge_account(before, report.account)
    return delinquency_changes(before, merged, report, [HeldDelinquency(KEY, 1, replace(first, **late))])


def test_a_correction_with_a_reason_moves_the_beginning_with_the_months() -> None:
    changes = corrected("321NNN", "21NNNN", CorrectionReason.FURNISHER_ERROR)
    ((record, version),) = changes.added
    assert (record.first_delinquent_on, version, changes.moved) == (date(2026, 4, 1), 2, False)
    assert changes.superseded == (KEY,)
    ((earlier, _),) = corrected("321NNN", "4321NN", CorrectionReason.LATE_FEED).added
    assert earlier.first_delinquent_on == date(2026, 2, 1)


def test_without_a_reason_the_beginning_stays_where_it_was() -> None:
    ((record, _),) = corrected("321NNN", "4321NN", None).added
    assert record.first_delinquent_on == date(2026, 3, 1)


def test_a_correction_that_leaves_the_first_late_month_keeps_the_day_that_was_stated() -> None:
    stated = date(2026, 3, 17)
    ((record, _),) = corrected("321NNN", "221NNN", CorrectionReason.DISPUTE, first_delinquent_on=stated).added
    assert record.first_delinquent_on == stated


def test_a_correction_of_all_its_months_ends_a_delinquency() -> None:
    changes = corrected("N21NNN", "NNNNNN", CorrectionReason.DISPUTE)
    assert changes.added == () and changes.superseded == (KEY,) and not changes.moved


def test_a_beginning_that_is_no_longer_in_the_history_was_not_corrected() -> None:
    before = account("1" * 60)
    report = contribution(account=account("1", correction=CorrectionReason.LATE_FEED, history=History(JUNE, "1")))
    first = delinquency(first_delinquent_on=date(2019, 1, 1), first_late_month=date(2021, 6, 1), stated=False)
    merged = merge_account(before, report.account)
    changes = delinquency_changes(before, merged, report, [HeldDelinquency(KEY, 1, first)])
    assert merged.history == History(JUNE, "1" * 60)
    assert (changes.added, changes.superseded, changes.moved) == ((), (), False)


def test_a_notice_and_a_charge_off_are_told_once() -> None:
    told = held(
        reason=DelinquencyReason.UNEMPLOYMENT,
        charge_off_minor=5,
        charge_off_on=date(2026, 5, 1),
        prior_notice_sent_at=datetime(2026, 4, 1, tzinfo=UTC),
        prior_notice_channel="SMS",
    )
    changes = change_delinquencies([told], [delinquency(peak_days_past_due=99)], date(2025, 1, 1))
    ((record, _),) = changes.added
    assert record == replace(told.record, peak_days_past_due=99)


def test_a_report_of_an_older_delinquency_says_nothing_of_a_newer_one_that_is_held() -> None:
    older = delinquency(
        first_delinquent_on=date(2026, 3, 1), last_late_month=date(2026, 3, 1), cured_on=date(2026, 4, 1),
        ended_on=date(2026, 4, 1), stated=False,
    )  # fmt: skip
    merged = merge_account(account("1"), account("#N1"))
    shown = merged_delinquencies(merged, contribution(account=account("#N1"), delinquencies=(older,)))
    assert [(one.first_delinquent_on, one.ended_on) for one in shown] == [
        (date(2026, 3, 1), date(2026, 4, 1)),
        (date(2026, 5, 1), None),
    ]


def test_a_report_that_says_nothing_of_the_dispute_mark_leaves_it() -> None:
    disputed = account(compliance_flag=ComplianceFlag.DISPUTED)
    assert merge_account(disputed, account(keeps_compliance_flag=True)).compliance_flag is ComplianceFlag.DISPUTED
    assert merge_account(disputed, account()).compliance_flag is ComplianceFlag.NONE


def test_a_report_that_says_nothing_new_of_a_dispute_keeps_its_mark() -> None:
    disputed = account(compliance_flag=ComplianceFlag.DISPUTED)
    silent = account(reported_on=date(2026, 6, 30), keeps_compliance_flag=True)
    assert merge_account(disputed, silent).compliance_flag is ComplianceFlag.DISPUTED
    assert merge_account(disputed, replace(silent, keeps_compliance_flag=False)).compliance_flag is ComplianceFlag.NONE
