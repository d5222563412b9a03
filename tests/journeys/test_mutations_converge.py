"""Every mutation converges: sent again, it changes nothing and logs nothing. A repeated request rests on that."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from clearing import CONTACT
from disputing import contest
from factories import ALICE, NOBODY_WE_KNOW, Bank, Exchange
from loans_csv import MAPPING
from reporting import ACCOUNT, BASIS, MANDATE, RECORDS, WRITING, agency, lender, named, report, report_account
from sqlalchemy import select, update
from traces import entries

from exchange.handover import Borrower
from exchange.journeys.borrower_consents import draft_requested, give, withdraw
from exchange.journeys.own_complaints import Draft, file_complaint
from exchange.journeys.own_judgements import ask_review
from exchange.journeys.tell import tell_member
from exchange.store.member_register import registered_member
from exchange.store.tables import metadata
from exchange.web.graphql.run import bound_contract
from schema.vocabulary.complaint import ComplaintCategory
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope
from tests.journeys.test_borrower_consents import TERMS

BOOKKEEPING = {"one_time", "idempotent_request", "member_budget", "web_session"}
"""Tables of the requests themselves."""
SUBJECT = {**named(ALICE), "names": ["王芳"], "phones": ["13800138000"]}

Arguments = Mapping[str, tuple[str, Any]]
"""By name: the type, and the value."""


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank with an account of Alice's, which may be told of withdrawals."""
    exchange.borrower()
    bank = lender(
        exchange,
        scopes=WRITING | {Scope.CONSENT_REQUEST, Scope.CONTACT_CLEAR, Scope.DISPUTE_ANSWER},
        contact="1 Quay Street",
    )
    report_account(bank)
    return bank


def record(kind: RecordKind) -> Callable[[Exchange, Bank], Arguments]:
    _, argument, of_type, sound = RECORDS[kind]
    return lambda *_: {
        "subject": ("SubjectInput!", named(ALICE)),
        argument: (f"{of_type}!", dict(sound)),
        "basis": ("String!", BASIS),
    }


def account(*_: Any) -> Arguments:
    return {
        "subject": ("SubjectRecordInput!", SUBJECT),
        "account": ("AccountInput!", {**ACCOUNT, "reference": "R-2", "balanceMinor": 5}),
        "delinquencies": ("[DelinquencyInput!]!", []),
        "basis": ("String!", BASIS),
    }


def subject(*_: Any) -> Arguments:
    return {"subject": ("SubjectRecordInput!", SUBJECT), "basis": ("String!", BASIS)}


def clearance(*_: Any) -> Arguments:
    """By letter, as the first reminder: for a debt that is not late yet."""
    wanted = {**CONTACT, "stage": "REMINDER", "channel": "LETTER"}
    return {"subject": ("SubjectInput!", named(ALICE)), "action": ("ContactInput!", wanted)}


def withdrawn_account(*_: Any) -> Arguments:
    return {"reference": ("String!", "R-1"), "withdrawal": ("Withdrawal!", "DELETED")}


def withdrawn_record(_: Exchange, bank: Bank) -> Arguments:
    report(bank, RecordKind.PUBLIC_RECORD)
    return {
        "subject": ("SubjectInput!", named(ALICE)),
        "kind": ("RecordKind!", "PUBLIC_RECORD"),
        "reference": ("String!", RECORDS[RecordKind.PUBLIC_RECORD][3]["reference"]),
        "reason": ("CorrectionReason!", "FURNISHER_ERROR"),
    }


def mandate(exchange: Exchange, _: Bank) -> Arguments:
    agency(exchange)
    return {"mandate": ("MandateInput!", dict(MANDATE))}


def ended_mandate(exchange: Exchange, bank: Bank) -> Arguments:
    send(bank, "recordMandate", mandate(exchange, bank), "before")
    return {"reference": ("String!", MANDATE["reference"])}


def evaluated_mandate(exchange: Exchange, bank: Bank) -> Arguments:
    send(bank, "recordMandate", mandate(exchange, bank), "before")
    return {
        "reference": ("String!", MANDATE["reference"]),
        "finding": ("EvaluationFinding!", "SATISFACTORY"),
        "words": ("String", "They keep to the hours."),
    }


def mapping(*_: Any) -> Arguments:
    return {"name": ("String!", "ours"), "toml": ("String!", MAPPING)}


def answer(exchange: Exchange, bank: Bank) -> Arguments:
    """An answer to the notice of a withdrawal."""
    with exchange.engine.connect() as connection:
        (key,) = connection.execute(select(metadata.tables["subject"].c.subject_key)).scalars()
        member = registered_member(connection, bank.member_id)
    who = exchange.borrower_signed_in(key)
    draft = draft_requested(exchange.services, who.borrower, TERMS, member)
    consent_id = give(
        exchange.services, who.borrower, draft.canonical, who.authenticator.assert_challenge(draft.digest)
    )
    withdraw(exchange.services, who.borrower, consent_id)
    (notice,) = bank.post({"query": "{ notices(first: 1) { nodes { id } } }"}).get_json()["data"]["notices"]["nodes"]
    return {"noticeId": ("ID!", notice["id"]), "answer": ("NoticeAnswer!", "DELETED")}


def answered_review(exchange: Exchange, bank: Bank) -> Arguments:
    """A person's answer about a judgement that the borrower asked to have looked at."""
    report(bank, RecordKind.ASSESSMENT)
    with exchange.engine.connect() as connection:
        (key,) = connection.execute(select(metadata.tables["subject"].c.subject_key)).scalars()
        (judgement,) = connection.execute(select(metadata.tables["assessment"].c.assessment_key)).scalars()
    review_id = ask_review(exchange.services, Borrower(key, b"", "PASSKEY", "en"), judgement)
    return {
        "reviewId": ("ID!", str(review_id)),
        "outcome": ("ReviewOutcome!", "STANDS"),
        "words": ("String!", "We looked at it again."),
    }


def announced(*_: Any) -> Arguments:
    return {
        "subject": ("SubjectInput!", named(ALICE)),
        "accountReferences": ("[String!]!", ["R-1"]),
        "expectedOn": ("Date!", "2026-06-15"),
    }


def webhook(*_: Any) -> Arguments:
    return {"url": ("String!", "https://notices.example/hook")}


def ended_webhook(exchange: Exchange, bank: Bank) -> Arguments:
    send(bank, "addWebhook", webhook(), "before")
    hook = bank.post({"query": "{ webhooks(first: 1) { nodes { id } } }"}).get_json()["data"]["webhooks"]["nodes"][0]
    return {"webhookId": ("ID!", hook["id"])}


def dead_delivery(exchange: Exchange, bank: Bank) -> Arguments:
    """A notice that was given up."""
    ended_webhook(exchange, bank)
    with exchange.services.transaction() as connection:
        (key,) = connection.execute(select(metadata.tables["subject"].c.subject_key)).scalars()
        tell_member(exchange.services, connection, key, bank.member_id, NoticeKind.RECORD_CORRECTED, None, {})
        dead = metadata.tables["webhook_delivery"]
        connection.execute(update(dead).values(next_at=None, dead_at=exchange.clock.now()))
    asked = bank.post({"query": "{ webhookDeliveries(first: 1, dead: true) { nodes { id } } }"}).get_json()
    return {"deliveryId": ("ID!", asked["data"]["webhookDeliveries"]["nodes"][0]["id"])}


def dispute_answer(exchange: Exchange, bank: Bank) -> Arguments:
    """An answer to a dispute about the account."""
    with exchange.engine.connect() as connection:
        account_row = metadata.tables["account"].c
        key, record = connection.execute(select(account_row.subject_key, account_row.account_key)).one()
    return {
        "disputeId": ("ID!", str(contest(exchange, key, record))),
        "outcome": ("DisputeOutcome!", "MARK_REMOVED"),
        "words": ("String", "It is right."),
    }


def answered_complaint(exchange: Exchange, bank: Bank) -> Arguments:
    """An answer to a complaint of the bank."""
    with exchange.engine.connect() as connection:
        (key,) = connection.execute(select(metadata.tables["subject"].c.subject_key)).scalars()
    complained = Draft(ComplaintCategory.FEES, bank.member_id, None, "They ask for interest that nobody agreed to.")
    complaint_id = file_complaint(exchange.services, Borrower(key, b"", "PASSKEY", "en"), complained)
    return {"complaintId": ("ID!", str(complaint_id)), "words": ("String!", "We took the interest back.")}


MUTATIONS: Mapping[str, Callable[[Exchange, Bank], Arguments]] = {
    "answerComplaint": answered_complaint,
    "answerNotice": answer,
    "answerDispute": dispute_answer,
    "announceNegativeReport": announced,
    "addWebhook": webhook,
    "endWebhook": ended_webhook,
    "sendAgain": dead_delivery,
    "answerReview": answered_review,
    "keepMapping": mapping,
    "reportAccount": account,
    "requestContactClearance": clearance,
    "withdrawAccount": withdrawn_account,
    "reportSubject": subject,
    **{RECORDS[kind][0]: record(kind) for kind in RECORDS},
    "withdrawRecord": withdrawn_record,
    "recordMandate": mandate,
    "endMandate": ended_mandate,
    "evaluateMandate": evaluated_mandate,
}


def send(bank: Bank, name: str, arguments: Arguments, key: str) -> None:
    """Sends the mutation under this key; it must be carried out, without any fault."""
    declared = ", ".join(f"${argument}: {kind}" for argument, (kind, _) in arguments.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    query = f"mutation ({declared}) {{ told: {name}({passed}) {{ userErrors {{ path code }} }} }}"
    values = {argument: value for argument, (_, value) in arguments.items()}
    answered = bank.post({"query": query, "variables": values}, **{"Idempotency-Key": key})
    assert answered.get_json()["data"] == {"told": {"userErrors": []}}, answered.get_json()
    assert "Idempotency-Replayed" not in answered.headers


def everything(exchange: Exchange) -> dict[str, list[Any]]:
    """Every row of every table, but for those of the requests themselves."""
    with exchange.engine.connect() as connection:
        return {
            table.name: sorted(connection.execute(select(table)).all(), key=repr)
            for table in metadata.sorted_tables
            if table.name not in BOOKKEEPING
        }


def test_every_mutation_of_the_contract_stands_here() -> None:
    mutations = bound_contract().mutation_type
    assert mutations is not None and set(mutations.fields) == set(MUTATIONS)


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_the_same_mutation_under_another_key_changes_and_logs_nothing(
    exchange: Exchange, bank: Bank, name: str
) -> None:
    bank.fetch_token(" ".join(sorted(WRITING | {Scope.CONSENT_REQUEST, Scope.CONTACT_CLEAR, Scope.DISPUTE_ANSWER})))
    arguments = MUTATIONS[name](exchange, bank)
    before = everything(exchange)
    send(bank, name, arguments, "first")
    done = everything(exchange)
    assert done != before
    exchange.clock.instant += timedelta(seconds=30)
    send(bank, name, arguments, "second")
    assert everything(exchange) == done


def test_a_report_about_somebody_unknown_is_logged_each_time_and_changes_nothing(
    exchange: Exchange, bank: Bank
) -> None:
    before = everything(exchange)
    for _ in range(2):
        told = report(bank, RecordKind.ASSESSMENT, borrower=NOBODY_WE_KNOW)
        assert [error["code"] for error in told["userErrors"]] == ["SUBJECT_UNKNOWN"]
    after = everything(exchange)
    assert {name for name in after if after[name] != before[name]} == {"log_opening", "log_pending"}
    assert [entry.fields["act"] for entry in entries(exchange)][-2:] == ["record_refused"] * 2
