"""Borrowers see public records, contacts about debts, plans and assessments in their own file, in plain words."""

import json
import re
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from factories import Exchange
from noun_rows import NOUNS, add_noun
from sqlalchemy import update

from exchange.journeys.own_report import own_report, report_json, report_pdf
from exchange.store.tables.subject import subject
from exchange.web.borrower.report import _speech
from exchange.web.words import WORDS
from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.collection import BorrowerSays, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.public_record import PublicRecordKind, PublicRecordStatus
from schema.vocabulary.subject import VulnerabilityCode

SHOWN_BY_WORD: tuple[type[StrEnum], ...] = (
    PublicRecordKind, PublicRecordStatus, ContactChannel, ContactTarget, ContactResult, BorrowerSays, PlanType,
    PlanState, ReportingTreatment, AssessmentBand, VulnerabilityCode,
)  # fmt: skip


def with_one_of_each(exchange: Exchange) -> UUID:
    bank, borrower = exchange.bank(), exchange.borrower()
    cipher = exchange.ciphers[borrower]
    owed = exchange.account(
        borrower, bank.member_id, rate_basis_points=1_860, original_creditor="First Lender", annotated_by="cn.note.1"
    )
    exchange.delinquency(borrower, owed, bank.member_id, display_until=date(2030, 5, 1))
    exchange.delinquency(borrower, owed, bank.member_id, suppressed_by="cn.repair.2025", peak_days_past_due=7)
    for table in NOUNS:
        add_noun(exchange, table, borrower, bank.member_id)
    sealed = {
        name: cipher.seal("subject", name, borrower.bytes, content)
        for name, content in (("emails", b'["alice@mail.example"]'), ("employment", b'["Baker"]'))
    }
    with exchange.engine.begin() as connection:
        care = {"vulnerability": "BEREAVEMENT", "vulnerability_until": date(2026, 9, 1)}
        connection.execute(update(subject).values(**sealed, **care))
    return borrower


def page(exchange: Exchange, borrower: UUID, language: str) -> str:
    client = exchange.borrower_signed_in(borrower).client
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"/report?lang={language}").text)
    assert token is not None
    answer = client.post(f"/report?lang={language}", data={"csrf_token": token[1]})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Public records", "Judgment", "Call by a person", "Promise to pay", "You objected", "Payment in parts",
                "Reported as before the plan", "C: may find it hard to repay", "A person reviewed it.", "After a death",
                "Nobody may collect from you until 1 December 2026.", "Shown until 1 May 2030", "First Lender", "18.6%",
                "To be read with care (rule cn.note.1)", "alice@mail.example", "Baker")),
        ("zh-Hans", ("公共记录", "判决", "人工电话", "承诺还款", "您提出了反对", "分期还款", "按方案前的状态报送",
                     "还款能力评估", "已由人工复核。", "亲人去世")),
        ("zh-Hant", ("公共紀錄", "判決", "人工電話", "承諾還款", "您提出了反對", "分期還款", "按方案前的狀態報送",
                     "還款能力評估", "已由人工覆核。", "親人去世")),
    ],
    ids=["en", "zh-Hans", "zh-Hant"],
)  # fmt: skip
def test_the_page_says_them_in_plain_words(exchange: Exchange, language: str, said: tuple[str, ...]) -> None:
    text = page(exchange, with_one_of_each(exchange), language)
    for words in (*said, "People&#39;s Court of Hedong", "Two loans were late.", "balance_minor = 120"):
        assert words in text, words
    for closed in ("Zhao Lei", "13800000000", "Li Na", "VOICE_HUMAN", "FREEZE_STATUS", "7 days late"):
        assert closed not in text, closed


def test_the_copies_hold_them(exchange: Exchange) -> None:
    borrower = exchange.borrower_signed_in(with_one_of_each(exchange)).borrower
    report = own_report(exchange.services, borrower)
    said: dict[str, Any] = json.loads(report_json(exchange.services, report).content)
    assert said["public_records"][0]["amount"] == {"minor": 900_000, "currency": "CNY"}
    assert said["collection_actions"][0]["result"] == "PROMISE_TO_PAY"
    assert [option["plan_type"] for option in said["repayment_plans"][0]["options"]] == ["INSTALMENT", "DEFERRAL"]
    assert said["assessments"][0]["inputs"] == {"balance_minor": 120, "instalments": 3}
    assert said["subject"]["vulnerability"] == "BEREAVEMENT"
    assert len(said["delinquencies"]) == 1
    assert "Zhao Lei" not in json.dumps(said) and "Li Na" not in json.dumps(said)
    with exchange.app.test_request_context("/?lang=zh-Hans"):
        assert report_pdf(exchange.services, report, _speech()).startswith(b"%PDF-")


@pytest.mark.parametrize("listed", SHOWN_BY_WORD, ids=lambda listed: listed.__name__)
def test_every_value_that_a_page_may_show_has_its_words(listed: type[StrEnum]) -> None:
    assert [value for value in listed if (listed, value) not in WORDS] == []
