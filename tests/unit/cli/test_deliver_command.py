"""The operator's command that sends what waits."""

import json
import os
import signal
import subprocess
import sys
from time import sleep
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from factories import Exchange, make_exchange
from sqlalchemy import Engine, select

from exchange.cli.deliveries import deliver_command
from exchange.clock import FixedClock
from exchange.journeys.tell import tell_member
from exchange.settings import Settings
from exchange.store.tables.webhook import webhook_delivery
from exchange.store.webhooks import StoredWebhook, add_webhook
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope
from tests.unit.journeys.test_post_out import dripping, saying, server


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


def environment(exchange: Exchange) -> dict[str, str]:
    return {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "OPENBUREAU_DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
        "OPENBUREAU_DEMONSTRATION": "1",
    }


def run(exchange: Exchange, *arguments: str) -> Result:
    return CliRunner().invoke(deliver_command, list(arguments), env=environment(exchange))


def told(exchange: Exchange, port: int) -> None:
    """A notice that waits for a webhook on this machine."""
    bank, borrower = exchange.bank(scopes=frozenset({Scope.DISPUTE_ANSWER})), exchange.borrower()
    with exchange.services.transaction() as connection:
        url = f"http://127.0.0.1:{port}/"
        add_webhook(connection, StoredWebhook(bank.member_id, uuid4(), url, (), exchange.clock.now()))
        tell_member(exchange.services, connection, borrower, bank.member_id, NoticeKind.DISPUTE_FILED, None, {})


def test_one_round_sends_what_waits_and_says_so(exchange: Exchange) -> None:
    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, heard):
        told(exchange, port)
        first, second = run(exchange, "--once", "--json"), run(exchange, "--once")
    assert json.loads(first.output)["notices"] == {"done": 1, "failed": 0, "dead": 0}
    assert second.output.startswith("Notices: 0 taken, 0 to be tried again, 0 given up.")
    assert len(heard) == 1


def test_json_is_of_one_round(exchange: Exchange) -> None:
    refused = run(exchange, "--json")
    assert refused.exit_code == 2 and "--json needs --once" in refused.output


def test_a_process_that_is_killed_while_it_sends_leaves_the_delivery_to_be_made_again(exchange: Exchange) -> None:
    with server(dripping) as (port, heard):
        told(exchange, port)
        process = subprocess.Popen(
            [sys.executable, "-m", "exchange.cli", "deliver"], env={**os.environ, **environment(exchange)}
        )
        try:
            while not heard and process.poll() is None:
                sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert len(heard) == 1
    with exchange.engine.connect() as connection:
        (row,) = connection.execute(select(webhook_delivery))
    assert row.attempts == 1 and row.next_at is not None
    assert (row.delivered_at, row.dead_at) == (None, None)
