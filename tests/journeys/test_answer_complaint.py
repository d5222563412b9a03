"""Members read what is complained of them, and answer; what they may not see, and what is logged of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from complaining import ANSWERING, NIGHT, WORDS, Scene, days_ago, make_scene
from factories import Bank, Exchange
from reporting import error_code
from sqlalchemy import select, update
from traces import entries

from exchange.journeys.own_complaints import own_complaint, withdraw_complaint
from exchange.store.tables.complaint import complaint
from exchange.store.tables.notice import notice
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.complaint import ComplaintState

READ = """query ($first: Int!, $after: String, $open: Boolean!) {
  complaints(first: $first, after: $after, open: $open) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id category lenderId accountReferences words filedAt dueAt state answer answeredAt finding findingWords
    evidence { kind at memberId what reference clearanceId rules leafHash } } } }"""
ANSWER = """mutation ($id: ID!, $words: String!) { answerComplaint(complaintId: $id, words: $words) {
  complaint { id state answer } userErrors { path code message } } }"""
SORRY = "We looked into it. The call was made by mistake, and will not happen again."


@pytest.fixture
def scene(exchange: Exchange) -> Scene:
    return make_scene(exchange)


def read(bank: Bank, first: int = 10, after: str | None = None, unanswered: bool = False) -> dict[str, Any]:
    answered = bank.post({"query": READ, "variables": {"first": first, "after": after, "open": unanswered}})
    return dict(answered.get_json()["data"]["complaints"])


def answer(bank: Bank, complaint_id: UUID | str, words: str = SORRY) -> dict[str, Any]:
    bank.fetch_token(" ".join(sorted(ANSWERING)))
    answered = bank.post({"query": ANSWER, "variables": {"id": str(complaint_id), "words": words}})
    return dict(answered.get_json()["data"]["answerComplaint"])


def code(told: dict[str, Any]) -> list[str]:
    return [error["code"] for error in told["userErrors"]]


def state(exchange: Exchange) -> str:
    with exchange.engine.connect() as connection:
        return str(connection.scalar(select(complaint.c.state)))


def test_a_member_reads_the_complaints_about_itself_alone(exchange: Exchange, scene: Scene) -> None:
    scene.contact(NIGHT, reference="CALL-7")
    of_agency = scene.complain()
    exchange.later(seconds=1)
    of_bank = scene.complain(member_id="harbour-bank", lender=None)
    told = read(scene.agency)
    assert (told["totalCount"], [node["id"] for node in told["nodes"]]) == (1, [str(of_agency)])
    (node,) = told["nodes"]
    assert (node["category"], node["lenderId"], node["words"], node["state"]) == (
        "HOURS",
        "harbour-bank",
        WORDS,
        "FILED",
    )
    assert node["accountReferences"] == []
    assert "CALL-7" in {each["reference"] for each in node["evidence"]}
    (node,) = read(scene.bank)["nodes"]
    assert (node["id"], node["accountReferences"], node["lenderId"]) == (str(of_bank), ["R-1"], None)


def test_a_page_ends_where_it_was_asked_to_and_the_next_one_follows(exchange: Exchange, scene: Scene) -> None:
    filed = []
    for _ in range(3):
        filed.append(str(scene.complain()))
        exchange.later(seconds=1)
    first = read(scene.agency, first=2)
    assert [node["id"] for node in first["nodes"]] == filed[:2] and first["pageInfo"]["hasNextPage"]
    rest = read(scene.agency, first=2, after=first["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["nodes"]] == filed[2:] and not rest["pageInfo"]["hasNextPage"]


def test_each_reading_is_logged_in_the_borrowers_file_and_shown_to_them(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    exchange.later(seconds=5)
    read(scene.agency)
    entry = entries(exchange)[-1]
    assert (entry.fields["act"], entry.fields["member"]) == ("complaint_read", "agency-a")
    assert (entry.subject_key, entry.fields["complaint"]) == (scene.key, str(complaint_id))
    (reading,) = own_complaint(exchange.services, scene.alice.borrower, complaint_id).readings
    assert (reading.member_id, reading.officer, reading.at) == ("agency-a", False, exchange.clock.now())
    before = len(entries(exchange))
    assert read(scene.bank)["nodes"] == []
    assert len(entries(exchange)) == before


def test_an_answer_stops_the_clock_and_the_borrower_reads_it(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    exchange.later(days=3)
    told = answer(scene.agency, complaint_id)
    assert told == {
        "complaint": {"id": str(complaint_id), "state": "ANSWERED", "answer": SORRY}, "userErrors": [],
    }  # fmt: skip
    own = own_complaint(exchange.services, scene.alice.borrower, complaint_id)
    assert (own.answer, own.complaint.answered_at, own.is_open) == (SORRY, exchange.clock.now(), True)
    with exchange.engine.connect() as connection:
        met = {row.kind: row.met_at for row in connection.execute(select(running_clock))}
        told_kinds = list(connection.scalars(select(notice.c.kind).where(notice.c.recipient.is_(None))))
        sealed = connection.scalar(select(complaint.c.answer))
    assert met["COMPLAINT_ANSWER"] == exchange.clock.now() and met["COMPLAINT_FINDING"] is None
    assert sorted(told_kinds) == ["COMPLAINT_ANSWERED", "COMPLAINT_FILED"]
    assert sealed and b"mistake" not in sealed
    assert read(scene.agency, unanswered=True)["totalCount"] == 0


def test_the_same_answer_again_changes_nothing_and_another_is_refused(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    answer(scene.agency, complaint_id)
    before = len(entries(exchange))
    assert code(answer(scene.agency, complaint_id)) == []
    assert code(answer(scene.agency, complaint_id, "No.")) == ["COMPLAINT_ANSWERED"]
    assert len(entries(exchange)) == before
    assert own_complaint(exchange.services, scene.alice.borrower, complaint_id).answer == SORRY


def test_an_overdue_complaint_may_still_be_answered_but_a_withdrawn_one_not(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    with exchange.engine.begin() as connection:
        connection.execute(update(complaint).values(state=ComplaintState.OVERDUE.value))
    exchange.later(days=20)
    assert code(answer(scene.agency, complaint_id)) == [] and state(exchange) == "ANSWERED"
    withdraw_complaint(exchange.services, scene.alice.borrower, complaint_id)
    other = scene.complain()
    withdraw_complaint(exchange.services, scene.alice.borrower, other)
    assert code(answer(scene.agency, other)) == ["COMPLAINT_CLOSED"]


@pytest.mark.parametrize("words", ["", "  \n ", "?!"])
def test_an_answer_that_says_nothing_is_refused(exchange: Exchange, scene: Scene, words: str) -> None:
    complaint_id = scene.complain()
    assert code(answer(scene.agency, complaint_id, words)) == ["WORDS_EMPTY"]
    assert state(exchange) == "FILED"


def test_nobody_answers_for_another_or_without_the_scope(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    for bank, named in ((scene.bank, complaint_id), (scene.agency, uuid4()), (scene.agency, "nonsense")):
        told = answer(bank, named)
        assert (told["complaint"], code(told)) == (None, ["COMPLAINT_NOT_FOUND"])
    scene.agency.fetch_token("records:write")
    refused = scene.agency.post({"query": ANSWER, "variables": {"id": str(complaint_id), "words": SORRY}})
    assert error_code(refused) == "SCOPE_MISSING"
    refused = scene.agency.post({"query": READ, "variables": {"first": 1, "open": False}})
    assert error_code(refused) == "SCOPE_MISSING"
    assert state(exchange) == "FILED"
    assert "complaint_read" not in {entry.fields["act"] for entry in entries(exchange)}


def test_what_lies_outside_the_period_is_not_attached(exchange: Exchange, scene: Scene) -> None:
    scene.contact(days_ago(exchange, 100), reference="OLD")
    scene.complain()
    (node,) = read(scene.agency)["nodes"]
    assert "OLD" not in {each["reference"] for each in node["evidence"]}
