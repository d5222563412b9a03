"""The central act: what a granted report shows, and what it leaves out."""

from base64 import b64encode
from datetime import date
from typing import Any

import pytest
from factories import ALICE, BOB, USUAL, Exchange, report_of, several_reports
from openbureau_client import verify_receipt
from sqlalchemy import event
from traces import entries, inquiries, looks, marks
from werkzeug.test import TestResponse

from consent.artefact import Frequency, FrequencyUnit
from exchange.journeys.find_borrower import Document
from exchange.store.member_register import change_member
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import ContributionLevel, MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope


def report(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert "errors" not in answer.get_json(), answer.get_json()["errors"]
    return answer.get_json()["data"]["creditReport"]


def withheld(answer: TestResponse) -> set[tuple[str, str]]:
    return {(each["fieldClass"], each["code"]) for each in report(answer)["disclosure"]["withheld"]}


def test_a_lender_with_consent_sees_what_all_lenders_contributed(exchange: Exchange) -> None:
    asking, clover, summit = (exchange.bank(name) for name in ("harbour-bank", "clover-finance", "summit-credit"))
    alice = exchange.borrower()
    exchange.account(alice, asking.member_id, "OWN-1", opened_on=date(2022, 1, 1))
    exchange.account(alice, clover.member_id, "CLO-1", past_due_minor=70_000, opened_on=date(2023, 1, 1))
    exchange.account(alice, summit.member_id, "SUM-1", state="SETTLED", balance_minor=0, closed_on=date(2025, 2, 3))
    consent_id = exchange.consent(asking.member_id)

    shown = report(asking.ask(consent_id=consent_id))

    assert shown["subject"] == {"names": ["王芳"], "idNumber": ALICE.id_number, "birthDate": "1990-01-01"}
    summary = shown["summary"]
    assert (summary["accounts"], summary["openAccounts"], summary["lenders"]) == (3, 2, 2)
    assert (summary["lendersInArrears"], summary["lateMonths"]) == (1, 0)
    assert summary["totals"] == [{"balance": {"minor": 2_500_100, "currency": "CNY"}}]
    accounts = [(each["accountRef"], each["ownBook"], each["state"]) for each in shown["accounts"]["nodes"]]
    assert accounts == [("SUM-1", False, "SETTLED"), ("CLO-1", False, "NORMAL"), ("OWN-1", True, "NORMAL")]
    assert shown["accounts"]["totalCount"] == 3
    history = shown["accounts"]["nodes"][0]["history"]
    assert [month["month"] for month in history[:2]] == ["2026-05-01", "2026-04-01"]
    assert {month["status"] for month in history} == {"ON_TIME"}
    assert len(history) == 24
    assert shown["inquiries"]["nodes"] == []


def test_a_granted_look_leaves_one_entry_one_inquiry_and_one_use(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)

    shown = report(bank.ask(consent_id=consent_id))["disclosure"]

    after = marks(exchange)
    assert (after.entries, after.waiting) == (before.entries + 1, before.waiting + 1)
    assert (after.inquiries, after.uses) == (before.inquiries + 1, before.uses + 1)
    assert after.account_scans > before.account_scans
    (look,), (inquiry,) = looks(exchange), inquiries(exchange)
    assert shown["leafHash"] == b64encode(look.leaf_hash).decode() == b64encode(inquiry.leaf_hash).decode()
    assert (shown["basis"], shown["consentUse"], shown["withheld"]) == ("CONSENT", 1, [])
    assert set(shown["released"]) == USUAL
    assert {"cn.cir.18", "cn.cir.20"} <= set(shown["rules"])
    assert (inquiry.subject_key, inquiry.sequence, inquiry.hard) == (alice, look.sequence, True)
    assert exchange.ciphers[alice].unseal("inquiry", "staff", inquiry.inquiry_key.bytes, inquiry.staff) == (
        b'["s-17","Wang Fang"]'
    )


def test_the_next_reader_sees_what_kind_of_member_looked_before_and_no_refusals(exchange: Exchange) -> None:
    bank, other = exchange.bank(), exchange.bank("clover-finance", member_class=MemberClass.CONSUMER_FINANCE)
    exchange.borrower()
    bank_consent, other_consent = exchange.consent(bank.member_id), exchange.consent(other.member_id)
    other.ask(consent_id=other_consent)
    other.ask(consent_id=None)

    shown = report(bank.ask(consent_id=bank_consent))["inquiries"]

    assert shown["nodes"] == [{"purpose": "LOAN_APPROVAL", "memberClass": "CONSUMER_FINANCE"}]


def test_every_usual_spelling_of_a_document_finds_the_same_borrower(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    for spelling in ("190101199001 01001x", "１９０１０１１９９００１０１００１Ｘ", "190101-19900101-001X"):
        answer = bank.ask(Document(IdType.RESIDENT_ID, "cn", spelling), consent_id)
        assert report(answer)["subject"]["idNumber"] == ALICE.id_number


def test_one_borrower_never_shows_in_the_report_of_another(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice, bob = exchange.borrower(), exchange.borrower(BOB, "Bob")
    exchange.account(alice, bank.member_id, "OF-ALICE")
    exchange.account(bob, bank.member_id, "OF-BOB")
    consent_id = exchange.consent(bank.member_id, BOB)

    answer = bank.ask(BOB, consent_id)

    assert [node["accountRef"] for node in report(answer)["accounts"]["nodes"]] == ["OF-BOB"]
    assert "OF-ALICE" not in answer.get_data(as_text=True)


def test_a_superseded_account_is_not_shown(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, superseded_at=exchange.clock.now())
    shown = report(bank.ask(consent_id=exchange.consent(bank.member_id)))
    assert (shown["accounts"]["totalCount"], shown["summary"]["accounts"]) == (0, 0)


@pytest.mark.parametrize(("ended_on", "shown"), [(date(2021, 6, 1), True), (date(2021, 5, 31), False), (None, True)])
def test_a_delinquency_is_shown_for_five_years_after_it_ended_and_not_a_day_longer(
    exchange: Exchange, ended_on: date | None, shown: bool
) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    account_key = exchange.account(alice, bank.member_id)
    exchange.delinquency(alice, account_key, bank.member_id, ended_on=ended_on, first_delinquent_on=date(2021, 1, 5))

    nodes = report(bank.ask(consent_id=exchange.consent(bank.member_id)))["delinquencies"]["nodes"]

    assert [node["firstDelinquentOn"] for node in nodes] == ["2021-01-05"] * shown


@pytest.mark.parametrize(("closed_on", "shown"), [(date(2021, 6, 1), 1), (date(2021, 5, 31), 0)])
@pytest.mark.parametrize("query", ["summary { accounts }", "accounts(first: 5) { totalCount }"])
def test_a_closed_bad_account_is_neither_shown_nor_counted_after_five_years(
    exchange: Exchange, closed_on: date, shown: int, query: str
) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, state="WRITTEN_OFF", closed_on=closed_on, opened_on=date(2019, 1, 1))
    consent_id = exchange.consent(bank.member_id)

    answer = bank.ask(consent_id=consent_id, query=report_of(query))

    (part,) = report(answer).values()
    assert list(part.values()) == [shown]


def test_a_late_month_of_more_than_five_years_ago_shows_neither_its_code_nor_its_amounts(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    months = 60
    exchange.account(
        alice,
        bank.member_id,
        history_month=date(2026, 4, 1),
        history_codes="N" + "1" * (months - 1),
        history_past_due_minor=list(range(months)),
        history_days_past_due=[0] + [20] * (months - 1),
    )
    exchange.later(days=1)
    consent_id = exchange.consent(bank.member_id, data_from=date(2020, 1, 1))
    months_of = "history(months: 60) { month status daysPastDue pastDue { minor } }"
    query = report_of(f"accounts(first: 1) {{ nodes {{ {months_of} }} }}")

    history = report(bank.ask(consent_id=consent_id, query=query))["accounts"]["nodes"][0]["history"]

    assert history[-1] == {"month": "2021-05-01", "status": "UNKNOWN", "daysPastDue": None, "pastDue": None}
    assert history[-2] == {
        "month": "2021-06-01", "status": "OVERDUE_1_30", "daysPastDue": 20, "pastDue": {"minor": 58},
    }  # fmt: skip


def test_months_outside_the_range_of_the_consent_are_not_shown(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, history_codes="1" * 24, history_past_due_minor=list(range(24)))
    consent_id = exchange.consent(bank.member_id, data_from=date(2026, 3, 20))

    shown = report(bank.ask(consent_id=consent_id))

    history = shown["accounts"]["nodes"][0]["history"]
    assert [(month["month"], month["pastDue"]["minor"]) for month in history] == [
        ("2026-05-01", 0),
        ("2026-04-01", 1),
        ("2026-03-01", 2),
    ]
    assert shown["summary"]["lateMonths"] == 3


@pytest.mark.parametrize("beside", ["", "accounts(first: 1) { nodes { history(months: 3) { status } } }"])
def test_late_months_are_counted_over_two_years_whatever_history_is_asked_for(exchange: Exchange, beside: str) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, history_codes="N" * 10 + "1" * 20, history_past_due_minor=None)
    query = report_of(f"summary {{ lateMonths }} {beside}")
    shown = report(bank.ask(consent_id=exchange.consent(bank.member_id), query=query))
    assert shown["summary"] == {"lateMonths": 14}


def test_a_class_without_its_scope_is_null_and_listed(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.delinquency(alice, exchange.account(alice, bank.member_id), bank.member_id)
    bank.fetch_token("credit:read")

    answer = bank.ask(consent_id=exchange.consent(bank.member_id))

    assert report(answer)["delinquencies"] is None
    assert report(answer)["accounts"]["totalCount"] == 1
    assert withheld(answer) == {("DELINQUENCIES", "SCOPE_MISSING")}
    (look,) = looks(exchange)
    assert look.fields["withheld"] == ["DELINQUENCIES"]
    assert "DELINQUENCIES" not in look.fields["released"]


def test_a_scope_that_the_member_lost_counts_no_more_though_the_token_has_it(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    bank.fetch_token()
    with exchange.engine.begin() as connection:
        change_member(connection, bank.member_id, {"scopes": [Scope.CREDIT_READ]}, "SCOPES", exchange.clock.now())
    answer = bank.ask(consent_id=exchange.consent(bank.member_id))
    assert report(answer)["delinquencies"] is None
    assert withheld(answer) == {("DELINQUENCIES", "SCOPE_MISSING")}


def test_a_class_that_the_consent_does_not_name_is_null_and_listed(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, "SECRET-REF")
    consent_id = exchange.consent(bank.member_id, field_classes=frozenset({FieldClass.INQUIRIES}))
    before = marks(exchange)

    answer = bank.ask(consent_id=consent_id)

    shown = report(answer)
    assert shown["subject"] is shown["summary"] is shown["accounts"] is shown["delinquencies"] is None
    assert {code for _, code in withheld(answer)} == {"FIELDS_NOT_COVERED"}
    assert "SECRET-REF" not in answer.get_data(as_text=True)
    assert marks(exchange).account_scans == before.account_scans


def test_payment_history_without_accounts_reads_no_account(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    classes = frozenset({FieldClass.PAYMENT_HISTORY, FieldClass.INQUIRIES})
    consent_id = exchange.consent(bank.member_id, field_classes=classes)
    before = marks(exchange)
    assert report(bank.ask(consent_id=consent_id))["accounts"] is None
    assert marks(exchange).account_scans == before.account_scans


def test_a_member_that_contributes_only_negative_data_receives_only_that(exchange: Exchange) -> None:
    bank = exchange.bank(contribution_level=ContributionLevel.NEGATIVE_ONLY)
    alice = exchange.borrower()
    exchange.delinquency(alice, exchange.account(alice, bank.member_id), bank.member_id)

    answer = bank.ask(consent_id=exchange.consent(bank.member_id))

    shown = report(answer)
    assert shown["accounts"] is shown["summary"] is shown["inquiries"] is None
    assert len(shown["delinquencies"]["nodes"]) == 1
    assert withheld(answer) == {(each, "RECIPROCITY") for each in ("ACCOUNTS", "PAYMENT_HISTORY", "INQUIRIES")}


def test_a_frequency_is_counted_and_a_new_span_starts_anew(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id, frequency=Frequency(2, FrequencyUnit.DAY))
    codes = []
    for hours in (0, 1, 2, 24):
        exchange.later(hours=hours)
        bank.token = ""
        answer = bank.ask(consent_id=consent_id).get_json()
        codes.append(answer["errors"][0]["extensions"]["code"] if "errors" in answer else "GRANTED")
    assert codes == ["GRANTED", "GRANTED", "FREQUENCY_EXCEEDED", "GRANTED"]


def test_soft_purposes_are_not_shown_as_applications_for_credit(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id, purpose=Purpose.POST_LOAN)
    report(bank.ask(consent_id=consent_id, purpose=Purpose.POST_LOAN))
    (inquiry,) = inquiries(exchange)
    assert not inquiry.hard


def test_several_reports_of_one_request_leave_a_leaf_each_and_one_refused_does_not_spoil_the_others(
    exchange: Exchange,
) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)

    answer = bank.ask(query=several_reports(consent_id, None, consent_id))

    said = answer.get_json()
    assert answer.status_code == 200
    assert [said["data"]["r0"]["disclosure"]["consentUse"], said["data"]["r2"]["disclosure"]["consentUse"]] == [1, 2]
    assert said["data"]["r1"] is None
    (error,) = said["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["r1"], "CONSENT_MISSING")
    keys = exchange.client.get("/oauth/jwks").get_json()
    receipt = verify_receipt(answer.headers["OpenBureau-Receipt"], answer.get_data(), keys)
    assert list(receipt.leaves) == [entry.leaf_hash for entry in entries(exchange)[-3:]]
    after = marks(exchange)
    assert (after.entries, after.inquiries, after.uses) == (before.entries + 3, before.inquiries + 3, before.uses + 2)


def test_a_report_takes_two_round_trips(exchange: Exchange, tmp_path: Any) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    for _ in range(6):  # Until both statements are prepared and the log was asked how it is.
        report(bank.ask(consent_id=consent_id))
    statements: list[str] = []
    event.listen(exchange.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    trace = tmp_path / "wire"
    with exchange.engine.connect() as connection:
        pgconn = connection.connection.dbapi_connection.pgconn
    with trace.open("wb") as wire:
        pgconn.trace(wire.fileno())
        report(bank.ask(consent_id=consent_id))
        pgconn.untrace()
    waited = [line for line in trace.read_text().splitlines() if "ReadyForQuery" in line]

    assert len(waited) == 2, trace.read_text()
    assert statements == [], "both go to libpq at once"
