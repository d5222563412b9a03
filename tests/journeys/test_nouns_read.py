"""What lenders are shown of public records, collection actions, plans and assessments, and what they are not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories import Bank, Exchange, report_of
from noun_rows import NOUNS, add_noun
from sqlalchemy import Table, update

from exchange.store.tables.account import account
from exchange.store.tables.assessment import assessment
from exchange.store.tables.collection import collection_action
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.subject import subject
from schema.vocabulary.member_class import ContributionLevel, MemberClass
from schema.vocabulary.scope import FieldClass, Scope

SCOPES = frozenset(field_class.scope for field_class in FieldClass)
PARTS: dict[Table, tuple[str, FieldClass]] = {
    public_record: ("publicRecords", FieldClass.PUBLIC_RECORDS),
    collection_action: ("collectionActions", FieldClass.COLLECTIONS),
    repayment_plan: ("repaymentPlans", FieldClass.PLANS),
    assessment: ("assessments", FieldClass.ASSESSMENTS),
}
MONEY = "{ minor currency }"
FIELDS = {
    public_record: f"kind authority reference status amount {MONEY} filedOn decidedOn endedOn",
    collection_action: f"accountIds agent stage channel direction target startedAt durationSeconds result"
    f" promised {MONEY} promisedOn promiseKept disclosed borrowerSays",
    repayment_plan: f"accountIds planType state options {{ planType instalments instalment {MONEY} total {MONEY}"
    f" waived {MONEY} firstDueOn }} chosenOption schedule {{ dueOn amount {MONEY} paid {MONEY} }} waived {MONEY}"
    f" daysPastDueBefore reportingTreatment stopCollectionUntil proposedOn answerBy acceptedOn endedOn",
    assessment: "scorecard band score reasonCodes explanation solelyAutomated reviewed contestedAt assessedAt",
}
ALL = report_of(
    " ".join(
        f"{part}(first: 10) {{ totalCount nodes {{ furnisherClass ownBook {FIELDS[table]} }} }}"
        for table, (part, _) in PARTS.items()
    )
    + " disclosure { released withheld { fieldClass code } }"
)
COUNTS = report_of(" ".join(f"{part}(first: 10) {{ totalCount }}" for part, _ in PARTS.values()))


def cny(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}


def lender(exchange: Exchange, name: str = "harbour-bank", **changes: Any) -> Bank:
    bank = exchange.bank(name, **{"scopes": SCOPES, **changes})
    bank.fetch_token(" ".join(sorted(SCOPES)))
    return bank


def shown_to(bank: Bank, query: str = ALL, **consent: Any) -> dict[str, Any]:
    answer = bank.ask(consent_id=bank.exchange.consent(bank.member_id, **consent), query=query)
    assert "errors" not in answer.get_json(), answer.get_json()
    report: dict[str, Any] = answer.get_json()["data"]["creditReport"]
    return report


def with_one_of_each(exchange: Exchange, contributor: str, **changes: Any) -> UUID:
    borrower = exchange.borrower()
    for table in NOUNS:
        add_noun(exchange, table, borrower, contributor, **changes)
    return borrower


def test_a_lender_reads_every_noun_as_it_was_contributed(exchange: Exchange) -> None:
    bank, other = lender(exchange), exchange.bank("clover-finance", member_class=MemberClass.CONSUMER_FINANCE)
    borrower = exchange.borrower()
    owed = exchange.account(borrower, other.member_id)
    add_noun(exchange, public_record, borrower, bank.member_id)
    add_noun(exchange, collection_action, borrower, other.member_id, account_keys=[owed])
    add_noun(exchange, repayment_plan, borrower, other.member_id, account_keys=[owed])
    add_noun(exchange, assessment, borrower, other.member_id)

    shown = shown_to(bank)

    (record,), (action,), (plan,), (judged,) = (shown[part]["nodes"] for part, _ in PARTS.values())
    assert record == {
        "furnisherClass": "BANK", "ownBook": True, "kind": "JUDGMENT", "authority": "People's Court of Hedong",
        "reference": "REF-1", "status": "OPEN", "amount": cny(900_000), "filedOn": "2026-02-01",
        "decidedOn": "2026-03-01", "endedOn": None,
    }  # fmt: skip
    assert action == {
        "furnisherClass": "CONSUMER_FINANCE", "ownBook": False, "accountIds": [str(owed)], "agent": "agent-7",
        "stage": "PHONE", "channel": "VOICE_HUMAN", "direction": "OUTBOUND", "target": "DEBTOR",
        "startedAt": "2026-05-03T02:15:00+00:00", "durationSeconds": 90, "result": "PROMISE_TO_PAY",
        "promised": cny(50_000), "promisedOn": "2026-05-20", "promiseKept": False, "disclosed": ["balance"],
        "borrowerSays": "OBJECTED",
    }  # fmt: skip
    first, second = plan.pop("options")
    assert first == {
        "planType": "INSTALMENT", "instalments": 10, "instalment": cny(9_000), "total": cny(90_000),
        "waived": cny(10_000), "firstDueOn": "2026-05-01",
    }  # fmt: skip
    assert (second["planType"], second["waived"], second["firstDueOn"]) == ("DEFERRAL", None, None)
    assert plan == {
        "furnisherClass": "CONSUMER_FINANCE", "ownBook": False, "accountIds": [str(owed)], "planType": "INSTALMENT",
        "state": "ACTIVE", "chosenOption": 0, "waived": cny(10_000), "daysPastDueBefore": 75,
        "schedule": [{"dueOn": "2026-05-01", "amount": cny(9_000), "paid": cny(9_000)},
                     {"dueOn": "2026-06-01", "amount": cny(9_000), "paid": None}],
        "reportingTreatment": "FREEZE_STATUS", "stopCollectionUntil": "2026-12-01", "proposedOn": "2026-04-01",
        "answerBy": None, "acceptedOn": "2026-04-10", "endedOn": None,
    }  # fmt: skip
    assert judged == {
        "furnisherClass": "CONSUMER_FINANCE", "ownBook": False, "scorecard": "repay-3", "band": "C", "score": 610,
        "reasonCodes": ["R12"], "explanation": "Two loans were late.", "solelyAutomated": True, "reviewed": True,
        "contestedAt": None, "assessedAt": "2026-05-09T04:00:00+00:00",
    }  # fmt: skip
    assert set(shown["disclosure"]["released"]) == {opened_by for _, opened_by in PARTS.values()}


def test_what_is_sealed_for_regulators_or_the_borrower_is_nowhere_in_an_answer(exchange: Exchange) -> None:
    bank = lender(exchange)
    with_one_of_each(exchange, bank.member_id)
    answer = bank.ask(consent_id=exchange.consent(bank.member_id), query=ALL).get_data(as_text=True)
    assert "agent-7" in answer
    assert not any(closed in answer for closed in ("Zhao Lei", "13800000000", "Li Na", 'instalments":3'))


@pytest.mark.parametrize("table", list(PARTS), ids=[part for part, _ in PARTS.values()])
def test_each_noun_opens_with_its_own_class_and_no_other(exchange: Exchange, table: Table) -> None:
    bank = lender(exchange)
    with_one_of_each(exchange, bank.member_id)
    part, opened_by = PARTS[table]

    shown = shown_to(bank, field_classes=frozenset({opened_by}))

    assert shown[part]["totalCount"] == 1
    assert [shown[other] for other, _ in PARTS.values() if other != part] == [None] * 3
    assert {each["code"] for each in shown["disclosure"]["withheld"]} == {"FIELDS_NOT_COVERED"}


@pytest.mark.parametrize(
    ("lacking", "closed"),
    [(Scope.COLLECTION_READ, "collectionActions"), (Scope.PLAN_READ, "repaymentPlans"),
     (Scope.ASSESSMENT_READ, "assessments")],
)  # fmt: skip
def test_each_noun_needs_its_scope(exchange: Exchange, lacking: Scope, closed: str) -> None:
    bank = lender(exchange)
    with_one_of_each(exchange, bank.member_id)
    bank.fetch_token(" ".join(sorted(SCOPES - {lacking})))

    shown = shown_to(bank)

    assert [part for part, _ in PARTS.values() if shown[part] is None] == [closed]
    assert {each["code"] for each in shown["disclosure"]["withheld"]} == {"SCOPE_MISSING"}


def test_a_member_that_contributes_negative_data_alone_reads_no_plan_and_no_assessment(exchange: Exchange) -> None:
    bank = lender(exchange, contribution_level=ContributionLevel.NEGATIVE_ONLY)
    with_one_of_each(exchange, bank.member_id)
    shown = shown_to(bank)
    assert (shown["publicRecords"]["totalCount"], shown["collectionActions"]["totalCount"]) == (1, 1)
    assert shown["repaymentPlans"] is shown["assessments"] is None


@pytest.mark.parametrize("ending", ["superseded_at", "withdrawn"])
def test_a_version_that_no_longer_stands_is_not_shown(exchange: Exchange, ending: str) -> None:
    bank = lender(exchange)
    with_one_of_each(exchange, bank.member_id, **{ending: exchange.clock.now() if ending != "withdrawn" else True})
    assert [part["totalCount"] for part in shown_to(bank, COUNTS).values()] == [0] * 4


def test_a_corrected_record_is_shown_once_as_it_is_now(exchange: Exchange) -> None:
    bank = lender(exchange)
    borrower, now = exchange.borrower(), exchange.clock.now()
    key = add_noun(exchange, public_record, borrower, bank.member_id, superseded_at=now, recorded_at=now - timedelta(1))
    add_noun(exchange, public_record, borrower, bank.member_id, key, version=2, status="SATISFIED")
    assert [node["status"] for node in shown_to(bank)["publicRecords"]["nodes"]] == ["SATISFIED"]


@pytest.mark.parametrize(
    ("table", "at_last", "too_late"),
    [
        (public_record, {"ended_on": date(2021, 6, 1)}, {"ended_on": date(2021, 5, 31)}),
        (repayment_plan, {"ended_on": date(2021, 6, 1)}, {"ended_on": date(2021, 5, 31)}),
        (
            collection_action,
            {"started_at": datetime(2021, 6, 1, tzinfo=UTC)},
            {"started_at": datetime(2021, 5, 31, 23, tzinfo=UTC)},
        ),
    ],
    ids=["public record", "plan", "contact"],
)
def test_each_is_shown_for_five_years_after_its_conduct_ended_and_not_a_day_longer(
    exchange: Exchange, table: Table, at_last: dict[str, Any], too_late: dict[str, Any]
) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    kept = add_noun(exchange, table, borrower, bank.member_id, **at_last)
    add_noun(exchange, table, borrower, bank.member_id, **too_late)
    part, _ = PARTS[table]
    nodes = shown_to(bank, report_of(f"{part}(first: 9) {{ nodes {{ id }} }}"), data_from=date(2020, 1, 1))[part]
    assert nodes == {"nodes": [{"id": str(kept)}]}


def test_contacts_outside_the_range_of_the_consent_are_not_shown(exchange: Exchange) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    for day in (9, 10):
        add_noun(exchange, collection_action, borrower, bank.member_id, started_at=datetime(2026, 4, day, tzinfo=UTC))
    shown = shown_to(bank, data_from=date(2026, 4, 10))
    assert [node["startedAt"][:10] for node in shown["collectionActions"]["nodes"]] == ["2026-04-10"]


def test_a_suppressed_delinquency_is_not_shown_and_an_annotated_one_says_by_which_rule(exchange: Exchange) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    owed = exchange.account(borrower, bank.member_id, annotated_by="cn.repair.note")
    exchange.delinquency(borrower, owed, bank.member_id, suppressed_by="cn.repair.2025", peak_days_past_due=1)
    exchange.delinquency(borrower, owed, bank.member_id, annotated_by="cn.repair.note", peak_days_past_due=2)
    exchange.delinquency(borrower, owed, bank.member_id, display_until=date(2026, 5, 31), peak_days_past_due=3)
    exchange.delinquency(borrower, owed, bank.member_id, display_until=date(2026, 6, 1), peak_days_past_due=4)
    query = report_of(
        "delinquencies(first: 9) { nodes { peakDaysPastDue annotatedBy displayUntil } }"
        " accounts(first: 9) { nodes { annotatedBy } }"
    )
    shown = shown_to(bank, query)
    assert sorted(map(str, (tuple(node.values()) for node in shown["delinquencies"]["nodes"]))) == [
        "(2, 'cn.repair.note', None)", "(4, None, '2026-06-01')",
    ]  # fmt: skip
    assert shown["accounts"]["nodes"] == [{"annotatedBy": "cn.repair.note"}]


def test_hidden_months_show_neither_their_code_nor_their_amounts_and_are_not_counted(exchange: Exchange) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    exchange.account(
        borrower, bank.member_id, history_codes="N12", history_past_due_minor=[0, 100, 200],
        hidden_months=[date(2026, 4, 1)],
    )  # fmt: skip
    query = report_of("summary { lateMonths } accounts(first: 1) { nodes { history { status pastDue { minor } } } }")
    shown = shown_to(bank, query)
    (node,) = shown["accounts"]["nodes"]
    assert [(month["status"], month["pastDue"]) for month in node["history"]] == [
        ("ON_TIME", {"minor": 0}), ("UNKNOWN", None), ("OVERDUE_31_60", {"minor": 200}),
    ]  # fmt: skip
    assert shown["summary"]["lateMonths"] == 1


def test_an_account_shows_where_it_came_from_and_a_joint_reference_without_what_we_added(exchange: Exchange) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    key = exchange.account(
        borrower, bank.member_id, "JOINT-1\x1f0123456789abcdef", original_creditor="First Lender",
        purchased_from="Second Lender", sold_to="Third Lender", repayment_method="EQUAL_INSTALMENTS",
        rate_type="FIXED", rate_basis_points=1_860, collateral="UNSECURED", co_lender_share_basis_points=3_000,
    )  # fmt: skip
    sealed = exchange.ciphers[borrower].seal("account", "previous_ref", key.bytes, b"OLD-9")
    with exchange.engine.begin() as connection:
        connection.execute(update(account).values(previous_ref=sealed))
    fields = ("accountRef previousRef originalCreditor purchasedFrom soldTo repaymentMethod rateType rateBasisPoints"
              " collateral coLenderShareBasisPoints")  # fmt: skip
    (node,) = shown_to(bank, report_of(f"accounts(first: 1) {{ nodes {{ {fields} }} }}"))["accounts"]["nodes"]
    assert list(node.values()) == [
        "JOINT-1", "OLD-9", "First Lender", "Second Lender", "Third Lender", "EQUAL_INSTALMENTS", "FIXED", 1_860,
        "UNSECURED", 3_000,
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "told"), [(0, True), (-1, False)])
def test_an_alert_and_a_need_of_care_are_told_until_they_end(exchange: Exchange, days: int, told: bool) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    until = exchange.clock.now() + timedelta(days)
    alert = exchange.ciphers[borrower].seal("subject", "fraud_alert", borrower.bytes, b'"call +8613900000000 first"')
    changes = {"fraud_alert": alert, "fraud_alert_until": until, "vulnerability": "BEREAVEMENT",
               "vulnerability_until": until.date(), "deceased_on": date(2026, 5, 1)}  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(changes))
    query = report_of("subject { fraudAlert fraudAlertUntil vulnerabilityUntil deceasedOn }")
    shown = shown_to(bank, query, field_classes=frozenset({FieldClass.IDENTITY}))["subject"]
    assert shown == {
        "fraudAlert": "call +8613900000000 first" if told else None,
        "fraudAlertUntil": until.isoformat() if told else None,
        "vulnerabilityUntil": until.date().isoformat() if told else None,
        "deceasedOn": "2026-05-01",
    }
