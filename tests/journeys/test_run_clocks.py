"""What is overdue is escalated: told once to everybody concerned, whoever runs and however often a run is ended."""

from datetime import timedelta
from uuid import UUID

import pytest
from disputing import ANSWERING, answer, contest, later, notices, own
from factories import Bank, Exchange
from reporting import lender, report_account
from sqlalchemy import insert, select
from traces import entries

from consent.policy.rules import Act
from exchange.clock import new_id
from exchange.handover import NOBODY
from exchange.journeys import run_clocks as journey
from exchange.journeys.borrower_consents import withdraw
from exchange.journeys.own_disputes import own_dispute
from exchange.journeys.run_clocks import escalate_missed, keep_running, run_clocks
from exchange.journeys.start_due import start_due
from exchange.store.running_clocks import RunningClock, clocks_about, start_clock
from exchange.store.tables.account import account
from exchange.store.tables.complaint import complaint
from schema.vocabulary.dispute import DisputeState
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.borrower()
    bank = lender(exchange, scopes=ANSWERING)
    assert report_account(bank)["userErrors"] == []
    return bank


@pytest.fixture
def dispute_id(exchange: Exchange, bank: Bank) -> UUID:
    with exchange.engine.connect() as connection:
        subject_key, account_key = connection.execute(select(account.c.subject_key, account.c.account_key)).one()
    return contest(exchange, subject_key, account_key)


def borrower_of(exchange: Exchange) -> UUID:
    (key,) = exchange.ciphers
    return key


def missed(exchange: Exchange) -> list[str]:
    return [entry.fields["clock"] for entry in entries(exchange) if entry.fields["act"] == "clock_missed"]


def test_nothing_is_escalated_before_its_time(exchange: Exchange, dispute_id: UUID) -> None:
    exchange.later(days=20)
    assert escalate_missed(exchange.services, "test") == {}
    assert (missed(exchange), notices(exchange, NoticeKind.CLOCK_MISSED)) == ([], [])


def test_a_missed_answer_is_overdue_told_to_both_sides_and_logged_once(
    exchange: Exchange, bank: Bank, dispute_id: UUID
) -> None:
    later(exchange, bank, days=20, seconds=1)
    done = escalate_missed(exchange.services, "test")
    assert done == {"DISPUTE_ANSWER": 1, "DISPUTE_FURNISHER": 1}
    assert escalate_missed(exchange.services, "test") == {}
    seen = own_dispute(exchange.services, own(borrower_of(exchange)), dispute_id)
    assert seen.state is DisputeState.OVERDUE and seen.is_open
    assert all(clock.escalated_at == exchange.clock.now() and clock.met_at is None for clock in seen.clocks)
    told = notices(exchange, NoticeKind.CLOCK_MISSED)
    assert sorted(str(row.recipient) for row in told) == ["None", "harbour-bank", "harbour-bank"]
    assert {row.about for row in told} == {dispute_id}
    assert sorted(missed(exchange)) == ["DISPUTE_ANSWER", "DISPUTE_FURNISHER"]
    (logged, _) = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "clock_missed"]
    assert (logged["member"], logged["about"], logged["actor"]) == ("harbour-bank", str(dispute_id), "test")
    assert logged["rules"][0].startswith("cn.cir.25")
    assert answer(bank, dispute_id, "MARK_REMOVED", "It is right.")["userErrors"] == []  # A late answer is taken.
    late = own_dispute(exchange.services, own(borrower_of(exchange)), dispute_id)
    assert late.state is DisputeState.MARK_REMOVED
    assert all(clock.met_at and clock.escalated_at for clock in late.clocks)


def test_a_run_that_is_ended_in_between_is_finished_by_the_next(
    exchange: Exchange, dispute_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.later(days=21)
    said: list[int] = []
    log = journey._log

    def ended_at_the_second(*given: object) -> None:
        said.append(1)
        if len(said) == 2:
            raise KeyboardInterrupt
        log(*given)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(journey, "_log", ended_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        escalate_missed(exchange.services, "test")
    assert len(missed(exchange)) == 1
    assert len(notices(exchange, NoticeKind.CLOCK_MISSED)) in (1, 2)  # Of the furnisher's clock, or of the borrower's.
    monkeypatch.undo()
    assert sum(escalate_missed(exchange.services, "test").values()) == 1
    assert sorted(missed(exchange)) == ["DISPUTE_ANSWER", "DISPUTE_FURNISHER"]
    assert len(notices(exchange, NoticeKind.CLOCK_MISSED)) == 3


def test_a_second_run_that_saw_the_same_clocks_does_nothing(
    exchange: Exchange, dispute_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.later(days=21)
    seen_before = journey._missed(exchange.services)
    assert len(seen_before) == 2
    escalate_missed(exchange.services, "first")
    batches = [seen_before, []]
    monkeypatch.setattr(journey, "_missed", lambda _: batches.pop(0))
    assert sum(escalate_missed(exchange.services, "second").values()) == 0
    assert len(missed(exchange)) == 2


def test_a_withdrawn_consent_runs_a_clock_that_the_members_answer_meets(exchange: Exchange, bank: Bank) -> None:
    key = borrower_of(exchange)
    consent_id = exchange.consent("harbour-bank")
    who = exchange.borrower_signed_in(key)
    withdraw(exchange.services, who.borrower, consent_id)
    with exchange.engine.connect() as connection:
        (clock,) = clocks_about(connection, key, consent_id)
    assert (clock.kind, clock.member_id) == (ClockKind.WITHDRAWAL_ANSWER, "harbour-bank")
    (told,) = notices(exchange, NoticeKind.CONSENT_WITHDRAWN)
    assert told.due_at == clock.due_at
    exchange.clock.instant = clock.due_at + timedelta(seconds=1)
    exchange.integrate()
    assert escalate_missed(exchange.services, "test") == {"WITHDRAWAL_ANSWER": 1}


def test_a_complaint_that_nobody_answered_is_overdue(exchange: Exchange, bank: Bank) -> None:
    key, now = borrower_of(exchange), exchange.clock.now()
    complaint_id = new_id(now)
    row = {
        "subject_key": key, "complaint_id": complaint_id, "category": "HOURS", "against": "harbour-bank",
        "words": b"w", "likeness": b"", "evidence": [], "state": "FILED", "filed_at": now, "pack_version": "1",
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(complaint).values(row))
        start_due(
            exchange.services, connection, key, ClockKind.COMPLAINT_ANSWER, Act.ANSWER_COMPLAINT, complaint_id,
            "harbour-bank",
        )  # fmt: skip
    exchange.later(days=400)
    escalate_missed(exchange.services, "test")
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(complaint.c.state)) == "OVERDUE"


def test_a_clock_about_no_borrower_is_logged_and_nobody_else_is_told(exchange: Exchange) -> None:
    now = exchange.clock.now()
    due = now + timedelta(days=1)
    clock = RunningClock(NOBODY, new_id(now), ClockKind.MANDATE_EVALUATION, UUID(int=5), "agency-a", "cn.x", now, due)
    with exchange.engine.begin() as connection:
        start_clock(connection, clock)
    exchange.later(days=2)
    assert run_clocks(exchange.services, "test").escalated == {"MANDATE_EVALUATION": 1}
    (entry,) = [entry for entry in entries(exchange) if entry.fields["act"] == "clock_missed"]
    assert (entry.subject_key, entry.fields["member"]) == (NOBODY, "agency-a")
    assert notices(exchange, NoticeKind.CLOCK_MISSED) == []


def test_where_the_pack_sets_no_time_no_clock_runs(exchange: Exchange, bank: Bank) -> None:
    with exchange.engine.begin() as connection:
        started = start_due(
            exchange.services, connection, borrower_of(exchange), ClockKind.PLAN_ANSWER, Act.QUERY, UUID(int=3), None
        )
        assert started is None and clocks_about(connection, borrower_of(exchange), UUID(int=3)) == []


def test_the_process_goes_round_until_it_is_stopped(exchange: Exchange, dispute_id: UUID) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        exchange.clock.instant += timedelta(days=21)
        return len(waited) == 2

    keep_running(exchange.services, "test", wait)
    assert waited == [exchange.settings.clocks_interval_seconds] * 2
    assert len(missed(exchange)) == 2
