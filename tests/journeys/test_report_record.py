"""Single records reported: kept in versions, sealed, logged; and every way in which a report changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Bank, Exchange
from reporting import (
    OFFER,
    RECORDS,
    agency,
    codes,
    entry_count,
    error_code,
    lender,
    named,
    payload,
    report,
    report_account,
    send,
    send_record,
    versions,
)
from traces import entries

from consent.lifecycle import ConsentState
from exchange.handover import NOBODY
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.record_rows import opened_content
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope

KINDS = pytest.mark.parametrize("kind", RecordKind)
CHANGED: dict[RecordKind, dict[str, Any]] = {
    RecordKind.COLLECTION_ACTION: {"result": "EFFECTIVE"},
    RecordKind.REPAYMENT_PLAN: {"answerBy": "2026-06-15"},
    RecordKind.PUBLIC_RECORD: {"amountMinor": 800_000},
    RecordKind.ASSESSMENT: {"score": 612},
}
SECRETS: dict[RecordKind, tuple[str, ...]] = {
    RecordKind.COLLECTION_ACTION: ("C-1", "Zhao Lei", "138-0013-8000"),
    RecordKind.REPAYMENT_PLAN: ("P-1",),
    RecordKind.PUBLIC_RECORD: ("(2026) 17",),
    RecordKind.ASSESSMENT: ("S-1", "months_late", "You were late"),
}


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank with an account of Alice's."""
    exchange.borrower()
    bank = lender(exchange)
    report_account(bank)
    return bank


def withdraw(bank: Bank, kind: RecordKind, reference: str, reason: str = "FURNISHER_ERROR") -> dict[str, Any]:
    return payload(
        send(
            bank,
            "withdrawRecord",
            subject=("SubjectInput!", named(ALICE)),
            kind=("RecordKind!", kind.value),
            reference=("String!", reference),
            reason=("CorrectionReason!", reason),
        )
    )


@KINDS
def test_a_record_is_kept_as_reported_with_one_entry_of_the_log(
    exchange: Exchange, bank: Bank, kind: RecordKind
) -> None:
    before = entry_count(exchange)
    told = report(bank, kind)
    assert (told["version"], told["changed"], told["userErrors"]) == (1, True, [])
    (row,) = versions(exchange, kind)
    assert (row["version"], row["reason"], row["withdrawn"], row["superseded_at"]) == (1, "NEW", False, None)
    assert (row["contributor"], row["basis"]) == (bank.member_id, "cn.cir.13")
    assert row["recorded_at"] == exchange.clock.now()
    content = opened_content(kind, row, exchange.ciphers[row["subject_key"]])
    assert content["reference"] == RECORDS[kind][3]["reference"]
    assert entry_count(exchange) == before + 1
    fields = entries(exchange)[-1].fields
    assert {name: fields[name] for name in ("act", "member", "kind", "record", "version", "reason", "basis")} == {
        "act": "record_reported",
        "member": bank.member_id,
        "kind": kind.value,
        "record": told["recordId"],
        "version": 1,
        "reason": "NEW",
        "basis": "cn.cir.13",
    }
    assert entries(exchange)[-1].subject_key == row["subject_key"]


@KINDS
def test_nothing_personal_stands_open_in_a_row_or_in_the_log(exchange: Exchange, bank: Bank, kind: RecordKind) -> None:
    report(bank, kind)
    (row,) = versions(exchange, kind)
    stored = " ".join(map(repr, row.values())) + repr(entries(exchange)[-1].leaf)
    assert not [secret for secret in SECRETS[kind] if secret in stored]
    assert not [secret for secret in SECRETS[kind] if secret in repr(entries(exchange)[-1].fields)]


@KINDS
def test_the_same_again_changes_and_logs_nothing(exchange: Exchange, bank: Bank, kind: RecordKind) -> None:
    first = report(bank, kind)
    exchange.later(seconds=10)
    before = entry_count(exchange)
    assert report(bank, kind) == {**first, "changed": False}
    assert len(versions(exchange, kind)) == 1
    assert entry_count(exchange) == before


@KINDS
def test_a_change_is_a_new_version_and_the_earlier_one_stays(exchange: Exchange, bank: Bank, kind: RecordKind) -> None:
    first = report(bank, kind)
    exchange.later(seconds=10)
    second = report(bank, kind, **CHANGED[kind])
    exchange.later(seconds=10)
    third = report(bank, kind, correction="FURNISHER_ERROR")
    assert {told["recordId"] for told in (first, second, third)} == {first["recordId"]}
    assert [told["version"] for told in (first, second, third)] == [1, 2, 3]
    rows = versions(exchange, kind)
    assert [row["reason"] for row in rows] == ["NEW", "UPDATE", "CORRECTION"]
    assert [row["superseded_at"] for row in rows] == [rows[1]["recorded_at"], rows[2]["recorded_at"], None]
    assert rows[0]["commitment"] == rows[2]["commitment"] != rows[1]["commitment"]
    assert entries(exchange)[-1].fields["correction"] == "FURNISHER_ERROR"


@KINDS
def test_what_is_withdrawn_keeps_its_versions_and_may_be_reported_again(
    exchange: Exchange, bank: Bank, kind: RecordKind
) -> None:
    reference = RECORDS[kind][3]["reference"]
    first = report(bank, kind)
    told = withdraw(bank, kind, reference)
    assert (told["recordId"], told["version"], told["changed"]) == (first["recordId"], 2, True)
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["reason"], fields["correction"]) == (
        "record_withdrawn", "WITHDRAWAL", "FURNISHER_ERROR",
    )  # fmt: skip
    before = entry_count(exchange)
    assert withdraw(bank, kind, reference) == {**told, "changed": False}
    assert entry_count(exchange) == before
    assert report(bank, kind)["version"] == 3
    rows = versions(exchange, kind)
    assert [(row["reason"], row["withdrawn"]) for row in rows] == [
        ("NEW", False), ("WITHDRAWAL", True), ("UPDATE", False),
    ]  # fmt: skip
    assert [row["superseded_at"] is None for row in rows] == [False, False, True]


def test_a_record_that_was_never_reported_or_is_anothers_cannot_be_withdrawn(exchange: Exchange, bank: Bank) -> None:
    report(bank, RecordKind.PUBLIC_RECORD)
    other = lender(exchange, "other-bank")
    before = entry_count(exchange)
    for member, reference in ((bank, "nothing"), (other, "(2026) 17")):
        told = withdraw(member, RecordKind.PUBLIC_RECORD, reference)
        assert codes(told) == {("reference", "RECORD_UNKNOWN")}
    assert len(versions(exchange, RecordKind.PUBLIC_RECORD)) == 1
    assert entry_count(exchange) == before + 1  # the stranger's, which found out that there is a file
    assert (entries(exchange)[-1].fields["member"], entries(exchange)[-1].fields["granted"]) == ("other-bank", False)


def test_two_members_may_use_the_same_reference(exchange: Exchange, bank: Bank) -> None:
    ours = report(bank, RecordKind.PUBLIC_RECORD)
    theirs = report(lender(exchange, "other-bank"), RecordKind.PUBLIC_RECORD)
    assert theirs["changed"]
    assert ours["recordId"] != theirs["recordId"]


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (RecordKind.COLLECTION_ACTION, Scope.COLLECTION_WRITE),
        (RecordKind.REPAYMENT_PLAN, Scope.COLLECTION_WRITE),
        (RecordKind.PUBLIC_RECORD, Scope.RECORDS_WRITE),
        (RecordKind.ASSESSMENT, Scope.RECORDS_WRITE),
    ],
)
def test_without_the_scope_nothing_is_written_and_the_refusal_is_logged(
    exchange: Exchange, kind: RecordKind, scope: Scope
) -> None:
    exchange.borrower()
    others = frozenset({Scope.RECORDS_WRITE, Scope.COLLECTION_WRITE, Scope.CREDIT_READ}) - {scope}
    bank = lender(exchange, scopes=others)
    before = entry_count(exchange)
    answer = send_record(bank, kind)
    assert error_code(answer) == "SCOPE_MISSING"
    assert "data" not in answer.get_json()
    assert versions(exchange, kind) == []
    assert entry_count(exchange) == before + 1
    fields = entries(exchange)[-1].fields
    assert (fields["member"], fields["granted"], fields["reasons"]) == (bank.member_id, False, ["SCOPE_MISSING"])


@KINDS
def test_a_suspended_member_writes_nothing(exchange: Exchange, bank: Bank, kind: RecordKind) -> None:
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    answer = send_record(bank, kind)
    assert "MEMBER_NOT_ACTIVE" in answer.get_data(as_text=True)
    assert versions(exchange, kind) == []


@KINDS
def test_of_an_unknown_borrower_nothing_is_kept_and_every_fault_is_told(
    exchange: Exchange, bank: Bank, kind: RecordKind
) -> None:
    before = entry_count(exchange)
    told = report(bank, kind, borrower=NOBODY_WE_KNOW, reference="")
    argument = RECORDS[kind][1]
    assert codes(told) == {("subject", "SUBJECT_UNKNOWN"), (argument, "reference", "FIELD_MISSING")}
    assert versions(exchange, kind) == []
    assert entry_count(exchange) == before + 1
    last = entries(exchange)[-1]
    assert (last.subject_key, last.fields["act"], last.fields["granted"], last.fields["reasons"]) == (
        NOBODY, "record_refused", False, ["SUBJECT_UNKNOWN"],
    )  # fmt: skip


def test_an_id_number_that_cannot_be_one_is_a_user_error(exchange: Exchange, bank: Bank) -> None:
    wrong = {"idType": "RESIDENT_ID", "country": "CN", "idNumber": "19010119900101001Y"}
    told = payload(
        send(
            bank,
            "withdrawRecord",
            subject=("SubjectInput!", wrong),
            kind=("RecordKind!", "ASSESSMENT"),
            reference=("String!", "S-1"),
            reason=("CorrectionReason!", "COURT"),
        )
    )
    assert codes(told) == {("subject", "idNumber", "ID_NUMBER_NOT_VALID")}


@pytest.mark.parametrize("kind", [RecordKind.COLLECTION_ACTION, RecordKind.REPAYMENT_PLAN])
def test_only_own_accounts_of_this_borrower_are_named(exchange: Exchange, bank: Bank, kind: RecordKind) -> None:
    other = lender(exchange, "other-bank")
    report_account(other, reference="X-1")
    exchange.borrower(BOB, "李雷")
    report_account(bank, borrower=BOB, reference="B-1", who={"names": ["李雷"]})
    argument = RECORDS[kind][1]
    wrong = {(argument, "accountReferences", "ACCOUNT_NOT_YOURS")}
    for references in (["X-1"], ["B-1"], ["R-1", "X-1"], ["nothing"]):
        assert codes(report(bank, kind, accountReferences=references)) == wrong
    assert codes(report(other, kind)) == wrong
    assert versions(exchange, kind) == []
    assert report(bank, kind)["changed"]


def test_an_account_that_was_taken_back_is_named_no_more(exchange: Exchange, bank: Bank) -> None:
    taken = send(bank, "withdrawAccount", reference=("String!", "R-1"), withdrawal=("Withdrawal!", "DELETED"))
    assert payload(taken)["changed"]
    told = report(bank, RecordKind.COLLECTION_ACTION)
    assert codes(told) == {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}


def test_an_agency_without_a_mandate_reports_no_contact(exchange: Exchange, bank: Bank) -> None:
    collector = agency(exchange)
    told = report(collector, RecordKind.COLLECTION_ACTION)
    assert codes(told) == {
        ("action", "mandateId", "MANDATE_MISSING"),
        ("action", "accountReferences", "ACCOUNT_NOT_YOURS"),
    }
    unknown = report(collector, RecordKind.COLLECTION_ACTION, mandateId="not an id")
    assert ("action", "mandateId", "MANDATE_NOT_IN_FORCE") in codes(unknown)
    assert versions(exchange, RecordKind.COLLECTION_ACTION) == []


def test_every_fault_of_a_record_is_told_at_once_with_its_place(exchange: Exchange, bank: Bank) -> None:
    told = report(
        bank,
        RecordKind.COLLECTION_ACTION,
        basis="cn.none",
        reference="",
        startedAt="2027-01-01T00:00:00Z",
        durationSeconds=-1,
        target="THIRD_RELATED",
        disclosed=["balance"],
        promisedMinor=-5,
        recordingSha256="zz",
        accountReferences=["R-9"],
    )
    assert codes(told) == {
        ("basis", "BASIS_UNKNOWN"),
        ("action", "reference", "FIELD_MISSING"),
        ("action", "startedAt", "DATE_IN_FUTURE"),
        ("action", "durationSeconds", "DURATION_NOT_VALID"),
        ("action", "disclosed", "DISCLOSED_TO_THIRD_PERSON"),
        ("action", "promisedMinor", "AMOUNT_NEGATIVE"),
        ("action", "promisedOn", "PROMISE_INCOMPLETE"),
        ("action", "recordingSha256", "DIGEST_NOT_VALID"),
        ("action", "accountReferences", "ACCOUNT_NOT_YOURS"),
    }
    assert versions(exchange, RecordKind.COLLECTION_ACTION) == []


def test_what_is_forbidden_is_refused_with_its_rule(exchange: Exchange, bank: Bank) -> None:
    told = report(bank, RecordKind.ASSESSMENT, inputs=[{"name": "blood_type", "value": "A"}])
    (error,) = told["userErrors"]
    assert (error["path"], error["code"], error["rule"]) == (["assessment", "inputs"], "FIELD_DENIED", "cn.cir.14")
    assert versions(exchange, RecordKind.ASSESSMENT) == []


def test_a_record_may_rest_on_a_consent_of_this_borrower_to_this_member(exchange: Exchange, bank: Bank) -> None:
    consent_id = exchange.consent(bank.member_id)
    told = report(bank, RecordKind.ASSESSMENT, basis=str(consent_id), inputs=[{"name": "income", "value": "5000"}])
    assert told["changed"]
    fields = entries(exchange)[-1].fields
    assert (fields["basis"], fields["consent"]) == ("CONSENT", str(consent_id))


def test_a_consent_to_another_or_withdrawn_or_unknown_is_no_basis(exchange: Exchange, bank: Bank) -> None:
    other = lender(exchange, "other-bank")
    to_other, ended = exchange.consent(other.member_id), exchange.consent(bank.member_id)
    move_consent(exchange.services, ALICE, ended, ConsentState.REVOKED, "test")
    for basis in (to_other, ended, "00000000-0000-0000-0000-000000000001", "", "cn.cir.16"):
        assert codes(report(bank, RecordKind.ASSESSMENT, basis=str(basis))) == {("basis", "BASIS_UNKNOWN")}
    assert versions(exchange, RecordKind.ASSESSMENT) == []


def test_a_plan_moves_only_as_the_list_says(exchange: Exchange, bank: Bank) -> None:
    schedule = [
        {"dueOn": "2026-06-15", "amountMinor": 60_000},
        {"dueOn": "2026-07-15", "amountMinor": 40_000},
    ]
    agreed = {"chosenOption": 0, "schedule": schedule, "acceptedOn": "2026-05-20"}
    report(bank, RecordKind.REPAYMENT_PLAN)
    jumped = report(bank, RecordKind.REPAYMENT_PLAN, state="ACTIVE", **agreed)
    assert codes(jumped) == {("plan", "state", "PLAN_STATE_MOVE")}
    assert report(bank, RecordKind.REPAYMENT_PLAN, state="ACCEPTED", **agreed)["version"] == 2
    assert report(bank, RecordKind.REPAYMENT_PLAN, state="ACTIVE", **agreed)["version"] == 3
    back = report(bank, RecordKind.REPAYMENT_PLAN)
    assert codes(back) == {("plan", "state", "PLAN_STATE_MOVE")}
    assert report(bank, RecordKind.REPAYMENT_PLAN, correction="FURNISHER_ERROR")["version"] == 4
    assert versions(exchange, RecordKind.REPAYMENT_PLAN)[0]["options"][0] == {
        "plan_type": OFFER["planType"], "instalments": 3, "amount_minor": 40_000, "total_minor": 100_000,
        "waived_minor": None, "first_due_on": None,
    }  # fmt: skip


def test_the_same_number_gives_the_same_contact_token_however_it_is_spelt(exchange: Exchange, bank: Bank) -> None:
    for reference, contact in (("1", "+86 138-0013-8000"), ("2", "008613800138000"), ("3", "+8613900138000")):
        report(bank, RecordKind.COLLECTION_ACTION, reference=reference, contact=contact)
    report(bank, RecordKind.COLLECTION_ACTION, reference="4", contact=None)
    tokens = [row["contact_token"] for row in versions(exchange, RecordKind.COLLECTION_ACTION)]
    assert None in tokens
    assert len(set(tokens)) == 3


def test_a_proof_that_was_used_before_writes_nothing(exchange: Exchange, bank: Bank) -> None:
    proof = bank.proof("/graphql")
    name, argument, of_type, sound = RECORDS[RecordKind.PUBLIC_RECORD]

    def post(amount: int) -> Any:
        query = (
            f"mutation ($s: SubjectInput!, $r: {of_type}!) {{ {name}(subject: $s, {argument}: $r, basis: "
            '"cn.cir.13") { version userErrors { code } } }'
        )
        variables = {"s": named(ALICE), "r": {**sound, "amountMinor": amount}}
        return bank.post({"query": query, "variables": variables}, DPoP=proof)

    assert post(1).get_json()["data"]
    assert error_code(post(2)) == "PROOF_REPLAYED"
    assert len(versions(exchange, RecordKind.PUBLIC_RECORD)) == 1


@KINDS
def test_of_corrections_at_the_same_moment_each_is_a_version_and_one_stands(
    exchange: Exchange, bank: Bank, kind: RecordKind
) -> None:
    report(bank, kind)
    exchange.clock.instant += timedelta(seconds=1)
    workers = [exchange.another_worker(), exchange.another_worker()]
    told: list[dict[str, Any]] = []
    texts = {
        RecordKind.COLLECTION_ACTION: lambda n: {"durationSeconds": n},
        RecordKind.REPAYMENT_PLAN: lambda n: {"daysPastDueBefore": n},
        RecordKind.PUBLIC_RECORD: lambda n: {"amountMinor": n},
        RecordKind.ASSESSMENT: lambda n: {"score": n},
    }
    with ThreadPoolExecutor(6) as pool:
        sent = [
            pool.submit(
                send_record, bank, kind, correction="FURNISHER_ERROR", client=workers[n % 2], **texts[kind](n + 1)
            )
            for n in range(6)
        ]
        told = [payload(each.result()) for each in sent]
    assert sorted(each["version"] for each in told) == [2, 3, 4, 5, 6, 7]
    rows = versions(exchange, kind)
    assert [row["version"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["superseded_at"] is None for row in rows] == [False] * 6 + [True]
    of_alice = [entry for entry in entries(exchange) if entry.sequence]
    assert sorted(entry.sequence or 0 for entry in of_alice) == list(range(1, len(of_alice) + 1))
