"""A plan that freezes the status: reports by the one door and by the other are held to it while it runs."""

import io
import json
from typing import Any

import pytest
from factories import ALICE, Bank, Exchange
from plan_offers import alice_of, fresh, offer, plan_now, report_kept
from reporting import account_versions, accounts, codes, lender, report_account

from exchange.intake.reading import Reading
from exchange.journeys.own_plans import accept_option
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from schema.vocabulary.submission import FileFormat

LATE_IN_JUNE: dict[str, Any] = {
    "state": "OVERDUE", "reportedOn": "2026-06-30", "pastDueMinor": 20_000, "daysPastDue": 20,
    "months": [
        {"month": "2026-06-30", "status": "OVERDUE_1_30", "daysPastDue": 20},
        *({"month": f"2026-0{month}-01", "status": "ON_TIME"} for month in (5, 4, 3)),
    ],
    "delinquencies": [
        {"firstDelinquentOn": "2026-06-10", "priorNoticeSentAt": "2026-06-20T09:00:00+08:00",
         "priorNoticeChannel": "SMS"},
    ],
}  # fmt: skip


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A lender whose plan with Alice, who was not late before it, began on the first of June."""
    alice = alice_of(exchange.borrower())
    bank = lender(exchange)
    made = offer(bank, reportingTreatment="FREEZE_STATUS", daysPastDueBefore=0)
    accept_option(exchange.services, alice, made, 0)
    exchange.later(days=30)
    return fresh(bank)


def submit(exchange: Exchange, member: str, *records: dict[str, Any]) -> SubmissionOutcome:
    content = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    order = SubmissionOrder(member, Reading(FileFormat.JSON_LINES), notices_attested=True)
    return submit_file(exchange.services, io.BytesIO(content), order)


def line(status: str, **changes: Any) -> dict[str, Any]:
    """A record of a file about Alice's account, with the codes of its months from June back."""
    return {
        "reference": "R-1", "portfolio": "INSTALMENT", "product": "CONSUMER_LOAN", "state": "OVERDUE",
        "currency": "CNY", "opened_on": "2024-06-01", "reported_on": "2026-06-30", "balance": 600, "past_due": 200,
        "id_type": ALICE.id_type, "country": "CN", "id_number": ALICE.id_number, "names": ["王芳"],
        "time_zone": "Asia/Shanghai", "language": "zh-Hans",
        "history": {"newest_month": "2026-06", "status": status}, **changes,
    }  # fmt: skip


def held_months(exchange: Exchange) -> str:
    (row,) = accounts(exchange)
    return str(row["history_codes"])


def test_a_later_month_is_refused_with_its_rule_and_nothing_is_kept(exchange: Exchange, bank: Bank) -> None:
    told = report_account(bank, **LATE_IN_JUNE)
    assert codes(told) == {("account", "daysPastDue", "STATUS_FROZEN"), ("account", "months", "STATUS_FROZEN")}
    assert (held_months(exchange), account_versions(exchange)) == ("NNN", [])


def test_a_month_that_is_no_later_is_taken(exchange: Exchange, bank: Bank) -> None:
    months = [{"month": f"2026-0{month}-01", "status": "ON_TIME"} for month in (6, 5, 4, 3)]
    assert report_account(bank, reportedOn="2026-06-30", months=months)["changed"]
    assert held_months(exchange) == "NNNN"


@pytest.mark.parametrize("correction", ["FURNISHER_ERROR", "LATE_FEED"])
def test_no_correction_of_the_lenders_own_gets_round_it(exchange: Exchange, bank: Bank, correction: str) -> None:
    assert not report_account(bank, **LATE_IN_JUNE, correction=correction)["changed"]
    assert held_months(exchange) == "NNN"


def test_a_file_is_held_to_it_too_record_by_record(exchange: Exchange, bank: Bank) -> None:
    other = {**line("1NNN"), "reference": "R-2", "id_number": "E12345678", "id_type": "PASSPORT", "names": ["Li Wei"]}
    outcome = submit(exchange, bank.member_id, line("1NNN"), other)
    assert [(fault.record_no, fault.code) for fault in outcome.faults] == [(1, "STATUS_FROZEN")]
    assert sorted(str(row["history_codes"]) for row in accounts(exchange)) == ["1NNN", "NNN"]


@pytest.mark.parametrize("treatment", ["KEEP_STATUS", "MARK_RESTRUCTURED"])
def test_other_treatments_freeze_nothing(exchange: Exchange, treatment: str) -> None:
    alice, bank = alice_of(exchange.borrower()), lender(exchange)
    accept_option(exchange.services, alice, offer(bank, reportingTreatment=treatment), 0)
    exchange.later(days=30)
    assert report_account(fresh(bank), **LATE_IN_JUNE)["changed"]


def test_an_offer_that_nobody_accepted_freezes_nothing(exchange: Exchange) -> None:
    exchange.borrower()
    bank = lender(exchange)
    offer(bank, reportingTreatment="FREEZE_STATUS", daysPastDueBefore=0)
    exchange.later(days=30)
    assert report_account(fresh(bank), **LATE_IN_JUNE)["changed"]


def test_once_the_plan_is_broken_the_status_is_told_as_it_is(exchange: Exchange, bank: Bank) -> None:
    report_kept(bank, plan_now(exchange))
    ended = exchange.clock.now().date().isoformat()
    assert report_kept(bank, plan_now(exchange), state="BROKEN", endedOn=ended, stopCollectionUntil=ended)["changed"]
    assert report_account(bank, **LATE_IN_JUNE)["changed"]
    assert held_months(exchange) == "1NNN"
