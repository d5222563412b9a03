"""A stop, or a plan that is agreed, among many who ask for leave: whichever commits first holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from typing import Any

import pytest
from clearing import clearances, clearer, send_clearance
from factories import Bank, Exchange
from reporting import report, report_account
from traces import entries

from exchange.handover import Borrower
from exchange.journeys.contact_wishes import wish
from schema.vocabulary.contact import WishKind
from schema.vocabulary.record_kind import RecordKind

ASKERS = 6
SCHEDULE = ((6, 40_000), (7, 40_000), (8, 20_000))
FIRST_REMINDER = {"stage": "REMINDER", "channel": "LETTER"}


def stop(exchange: Exchange, alice: Any, _: Bank) -> None:
    wish(exchange.services, Borrower(alice, b"", "PASSKEY", "en"), WishKind.STOP, None)


def agree(exchange: Exchange, alice: Any, bank: Bank) -> None:
    agreed = {
        "state": "ACCEPTED",
        "chosenOption": 0,
        "acceptedOn": "2026-05-20",
        "schedule": [{"dueOn": f"2026-0{month}-15", "amountMinor": amount} for month, amount in SCHEDULE],
        "stopCollectionUntil": "2026-12-31",
    }
    told = report(bank, RecordKind.REPAYMENT_PLAN, **agreed)
    assert told["userErrors"] == []


@pytest.mark.parametrize(("act", "logged"), [(stop, "contact_wish_made"), (agree, "record_reported")])
def test_once_it_has_committed_no_leave_is_given_and_what_was_given_before_stands(
    exchange: Exchange, act: Callable[[Exchange, Any, Bank], None], logged: str
) -> None:
    alice, bank = exchange.borrower(), clearer(exchange)
    report_account(bank)
    report(bank, RecordKind.REPAYMENT_PLAN)
    workers = [exchange.another_worker(), exchange.another_worker()]
    started, late, numbers = Event(), Event(), count()

    def keep_asking(asker: int) -> list[bool]:
        given = []
        for _ in range(8):
            began_late = late.is_set()
            number = f"+86138{next(numbers):08}"
            answer = send_clearance(bank, client=workers[asker % 2], contact=number, **FIRST_REMINDER)
            told = answer.get_json()["data"]["requestContactClearance"]
            assert told["userErrors"] == []
            given.append(told["clearance"]["granted"])
            started.set()
            assert not (began_late and given[-1])
        return given

    with ThreadPoolExecutor(ASKERS) as pool:
        asking = [pool.submit(keep_asking, asker) for asker in range(ASKERS)]
        started.wait()
        act(exchange, alice, bank)
        late.set()
        given = [granted for each in asking for granted in each.result()]

    about_alice = sorted((e for e in entries(exchange) if e.subject_key == alice), key=lambda e: e.sequence or 0)
    acts = [entry.fields["act"] for entry in about_alice]
    assert [entry.sequence for entry in about_alice] == list(range(1, len(acts) + 1))
    place = len(acts) - 1 - acts[::-1].index(logged)
    assert set(acts[place + 1 :]) <= {"contact_denied"}
    assert "contact_denied" not in acts[:place]
    assert acts.count("contact_cleared") == sum(given) > 0
    assert len(clearances(exchange)) == len(given) == ASKERS * 8
