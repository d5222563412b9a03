"""A borrower who contests, and furnishers that answer: what the tests of disputes share."""

from typing import Any
from uuid import UUID

from factories import Bank, Exchange
from sqlalchemy import select

from exchange.handover import Borrower
from exchange.journeys.own_disputes import Contested, file_dispute
from exchange.store.member_register import SqlMemberRegister
from exchange.store.tables.notice import notice
from schema.vocabulary.dispute import DisputedKind, DisputeKind
from schema.vocabulary.disputed_field import DisputedField
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope

ANSWERING = frozenset({
    Scope.RECORDS_WRITE, Scope.COLLECTION_WRITE, Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.DISPUTE_ANSWER
})  # fmt: skip
WORDS = "This was paid in March; I have the receipt."
LIST = """query ($first: Int!, $after: String, $open: Boolean) { disputes(first: $first, after: $after, open: $open) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { id kind recordKind recordId reference version field words evidence state filedAt furnishBy answerBy
    answeredAt answer correctedVersion closedAt } } }"""
ANSWER = """mutation ($id: ID!, $outcome: DisputeOutcome!, $words: String, $version: Int) {
  answerDispute(disputeId: $id, outcome: $outcome, words: $words, correctedVersion: $version) {
    dispute { id state answer correctedVersion closedAt } userErrors { path code } } }"""


def contest(
    exchange: Exchange,
    borrower: UUID,
    record_key: UUID,
    record_kind: DisputedKind = DisputedKind.ACCOUNT,
    kind: DisputeKind = DisputeKind.PAID,
    field: DisputedField | None = None,
    **changes: Any,
) -> UUID:
    """Files a dispute, and returns its id."""
    contested = Contested(record_kind, record_key, kind, field, **({"words": WORDS} | changes))
    return file_dispute(exchange.services, own(borrower), contested)


def own(borrower: UUID) -> Borrower:
    """The borrower, signed in."""
    return Borrower(borrower, b"", "PASSKEY", "en")


def later(exchange: Exchange, *banks: Bank, **time: float) -> None:
    """Moves the clock, and has these members fetch new tokens: theirs may have ended."""
    exchange.later(**time)
    for bank in banks:
        member = SqlMemberRegister(exchange.engine).find(bank.member_id)
        assert member
        bank.fetch_token(" ".join(sorted(member.scopes)))


def listed(bank: Bank, **variables: Any) -> dict[str, Any]:
    """The connection of the disputes that a furnisher sees."""
    body = bank.post({"query": LIST, "variables": {"first": 10, **variables}}).get_json()
    assert "errors" not in body, body
    return dict(body["data"]["disputes"])


def answer(bank: Bank, dispute_id: UUID, outcome: str, words: str = "", version: int | None = None) -> dict[str, Any]:
    """The payload of a furnisher's answer."""
    values = {"id": str(dispute_id), "outcome": outcome, "words": words, "version": version}
    body = bank.post({"query": ANSWER, "variables": values}).get_json()
    assert "errors" not in body, body
    return dict(body["data"]["answerDispute"])


def notices(exchange: Exchange, kind: NoticeKind) -> list[Any]:
    """The notices of a kind, in their order."""
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(notice).where(notice.c.kind == kind.value).order_by(notice.c.notice_id)))
