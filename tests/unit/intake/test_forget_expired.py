"""What a report may not bring back: late months, delinquencies and accounts whose period is over."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from consent.policy.load import load_pack
from consent.policy.resolve import retention_ended
from consent.policy.retention import retention_rules
from exchange.intake.contribution import (
    AccountRecord,
    Contribution,
    DelinquencyRecord,
    History,
    SubjectRecord,
)
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.forget_expired import Expiry, expired_account, without_expired
from exchange.intake.months import month_number, month_of_number
from schema.vocabulary.account import AccountState, Portfolio, Product
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.payment_status import NEGATIVE

PACK = load_pack("cn")
SUBJECT = SubjectRecord(IdType.PASSPORT, "CN", "E12345678", ("Wang Fang",), "Asia/Shanghai", "zh-Hans")


def expiry(today: date) -> Expiry:
    return Expiry(retention_rules(PACK, today), MemberClass.BANK, today)


def a_report(codes: str, newest: date = date(2021, 6, 1), **account: object) -> Contribution:
    history = History(newest, codes, past_due_minor=tuple(500 if code in NEGATIVE else 0 for code in codes))
    reported = AccountRecord(
        "R-1", Portfolio.INSTALMENT, Product.CONSUMER_LOAN, AccountState.NORMAL, date(2010, 1, 1), date(2021, 6, 30),
        "CNY", history=history,
    )  # fmt: skip
    reported = replace(reported, **account)  # type: ignore[arg-type]  # the test's own words
    return Contribution(1, SUBJECT, reported, derive_delinquencies(history, reported.reported_on))


def codes_of(contribution: Contribution) -> str:
    assert contribution.account.history
    return contribution.account.history.codes


def test_a_late_month_is_left_out_once_its_delinquency_ended_too_long_ago() -> None:
    report = a_report("NNN21NNN")  # late in February and March 2021, cured with April
    assert without_expired(report, expiry(date(2026, 4, 1))) is report
    kept = without_expired(report, expiry(date(2026, 4, 2)))
    assert codes_of(kept) == "NNN##NNN"
    assert kept.account.history and kept.account.history.past_due_minor == (0, 0, 0, None, None, 0, 0, 0)
    assert kept.delinquencies == ()
    assert [note.code for note in kept.notes] == ["RETENTION_EXPIRED"]


def test_a_delinquency_that_goes_on_keeps_its_months_however_old() -> None:
    report = a_report("321NNN")
    assert without_expired(report, expiry(date(2040, 1, 1))) is report


def test_a_late_month_without_a_delinquency_ends_with_itself() -> None:
    report = replace(a_report("N1NNNN"), delinquencies=())  # May 2021
    assert without_expired(report, expiry(date(2026, 6, 1))) is report
    assert codes_of(without_expired(report, expiry(date(2026, 6, 2)))) == "N#NNNN"


def test_a_report_without_old_late_months_comes_back_as_it_was() -> None:
    for report in (a_report("NNNN"), replace(a_report("1"), account=replace(a_report("1").account, history=None))):
        assert without_expired(report, expiry(date(2040, 1, 1))) is report


def test_under_no_rule_nothing_is_left_out() -> None:
    report = a_report("N1N")
    assert without_expired(report, Expiry((), MemberClass.BANK, date(2099, 1, 1))) is report


def test_an_account_that_was_closed_badly_too_long_ago_is_named_with_the_rule() -> None:
    closed = a_report("B", state=AccountState.WRITTEN_OFF, closed_on=date(2021, 5, 3)).account
    assert expired_account(closed, expiry(date(2026, 5, 3))) is None
    assert expired_account(closed, expiry(date(2026, 5, 4))) == "cn.cir.16"
    assert expired_account(replace(closed, state=AccountState.SETTLED), expiry(date(2099, 1, 1))) is None
    assert expired_account(replace(closed, closed_on=None), expiry(date(2099, 1, 1))) is None


@given(st.text("N*#12A", min_size=1, max_size=60), st.dates(date(2021, 1, 1), date(2033, 1, 1)))
def test_exactly_the_late_months_of_ended_delinquencies_go(codes: str, today: date) -> None:
    report = a_report(codes)
    kept = without_expired(report, expiry(today))
    newest = month_number(date(2021, 6, 1))
    for position, code in enumerate(codes):
        month = month_of_number(newest - position)
        ended = next(late.ended_on for late in report.delinquencies if _covers(late, month)) if code in "12" else None
        gone = code in "12" and retention_ended(ended, 5, today)
        assert codes_of(kept)[position] == ("#" if gone else code)
    assert kept.delinquencies == tuple(
        late for late in report.delinquencies if not retention_ended(late.ended_on, 5, today)
    )
    assert without_expired(kept, expiry(today)) is kept


def _covers(late: DelinquencyRecord, month: date) -> bool:
    return late.first_late_month <= month <= late.last_late_month
