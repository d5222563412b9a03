"""An exchange whose borrowers have full files, as a report of a grown-up borrower has: eight accounts of 24 months at
three lenders, five contacts about debts, two repayment plans, and five looks of others before."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any

from sqlalchemy import text

from benchmarks.bare_service import known_selection
from benchmarks.running_exchange import READER, Borrower, RunningExchange, made_up_exchange, running
from exchange.clock import SystemClock
from exchange.demonstration.population import MadeUpAccount, made_up_accounts
from exchange.handover import Caller, OneTime
from exchange.intake.noun_records import CollectionRecord, Instalment, NounRecord, PlanOption, PlanRecord
from exchange.intake.synthetic_identity import synthetic_identity
from exchange.journeys.answer_query import answer_query
from exchange.journeys.describe_look import Asked, Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.report_record import Reported, report_record
from exchange.journeys.services import Services
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import Scope

ACCOUNTS, CONTACTS, PLANS, LOOKS = 8, 5, 2, 5
BASIS = "cn.cir.13"
PATTERN_BORROWERS = 1_000
CATCH_UP_SECONDS_MAX = 30
PENDING = text("SELECT EXISTS (SELECT 1 FROM log_pending)")
FORGET_LATER_LOOKS = text("DELETE FROM inquiry WHERE asked_at > :then")


@contextmanager
def full_exchange(borrowers: int, accounts: Sequence[int] = (ACCOUNTS,), **changes: Any) -> Iterator[RunningExchange]:
    """Such an exchange, its integrator running meanwhile. `accounts`: how many borrowers have, by turns."""
    make = partial(full_accounts, numbers=accounts)
    with made_up_exchange(borrowers, make, **changes) as exchange, running(exchange.integrator()):
        references = _references(make(borrowers, exchange.services.clock.now().date()))
        for borrower in exchange.borrowers:
            for lender, record in _records(references[borrower.document.id_number]):
                _report(exchange.services, lender, borrower.document, record)
            for _ in range(LOOKS):
                _look(exchange.services, borrower)
        yield exchange


class LaterLooks:
    """Puts away the looks that a round left in the borrowers' files, so that every round meets the same files."""

    def __init__(self, exchange: RunningExchange) -> None:
        self._engine = exchange.services.engine
        self._then = SystemClock().now()

    def forget(self) -> None:
        """What was looked at since this was made is in nobody's file any more; the log keeps it, and has caught up."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
            while connection.scalar(PENDING):
                if time.monotonic() > deadline:
                    raise SystemExit("The integrator does not keep up: a round would pay for the one before it.")
                time.sleep(0.1)
            connection.execute(FORGET_LATER_LOOKS, {"then": self._then})
            connection.execute(text("VACUUM (ANALYZE) inquiry, one_time, consent, subject_sequence"))


def full_accounts(borrowers: int, newest_month: date, numbers: Sequence[int] = (ACCOUNTS,)) -> Iterator[MadeUpAccount]:
    """So many accounts for each borrower by turns, with the histories of the demonstration's population."""
    patterns = cycle(list(made_up_accounts(PATTERN_BORROWERS, newest_month)))
    for number in range(borrowers):
        borrower = synthetic_identity("full-file", str(number), "CN", "Asia/Shanghai", "zh-Hans")
        for position in range(numbers[number % len(numbers)]):
            pattern = next(patterns)
            yield replace(pattern, borrower=borrower, reference=f"F{number:06d}-{position}")


def _references(accounts: Iterable[MadeUpAccount]) -> dict[str, list[tuple[str, str]]]:
    """By id number, the borrower's accounts: lender and reference."""
    found: dict[str, list[tuple[str, str]]] = {}
    for account in accounts:
        found.setdefault(account.borrower.id_number, []).append((account.lender, account.reference))
    return found


def _records(accounts: list[tuple[str, str]]) -> Iterator[tuple[str, NounRecord]]:
    for number, (lender, account) in zip(range(CONTACTS), cycle(accounts), strict=False):
        yield lender, _contact(f"C-{account}-{number}", account, number)
    for number, (lender, account) in zip(range(PLANS), cycle(accounts), strict=False):
        yield lender, _plan(f"P-{account}-{number}", account, number)


def _contact(reference: str, account: str, number: int) -> CollectionRecord:
    started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30 * number + 9)
    promised = {"promised_minor": 120_000, "promised_currency": "CNY", "promised_on": started_at.date()}
    kept = number % 2 == 0
    return CollectionRecord(
        reference=reference,
        account_references=(account,),
        agent=f"agent-{number}",
        stage=CollectionStage.PHONE,
        channel=ContactChannel.VOICE_HUMAN,
        direction=ContactDirection.OUTBOUND,
        target=ContactTarget.DEBTOR,
        started_at=started_at,
        result=ContactResult.PROMISE_TO_PAY if kept else ContactResult.NO_ANSWER,
        duration_seconds=95 + number,
        **({**promised, "promise_kept": True} if kept else {}),
    )


def _plan(reference: str, account: str, number: int) -> PlanRecord:
    proposed_on = datetime.now(UTC).date() - timedelta(days=200 + 60 * number)
    offers = tuple(PlanOption(PlanType.INSTALMENT, count, 600_000 // count, 600_000) for count in (6, 12))
    due = [proposed_on + timedelta(days=30 * (month + 1)) for month in range(6)]
    return PlanRecord(
        reference=reference,
        account_references=(account,),
        plan_type=PlanType.INSTALMENT,
        state=PlanState.ACTIVE if number == 0 else PlanState.COMPLETED,
        currency="CNY",
        options=offers,
        reporting_treatment=ReportingTreatment.KEEP_STATUS,
        proposed_on=proposed_on,
        chosen_option=0,
        schedule=tuple(Instalment(day, 100_000, 100_000) for day in due),
        accepted_on=proposed_on + timedelta(days=5),
        ended_on=due[-1] if number else None,
    )


def _report(services: Services, lender: str, document: Document, record: NounRecord) -> None:
    written = report_record(services, _request(lender), Reported(document, record, BASIS))
    if written.faults:
        raise SystemExit(f"A made-up record was refused: {written.faults}.")


def _look(services: Services, borrower: Borrower) -> None:
    staff = ("s-17", "Lin Mei")
    asked = Asked(borrower.document, Purpose.LOAN_APPROVAL, borrower.consent_id, staff, known_selection())
    answer_query(services, _request(READER), asked)


def _request(member_id: str) -> Request:
    """One that comes from no client: its proof is made up, and counts once."""
    once = OneTime("proof", os.urandom(32), datetime.now(UTC) + timedelta(minutes=1))
    return Request(Caller(member_id, frozenset(Scope), os.urandom(8).hex(), "", once), os.urandom(32), [])
