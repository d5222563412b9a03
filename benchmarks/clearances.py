"""How many clearances a second: all about one borrower, who has them decided one after the other, and about many.

python -m benchmarks.clearances [--seconds 8] [--borrowers 50] [--askers 8] [--workers 2]
"""

import argparse
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from typing import Any

from openbureau_client.session import Session
from sqlalchemy import text

from benchmarks.running_exchange import RunningExchange, made_up_exchange, running, session_of, wait_until_ready

ASK = """mutation ($subject: SubjectInput!, $action: ContactInput!) {
  requestContactClearance(subject: $subject, action: $action) { clearance { id granted } userErrors { code } } }"""
REPORT = """mutation ($subject: SubjectRecordInput!, $account: AccountInput!) {
  reportAccount(subject: $subject, account: $account, delinquencies: [], basis: "cn.cir.13") {
    userErrors { code } } }"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clearances", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--borrowers", type=int, default=50)
    parser.add_argument("--askers", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    with made_up_exchange(chosen.borrowers, workers=chosen.workers) as exchange, ExitStack() as left:
        left.enter_context(running(exchange.server()))
        wait_until_ready(exchange.settings.issuer)
        sessions = [left.enter_context(session_of(exchange)) for _ in range(chosen.askers)]
        subjects = [subject_of(exchange, place) for place in range(chosen.borrowers)]
        for place, subject in enumerate(subjects):
            report(sessions[0], subject, f"BENCH-{place}")
        put_at_noon(exchange)
        for label, several in (("one borrower", 1), (f"{chosen.borrowers} borrowers", chosen.borrowers)):
            for askers in (1, chosen.askers):
                asked = ask_for(sessions[:askers], subjects[:several], chosen.seconds)
                rate, middle = len(asked) / chosen.seconds, median(asked) * 1000
                print(f"{label:14}{askers:3} askers {rate:8.0f} clearances/s {middle:8.2f} ms in the middle")


def subject_of(exchange: RunningExchange, place: int) -> dict[str, str]:
    document = exchange.borrowers[place].document
    return {"idType": document.id_type, "country": document.country, "idNumber": document.id_number}


def put_at_noon(exchange: RunningExchange) -> None:
    """Every borrower lives where it is noon: no night and no end of a day comes meanwhile."""
    east = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{-east:+d}" if east else "Etc/UTC"
    with exchange.services.transaction() as connection:
        connection.execute(text("UPDATE subject SET time_zone = :zone"), {"zone": zone})


def report(session: Session, subject: dict[str, str], reference: str) -> None:
    account = {
        "reference": reference, "portfolio": "INSTALMENT", "product": "CONSUMER_LOAN", "state": "NORMAL",
        "openedOn": "2024-06-01", "reportedOn": time.strftime("%Y-%m-%d", time.gmtime()), "currency": "CNY",
        "originalAmountMinor": 100_000, "balanceMinor": 60_000,
    }  # fmt: skip
    told = session.mutate(REPORT, {"subject": {**subject, "names": ["王芳"]}, "account": account})
    assert told.data is not None and not told.data["reportAccount"]["userErrors"], told.errors


def ask_for(sessions: Sequence[Session], subjects: Sequence[dict[str, str]], seconds: float) -> list[float]:
    """The seconds of each question that was answered meanwhile. Each is for another number, so each is decided, kept
    and logged; once a borrower's day is full, as a denial.
    """
    taken: list[float] = []
    until = time.monotonic() + seconds

    def keep_asking(asker: int) -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            place = (number * len(sessions) + asker) % len(subjects)
            started = time.monotonic()
            answer = sessions[asker].graphql(ASK, variables(subjects[place], place, asker, number))
            assert answer.data is not None and not answer.data["requestContactClearance"]["userErrors"], answer.errors
            taken.append(time.monotonic() - started)

    threads = [threading.Thread(target=keep_asking, args=(asker,)) for asker in range(len(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def variables(subject: dict[str, str], place: int, asker: int, number: int) -> dict[str, Any]:
    contact = f"+86{asker:03}{number:08}"
    action = {
        "accountReferences": [f"BENCH-{place}"], "stage": "REMINDER", "channel": "VOICE_HUMAN", "target": "DEBTOR",
        "contact": contact,
    }  # fmt: skip
    return {"subject": subject, "action": action}


if __name__ == "__main__":
    main()
