"""The log's own health: what waits, what is late, who has cosigned."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import ALICE, Bank, Exchange
from sqlalchemy import text

from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.journeys.log_health import LogHealth, WitnessSeen, log_health
from exchange.settings import Settings

COSIGNED_AT = datetime(2026, 6, 1, 7, 59, tzinfo=UTC)
SEEN, UNSEEN = (Ed25519Cosigner(f"witness.example/{name}", Ed25519PrivateKey.generate()) for name in ("one", "two"))


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Two witnesses are named, of which one must cosign."""
    file = tmp_path / "witnesses.toml"
    file.write_text(
        "".join(
            f'[[witness]]\nname = "{name}"\nvkey = "{key.verifier.vkey}"\nurl = "https://witness.example"\n'
            for name, key in (("Bank of One", SEEN), ("Office Two", UNSEEN))
        )
    )
    yield replace(settings, witnesses=str(file), witness_quorum=1)


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.borrower()
    return exchange.bank()


def health_after(exchange: Exchange, **time: float) -> LogHealth:
    exchange.clock.instant += timedelta(**time)
    return log_health(exchange.services)


def test_before_the_first_checkpoint_nothing_is_made_up(exchange: Exchange) -> None:
    health = log_health(exchange.services)
    assert (health.size, health.signed_at, health.age_seconds) == (None, None, None)
    assert (health.origin, health.quorum) == (exchange.settings.log_origin, 1)
    assert health.witnesses == (WitnessSeen("Bank of One", None), WitnessSeen("Office Two", None))


def test_what_waits_is_counted_and_raises_the_alarm_then_the_stop(exchange: Exchange, bank: Bank) -> None:
    exchange.integrate()
    bank.ask(ALICE)

    at_once, late, too_late = (health_after(exchange, seconds=seconds) for seconds in (0, 11, 50))

    assert (at_once.pending, at_once.oldest_pending_seconds, at_once.alarm, at_once.stopped) == (1, 0, False, False)
    assert (late.oldest_pending_seconds, late.alarm, late.stopped) == (11, True, False)
    assert (too_late.oldest_pending_seconds, too_late.alarm, too_late.stopped) == (61, True, True)


def test_once_all_is_integrated_nothing_waits_and_the_newest_checkpoint_is_told(exchange: Exchange, bank: Bank) -> None:
    bank.ask(ALICE)
    exchange.integrate()

    health = health_after(exchange, seconds=30)

    assert (health.pending, health.oldest_pending_seconds, health.alarm, health.stopped) == (0, None, False, False)
    assert (health.size, health.age_seconds) == (sum(leaves for _, leaves in health.per_hour), 30)
    assert health.size == 2


def test_leaves_are_counted_by_hour_with_empty_hours_between(exchange: Exchange, bank: Bank) -> None:
    exchange.integrate()
    exchange.later(hours=3)
    bank.fetch_token()
    bank.ask(ALICE)
    exchange.integrate()

    hours = health_after(exchange).per_hour

    assert len(hours) == 24
    assert hours[-1] == (datetime(2026, 6, 1, 11, tzinfo=UTC), 1)
    assert [leaves for _, leaves in hours[-4:]] == [1, 0, 0, 1]
    assert [hour for hour, _ in hours] == sorted(hour for hour, _ in hours)


def test_a_witness_that_cosigned_is_told_with_its_time_and_the_other_is_not(exchange: Exchange, bank: Bank) -> None:
    exchange.integrate()
    with exchange.engine.begin() as connection:
        note = connection.scalar(text("SELECT note FROM log_checkpoint"))
        body = note.partition("\n\n")[0] + "\n"
        line = cosignature_line(SEEN, body, int(COSIGNED_AT.timestamp()))
        connection.execute(text("UPDATE log_checkpoint SET note = note || :line"), {"line": line})

    health = log_health(exchange.services)

    assert health.witnesses == (WitnessSeen("Bank of One", COSIGNED_AT), WitnessSeen("Office Two", None))
