"""Opened rows as the contract shows them: withheld parts are null, sums are per currency."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from consent.decision import Grant, decide
from exchange.disclosure.shape import ReportShape
from exchange.handover import OpenRows, Plan, SectionName
from schema.vocabulary.money import Money
from schema.vocabulary.scope import FieldClass
from tests.unit.consent.consent_cases import NOW, PACK, a_consent, a_question


def shape(accounts: list[dict[str, Any]], *released: FieldClass) -> ReportShape:
    classes = frozenset(released or FieldClass)
    granted = decide(a_question(field_classes=classes), a_consent(field_classes=classes), PACK, NOW)
    assert isinstance(granted, Grant), granted
    rows = {section: [] for section in SectionName} | {SectionName.ACCOUNT: accounts}
    return ReportShape(OpenRows(Plan(granted, uuid4(), (), 24), rows), datetime(2026, 5, 3, tzinfo=UTC), {})


def account(contributor: str = "bank-a", **changes: Any) -> dict[str, Any]:
    row = {
        "account_key": str(uuid4()), "contributor": contributor, "opened_on": date(2024, 1, 1), "closed_on": None,
        "state": "NORMAL", "currency": "CNY", "balance_minor": 100, "past_due_minor": 0, "credit_limit_minor": None,
        "history_codes": "", "history_month": None,
    }  # fmt: skip
    return row | changes


def test_sums_are_kept_apart_by_currency_and_leave_closed_accounts_out() -> None:
    report = shape([
        account(), account("bank-b", balance_minor=50, past_due_minor=20), account(currency="USD", balance_minor=7),
        account("bank-c", closed_on=date(2025, 1, 1)), account("bank-d", state="SETTLED"),
    ])  # fmt: skip
    summary = report.summary
    assert summary is not None
    counted = [summary[name] for name in ("accounts", "open_accounts", "lenders", "lenders_in_arrears")]
    assert counted == [5, 3, 2, 1]
    assert summary["totals"]() == [
        {"balance": Money(150, "CNY"), "past_due": Money(20, "CNY"), "credit_limit": Money(0, "CNY")},
        {"balance": Money(7, "USD"), "past_due": Money(0, "USD"), "credit_limit": Money(0, "USD")},
    ]


def test_late_months_are_those_in_arrears_of_the_last_two_years() -> None:
    rows = [account(history_codes="1NN7" + "N" * 20 + "111"), account(history_codes="#B2")]
    summary = shape(rows).summary
    assert summary is not None
    assert summary["late_months"] == 3


def test_late_months_are_withheld_with_the_payment_history() -> None:
    summary = shape([account(history_codes="1")], FieldClass.ACCOUNTS).summary
    assert summary is not None
    assert (summary["accounts"], summary["late_months"]) == (1, None)


def test_an_empty_file_has_zeros_and_no_oldest_account() -> None:
    summary = shape([]).summary
    assert summary is not None
    assert (summary["accounts"], summary["late_months"], summary["oldest_opened_on"]) == (0, 0, None)
    assert summary["totals"]() == []


def test_the_own_book_is_what_the_reader_contributed() -> None:
    page = shape([account("bank-a"), account("bank-b")]).accounts(first=5)
    assert page is not None
    assert [node["own_book"] for node in page["nodes"]] == [True, False]


def test_a_history_is_null_where_it_is_withheld_and_shows_its_amounts_where_not() -> None:
    row = account(history_codes="N1", history_month=date(2026, 1, 1), history_past_due_minor=[0, 900])
    withheld = shape([row], FieldClass.ACCOUNTS).accounts(first=1)
    shown = shape([row]).accounts(first=1)
    assert withheld is not None
    assert shown is not None
    assert withheld["nodes"][0]["history"](months=2) is None
    months = shown["nodes"][0]["history"](months=2)
    assert [(each["month"], each["status"], each["past_due"]) for each in months] == [
        (date(2026, 1, 1), "N", Money(0, "CNY")),
        (date(2025, 12, 1), "1", Money(900, "CNY")),
    ]
    assert {each["paid"] for each in months} == {None}
    assert len(shown["nodes"][0]["history"](months=1)) == 1


def test_every_part_that_is_not_released_is_null() -> None:
    report = shape([account()], FieldClass.INQUIRIES)
    assert report.subject is report.summary is None
    assert report.accounts(first=1) is report.delinquencies(first=1) is None
    assert report.inquiries(first=1) is not None
