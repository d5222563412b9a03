"""Mandates: given by lenders, acted under by agencies, seen by both, and over when they end."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from factories import Bank, Exchange
from reporting import (
    MANDATE,
    agency,
    codes,
    entry_count,
    error_code,
    lender,
    payload,
    report,
    report_account,
    send,
    versions,
)
from sqlalchemy import Row, select
from traces import entries

from exchange.handover import NOBODY
from exchange.journeys.manage_members import change_member_status
from exchange.store.tables.mandate import account_mandate, mandate
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope

LIST = """query ($first: Int!, $after: String) { mandates(first: $first, after: $after) {
  totalCount nodes { id reference lender agency portfolio channels startsOn endsOn evaluationDueOn state version }
  pageInfo { hasNextPage hasPreviousPage endCursor } } }"""


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank with two accounts of Alice's."""
    exchange.borrower()
    bank = lender(exchange)
    for reference in ("R-1", "R-2"):
        report_account(bank, reference=reference)
    return bank


@pytest.fixture
def collector(exchange: Exchange) -> Bank:
    return agency(exchange)


def sent(bank: Bank, correction: str | None = None, client: Any = None, **changes: Any) -> Any:
    given = ("MandateInput!", {**MANDATE, **changes})
    return send(bank, "recordMandate", client, mandate=given, correction=("CorrectionReason", correction))


def give(bank: Bank, **changes: Any) -> dict[str, Any]:
    return payload(sent(bank, **changes))


def end(bank: Bank, reference: str = "M-1") -> dict[str, Any]:
    return payload(send(bank, "endMandate", reference=("String!", reference)))


def mandates_of(bank: Bank, first: int = 10, after: str | None = None) -> dict[str, Any]:
    body = bank.post({"query": LIST, "variables": {"first": first, "after": after}}).get_json()
    assert "errors" not in body, body
    return dict(body["data"]["mandates"])


def stored(exchange: Exchange) -> list[Row[Any]]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(mandate).order_by(mandate.c.mandate_id, mandate.c.version)))


def named(exchange: Exchange) -> list[Row[Any]]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(account_mandate).order_by(account_mandate.c.recorded_at)))


def contact(collector: Bank, told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return report(collector, RecordKind.COLLECTION_ACTION, mandateId=told["recordId"], **changes)


def test_a_mandate_is_kept_logged_and_seen_by_both_and_by_nobody_else(
    exchange: Exchange, bank: Bank, collector: Bank
) -> None:
    told = give(bank)
    assert (told["version"], told["changed"], told["userErrors"]) == (1, True, [])
    last = entries(exchange)[-1]
    assert last.subject_key == NOBODY
    assert {name: last.fields[name] for name in ("act", "member", "agency", "mandate", "version", "reason")} == {
        "act": "mandate_recorded", "member": bank.member_id, "agency": collector.member_id,
        "mandate": told["recordId"], "version": 1, "reason": "NEW",
    }  # fmt: skip
    seen = mandates_of(bank)
    assert seen == mandates_of(collector)
    (one,) = seen["nodes"]
    assert one == {
        "id": told["recordId"], "reference": "M-1", "lender": bank.member_id, "agency": collector.member_id,
        "portfolio": "cards 2025", "channels": ["SMS", "VOICE_HUMAN"], "startsOn": "2026-01-01",
        "endsOn": "2026-12-31", "evaluationDueOn": "2026-12-31", "state": "ACTIVE", "version": 1,
    }  # fmt: skip
    assert mandates_of(lender(exchange, "other-bank"))["nodes"] == []


def test_an_agency_acts_under_it_on_the_lenders_accounts(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    mandated = give(bank)
    told = contact(collector, mandated, accountReferences=["R-1", "R-2"])
    assert told["changed"]
    (row,) = versions(exchange, RecordKind.COLLECTION_ACTION)
    assert (row["contributor"], str(row["mandate_id"])) == (collector.member_id, mandated["recordId"])
    assert len(row["account_keys"]) == 2
    assert entries(exchange)[-1].fields["mandate"] == mandated["recordId"]
    assert contact(collector, mandated, accountReferences=["R-1", "R-2"])["changed"] is False


def test_an_agency_keeps_to_its_channels_days_and_accounts(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    report_account(lender(exchange, "other-bank"), reference="X-1")
    named_one = give(bank, portfolio=None, accountReferences=["R-1"])
    assert contact(collector, named_one)["changed"]
    wrong = {
        ("channel", "CHANNEL_NOT_MANDATED"): {"channel": "VISIT"},
        ("mandateId", "MANDATE_NOT_IN_FORCE"): {"startedAt": "2025-12-31T10:00:00+08:00"},
        ("accountReferences", "ACCOUNT_NOT_YOURS"): {"accountReferences": ["R-2"]},
    }
    for (field, code), changes in wrong.items():
        assert codes(contact(collector, named_one, reference="C-2", **changes)) == {("action", field, code)}
    elsewhere = contact(collector, named_one, reference="C-2", accountReferences=["X-1"])
    assert codes(elsewhere) == {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}
    assert len(versions(exchange, RecordKind.COLLECTION_ACTION)) == 1


def test_another_agency_cannot_use_it(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    mandated = give(bank)
    told = contact(agency(exchange, "agency-b"), mandated)
    assert codes(told) == {
        ("action", "mandateId", "MANDATE_NOT_IN_FORCE"),
        ("action", "accountReferences", "ACCOUNT_NOT_YOURS"),
    }
    assert versions(exchange, RecordKind.COLLECTION_ACTION) == []


def test_plans_are_offered_under_it_too(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    mandated = give(bank)
    assert codes(report(collector, RecordKind.REPAYMENT_PLAN)) == {
        ("plan", "mandateId", "MANDATE_MISSING"), ("plan", "accountReferences", "ACCOUNT_NOT_YOURS"),
    }  # fmt: skip
    assert report(collector, RecordKind.REPAYMENT_PLAN, mandateId=mandated["recordId"])["changed"]


def test_the_same_again_changes_and_logs_nothing(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    first = give(bank, portfolio=None, accountReferences=["R-1", "R-2"], channels=["SMS", "EMAIL"])
    before = entry_count(exchange)
    again = give(bank, portfolio=None, accountReferences=["R-2", "R-1"], channels=["EMAIL", "SMS"])
    assert again == {**first, "changed": False}
    assert (len(stored(exchange)), len(named(exchange))) == (1, 2)
    assert entry_count(exchange) == before


def test_a_change_is_a_new_version_and_accounts_left_out_are_covered_no_more(
    exchange: Exchange, bank: Bank, collector: Bank
) -> None:
    first = give(bank, portfolio=None, accountReferences=["R-1"])
    exchange.later(seconds=10)
    second = give(bank, portfolio=None, accountReferences=["R-2"], correction="FURNISHER_ERROR")
    assert (second["recordId"], second["version"]) == (first["recordId"], 2)
    rows = stored(exchange)
    assert [(row.reason, row.superseded_at) for row in rows] == [
        ("NEW", exchange.clock.now()), ("CORRECTION", None),
    ]  # fmt: skip
    assert [row.ended_at for row in named(exchange)] == [exchange.clock.now(), None]
    assert codes(contact(collector, first)) == {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}
    assert contact(collector, first, accountReferences=["R-2"])["changed"]


def test_once_ended_nobody_acts_under_it_and_it_may_be_given_anew(
    exchange: Exchange, bank: Bank, collector: Bank
) -> None:
    first = give(bank, portfolio=None, accountReferences=["R-1"])
    told = end(bank)
    assert (told["recordId"], told["version"], told["changed"]) == (first["recordId"], 2, True)
    assert entries(exchange)[-1].fields["act"] == "mandate_ended"
    (one,) = mandates_of(collector)["nodes"]
    assert (one["state"], one["endsOn"], one["version"]) == ("ENDED", "2026-06-01", 2)
    assert [row.ended_at is None for row in named(exchange)] == [False]
    assert ("action", "mandateId", "MANDATE_NOT_IN_FORCE") in codes(contact(collector, first))
    before = entry_count(exchange)
    assert end(bank) == {**told, "changed": False}
    assert entry_count(exchange) == before
    exchange.later(seconds=1)
    assert give(bank, portfolio=None, accountReferences=["R-1"])["version"] == 3
    assert contact(collector, first)["changed"]


def test_only_the_lender_ends_its_mandate(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    give(bank)
    for member, reference in ((collector, "M-1"), (bank, "M-2")):
        assert codes(end(member, reference)) == {("reference", "RECORD_UNKNOWN")}
    assert [row.state for row in stored(exchange)] == ["ACTIVE"]


def test_every_fault_is_told_at_once_and_nothing_is_kept(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    before = entry_count(exchange)
    told = give(
        bank,
        reference="",
        agency=bank.member_id,
        portfolio=None,
        accountReferences=["R-9"],
        channels=[],
        endsOn="2025-01-01",
        evaluationDueOn="2027-02-01",
    )
    assert codes(told) == {
        ("mandate", "reference", "FIELD_MISSING"),
        ("mandate", "agency", "AGENCY_NOT_A_COLLECTOR"),
        ("mandate", "channels", "CHANNELS_MISSING"),
        ("mandate", "endsOn", "DATES_OUT_OF_ORDER"),
        ("mandate", "evaluationDueOn", "EVALUATION_TOO_LATE"),
        ("mandate", "accountReferences", "ACCOUNT_NOT_YOURS"),
    }
    assert stored(exchange) == []
    assert entry_count(exchange) == before


def test_an_agency_passes_none_on_and_a_suspended_one_is_given_none(
    exchange: Exchange, bank: Bank, collector: Bank
) -> None:
    agency(exchange, "agency-b")
    assert codes(give(collector, agency="agency-b")) == {("mandate", "agency", "LENDER_MAY_NOT_MANDATE")}
    change_member_status(exchange.services, "agency-b", MemberStatus.SUSPENDED, "test")
    assert codes(give(bank, agency="agency-b")) == {("mandate", "agency", "AGENCY_NOT_A_COLLECTOR")}
    assert codes(give(bank, agency="nobody")) == {("mandate", "agency", "AGENCY_NOT_A_COLLECTOR")}
    assert stored(exchange) == []


def test_without_the_scope_no_mandate_is_given_or_listed(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    reader = lender(exchange, "other-bank", scopes=frozenset({Scope.CREDIT_READ}))
    assert error_code(sent(reader)) == "SCOPE_MISSING"
    assert error_code(reader.post({"query": LIST, "variables": {"first": 1}})) == "SCOPE_MISSING"
    assert stored(exchange) == []


def test_a_page_goes_on_behind_its_last_cursor(exchange: Exchange, bank: Bank, collector: Bank) -> None:
    for n in range(3):
        exchange.later(seconds=1)
        give(bank, reference=f"M-{n}")
    first = mandates_of(bank, first=2)
    rest = mandates_of(bank, first=2, after=first["pageInfo"]["endCursor"])
    assert [node["reference"] for page in (first, rest) for node in page["nodes"]] == ["M-0", "M-1", "M-2"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert (first["totalCount"], rest["pageInfo"]["hasPreviousPage"]) == (3, True)
    for wrong in ({"first": 0}, {"first": 101}, {"first": 1, "after": "?"}):
        assert error_code(bank.post({"query": LIST, "variables": wrong})) == "BAD_USER_INPUT"


def test_of_mandates_given_at_the_same_moment_each_is_a_version_and_one_stands(
    exchange: Exchange, bank: Bank, collector: Bank
) -> None:
    workers = [exchange.another_worker(), exchange.another_worker()]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda n: sent(bank, client=workers[n % 2], portfolio=f"cards {n}"), range(4)))
    assert sorted(payload(answer)["version"] for answer in told) == [1, 2, 3, 4]
    assert len({payload(answer)["recordId"] for answer in told}) == 1
    assert [row.superseded_at is None for row in stored(exchange)] == [False, False, False, True]
