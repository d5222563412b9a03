"""Accounts reported one by one: as a file would apply them, with every fault at once, and taken back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from factories import ALICE, BOB, Bank, Exchange
from reporting import (
    account_versions,
    accounts,
    agency,
    codes,
    entry_count,
    error_code,
    lender,
    payload,
    report_account,
    send,
    send_account,
)
from sqlalchemy import select
from traces import entries

from exchange.journeys.find_borrower import borrower_of
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import subject, subject_review
from schema.vocabulary.scope import Scope

LATE: dict[str, Any] = {
    "state": "OVERDUE",
    "daysPastDue": 40,
    "pastDueMinor": 5_000,
    "months": [
        {"month": "2026-05-31", "status": "OVERDUE_31_60"},
        {"month": "2026-04-30", "status": "OVERDUE_1_30"},
        {"month": "2026-03-31", "status": "ON_TIME"},
    ],
}
TOLD = {
    "firstDelinquentOn": "2026-04-21",
    "reason": "LIQUIDITY",
    "priorNoticeSentAt": "2026-04-25T09:00:00+08:00",
    "priorNoticeChannel": "SMS",
}


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.borrower()
    return lender(exchange)


def withdraw(bank: Bank, reference: str = "R-1", withdrawal: str = "DELETED", **reason: Any) -> dict[str, Any]:
    wanted = {"reference": ("String!", reference), "withdrawal": ("Withdrawal!", withdrawal)}
    return payload(send(bank, "withdrawAccount", **wanted, **reason))


def delinquencies(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        order = (delinquency.c.recorded_at, delinquency.c.version)
        return list(connection.execute(select(delinquency).order_by(*order)))


def test_an_account_is_kept_as_reported_with_one_entry_of_the_log(exchange: Exchange, bank: Bank) -> None:
    before = entry_count(exchange)
    told = report_account(bank)
    assert (told["version"], told["changed"], told["userErrors"]) == (1, True, [])
    (row,) = accounts(exchange)
    assert (str(row["account_key"]), row["balance_minor"], row["history_codes"]) == (told["recordId"], 60_000, "NNN")
    assert (row["contributor"], row["basis"], row["version"]) == (bank.member_id, "cn.cir.13", 1)
    assert entry_count(exchange) == before + 1
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["kind"], fields["record"]) == ("record_reported", "ACCOUNT", told["recordId"])
    assert (fields["member"], fields["version"], fields["basis"]) == (bank.member_id, 1, "cn.cir.13")


def test_the_same_account_again_changes_and_logs_nothing(exchange: Exchange, bank: Bank) -> None:
    first = report_account(bank)
    before = entry_count(exchange)
    assert report_account(bank) == {**first, "changed": False}
    assert account_versions(exchange) == []
    assert entry_count(exchange) == before


def test_a_borrower_nobody_knew_is_made_with_the_first_account(exchange: Exchange, bank: Bank) -> None:
    told = report_account(bank, borrower=BOB, who={"names": ["李雷"], "phones": ["13800138000"]})
    assert told["changed"]
    with exchange.services.transaction() as connection:
        file = borrower_of(exchange.services, connection, BOB)
    (row,) = accounts(exchange)
    assert row["subject_key"] == file.subject_key
    exchange.ciphers[file.subject_key] = exchange.services.keys.open(file.wrapped_key)
    assert entries(exchange)[-1].sequence == 1


def test_a_later_report_is_a_new_version_and_months_left_out_stay(exchange: Exchange, bank: Bank) -> None:
    report_account(bank)
    exchange.later(seconds=10)
    told = report_account(
        bank, balanceMinor=50_000, months=[{"month": "2026-05-01", "status": "ON_TIME"}], reportedOn="2026-06-01"
    )
    assert (told["version"], told["changed"]) == (2, True)
    (row,) = accounts(exchange)
    assert (row["balance_minor"], row["history_codes"]) == (50_000, "NNN")
    (earlier,) = account_versions(exchange)
    assert (earlier["version"], earlier["reason"], earlier["record"]["balance_minor"]) == (1, "UPDATE", 60_000)


def test_every_fault_of_an_account_is_told_at_once_and_nothing_is_kept(exchange: Exchange, bank: Bank) -> None:
    before = entry_count(exchange)
    told = report_account(
        bank,
        basis="cn.none",
        reference="",
        currency="XXX",
        openedOn="2027-01-01",
        balanceMinor=-(10**15) - 1,
        lastPaymentMinor=-1,
        borrower=BOB,
        who={"names": [""]},
    )
    found = codes(told)
    assert {
        ("basis", "BASIS_UNKNOWN"),
        ("subject", "IDENTITY_MISSING"),
        ("account", "reference", "FIELD_MISSING"),
        ("account", "currency", "CURRENCY_UNKNOWN"),
        ("account", "openedOn", "OPENED_IN_FUTURE"),
        ("account", "lastPaymentMinor", "AMOUNT_NEGATIVE"),
        ("account", "balanceMinor", "NUMBER_TOO_LARGE"),
    } <= found
    assert accounts(exchange) == []
    assert entry_count(exchange) == before
    with exchange.engine.connect() as connection:
        assert len(connection.execute(select(subject)).all()) == 1


@pytest.mark.parametrize(
    ("months", "code"),
    [
        ([("2026-05-01", "ON_TIME"), ("2026-05-31", "ON_TIME")], "MONTH_TWICE"),
        ([("2026-05-01", "ON_TIME"), ("2026-03-01", "ON_TIME")], "MONTH_MISSING"),
        ([("2026-07-01", "ON_TIME")], "HISTORY_IN_FUTURE"),
        ([("2026-05-01", "OVERDUE_61_90"), ("2026-04-01", "ON_TIME")], "HISTORY_JUMP"),
    ],
)
def test_months_are_checked_as_those_of_a_file(
    exchange: Exchange, bank: Bank, months: list[tuple[str, str]], code: str
) -> None:
    told = report_account(bank, months=[{"month": month, "status": status} for month, status in months])
    assert ("account", "months", code) in codes(told)
    assert accounts(exchange) == []


def test_months_may_come_in_any_order(exchange: Exchange, bank: Bank) -> None:
    report_account(bank, months=[{"month": f"2026-0{month}-15", "status": "ON_TIME"} for month in (4, 3, 5)])
    (row,) = accounts(exchange)
    assert (row["history_month"].isoformat(), row["history_codes"]) == ("2026-05-01", "NNN")


def test_negative_months_need_a_notice_that_was_earlier(exchange: Exchange, bank: Bank) -> None:
    refused = report_account(bank, **LATE)
    assert codes(refused) == {("delinquencies", "priorNoticeSentAt", "PRIOR_NOTICE_MISSING")}
    (error,) = refused["userErrors"]
    assert error["rule"] == "cn.cir.15"
    assert (accounts(exchange), delinquencies(exchange)) == ([], [])
    assert report_account(bank, **LATE, delinquencies=[TOLD])["changed"]
    (row,) = delinquencies(exchange)
    assert (row.first_delinquent_on.isoformat(), row.reason, row.prior_notice_channel) == (
        "2026-04-21", "LIQUIDITY", "SMS",
    )  # fmt: skip


def test_what_is_said_of_a_delinquency_that_no_month_shows_is_a_fault(exchange: Exchange, bank: Bank) -> None:
    told = report_account(bank, delinquencies=[TOLD])
    assert codes(told) == {("delinquencies", "firstDelinquentOn", "FIRST_DELINQUENCY_WITHOUT_ARREARS")}
    assert accounts(exchange) == []


def test_each_of_two_delinquencies_is_told_apart_by_its_first_day(exchange: Exchange, bank: Bank) -> None:
    status = ["OVERDUE_1_30", "ON_TIME", "OVERDUE_1_30", "ON_TIME"]
    months = [{"month": f"2026-0{5 - n}-01", "status": code} for n, code in enumerate(status)]
    said = [
        {**TOLD, "firstDelinquentOn": "2026-05-10", "priorNoticeSentAt": "2026-05-12T00:00:00Z"},
        {**TOLD, "firstDelinquentOn": "2026-03-10", "priorNoticeSentAt": "2026-03-12T00:00:00Z"},
    ]
    late = {**LATE, "daysPastDue": 20, "months": months}
    assert report_account(bank, **late, delinquencies=said)["userErrors"] == []
    assert sorted(row.first_delinquent_on.isoformat() for row in delinquencies(exchange)) == [
        "2026-03-10", "2026-05-10",
    ]  # fmt: skip


def test_a_first_delinquency_that_was_reported_never_moves(exchange: Exchange, bank: Bank) -> None:
    report_account(bank, **LATE, delinquencies=[TOLD])
    before = entry_count(exchange)
    moved = report_account(bank, **LATE, delinquencies=[{**TOLD, "firstDelinquentOn": "2026-03-31"}])
    assert "FIRST_DELINQUENCY_MOVED" in {path[-1] for path in codes(moved)}
    assert [row.first_delinquent_on.isoformat() for row in delinquencies(exchange)] == ["2026-04-21"]
    assert entry_count(exchange) == before


def test_an_account_of_another_borrower_is_not_taken_over(exchange: Exchange, bank: Bank) -> None:
    report_account(bank)
    told = report_account(bank, borrower=BOB, who={"names": ["李雷"]})
    assert codes(told) == {("account", "reference", "ACCOUNT_OF_ANOTHER_BORROWER")}
    assert len(accounts(exchange)) == 1


def test_another_birth_date_holds_the_account_back_and_is_put_before_a_person(exchange: Exchange, bank: Bank) -> None:
    report_account(bank, borrower=BOB, who={"names": ["李雷"], "birthDate": "1990-01-01"})
    told = report_account(bank, reference="R-2", borrower=BOB, who={"names": ["李雷"], "birthDate": "1991-01-01"})
    assert codes(told) == {("subject", "birthDate", "IDENTITY_CONFLICT")}
    assert len(accounts(exchange)) == 1
    with exchange.engine.connect() as connection:
        (review,) = connection.execute(select(subject_review)).all()
    assert (review.kind, review.contributor) == ("BIRTH_DATE_DIFFERS", bank.member_id)


def test_an_agency_reports_only_the_states_open_to_it(exchange: Exchange, bank: Bank) -> None:
    told = report_account(agency(exchange))
    assert ("account", "state", "COLLECTOR_STATE") in codes(told)
    assert accounts(exchange) == []


def test_an_account_may_rest_on_a_consent_of_a_borrower_who_is_known(exchange: Exchange, bank: Bank) -> None:
    consent_id = str(exchange.consent(bank.member_id))
    assert report_account(bank, basis=consent_id)["changed"]
    (row,) = accounts(exchange)
    assert row["basis"] == consent_id
    unknown = report_account(bank, borrower=BOB, basis=consent_id, reference="R-2", who={"names": ["李雷"]})
    assert codes(unknown) == {("basis", "BASIS_UNKNOWN")}


def test_what_refuses_nothing_is_told_as_a_note(exchange: Exchange, bank: Bank) -> None:
    told = report_account(bank, who={"phones": ["no number"]})
    assert told["changed"]
    assert ["subject", "phones", "0", "PHONE_NOT_VALID"] in [[*note["path"], note["code"]] for note in told["notes"]]


def test_without_the_scope_no_account_is_written_and_the_refusal_is_logged(exchange: Exchange) -> None:
    bank = lender(exchange, scopes=frozenset({Scope.COLLECTION_WRITE}))
    for answer in (
        send_account(bank),
        send(bank, "withdrawAccount", reference=("String!", "R-1"), withdrawal=("Withdrawal!", "DELETED")),
    ):
        assert error_code(answer) == "SCOPE_MISSING"
        assert entries(exchange)[-1].fields["reasons"] == ["SCOPE_MISSING"]
    assert accounts(exchange) == []


def test_an_account_is_taken_back_with_its_delinquencies_and_its_versions_stay(exchange: Exchange, bank: Bank) -> None:
    first = report_account(bank, **LATE, delinquencies=[TOLD])
    exchange.later(seconds=10)
    told = withdraw(bank, reason=("CorrectionReason", "FURNISHER_ERROR"))
    assert (told["recordId"], told["version"], told["changed"]) == (first["recordId"], 2, True)
    (row,) = accounts(exchange)
    assert (row["withdrawal"], row["superseded_at"]) == ("DELETED", exchange.clock.now())
    (earlier,) = account_versions(exchange)
    assert (earlier["reason"], earlier["correction"]) == ("WITHDRAWN", "FURNISHER_ERROR")
    assert all(row.superseded_at for row in delinquencies(exchange))
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["kind"], fields["correction"]) == ("record_withdrawn", "ACCOUNT", "FURNISHER_ERROR")
    before = entry_count(exchange)
    assert withdraw(bank) == {**told, "changed": False}
    assert entry_count(exchange) == before


def test_what_was_deleted_may_be_reported_anew_and_what_was_fraud_may_not(exchange: Exchange, bank: Bank) -> None:
    report_account(bank)
    withdraw(bank)
    assert report_account(bank)["version"] == 3
    withdraw(bank, withdrawal="FRAUD")
    refused = report_account(bank)
    assert codes(refused) == {("account", "reference", "FRAUD_DELETED")}
    assert report_account(bank, correction="COURT")["changed"]


def test_nothing_but_an_own_account_is_taken_back(exchange: Exchange, bank: Bank) -> None:
    report_account(bank)
    before = entry_count(exchange)
    for member, reference in ((bank, "R-2"), (lender(exchange, "other-bank"), "R-1")):
        assert codes(withdraw(member, reference)) == {("reference", "NOTHING_TO_WITHDRAW")}
    assert [row["superseded_at"] for row in accounts(exchange)] == [None]
    assert entry_count(exchange) == before + 1  # the other bank's registration


def test_a_number_beyond_what_every_client_reads_exactly_is_no_amount(exchange: Exchange, bank: Bank) -> None:
    for amount in (2**53, "1", 1.5, True):
        answer = send_account(bank, balanceMinor=amount)
        assert error_code(answer) == "BAD_USER_INPUT"
    assert accounts(exchange) == []


def test_of_reports_at_the_same_moment_each_is_applied_in_turn(exchange: Exchange, bank: Bank) -> None:
    workers = [exchange.another_worker(), exchange.another_worker()]
    with ThreadPoolExecutor(6) as pool:
        sent = [
            pool.submit(send_account, bank, client=workers[n % 2], borrower=ALICE, balanceMinor=1_000 + n)
            for n in range(6)
        ]
        told = [payload(each.result()) for each in sent]
    assert sorted(each["version"] for each in told) == [1, 2, 3, 4, 5, 6]
    (row,) = accounts(exchange)
    assert row["version"] == 6
    assert [each["version"] for each in account_versions(exchange)] == [1, 2, 3, 4, 5]
