"""A withdrawal holds in every worker at once: none answers from what it remembers."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from openbureau_client.refusals import Refused
from openbureau_client.report import CreditReport
from openbureau_client.session import Session
from sqlalchemy import text

from benchmarks.processes import connections_to, workers_of
from benchmarks.running_exchange import (
    Borrower,
    Command,
    RunningExchange,
    made_up_exchange,
    running,
    session_of,
    wait_until_ready,
)

CONNECTIONS_MAX = 64


@contextmanager
def sessions_with_every_worker(exchange: RunningExchange, serving: Command) -> Iterator[list[Session]]:
    """Sessions whose kept connections reach both workers, several each."""
    settings, workers = exchange.settings, workers_of(serving)
    assert len(workers) == 2
    sessions: list[Session] = []
    with ExitStack() as open_sessions:
        while min(connections_to(worker, settings.bind_port) for worker in workers) < 2:
            assert len(sessions) < CONNECTIONS_MAX, "one worker takes all connections"
            sessions.append(open_sessions.enter_context(session_of(exchange)))
            assert ask(sessions[-1], exchange.borrowers[0]).disclosure.consent_use == len(sessions)
        yield sessions


def ask(session: Session, borrower: Borrower) -> CreditReport:
    document = borrower.document
    whose = (document.id_type, document.country, document.id_number)
    return session.report(*whose, "LOAN_APPROVAL", str(borrower.consent_id), "s-17", "Lin Mei")


def withdraw(exchange: RunningExchange, borrower: Borrower) -> None:
    """As an operator does it, in a process of its own."""
    chosen = {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_ID_NUMBER": borrower.document.id_number}
    command = [sys.executable, "-m", "exchange.cli", "consent", "withdraw", str(borrower.consent_id)]
    subprocess.run(command, check=True, env={**os.environ, **chosen}, capture_output=True)


def granted_looks(exchange: RunningExchange, borrower: Borrower) -> int:
    with exchange.services.connection() as connection:
        counted = text("SELECT count(*) FROM inquiry WHERE granted AND consent_id = :consent_id")
        return int(connection.scalar(counted, {"consent_id": borrower.consent_id}) or 0)


def test_a_withdrawn_consent_is_answered_by_no_worker_from_that_moment_on() -> None:
    with made_up_exchange(2) as exchange, running(exchange.server()) as serving:
        wait_until_ready(exchange.settings.issuer)
        withdrawn, other = exchange.borrowers
        with sessions_with_every_worker(exchange, serving) as sessions:
            withdraw(exchange, withdrawn)
            looks = granted_looks(exchange, withdrawn)
            for session in sessions:
                with pytest.raises(Refused) as refusal:
                    ask(session, withdrawn)
                assert refusal.value.code == "CONSENT_REVOKED"
                assert refusal.value.receipt  # the refusal is in the log
                assert ask(session, other).accounts
            assert granted_looks(exchange, withdrawn) == looks == len(sessions)


def test_no_question_sent_after_the_withdrawal_is_answered_while_many_are_under_way() -> None:
    with made_up_exchange(2) as exchange, running(exchange.server()) as serving:
        wait_until_ready(exchange.settings.issuer)
        borrower = exchange.borrowers[0]
        answered: list[float] = []
        refused: list[float] = []
        stop = threading.Event()

        def keep_asking(session: Session) -> None:
            while not stop.is_set():
                sent_at = time.monotonic()
                try:
                    ask(session, borrower)
                    answered.append(sent_at)
                except Refused as refusal:
                    assert refusal.code == "CONSENT_REVOKED"
                    refused.append(sent_at)

        with sessions_with_every_worker(exchange, serving) as sessions:
            asking = [threading.Thread(target=keep_asking, args=(session,)) for session in sessions[:6]]
            for thread in asking:
                thread.start()
            withdraw(exchange, borrower)
            withdrawn_at = time.monotonic()
            while len([sent_at for sent_at in refused if sent_at > withdrawn_at]) < 12:
                time.sleep(0.01)
            stop.set()
            for thread in asking:
                thread.join()
        assert answered
        assert max(answered) < withdrawn_at
        assert granted_looks(exchange, borrower) == len(sessions) + len(answered)
