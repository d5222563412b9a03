"""Offers of repayment plans, and what became of them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from factories import Bank, Exchange
from flask.testing import FlaskClient
from reporting import report, report_account
from sqlalchemy import Row, select
from werkzeug.test import TestResponse

from exchange.handover import Borrower
from exchange.journeys.own_plans import CounterOffer, Offer
from exchange.store.member_register import SqlMemberRegister
from exchange.store.tables.notice import notice
from exchange.store.tables.repayment import plan_reply, repayment_plan
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.record_kind import RecordKind

THREE = {"planType": "INSTALMENT", "instalments": 3, "amountMinor": 40_000, "totalMinor": 100_000}
LATER = {"planType": "DEFERRAL", "instalments": 1, "amountMinor": 90_000, "totalMinor": 90_000, "waivedMinor": 10_000,
         "firstDueOn": "2026-12-01"}  # fmt: skip
WANTED = CounterOffer(instalments=5, amount_minor=20_000, first_due_on=date(2026, 7, 10))
"""Other terms, which add up to what is owed."""


def alice_of(subject: UUID) -> Borrower:
    """The borrower as one who is signed in."""
    return Borrower(subject, b"session", "PASSKEY", "en")


def fresh(bank: Bank) -> Bank:
    """The bank with a token of now for all that it may do."""
    member = SqlMemberRegister(bank.exchange.engine).find(bank.member_id)
    assert member
    bank.fetch_token(" ".join(sorted(member.scopes)))
    return bank


def offer(bank: Bank, **changes: Any) -> Offer:
    """Offers Alice a plan for her account, which is reported if need be. Returns the offer."""
    report_account(fresh(bank))
    sound = {"options": [THREE, LATER], "answerBy": "2026-06-15", "daysPastDueBefore": 45}
    told = report(bank, RecordKind.REPAYMENT_PLAN, **{**sound, **changes})
    assert told["changed"], told
    return Offer(UUID(told["recordId"]), told["version"])


def report_kept(bank: Bank, plan: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Reports an accepted plan, in words of the contract, with these changes. Returns the payload."""
    schedule = [
        {"dueOn": due_on, "amountMinor": amount, "paidMinor": paid} for due_on, amount, paid in plan["schedule"]
    ]
    agreed = {
        "state": "ACTIVE", "options": [THREE, LATER], "chosenOption": plan["chosen_option"], "schedule": schedule,
        "waivedMinor": plan["waived_minor"], "acceptedOn": plan["accepted_on"].isoformat(),
        "stopCollectionUntil": plan["stop_collection_until"].isoformat(), "answerBy": "2026-06-15",
        "daysPastDueBefore": 45, "reportingTreatment": plan["reporting_treatment"],
    }  # fmt: skip
    return report(fresh(bank), RecordKind.REPAYMENT_PLAN, **{**agreed, **changes})


def versions_of_plan(exchange: Exchange) -> list[Mapping[str, Any]]:
    """Every version of the plans, in their order."""
    order = (repayment_plan.c.plan_key, repayment_plan.c.version)
    with exchange.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(repayment_plan).order_by(*order)).mappings()]


def plan_now(exchange: Exchange) -> Mapping[str, Any]:
    """The one plan as it stands."""
    (row,) = [row for row in versions_of_plan(exchange) if row["superseded_at"] is None]
    return row


def replies(exchange: Exchange) -> list[Row[Any]]:
    """Every answer, in their order."""
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(plan_reply).order_by(plan_reply.c.reply_id)))


def told(exchange: Exchange, kind: NoticeKind) -> list[str | None]:
    """To whom notices of a kind were written; None: to the borrower."""
    with exchange.engine.connect() as connection:
        kinds = select(notice.c.recipient).where(notice.c.kind == kind.value).order_by(notice.c.notice_id)
        return list(connection.scalars(kinds))


def post(client: FlaskClient, path: str, page: str, **fields: str) -> TestResponse:
    """Posts a form of a page, with all its hidden fields."""
    shown = client.get(page)
    assert shown.status_code == 200, shown.status_code
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    return client.post(path, data={**hidden, **fields})
