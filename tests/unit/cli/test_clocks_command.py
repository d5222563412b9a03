"""`openbureau clocks`: one round, as words or as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from factories import Exchange, make_exchange
from sqlalchemy import Engine

from exchange.cli import clocks
from exchange.clock import FixedClock
from exchange.handover import NOBODY
from exchange.journeys.services import Services
from exchange.settings import Settings
from exchange.store.running_clocks import RunningClock, start_clock
from schema.vocabulary.running_clock import ClockKind


@pytest.fixture
def exchange(
    settings: Settings, engine: Engine, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Exchange]:
    """An exchange that the command runs on, with one clock that was missed."""
    exchange = make_exchange(settings, engine, clock)

    @contextmanager
    def running() -> Iterator[Services]:
        yield exchange.services

    monkeypatch.setattr(clocks, "running_services", running)
    now = clock.now()
    missed = RunningClock(NOBODY, NOBODY, ClockKind.ERASURE, NOBODY, None, "cn.pipl.47", now, now)
    with engine.begin() as connection:
        start_clock(connection, missed)
    exchange.later(seconds=1)
    yield exchange
    exchange.close()


def test_one_round_tells_what_it_did_and_the_next_has_nothing_to_do(exchange: Exchange) -> None:
    runner = CliRunner()
    first = runner.invoke(clocks.clocks_command, ["--once"])
    assert first.exit_code == 0, first.output
    assert "1 clock(s) were missed" in first.output and "ERASURE: 1" in first.output
    second = runner.invoke(clocks.clocks_command, ["--once", "--json"])
    assert json.loads(second.output) == {"escalated": {}, "plans_ended": 0}


def test_json_is_for_one_round_only(exchange: Exchange) -> None:
    refused = CliRunner().invoke(clocks.clocks_command, ["--json"])
    assert refused.exit_code == 2 and "--once" in refused.output
