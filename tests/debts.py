"""Overdue debts as lenders report them, and members that act through the journeys themselves."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from factories import Exchange

from exchange.handover import Caller
from exchange.intake.contribution import AccountRecord, SubjectRecord
from exchange.intake.reported_account import ReportedDelinquency, ReportedMonth
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.report_account import ReportedAccount, report_account
from exchange.store.subject_file import find_subject
from schema.vocabulary.account import AccountState, Portfolio, Product
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.payment_status import PaymentStatus
from schema.vocabulary.scope import Scope

BASIS = "cn.cir.13"
SCOPES = frozenset(Scope) - {Scope.AUDIT_READ, Scope.AUDIT_OPEN, Scope.MEMBERS_MANAGE}
"""Everything that a lender or an agency can be allowed."""


def request_of(member_id: str) -> Request:
    """What a member asks, with everything that members can be allowed; proofs of possession are not played."""
    caller = Caller(member_id, SCOPES, "a-token", "a-key", None)
    return Request(caller, sha256(member_id.encode()).digest(), [])


def report_debt(
    exchange: Exchange,
    document: Document,
    zone: str,
    number: str,
    lender: str,
    reference: str,
    since: date,
    correction: CorrectionReason | None = None,
    balance_minor: int = 2_000_000,
) -> tuple[UUID, UUID]:
    """Has a lender report an overdue account, or correct it. Returns its key and the borrower's."""
    today = exchange.clock.now().date()
    days = (today - since).days
    subject = SubjectRecord(
        document.id_type, document.country, document.id_number, ("王芳",), zone, "zh-Hans", phones=(number,)
    )  # fmt: skip
    account = AccountRecord(
        reference, Portfolio.INSTALMENT, Product.CONSUMER_LOAN, AccountState.OVERDUE, date(2024, 6, 1), today, "CNY",
        original_amount_minor=5_000_000, balance_minor=balance_minor, past_due_minor=300_000, days_past_due=days,
        correction=correction,
    )  # fmt: skip
    notice = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(days=2)
    late = ReportedDelinquency(since, prior_notice_sent_at=notice, prior_notice_channel="SMS")
    reported = ReportedAccount(subject, account, _months(since, today), [late], BASIS)
    written = report_account(exchange.services, request_of(lender), reported)
    assert not written.faults, written.faults
    assert written.record_id
    return written.record_id, _key_of(exchange, document)


def _key_of(exchange: Exchange, document: Document) -> UUID:
    lookup = exchange.services.keys.lookup_tokens()
    tokens = [token for _, token in lookup.candidates(document.id_type, document.country, document.id_number)]
    with exchange.engine.connect() as connection:
        file = find_subject(connection, tokens)
    assert file is not None
    return file.subject_key


def _months(since: date, today: date) -> list[ReportedMonth]:
    """The last months of an account whose payment was missed on `since`: the newest is the last whole month."""
    ends = [today.replace(day=1) - timedelta(days=1)]
    for _ in range(3):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return [_month(end, (end - since).days) for end in ends]


def _month(end: date, days: int) -> ReportedMonth:
    if days < 1:
        return ReportedMonth(end, PaymentStatus.ON_TIME, 0, 0)
    late = PaymentStatus(str(min((days - 1) // 30 + 1, 7)))
    return ReportedMonth(end, late, days, 300_000)
