"""Members that report one by one, by hand through GraphQL, and what is stored of it."""

from collections.abc import Mapping
from typing import Any

from factories import ALICE, Bank, Exchange
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from exchange.journeys.find_borrower import Document
from exchange.store.records import key_column, table_of
from exchange.store.tables.account import account, account_version
from exchange.store.tables.log import log_opening
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope

WRITING = frozenset({Scope.RECORDS_WRITE, Scope.COLLECTION_WRITE, Scope.CREDIT_READ})
BASIS = "cn.cir.13"
OFFER = {"planType": "INSTALMENT", "instalments": 3, "amountMinor": 40_000, "totalMinor": 100_000}

ACTION: Mapping[str, Any] = {
    "reference": "C-1",
    "accountReferences": ["R-1"],
    "agent": "agent-17",
    "agentName": "Zhao Lei",
    "stage": "PHONE",
    "channel": "VOICE_HUMAN",
    "direction": "OUTBOUND",
    "target": "DEBTOR",
    "contact": "+86 138-0013-8000",
    "startedAt": "2026-05-31T10:00:00+08:00",
    "result": "CONNECTED",
}
PLAN: Mapping[str, Any] = {
    "reference": "P-1",
    "accountReferences": ["R-1"],
    "planType": "INSTALMENT",
    "state": "PROPOSED",
    "currency": "CNY",
    "options": [OFFER, {**OFFER, "instalments": 6, "amountMinor": 20_000, "totalMinor": 110_000}],
    "reportingTreatment": "KEEP_STATUS",
    "proposedOn": "2026-05-01",
}
PUBLIC: Mapping[str, Any] = {
    "reference": "(2026) 17",
    "kind": "JUDGMENT",
    "authority": "Harbour District Court",
    "status": "OPEN",
    "amountMinor": 900_000,
    "currency": "CNY",
    "filedOn": "2026-02-01",
}
ASSESSMENT: Mapping[str, Any] = {
    "reference": "S-1",
    "scorecard": "house score 3",
    "inputs": [{"name": "months_late", "value": "2"}],
    "band": "C",
    "reasonCodes": ["MONTHS_LATE"],
    "explanation": "You were late twice in the last year.",
    "solelyAutomated": True,
    "assessedAt": "2026-05-31T10:00:00+08:00",
}
ACCOUNT: Mapping[str, Any] = {
    "reference": "R-1",
    "portfolio": "INSTALMENT",
    "product": "CONSUMER_LOAN",
    "state": "NORMAL",
    "openedOn": "2024-06-01",
    "reportedOn": "2026-05-31",
    "currency": "CNY",
    "originalAmountMinor": 100_000,
    "balanceMinor": 60_000,
    "months": [{"month": f"2026-0{month}-01", "status": "ON_TIME"} for month in (5, 4, 3)],
}
MANDATE: Mapping[str, Any] = {
    "reference": "M-1",
    "agency": "agency-a",
    "portfolio": "cards 2025",
    "channels": ["VOICE_HUMAN", "SMS"],
    "startsOn": "2026-01-01",
    "endsOn": "2026-12-31",
    "evaluationDueOn": "2026-12-31",
}
RECORDS: Mapping[RecordKind, tuple[str, str, str, Mapping[str, Any]]] = {
    RecordKind.COLLECTION_ACTION: ("recordCollectionAction", "action", "CollectionActionInput", ACTION),
    RecordKind.REPAYMENT_PLAN: ("recordRepaymentPlan", "plan", "RepaymentPlanInput", PLAN),
    RecordKind.PUBLIC_RECORD: ("recordPublicRecord", "record", "PublicRecordInput", PUBLIC),
    RecordKind.ASSESSMENT: ("recordAssessment", "assessment", "AssessmentInput", ASSESSMENT),
}
"""By kind: the mutation, its argument, the argument's type, and a sound record."""

_ERROR = "{ path code message rule }"
_PAYLOAD = f"{{ recordId version changed userErrors {_ERROR} notes {_ERROR} }}"


def lender(exchange: Exchange, member_id: str = "harbour-bank", **changes: Any) -> Bank:
    """A bank that may write everything, with its token."""
    bank = exchange.bank(member_id, **({"scopes": WRITING} | changes))
    bank.fetch_token(" ".join(sorted(changes.get("scopes", WRITING))))
    return bank


def agency(exchange: Exchange, member_id: str = "agency-a", **changes: Any) -> Bank:
    """A collection agency that may write everything, with its token."""
    return lender(exchange, member_id, member_class=MemberClass.COLLECTION_AGENCY, **changes)


def named(document: Document) -> dict[str, str]:
    """A document as an input."""
    return {"idType": document.id_type, "country": document.country, "idNumber": document.id_number}


def send(bank: Bank, name: str, client: Any = None, **arguments: tuple[str, Any]) -> TestResponse:
    """One mutation. Each argument: its type and its value."""
    declared = ", ".join(f"${argument}: {kind}" for argument, (kind, _) in arguments.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    query = f"mutation ({declared}) {{ {name}({passed}) {_PAYLOAD} }}"
    values = {argument: value for argument, (_, value) in arguments.items()}
    return bank.post({"query": query, "variables": values}, client)


def payload(answer: TestResponse) -> dict[str, Any]:
    """The payload of the one mutation."""
    body = answer.get_json()
    assert "errors" not in body, body
    ((_, told),) = body["data"].items()
    return dict(told)


def error_code(answer: TestResponse) -> str:
    """The code of the one error."""
    (error,) = answer.get_json()["errors"]
    return str(error["extensions"]["code"])


def send_record(
    bank: Bank,
    kind: RecordKind,
    borrower: Document = ALICE,
    basis: str = BASIS,
    correction: str | None = None,
    client: Any = None,
    **changes: Any,
) -> TestResponse:
    """Reports a sound record with these changes."""
    name, argument, of_type, sound = RECORDS[kind]
    record = {argument: (f"{of_type}!", {**sound, **changes})}
    subject = ("SubjectInput!", named(borrower))
    beside = {"basis": ("String!", basis), "correction": ("CorrectionReason", correction)}
    return send(bank, name, client, subject=subject, **record, **beside)


def report(bank: Bank, kind: RecordKind, **changes: Any) -> dict[str, Any]:
    """The payload of a reported record."""
    return payload(send_record(bank, kind, **changes))


def send_account(
    bank: Bank,
    borrower: Document = ALICE,
    basis: str = BASIS,
    delinquencies: Any = (),
    who: Mapping[str, Any] | None = None,
    client: Any = None,
    **changes: Any,
) -> TestResponse:
    """Reports a sound account with these changes."""
    subject = {**named(borrower), "names": ["王芳"], **(who or {})}
    return send(
        bank,
        "reportAccount",
        client,
        subject=("SubjectRecordInput!", subject),
        account=("AccountInput!", {**ACCOUNT, **changes}),
        delinquencies=("[DelinquencyInput!]!", list(delinquencies)),
        basis=("String!", basis),
    )


def report_account(bank: Bank, **changes: Any) -> dict[str, Any]:
    """The payload of a reported account."""
    return payload(send_account(bank, **changes))


def codes(told: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """(path ..., code) of each user error; with one, nothing was changed."""
    assert not told["changed"] or not told["userErrors"]
    return {(*error["path"], error["code"]) for error in told["userErrors"]}


def versions(exchange: Exchange, kind: RecordKind) -> list[Mapping[str, Any]]:
    """Every version of every record of a kind, in their order."""
    table = table_of(kind)
    order = (table.c[key_column(kind)], table.c.version)
    with exchange.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*order)).mappings()]


def accounts(exchange: Exchange) -> list[Mapping[str, Any]]:
    """Every account as it stands."""
    with exchange.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(account)).mappings()]


def account_versions(exchange: Exchange) -> list[Mapping[str, Any]]:
    """Every earlier version of every account."""
    with exchange.engine.connect() as connection:
        rows = connection.execute(select(account_version).order_by(account_version.c.version)).mappings()
        return [dict(row) for row in rows]


def entry_count(exchange: Exchange) -> int:
    """How many entries the log has."""
    with exchange.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(log_opening)) or 0
