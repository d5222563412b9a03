"""A mutation that is sent again under its Idempotency-Key is answered again, and not carried out again."""

import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from factories import ALICE, Bank, Exchange
from openbureau_client import verify_receipt
from reporting import ACTION, BASIS, WRITING, entry_count, lender, named, payload, report_account, versions
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from traces import error_of
from werkzeug.test import TestResponse

from exchange.handover import Caller, OneTime
from exchange.journeys import repeat_safely
from exchange.journeys.describe_look import Request
from exchange.journeys.manage_members import change_member_status
from exchange.store import idempotency
from exchange.store.housekeeping import clear_expired
from exchange.store.tables.member_request import idempotent_request
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.record_kind import RecordKind

CONTACT = """mutation ($subject: SubjectInput!, $action: CollectionActionInput!, $basis: String!) {
  recordCollectionAction(subject: $subject, action: $action, basis: $basis) {
    recordId version changed userErrors { path code message rule } notes { code } } }"""
KEY = '"8e03978e-40d5-43e8-bc93-6894a57f9324"'


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank with an account of Alice's."""
    exchange.borrower()
    bank = lender(exchange)
    report_account(bank)
    return bank


def contact(bank: Bank, key: str | None = KEY, client: Any = None, **changes: Any) -> TestResponse:
    """A contact about Alice's debt, reported under this key."""
    values = {"subject": named(ALICE), "action": {**ACTION, **changes}, "basis": BASIS}
    headers = {} if key is None else {"Idempotency-Key": key}
    return bank.post({"query": CONTACT, "variables": values}, client, **headers)


def outcome(answer: TestResponse) -> tuple[int, str | None]:
    body = answer.get_json()
    return answer.status_code, error_of(answer)["extensions"]["code"] if "errors" in body else None


def replayed(answer: TestResponse) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def contacts(exchange: Exchange) -> list[Mapping[str, Any]]:
    return versions(exchange, RecordKind.COLLECTION_ACTION)


def rows(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(idempotent_request)))


def test_the_same_again_is_the_same_answer_byte_for_byte_and_nothing_is_done_twice(
    exchange: Exchange, bank: Bank
) -> None:
    first = contact(bank)
    assert payload(first)["changed"] and not replayed(first)
    done, logged = contacts(exchange), entry_count(exchange)

    exchange.later(hours=1)
    bank.fetch_token(" ".join(sorted(WRITING)))
    again = [contact(bank), contact(bank, client=exchange.another_worker()), contact(bank, KEY.strip('"'))]

    for answer in again:
        assert (answer.status_code, answer.get_data()) == (200, first.get_data())
        assert replayed(answer)
    assert (contacts(exchange), entry_count(exchange)) == (done, logged)


def test_the_receipt_is_fresh_and_over_the_same_leaves(exchange: Exchange, bank: Bank) -> None:
    keys = exchange.client.get("/oauth/jwks").get_json()
    first, again = contact(bank), contact(bank)
    read = [verify_receipt(answer.headers["OpenBureau-Receipt"], answer.get_data(), keys) for answer in (first, again)]
    assert read[0].leaves == read[1].leaves != ()
    assert read[0].request_digest == read[1].request_digest
    assert first.headers["OpenBureau-Receipt"] != again.headers["OpenBureau-Receipt"]


def test_a_proof_is_spent_by_the_answer_that_is_given_again(exchange: Exchange, bank: Bank) -> None:
    unchanged = '"second"'
    contact(bank)
    for key in (KEY, unchanged):  # with leaves, and without
        contact(bank, key)
        proof = bank.proof("/graphql")
        values = {"subject": named(ALICE), "action": dict(ACTION), "basis": BASIS}
        sent = {"query": CONTACT, "variables": values}
        answers = [bank.post(sent, DPoP=proof, **{"Idempotency-Key": key}) for _ in range(2)]
        assert replayed(answers[0])
        assert outcome(answers[1]) == (401, "PROOF_REPLAYED")
        assert "data" not in answers[1].get_json() and not replayed(answers[1])


def test_a_key_that_came_with_another_request_is_refused(exchange: Exchange, bank: Bank) -> None:
    contact(bank)
    done = contacts(exchange)
    assert outcome(contact(bank, reference="C-2")) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert contacts(exchange) == done
    assert payload(contact(bank, '"another"', reference="C-2"))["changed"]


def test_keys_are_each_members_own(exchange: Exchange, bank: Bank) -> None:
    other = lender(exchange, "river-bank")
    report_account(other)
    assert payload(contact(bank))["recordId"] != payload(contact(other))["recordId"]
    assert len(rows(exchange)) == 2


@pytest.mark.parametrize("key", ["", '""', '"', "a b", '"a b"', '"a", "b"', "a,b", "ä", '"' + "x" * 129 + '"', '"a\\"'])
def test_what_cannot_be_a_key_is_refused_and_nothing_is_done(exchange: Exchange, bank: Bank, key: str) -> None:
    assert outcome(contact(bank, key)) == (400, "IDEMPOTENCY_KEY_NOT_VALID")
    assert contacts(exchange) == rows(exchange) == []


def test_a_query_takes_no_key_whatever_it_is(exchange: Exchange, bank: Bank) -> None:
    for key in (KEY, "a b"):
        assert bank.post({"query": "{ __typename }"}, **{"Idempotency-Key": key}).status_code == 200
    assert rows(exchange) == []


def test_without_a_key_nothing_is_kept(exchange: Exchange, bank: Bank) -> None:
    assert payload(contact(bank, None))["changed"]
    assert not payload(contact(bank, None))["changed"]
    assert rows(exchange) == []


def test_faults_of_a_record_are_an_answer_and_are_given_again(exchange: Exchange, bank: Bank) -> None:
    first = contact(bank, accountReferences=[])
    assert payload(first)["userErrors"]
    again = contact(bank, accountReferences=[])
    assert replayed(again) and again.get_data() == first.get_data()


def test_what_was_refused_or_could_not_be_read_is_not_kept_and_may_be_sent_again(
    exchange: Exchange, bank: Bank
) -> None:
    whole = bank.token
    bank.fetch_token("credit:read")
    assert outcome(contact(bank))[1] == "SCOPE_MISSING"
    bank.token = whole
    assert payload(contact(bank))["changed"]  # the very same body

    assert outcome(contact(bank, '"b"', channel="PIGEON"))[1] == "BAD_USER_INPUT"
    assert "PIGEON" not in repr([row.answer for row in rows(exchange)])
    assert [row.status for row in rows(exchange)] == [200, None]


def test_a_suspended_member_is_refused_and_gets_no_answer_from_before(exchange: Exchange, bank: Bank) -> None:
    first = contact(bank)
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    refused = contact(bank)
    assert outcome(refused)[1] == "MEMBER_NOT_ACTIVE" and not replayed(refused)
    change_member_status(exchange.services, bank.member_id, MemberStatus.ACTIVE, "test")
    assert contact(bank).get_data() == first.get_data()


def test_many_at_the_same_moment_are_one(exchange: Exchange, bank: Bank) -> None:
    workers = [exchange.another_worker(), exchange.another_worker()]
    for round_ in range(5):

        def report(n: int, round_: int = round_) -> TestResponse:
            return contact(bank, f"key-{round_}", workers[n % 2], reference=f"C-{round_}")

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(report, range(6)))
        counted = Counter(outcome(answer) for answer in answers)
        assert set(counted) <= {(200, None), (409, "IDEMPOTENCY_IN_PROGRESS")}
        assert len({answer.get_data() for answer in answers if answer.status_code == 200}) == 1
        assert sum(answer.status_code == 200 and not replayed(answer) for answer in answers) == 1
        assert len(contacts(exchange)) == round_ + 1


def test_one_that_still_runs_is_waited_for(exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()
    keep = idempotency.keep_answer

    def slowly(*given: Any) -> bool:
        begun.set()
        assert go_on.wait(20)
        return keep(*given)

    monkeypatch.setattr(idempotency, "keep_answer", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(contact, bank, KEY, exchange.another_worker())
        assert begun.wait(20)
        waiting = contact(bank)
        go_on.set()
        answer = first.result()
    assert outcome(waiting) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert waiting.headers["Retry-After"] == "1"
    assert contact(bank).get_data() == answer.get_data()


def killed_between(exchange: Exchange, bank: Bank) -> None:
    """A worker that is killed after the act and before its answer is kept."""
    child = os.fork()
    if child == 0:
        exchange.engine.dispose(close=False)
        idempotency.keep_answer = lambda *_: os._exit(9)  # type: ignore[assignment]  # the end of the child
        contact(bank, client=exchange.another_worker())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_after_a_kill_between_act_and_answer_the_key_waits_and_is_then_run_again(
    exchange: Exchange, bank: Bank
) -> None:
    killed_between(exchange, bank)
    done, logged = contacts(exchange), entry_count(exchange)
    assert len(done) == 1
    assert [row.status for row in rows(exchange)] == [None]

    takeover_seconds = exchange.settings.idempotency_takeover_seconds
    for age_seconds, wait in ((0, 1), (10, 10), (takeover_seconds - 5, 5)):
        with exchange.engine.begin() as connection:
            started_at = exchange.clock.now() - timedelta(seconds=age_seconds)
            connection.execute(update(idempotent_request).values(started_at=started_at))
        running = contact(bank)
        assert outcome(running) == (409, "IDEMPOTENCY_IN_PROGRESS")
        assert running.headers["Retry-After"] == str(wait)
    assert outcome(contact(bank, reference="C-2")) == (422, "IDEMPOTENCY_KEY_REUSED")

    exchange.later(seconds=takeover_seconds)
    again = contact(bank)
    told = payload(again)
    assert (told["recordId"], told["version"], told["changed"]) == (str(done[0]["action_key"]), 1, False)
    assert not replayed(again)
    assert (contacts(exchange), entry_count(exchange)) == (done, logged)
    assert replayed(contact(bank))


def test_one_that_was_taken_over_does_not_change_the_later_answer(exchange: Exchange, bank: Bank) -> None:
    begun = repeat_safely.begin(exchange.services, a_request(bank), "k")
    exchange.clock.instant += timedelta(seconds=exchange.settings.idempotency_takeover_seconds)
    second = repeat_safely.begin(exchange.services, a_request(bank), "k")
    assert isinstance(begun, repeat_safely.Attempt) and isinstance(second, repeat_safely.Attempt)
    begun.keep(idempotency.KeptAnswer(200, b"first", ()))
    with begun:
        pass
    assert [(row.status, row.started_at) for row in rows(exchange)] == [(None, exchange.clock.now())]
    second.keep(idempotency.KeptAnswer(200, b"second", (b"leaf",)))
    kept = repeat_safely.begin(exchange.services, a_request(bank), "k")
    assert kept == idempotency.KeptAnswer(200, b"second", (b"leaf",))


def a_request(bank: Bank) -> Request:
    once = OneTime("proof", b"d" * 32, bank.exchange.clock.now())
    caller = Caller(bank.member_id, WRITING, "token", "thumb", once)
    return Request(caller, b"r" * 32, [])


def test_an_error_lets_go_of_the_key_and_the_end_of_the_process_does_not(exchange: Exchange, bank: Bank) -> None:
    for number, error in enumerate((RuntimeError, SystemExit, KeyboardInterrupt)):
        begun = repeat_safely.begin(exchange.services, a_request(bank), f"k{number}")
        assert isinstance(begun, repeat_safely.Attempt)
        with pytest.raises(error), begun:
            raise error
    released = [row.started_at == idempotency.RELEASED_AT for row in rows(exchange)]
    assert sorted(released) == [False, False, True]


def test_with_the_database_down_nothing_is_done_under_a_key(
    exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise OperationalError("claim", None, Exception("gone"))

    monkeypatch.setattr(idempotency, "claim", down)
    assert outcome(contact(bank)) == (503, "UNAVAILABLE")
    assert contacts(exchange) == []
    monkeypatch.undo()
    assert payload(contact(bank))["changed"]


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise OperationalError("keep", None, Exception("gone"))

    monkeypatch.setattr(idempotency, "keep_answer", down)
    assert payload(contact(bank))["changed"]
    monkeypatch.undo()
    assert outcome(contact(bank)) == (409, "IDEMPOTENCY_IN_PROGRESS")
    exchange.later(seconds=exchange.settings.idempotency_takeover_seconds)
    assert not payload(contact(bank))["changed"]


def test_a_key_ends_with_its_hours(exchange: Exchange, bank: Bank) -> None:
    contact(bank)
    exchange.clock.instant += timedelta(hours=exchange.settings.idempotency_hours)
    clear_expired(exchange.engine, exchange.clock.now())
    assert len(rows(exchange)) == 1
    exchange.later(seconds=1)
    clear_expired(exchange.engine, exchange.clock.now())
    assert rows(exchange) == []


def test_what_is_kept_names_nobody(exchange: Exchange, bank: Bank) -> None:
    contact(bank)
    contact(bank, '"faulty"', contact="not a number", accountReferences=["R-9"])
    lying = b"".join(row.answer for row in rows(exchange))
    for personal in (ALICE.id_number, "王芳", "138-0013-8000", "Zhao Lei", "not a number", "8e03978e", "recordId"):
        assert personal.encode() not in lying
