"""A borrower has a machine's judgement looked at by a person, and the member that made it must answer truly."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, Bank, Exchange
from reporting import RECORDS, lender, named, payload, report, send
from sqlalchemy import select
from traces import entries

from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_judgements import ask_review, find_judgement, list_judgements
from exchange.journeys.own_words import SensitiveWords
from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.notice import notice
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.review import ReviewOutcome

LIST = """query ($open: Boolean) { reviewsAsked(first: 9, open: $open) {
  totalCount nodes { id reference words outcome answer assessmentId dueAt } } }"""
REFERENCE = RECORDS[RecordKind.ASSESSMENT][3]["reference"]


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank that judged Alice."""
    exchange.borrower()
    bank = lender(exchange)
    report(bank, RecordKind.ASSESSMENT)
    return bank


def alice(exchange: Exchange) -> Borrower:
    with exchange.engine.connect() as connection:
        (key,) = connection.execute(select(assessment.c.subject_key).distinct()).scalars()
    return Borrower(key, b"", "PASSKEY", "en")


def judged(exchange: Exchange) -> UUID:
    with exchange.engine.connect() as connection:
        return connection.execute(select(assessment.c.assessment_key).distinct()).scalar_one()


def asked(exchange: Exchange, words: str = "A machine cannot know me.") -> UUID:
    return ask_review(exchange.services, alice(exchange), judged(exchange), words)


def listed(bank: Bank, is_open: bool | None = None) -> list[dict[str, Any]]:
    told = bank.post({"query": LIST, "variables": {"open": is_open}}).get_json()
    assert "errors" not in told, told
    nodes: list[dict[str, Any]] = told["data"]["reviewsAsked"]["nodes"]
    assert told["data"]["reviewsAsked"]["totalCount"] == len(nodes)
    return nodes


ANSWER = """mutation ($id: ID!, $outcome: ReviewOutcome!, $words: String!) {
  told: answerReview(reviewId: $id, outcome: $outcome, words: $words) { review { outcome } userErrors { code } } }"""


def answered(bank: Bank, review_id: UUID | str, outcome: str, words: str = "We looked again.") -> dict[str, Any]:
    values = {"id": str(review_id), "outcome": outcome, "words": words}
    told = bank.post({"query": ANSWER, "variables": values}).get_json()
    assert "errors" not in told, told
    answer: dict[str, Any] = told["data"]["told"]
    return answer


def codes(told: dict[str, Any]) -> list[str]:
    return [each["code"] for each in told["userErrors"]]


def acts(exchange: Exchange) -> list[str]:
    return [entry.fields["act"] for entry in entries(exchange)]


def test_what_a_borrower_says_reaches_the_member_and_nobody_else(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    (told,) = listed(bank)
    assert (told["id"], told["words"], told["reference"]) == (str(review_id), "A machine cannot know me.", REFERENCE)
    assert told["assessmentId"] == str(judged(exchange))
    other = lender(exchange, "second-bank")
    assert listed(other) == []
    assert codes(answered(other, review_id, "STANDS")) == ["REVIEW_REQUEST_NOT_FOUND"]
    assert acts(exchange).count("review_read") == 1


def test_asked_twice_it_is_asked_once(exchange: Exchange, bank: Bank) -> None:
    first = asked(exchange)
    before = len(entries(exchange))
    assert asked(exchange, "Again.") == first
    assert len(entries(exchange)) == before
    assert len(listed(bank)) == 1


def test_that_it_stands_is_told_to_the_borrower(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    assert codes(answered(bank, review_id, "STANDS")) == []
    (review,) = find_judgement(exchange.services, alice(exchange), judged(exchange)).reviews
    assert (review.outcome, review.answer) == (ReviewOutcome.STANDS, "We looked again.")
    with exchange.engine.connect() as connection:
        kinds = {(row.kind, row.recipient) for row in connection.execute(select(notice.c.kind, notice.c.recipient))}
    assert {("REVIEW_ASKED", "harbour-bank"), ("REVIEW_ANSWERED", None)} <= kinds
    assert listed(bank, is_open=True) == []
    assert len(listed(bank, is_open=False)) == 1


def test_another_answer_than_the_first_is_not_taken(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    answered(bank, review_id, "STANDS")
    assert codes(answered(bank, review_id, "STANDS")) == []
    assert codes(answered(bank, review_id, "STANDS", "Other words.")) == ["REVIEW_ANSWERED"]
    assert acts(exchange).count("review_answered") == 1


def test_nobody_says_it_was_changed_who_changed_nothing(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    assert codes(answered(bank, review_id, "CHANGED", "")) == ["REVIEW_NOT_CHANGED", "ANSWER_EMPTY"]
    exchange.clock.instant += timedelta(minutes=1)
    report(bank, RecordKind.ASSESSMENT, band="A")
    assert codes(answered(bank, review_id, "CHANGED")) == []


def test_nobody_says_it_was_taken_back_while_it_stands(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    assert codes(answered(bank, review_id, "TAKEN_BACK")) == ["REVIEW_NOT_TAKEN_BACK"]
    exchange.clock.instant += timedelta(minutes=1)
    told = send(
        bank, "withdrawRecord", subject=("SubjectInput!", named(ALICE)), kind=("RecordKind!", "ASSESSMENT"),
        reference=("String!", REFERENCE), reason=("CorrectionReason!", "FURNISHER_ERROR"),
    )  # fmt: skip
    assert codes(payload(told)) == []
    assert codes(answered(bank, review_id, "CHANGED")) == ["REVIEW_NOT_CHANGED"]
    assert codes(answered(bank, review_id, "TAKEN_BACK")) == []
    assert list_judgements(exchange.services, alice(exchange)) == ()


def test_words_that_are_too_long_or_about_an_illness_are_not_sent(exchange: Exchange, bank: Bank) -> None:
    with pytest.raises(SensitiveWords):
        asked(exchange, "I have cancer and HIV.")
    with pytest.raises(BadRequest):
        asked(exchange, "x" * 1_001)
    with exchange.engine.connect() as connection:
        assert connection.execute(select(review_request)).all() == []
    assert codes(answered(bank, asked(exchange), "STANDS", "x" * 1_001)) == ["ANSWER_TOO_LONG"]


def test_a_judgement_of_somebody_else_cannot_be_asked_about(exchange: Exchange, bank: Bank) -> None:
    bob = exchange.borrower(BOB)
    with pytest.raises(BadRequest) as refused:
        ask_review(exchange.services, Borrower(bob, b"", "PASSKEY", "en"), judged(exchange))
    assert refused.value.stable_code == "ASSESSMENT_NOT_FOUND"
    assert codes(answered(bank, uuid4(), "STANDS")) == ["REVIEW_REQUEST_NOT_FOUND"]
    assert codes(answered(bank, "x", "STANDS")) == ["REVIEW_REQUEST_NOT_FOUND"]


def test_what_is_asked_cannot_be_read_in_the_database(exchange: Exchange, bank: Bank) -> None:
    review_id = asked(exchange)
    answered(bank, review_id, "STANDS")
    with exchange.engine.connect() as connection:
        row = connection.execute(select(review_request)).mappings().one()
    assert b"cannot know me" not in row["words"]
    assert b"looked again" not in row["answer"]
