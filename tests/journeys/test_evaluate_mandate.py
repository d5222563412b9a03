"""A lender evaluates its agency within the time: a clock runs until it has."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from factories import Bank, Exchange
from reporting import MANDATE, agency, codes, entry_count, lender, payload, send
from sqlalchemy import select
from traces import entries

from exchange.handover import NOBODY
from exchange.store.running_clocks import RunningClock, clocks_about, missed_clocks
from exchange.store.tables.mandate import mandate_evaluation
from schema.vocabulary.running_clock import ClockKind


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    agency(exchange)
    return lender(exchange)


def give(bank: Bank, **changes: Any) -> UUID:
    told = payload(send(bank, "recordMandate", mandate=("MandateInput!", {**MANDATE, **changes})))
    assert told["userErrors"] == []
    return UUID(told["recordId"])


def evaluate(bank: Bank, finding: str = "SATISFACTORY", words: str | None = None, reference: str = "M-1") -> Any:
    given = {"finding": ("EvaluationFinding!", finding), "words": ("String", words)}
    return payload(send(bank, "evaluateMandate", reference=("String!", reference), **given))


def clocks(exchange: Exchange, mandate: UUID) -> list[RunningClock]:
    with exchange.engine.connect() as connection:
        return clocks_about(connection, NOBODY, mandate)


def test_a_clock_runs_from_the_mandate_to_the_end_of_its_day(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank, startsOn="2026-05-01", evaluationDueOn="2026-09-30")
    (clock,) = clocks(exchange, mandate)
    assert (clock.kind, clock.member_id, clock.about) == (ClockKind.MANDATE_EVALUATION, bank.member_id, mandate)
    assert (clock.due_at, clock.met_at) == (datetime(2026, 10, 1, tzinfo=UTC), None)


def test_the_same_mandate_again_starts_no_second_clock_and_another_day_moves_it(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank)
    give(bank)
    give(bank, channels=["SMS"])
    assert len(clocks(exchange, mandate)) == 1
    give(bank, channels=["SMS"], evaluationDueOn="2026-11-30")
    second, first = sorted(clocks(exchange, mandate), key=lambda clock: clock.due_at)
    assert first.met_at is not None and second.met_at is None and second.due_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_an_evaluation_stops_the_clock_and_is_logged(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank)
    told = evaluate(bank, "IMPROVEMENT_NEEDED", "Calls at noon.")
    assert (told["changed"], told["userErrors"]) == (True, [])
    (clock,) = clocks(exchange, mandate)
    assert clock.met_at == exchange.clock.now()
    fields = entries(exchange)[-1].fields
    assert {name: fields[name] for name in ("act", "member", "agency", "mandate", "finding")} == {
        "act": "mandate_evaluated", "member": bank.member_id, "agency": "agency-a", "mandate": str(mandate),
        "finding": "IMPROVEMENT_NEEDED",
    }  # fmt: skip
    assert "Calls at noon." not in str(fields)


def test_the_same_again_changes_nothing_and_another_finding_is_added(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank)
    evaluate(bank)
    before = entry_count(exchange)
    assert evaluate(bank)["changed"] is False
    assert entry_count(exchange) == before
    evaluate(bank, "UNSATISFACTORY")
    with exchange.engine.connect() as connection:
        found = connection.execute(select(mandate_evaluation.c.finding)).scalars().all()
    assert sorted(found) == ["SATISFACTORY", "UNSATISFACTORY"]
    assert len(clocks(exchange, mandate)) == 1


def test_a_mandate_that_ends_has_no_clock_left(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank)
    send(bank, "endMandate", reference=("String!", "M-1"))
    (clock,) = clocks(exchange, mandate)
    assert clock.met_at is not None


def test_a_long_mandate_is_evaluated_again_a_year_later(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank, endsOn="2029-12-31")
    evaluate(bank)
    first, second = sorted(clocks(exchange, mandate), key=lambda clock: clock.due_at)
    assert first.met_at is not None and second.met_at is None
    assert second.rule.startswith("cn.") and (second.due_at - exchange.clock.now()).days == 365


def test_what_is_overdue_is_found(exchange: Exchange, bank: Bank) -> None:
    mandate = give(bank)
    with exchange.engine.connect() as connection:
        late = missed_clocks(connection, datetime(2027, 1, 2, tzinfo=UTC), 10)
        in_time = missed_clocks(connection, datetime(2026, 12, 31, tzinfo=UTC), 10)
    assert ([clock.about for clock in late], list(in_time)) == ([mandate], [])


def test_only_a_mandate_of_ones_own_is_evaluated(exchange: Exchange, bank: Bank) -> None:
    give(bank)
    other = lender(exchange, "north-bank")
    assert codes(evaluate(other)) == {("reference", "RECORD_UNKNOWN")}
    with exchange.engine.connect() as connection:
        assert connection.execute(select(mandate_evaluation)).all() == []


def test_words_are_bounded(exchange: Exchange, bank: Bank) -> None:
    give(bank)
    assert codes(evaluate(bank, words="x" * 20_000)) == {("words", "TEXT_TOO_LONG")}
