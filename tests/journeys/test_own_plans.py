"""Borrowers answer offers of repayment plans: what an answer makes of the plan, and what it never does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from clearing import clear, clearer
from debts import request_of
from factories import ALICE, BOB, Bank, Exchange
from plan_offers import (
    LATER,
    THREE,
    WANTED,
    alice_of,
    fresh,
    offer,
    plan_now,
    replies,
    report_kept,
    told,
    versions_of_plan,
)
from reporting import (
    MANDATE,
    agency,
    codes,
    entry_count,
    named,
    payload,
    report,
    report_account,
    send,
    versions,
)
from traces import entries

from consent.policy.resolve import deadline
from consent.policy.rules import Act, Deadline
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.expire_plans import expire_plans
from exchange.journeys.own_plans import (
    CounterNotValid,
    CounterOffer,
    Offer,
    accept_option,
    counter_offer,
    refuse_plan,
)
from exchange.journeys.own_words import SensitiveWords
from exchange.journeys.plan_replies import fetch_plan_replies
from exchange.journeys.plan_views import Author, list_plans, view_plan
from exchange.journeys.record_rows import opened_content, record_commitment
from exchange.journeys.services import Services
from exchange.store.running_clocks import RunningClock, clocks_about
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import PlanStanding, PlanState
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.running_clock import ClockKind

PLAN = RecordKind.REPAYMENT_PLAN
Answer = Callable[[Exchange, Borrower, Offer], None]


@pytest.fixture
def alice(exchange: Exchange) -> Borrower:
    return alice_of(exchange.borrower())


@pytest.fixture
def bank(exchange: Exchange, alice: Borrower) -> Bank:
    return clearer(exchange)


def accept(exchange: Exchange, alice: Borrower, made: Offer, option: int = 0) -> None:
    exchange.later(minutes=1)
    accept_option(exchange.services, alice, made, option)


def counter(exchange: Exchange, alice: Borrower, made: Offer) -> None:
    exchange.later(minutes=1)
    counter_offer(exchange.services, alice, made, WANTED, "I get my wages on the 10th.")


def refuse(exchange: Exchange, alice: Borrower, made: Offer) -> None:
    exchange.later(minutes=1)
    refuse_plan(exchange.services, alice, made)


ANSWERS = pytest.mark.parametrize("answer", [accept, counter, refuse])


def stopped(exchange: Exchange, bank: Bank, on: date) -> bool:
    """Whether a reminder at noon of that day, at the borrower's place, is denied for a plan and for nothing else."""
    noon = datetime.combine(on, time(12), ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    exchange.clock.instant = max(noon, exchange.clock.instant)
    found = [reason["message"] for reason in clear(fresh(bank), stage="REMINDER", channel="SMS")["reasons"]]
    assert found in ([], ["No contact while this stands: PLAN_RUNNING."])
    return bool(found)


def standing(exchange: Exchange, alice: Borrower, made: Offer) -> PlanStanding | None:
    progress = view_plan(exchange.services, alice, made.plan_id).progress
    return progress.standing if progress else None


def withdrawn(bank: Bank, reason: str = "FURNISHER_ERROR") -> dict[str, Any]:
    return payload(
        send(
            fresh(bank),
            "withdrawRecord",
            subject=("SubjectInput!", named(ALICE)),
            kind=("RecordKind!", PLAN.value),
            reference=("String!", "P-1"),
            reason=("CorrectionReason!", reason),
        )
    )


def test_accepting_an_option_agrees_the_plan_with_its_schedule_in_one_version(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank, reportingTreatment="FREEZE_STATUS")
    before = entry_count(exchange)
    accept(exchange, alice, made)
    offered, agreed = versions_of_plan(exchange)
    today = exchange.clock.now().date()
    assert offered["superseded_at"] == agreed["recorded_at"]
    assert (agreed["state"], agreed["chosen_option"], agreed["version"], agreed["reason"]) == (
        "ACCEPTED", 0, 2, "BORROWER",
    )  # fmt: skip
    assert (agreed["contributor"], agreed["basis"]) == (bank.member_id, offered["basis"])
    assert agreed["accepted_on"] == today
    assert [amount for _, amount, _ in agreed["schedule"]] == [40_000, 40_000, 20_000]
    assert agreed["stop_collection_until"].isoformat() == agreed["schedule"][-1][0]
    cipher = exchange.ciphers[alice.subject_key]
    assert record_commitment(cipher, PLAN, opened_content(PLAN, agreed, cipher)) == bytes(agreed["commitment"])
    (reply,) = replies(exchange)
    assert (reply.reply, reply.option, reply.plan_version, reply.contributor) == ("ACCEPTED", 0, 1, bank.member_id)
    assert entry_count(exchange) == before + 1
    entry = entries(exchange)[-1]
    assert bytes(reply.leaf_hash) == entry.leaf_hash
    assert {name: entry.fields[name] for name in ("act", "actor", "record", "version", "option")} == {
        "act": "plan_accepted", "actor": "borrower", "record": str(made.plan_id), "version": 2, "option": 0,
    }  # fmt: skip
    assert told(exchange, NoticeKind.PLAN_REPLIED) == [bank.member_id]


def test_from_its_commit_on_nobody_may_collect_and_not_before(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    today = exchange.clock.now().date()
    assert not stopped(exchange, bank, today)
    accept(exchange, alice, made)
    until = plan_now(exchange)["stop_collection_until"]
    assert stopped(exchange, bank, today) and stopped(exchange, bank, until)
    assert not stopped(exchange, bank, until + timedelta(days=1))


def test_the_day_that_the_offer_names_holds(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank, stopCollectionUntil="2027-03-31")
    accept(exchange, alice, made, option=1)
    agreed = plan_now(exchange)
    assert agreed["stop_collection_until"] == date(2027, 3, 31)
    assert agreed["schedule"] == [["2026-12-01", 90_000, None]]
    assert agreed["waived_minor"] == 10_000


@pytest.mark.parametrize("option", [-1, 2, 7])
def test_an_option_that_was_not_offered_changes_nothing(
    exchange: Exchange, bank: Bank, alice: Borrower, option: int
) -> None:
    made = offer(bank)
    before = entry_count(exchange)
    with pytest.raises(BadRequest, match="no such option"):
        accept(exchange, alice, made, option)
    assert (len(versions_of_plan(exchange)), replies(exchange), entry_count(exchange)) == (1, [], before)


@ANSWERS
def test_nobody_answers_the_offer_to_another(exchange: Exchange, bank: Bank, alice: Borrower, answer: Answer) -> None:
    made = offer(bank)
    with pytest.raises(BadRequest, match="no such plan"):
        answer(exchange, alice_of(exchange.borrower(BOB, "李伟")), made)
    with pytest.raises(BadRequest, match="no such plan"):
        answer(exchange, alice, replace(made, plan_id=UUID(int=1)))
    assert (plan_now(exchange)["state"], replies(exchange)) == ("PROPOSED", [])


@ANSWERS
def test_an_offer_that_changed_meanwhile_is_not_answered(
    exchange: Exchange, bank: Bank, alice: Borrower, answer: Answer
) -> None:
    made = offer(bank)
    exchange.later(minutes=1)
    worse = offer(bank, options=[{**THREE, "amountMinor": 50_000, "totalMinor": 150_000}, LATER])
    with pytest.raises(BadRequest, match="Read it again"):
        answer(exchange, alice, made)
    assert plan_now(exchange)["state"] == "PROPOSED"
    answer(exchange, alice, worse)
    assert plan_now(exchange)["state"] != "PROPOSED"


@ANSWERS
def test_an_offer_is_answered_until_its_last_day_ends_at_the_borrowers_place(
    exchange: Exchange, bank: Bank, alice: Borrower, answer: Answer
) -> None:
    today_in_shanghai = (exchange.clock.now() + timedelta(hours=8)).date()
    made = offer(bank, answerBy=today_in_shanghai.isoformat())
    exchange.later(days=1)
    with pytest.raises(BadRequest, match="time to answer"):
        answer(exchange, alice, made)
    assert plan_now(exchange)["state"] == "PROPOSED"
    assert not view_plan(exchange.services, alice, made.plan_id).may_counter


@ANSWERS
def test_an_answer_is_given_once(exchange: Exchange, bank: Bank, alice: Borrower, answer: Answer) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    before = entry_count(exchange)
    with pytest.raises(BadRequest, match="not open"):
        answer(exchange, alice, made)
    assert (len(replies(exchange)), entry_count(exchange)) == (1, before)


def test_a_refusal_ends_the_offer_and_stops_nothing(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank, stopCollectionUntil="2027-01-01")
    refuse(exchange, alice, made)
    ended = plan_now(exchange)
    today = exchange.clock.now().date()
    assert (ended["state"], ended["ended_on"], ended["accepted_on"]) == ("REJECTED", today, None)
    assert entries(exchange)[-1].fields["act"] == "plan_rejected"
    assert not stopped(exchange, bank, today)


def test_a_counter_offer_waits_for_a_fresh_offer_which_may_be_accepted(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    counter(exchange, alice, made)
    assert plan_now(exchange)["state"] == "COUNTERED"
    with pytest.raises(BadRequest, match="not open"):
        accept_option(exchange.services, alice, replace(made, version=2), 0)
    exchange.later(minutes=1)
    fresh = offer(bank, options=[{**THREE, "instalments": 5, "amountMinor": 20_000}, LATER])
    assert fresh.version == 3
    accept(exchange, alice, fresh)
    assert [row["state"] for row in versions_of_plan(exchange)] == ["PROPOSED", "COUNTERED", "PROPOSED", "ACCEPTED"]
    assert [row.reply for row in replies(exchange)] == ["COUNTERED", "ACCEPTED"]
    assert told(exchange, NoticeKind.PLAN_OFFERED) == [None, None]


def test_a_counter_offer_is_sealed_and_its_author_reads_it(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    counter(exchange, alice, made)
    (reply,) = replies(exchange)
    assert "wages" not in repr(reply) and "wages" not in repr(entries(exchange)[-1].fields)
    newest, oldest = view_plan(exchange.services, alice, made.plan_id).steps
    assert (newest.author, newest.state, newest.words) == (
        Author.BORROWER, PlanState.COUNTERED, "I get my wages on the 10th.",
    )  # fmt: skip
    assert newest.counter and newest.counter.instalments == 5 and newest.counter.total
    assert newest.counter.total.minor == 100_000
    assert (oldest.author, oldest.words) == (Author.FURNISHER, None)


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        (replace(WANTED, instalments=0), {"instalments"}),
        (replace(WANTED, instalments=601, amount_minor=1), {"instalments"}),
        (replace(WANTED, amount_minor=0), {"amount"}),
        (replace(WANTED, amount_minor=25_001), {"amount"}),
        (replace(WANTED, first_due_on=date(2026, 6, 1)), {"first_due_on"}),
        (replace(WANTED, first_due_on=date(2027, 7, 1)), {"first_due_on"}),
        (CounterOffer(0, 0, date(2020, 1, 1)), {"instalments", "amount", "first_due_on"}),
    ],
)
def test_a_counter_offer_out_of_bounds_is_not_taken(
    exchange: Exchange, bank: Bank, alice: Borrower, wanted: CounterOffer, fields: set[str]
) -> None:
    made = offer(bank)
    with pytest.raises(CounterNotValid) as fault:
        counter_offer(exchange.services, alice, made, wanted)
    assert set(fault.value.faults) == fields
    assert (plan_now(exchange)["state"], replies(exchange)) == ("PROPOSED", [])


def test_words_about_what_may_not_be_kept_are_asked_about_first(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    words = "I have cancer."
    with pytest.raises(SensitiveWords):
        refuse_plan(exchange.services, alice, made, words)
    assert plan_now(exchange)["state"] == "PROPOSED"
    refuse_plan(exchange.services, alice, made, words, keep_words=True)
    assert plan_now(exchange)["state"] == "REJECTED"


def test_the_lender_and_the_agency_under_whose_mandate_it_is_are_told_and_no_other(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    collector, other = agency(exchange), agency(exchange, "agency-b")
    report_account(bank)
    for_one = {**MANDATE, "portfolio": None, "accountReferences": ["R-1"]}
    given = payload(send(bank, "recordMandate", mandate=("MandateInput!", for_one)))
    made = offer_by(collector, given["recordId"])
    accept(exchange, alice, made)
    assert sorted(map(str, told(exchange, NoticeKind.PLAN_REPLIED))) == sorted([bank.member_id, collector.member_id])
    assert other.member_id not in told(exchange, NoticeKind.PLAN_REPLIED)


@pytest.mark.parametrize("portfolio", [None, "cards 2025"])
def test_an_agency_whose_mandate_has_ended_learns_nothing_of_the_answer(
    exchange: Exchange, bank: Bank, alice: Borrower, portfolio: str | None
) -> None:
    collector = agency(exchange)
    report_account(bank)
    references = [] if portfolio else ["R-1"]
    given = payload(
        send(
            bank,
            "recordMandate",
            mandate=("MandateInput!", {**MANDATE, "portfolio": portfolio, "accountReferences": references}),
        )
    )
    made = offer_by(collector, given["recordId"])
    refuse_plan(exchange.services, alice, made, "My hours were cut.")
    read = request_of(collector.member_id)
    (seen,) = fetch_plan_replies(exchange.services, read, 10, None, waiting=False).replies
    assert seen.words == "My hours were cut."
    assert entries(exchange)[-1].fields["act"] == "plan_reply_read"

    again = offer_by(collector, given["recordId"], reference="P-2")
    assert not payload(send(bank, "endMandate", reference=("String!", MANDATE["reference"])))["userErrors"]
    accept(exchange, alice, again)
    assert told(exchange, NoticeKind.PLAN_REPLIED).count(collector.member_id) == 1  # of the first offer alone
    assert told(exchange, NoticeKind.PLAN_REPLIED).count(bank.member_id) == 2
    after = fetch_plan_replies(exchange.services, read, 10, None, waiting=False)
    assert (after.replies, after.total) == ((), 0)


def offer_by(collector: Bank, mandate_id: str, **changes: Any) -> Offer:
    made = report(collector, PLAN, options=[THREE, LATER], answerBy="2026-06-15", mandateId=mandate_id, **changes)
    assert made["changed"], made
    return Offer(UUID(made["recordId"]), made["version"])


def test_what_was_accepted_is_reported_on_but_not_changed(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    agreed = plan_now(exchange)
    exchange.later(minutes=1)
    other = [[day, amount - 1, None] for day, amount, _ in agreed["schedule"]]
    wrong: dict[str, dict[str, Any]] = {
        "chosenOption": {"chosenOption": 1, "schedule": [{"dueOn": "2026-12-01", "amountMinor": 90_000}]},
        "schedule": {"schedule": [{"dueOn": day, "amountMinor": amount} for day, amount, _ in other]},
        "waivedMinor": {"waivedMinor": 1},
        "acceptedOn": {"acceptedOn": "2026-05-20"},
        "reportingTreatment": {"reportingTreatment": "MARK_RESTRUCTURED"},
        "stopCollectionUntil": {"stopCollectionUntil": "2026-06-30"},
    }
    for field, changes in wrong.items():
        for correction in (None, "FURNISHER_ERROR"):
            told_ = report_kept(bank, agreed, correction=correction, **changes)
            assert ("plan", field, "PLAN_AGREED") in codes(told_), (field, told_)
    assert plan_now(exchange)["version"] == 2
    assert report_kept(bank, agreed, stopCollectionUntil="2027-01-01")["version"] == 3


@pytest.mark.parametrize("reason", ["DISPUTE", "COURT"])
def test_what_was_accepted_is_taken_back_only_for_a_dispute_or_a_court(
    exchange: Exchange, bank: Bank, alice: Borrower, reason: str
) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    exchange.later(minutes=1)
    assert codes(withdrawn(bank)) == {("reference", "PLAN_AGREED")}
    gone = report(bank, PLAN, state="WITHDRAWN", endedOn=exchange.clock.now().date().isoformat())
    assert ("plan", "state", "PLAN_AGREED") in codes(gone)
    assert stopped(exchange, bank, exchange.clock.now().date())
    assert withdrawn(bank, reason)["changed"]
    assert told(exchange, NoticeKind.PLAN_ENDED) == [None]


def test_an_offer_that_was_not_answered_may_be_taken_back(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    exchange.later(minutes=1)
    assert withdrawn(bank)["changed"]
    assert list_plans(exchange.services, alice) == ()
    with pytest.raises(BadRequest, match="no such plan"):
        accept(exchange, alice, made)
    assert told(exchange, NoticeKind.PLAN_ENDED) == [None]


def test_payments_are_reported_until_the_plan_is_kept_to_its_end(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    agreed = plan_now(exchange)
    exchange.later(days=32)
    assert standing(exchange, alice, made) is PlanStanding.NOT_REPORTED
    paid = [[day, amount, 40_000 if n == 0 else None] for n, (day, amount, _) in enumerate(agreed["schedule"])]
    assert report_kept(bank, {**agreed, "schedule": paid})["changed"]
    assert standing(exchange, alice, made) is PlanStanding.ON_TRACK
    done = [[day, amount, amount] for day, amount, _ in agreed["schedule"]]
    today = exchange.clock.now().date()
    ended = {"endedOn": today.isoformat(), "stopCollectionUntil": today.isoformat()}
    assert report_kept(bank, {**agreed, "schedule": done}, state="COMPLETED", **ended)["changed"]
    assert standing(exchange, alice, made) is None
    assert told(exchange, NoticeKind.PLAN_ENDED) == [None]
    assert stopped(exchange, bank, today + timedelta(days=400))


def test_after_a_completed_plan_new_arrears_may_be_collected_and_old_ones_not(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    agreed = plan_now(exchange)
    today = exchange.clock.now().date()
    done = {**agreed, "schedule": [[day, amount, amount] for day, amount, _ in agreed["schedule"]]}
    ended = {"endedOn": today.isoformat(), "stopCollectionUntil": today.isoformat()}
    report_kept(bank, done)
    report_kept(bank, done, state="COMPLETED", **ended)
    (key,) = agreed["account_keys"]
    began = {"cured_on": None, "ended_on": None}
    exchange.delinquency(alice.subject_key, key, bank.member_id, first_delinquent_on=date(2026, 3, 1), **began)
    assert stopped(exchange, bank, today)
    exchange.delinquency(alice.subject_key, key, bank.member_id, first_delinquent_on=date(2026, 9, 1), **began)
    assert not stopped(exchange, bank, date(2026, 9, 15))


def test_a_broken_plan_stops_collection_no_longer(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    accept(exchange, alice, made)
    agreed = plan_now(exchange)
    exchange.later(days=40)
    report_kept(bank, agreed)
    today = exchange.clock.now().date()
    ended = {"endedOn": today.isoformat(), "stopCollectionUntil": today.isoformat()}
    assert stopped(exchange, bank, today)
    assert report_kept(bank, agreed, state="BROKEN", **ended)["changed"]
    assert not stopped(exchange, bank, today)


def test_an_offer_past_its_last_day_ends_in_the_daily_pass(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    assert expire_plans(exchange.services, "clocks") == 0
    exchange.clock.instant = exchange.clock.instant.replace(month=6, day=16, hour=20)
    before = entry_count(exchange)
    assert expire_plans(exchange.services, "clocks") == 1
    ended = plan_now(exchange)
    assert (ended["state"], ended["reason"], ended["contributor"]) == ("EXPIRED", "EXCHANGE", bank.member_id)
    assert ended["ended_on"] == date(2026, 6, 16)
    assert entries(exchange)[-1].fields["act"] == "plan_expired"
    assert sorted(map(str, told(exchange, NoticeKind.PLAN_ENDED))) == ["None", bank.member_id]
    assert (expire_plans(exchange.services, "clocks"), entry_count(exchange)) == (0, before + 1)
    with pytest.raises(BadRequest, match="not open"):
        accept(exchange, alice, replace(made, version=2))


def test_the_pass_ends_no_plan_that_was_answered(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    accept(exchange, alice, offer(bank))
    exchange.later(days=60)
    assert expire_plans(exchange.services, "clocks") == 0
    assert plan_now(exchange)["state"] == "ACCEPTED"


def services_with_deadline(exchange: Exchange) -> Services:
    """The services under a law that sets ten days for the answer to a counter-offer."""
    pack, today = exchange.services.pack, exchange.clock.now().date()
    known = deadline(pack, Act.FURNISH_DISPUTE, today)
    assert known
    rule = replace(known, id="test.plan", applies=replace(known.applies, act=Act.ANSWER_PLAN), terms=Deadline(10))
    return replace(exchange.services, pack=replace(pack, rules=(*pack.rules, rule)))


def clocks(exchange: Exchange, alice: Borrower, made: Offer) -> list[RunningClock]:
    with exchange.engine.connect() as connection:
        return clocks_about(connection, alice.subject_key, made.plan_id)


def test_no_clock_runs_where_no_law_sets_a_time(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    counter(exchange, alice, made)
    assert clocks(exchange, alice, made) == []


def test_a_counter_offer_starts_the_clock_of_the_member_and_its_next_offer_meets_it(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    counter_offer(services_with_deadline(exchange), alice, made, WANTED)
    (clock,) = clocks(exchange, alice, made)
    assert (clock.kind, clock.member_id, clock.rule, clock.met_at) == (
        ClockKind.PLAN_ANSWER, bank.member_id, "test.plan", None,
    )  # fmt: skip
    assert clock.due_at == exchange.clock.now() + timedelta(days=10)
    exchange.later(days=1)
    offer(bank)
    (clock,) = clocks(exchange, alice, made)
    assert clock.met_at == exchange.clock.now()


def test_a_borrower_who_gives_up_waits_no_longer(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    counter_offer(services_with_deadline(exchange), alice, made, WANTED)
    refuse(exchange, alice, replace(made, version=2))
    (clock,) = clocks(exchange, alice, made)
    assert clock.met_at == exchange.clock.now()


def test_an_offer_does_not_expire_while_the_member_owes_an_answer(
    exchange: Exchange, bank: Bank, alice: Borrower
) -> None:
    made = offer(bank)
    counter_offer(services_with_deadline(exchange), alice, made, WANTED)
    exchange.later(days=60)
    assert expire_plans(exchange.services, "clocks") == 0
    assert plan_now(exchange)["state"] == "COUNTERED"


def test_plans_that_wait_for_an_answer_come_first(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    first = offer(bank)
    exchange.later(minutes=1)
    second = offer(bank, reference="P-2", proposedOn="2026-05-20")
    refuse(exchange, alice, second)
    shown = list_plans(exchange.services, alice)
    assert [(each.plan.plan_id, each.awaits_answer) for each in shown] == [
        (first.plan_id, True), (second.plan_id, False),
    ]  # fmt: skip


@pytest.mark.parametrize("_round", range(3))
def test_of_an_acceptance_and_a_withdrawal_the_first_to_commit_holds(
    exchange: Exchange, bank: Bank, alice: Borrower, _round: int
) -> None:
    """Either the plan is agreed and not withdrawn, or it is withdrawn and not agreed; never both, never neither."""
    made = offer(bank)
    exchange.later(minutes=1)
    fresh(bank)
    worker = exchange.another_worker()

    def accepts() -> bool:
        try:
            accept_option(exchange.services, alice, made, 0)
        except BadRequest:
            return False
        return True

    def withdraws() -> bool:
        today = exchange.clock.now().date().isoformat()
        sound = {"options": [THREE, LATER], "answerBy": "2026-06-15", "daysPastDueBefore": 45}
        changes = {**sound, "state": "WITHDRAWN", "endedOn": today, "client": worker}
        return bool(report(bank, PLAN, **changes)["changed"])

    with ThreadPoolExecutor(2) as pool:
        won = [pool.submit(act) for act in ((accepts, withdraws) if _round % 2 else (withdraws, accepts))]
        outcomes = [each.result() for each in won]
    assert outcomes.count(True) == 1
    (final,) = [row for row in versions(exchange, PLAN) if row["superseded_at"] is None]
    accepted = (outcomes if _round % 2 else outcomes[::-1])[0]
    assert final["state"] == ("ACCEPTED" if accepted else "WITHDRAWN")
    assert (final["version"], len(replies(exchange))) == (2, int(accepted))


def test_of_many_acceptances_at_once_one_is_taken(exchange: Exchange, bank: Bank, alice: Borrower) -> None:
    made = offer(bank)
    exchange.later(minutes=1)

    def accepts(option: int) -> bool:
        try:
            accept_option(exchange.services, alice, made, option % 2)
        except BadRequest:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(accepts, range(6))).count(True) == 1
    assert (len(replies(exchange)), len(versions_of_plan(exchange))) == (1, 2)
