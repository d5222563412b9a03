"""Many collectors ask for the last contact of a day, on four workers at once: one of them has leave.

100 rounds in the suite; `make races` (or OPENBUREAU_CLEARANCE_ROUNDS=1000) runs more.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from openbureau_client.session import Session
from sqlalchemy import text

from benchmarks.clearances import put_at_noon
from benchmarks.processes import connections_to, workers_of
from benchmarks.running_exchange import READER, Command, RunningExchange, made_up_exchange, running, wait_until_ready
from exchange.demonstration.members import KEY_ID, member_key
from exchange.handover import Member
from exchange.journeys.manage_members import register_member
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope

ROUNDS = int(os.environ.get("OPENBUREAU_CLEARANCE_ROUNDS", "100"))
WORKERS = 4
AGENCIES = [f"agency-{n}" for n in range(6)]
CONNECTIONS_MAX = 64
ASK = """mutation ($subject: SubjectInput!, $action: ContactInput!) {
  requestContactClearance(subject: $subject, action: $action) {
    clearance { id granted reasons { code } } userErrors { path code } } }"""
RECORD = """mutation ($subject: SubjectInput!, $action: CollectionActionInput!) {
  recordCollectionAction(subject: $subject, action: $action, basis: "cn.cir.13") {
    changed notes { code } userErrors { path code } } }"""
MANDATE = """mutation ($mandate: MandateInput!) {
  recordMandate(mandate: $mandate) { recordId userErrors { path code } } }"""


@dataclass(slots=True)
class Race:
    """A borrower who is late with one account of READER's, and all who may collect from them."""

    exchange: RunningExchange
    subject: dict[str, str]
    reference: str
    collectors: list[tuple[Session, str | None]]
    numbers: Iterator[int]

    def ask(self, collector: tuple[Session, str | None]) -> dict[str, Any]:
        session, mandate = collector
        action = {**self._contact(mandate), "stage": "REMINDER"}
        return self._told(session, ASK, action, "requestContactClearance")["clearance"]

    def record(self, collector: tuple[Session, str | None], clearance: str) -> set[str]:
        session, mandate = collector
        action = {
            **self._contact(mandate), "reference": f"C-{next(self.numbers)}", "agent": "a-1", "stage": "REMINDER",
            "direction": "OUTBOUND", "clearanceId": clearance, "startedAt": datetime.now(UTC).isoformat(),
            "result": "EFFECTIVE",
        }  # fmt: skip
        return {note["code"] for note in self._told(session, RECORD, action, "recordCollectionAction")["notes"]}

    def _contact(self, mandate: str | None) -> dict[str, Any]:
        named = {"accountReferences": [self.reference], "mandateId": mandate}
        return {**named, "channel": "VOICE_HUMAN", "target": "DEBTOR", "contact": "+8613800138000"}

    def _told(self, session: Session, query: str, action: dict[str, Any], name: str) -> dict[str, Any]:
        told = session.mutate(query, {"subject": self.subject, "action": action}).data[name]
        assert told["userErrors"] == []
        return dict(told)

    def sql(self, statement: str, **values: Any) -> Any:
        with self.exchange.services.transaction() as connection:
            return connection.execute(text(statement), values)


@contextmanager
def a_race() -> Iterator[Race]:
    """Four workers, and sessions of every collector that reach them all."""
    with made_up_exchange(1, workers=WORKERS) as exchange, running(exchange.server()) as serving, ExitStack() as left:
        wait_until_ready(exchange.settings.issuer)
        register_agencies(exchange)
        document = exchange.borrowers[0].document
        subject = {"idType": document.id_type, "country": document.country, "idNumber": document.id_number}
        lender = left.enter_context(session_of(exchange, READER))
        race = Race(exchange, subject, "RACE-1", [], count())
        report_late_account(lender, race)
        sessions = [(lender, None)]
        for agency in AGENCIES:
            sessions.append((left.enter_context(session_of(exchange, agency)), give_mandate(lender, agency)))
        race.collectors = with_every_worker(exchange, serving, sessions, left)
        put_at_noon(exchange)
        yield race


def register_agencies(exchange: RunningExchange) -> None:
    collecting = frozenset({Scope.COLLECTION_WRITE, Scope.CONTACT_CLEAR})
    for agency in AGENCIES:
        key = member_key(exchange.settings.home, agency)
        jwks = {"keys": [{**key.as_dict(private=False), "kid": KEY_ID, "use": "sig", "alg": "Ed25519"}]}
        member = Member(
            agency, agency, MemberClass.COLLECTION_AGENCY, f"L-{agency}", MemberStatus.ACTIVE,
            ContributionLevel.INQUIRY_ONLY, collecting, jwks,
        )  # fmt: skip
        register_member(exchange.services, member, "test")


def session_of(exchange: RunningExchange, member: str) -> Session:
    settings = exchange.settings
    return Session(settings.issuer, member, member_key(settings.home, member), KEY_ID)


def give_mandate(lender: Session, agency: str) -> str:
    today = datetime.now(UTC).date()
    mandate = {
        "reference": f"M-{agency}", "agency": agency, "portfolio": "all", "channels": ["VOICE_HUMAN"],
        "startsOn": today.replace(month=1, day=1).isoformat(), "endsOn": today.replace(month=12, day=31).isoformat(),
        "evaluationDueOn": today.replace(month=12, day=31).isoformat(),
    }  # fmt: skip
    told = lender.mutate(MANDATE, {"mandate": mandate}).data["recordMandate"]
    assert told["userErrors"] == []
    return str(told["recordId"])


def report_late_account(lender: Session, race: Race) -> None:
    """One of the borrower's accounts gets a reference that we know."""
    told = lender.mutate(
        """mutation ($subject: SubjectRecordInput!, $account: AccountInput!) {
          reportAccount(subject: $subject, account: $account, delinquencies: [], basis: "cn.cir.13") {
            userErrors { path code message } } }""",
        {
            "subject": {**race.subject, "names": ["王芳"]},
            "account": {
                "reference": race.reference, "portfolio": "INSTALMENT", "product": "CONSUMER_LOAN", "state": "NORMAL",
                "openedOn": "2024-06-01", "reportedOn": datetime.now(UTC).date().isoformat(), "currency": "CNY",
                "originalAmountMinor": 100_000, "balanceMinor": 60_000,
            },
        },
    )  # fmt: skip
    assert told.data["reportAccount"]["userErrors"] == []


def with_every_worker(
    exchange: RunningExchange, serving: Command, sessions: Sequence[tuple[Session, str | None]], left: ExitStack
) -> list[tuple[Session, str | None]]:
    """More sessions of the same collectors, until every worker holds a connection of two of them."""
    workers, collectors = workers_of(serving), list(sessions)
    assert len(workers) == WORKERS
    for session, _ in sessions:
        session.graphql("{ rateLimit { limit } }")
    while min(connections_to(worker, exchange.settings.bind_port) for worker in workers) < 2:
        assert len(collectors) < CONNECTIONS_MAX, "some workers take all connections"
        old, mandate = sessions[len(collectors) % len(sessions)]
        collectors.append((left.enter_context(session_of(exchange, old.client_id)), mandate))
        collectors[-1][0].graphql("{ rateLimit { limit } }")
    return collectors


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with a_race() as race:
        yield race


def at_once(pool: ThreadPoolExecutor, race: Race, act: Callable[[Any], Any]) -> list[Any]:
    return list(pool.map(act, race.collectors))


def start_day(race: Race, contacts_left: int) -> None:
    """Nothing was done today, but for the contacts that leave so many."""
    race.sql("DELETE FROM contact_clearance")
    race.sql("DELETE FROM collection_action")
    for _ in range(3 - contacts_left):
        leave = race.ask(race.collectors[0])
        assert leave["granted"]
        assert race.record(race.collectors[0], leave["id"]) == set()


def test_of_all_who_race_for_the_last_contact_of_the_day_one_has_leave(race: Race) -> None:
    start_day(race, contacts_left=1)
    with ThreadPoolExecutor(len(race.collectors)) as pool:
        for number in range(ROUNDS):
            told = at_once(pool, race, race.ask)
            granted = {leave["id"] for leave in told if leave["granted"]}
            assert len(granted) == 1, f"round {number}"  # whoever asks twice is given the same clearance
            denied = Counter(reason["code"] for leave in told for reason in leave["reasons"])
            assert set(denied) == {"CONTACT_TOO_OFTEN"}, f"round {number}"
            open_ones = race.sql("DELETE FROM contact_clearance WHERE granted AND used_at IS NULL")
            assert open_ones.rowcount == 1, f"round {number}"
    dense = race.sql("SELECT count(*) = max(sequence) AND count(DISTINCT sequence) = count(*) FROM log_opening "
                     "WHERE subject_key = (SELECT subject_key FROM subject)")  # fmt: skip
    assert dense.scalar_one()


def test_a_clearance_that_is_used_on_four_workers_at_once_is_used_by_one_contact(race: Race) -> None:
    race.sql("DELETE FROM contact_clearance")
    lender = [(session, mandate) for session, mandate in race.collectors if mandate is None]
    with ThreadPoolExecutor(2 * WORKERS) as pool:
        for number in range(max(1, ROUNDS // 10)):
            start_day(race, contacts_left=3)
            leave = race.ask(lender[0])
            noted = list(pool.map(lambda n, leave=leave: race.record(lender[n % len(lender)], leave["id"]), range(8)))
            assert Counter(map(frozenset, noted)) == {frozenset(): 1, frozenset({"CLEARANCE_USED"}): 7}, number
            used = race.sql("SELECT count(*) FROM contact_clearance WHERE action_key IS NOT NULL").scalar_one()
            assert used == 1
            race.sql("DELETE FROM contact_breach")
