"""The database goes away under a running service: it says so, tells nothing, and answers again once it is back."""

import os
import signal
import time
from collections.abc import Callable

import httpx
from openbureau_client.report import QUERY
from openbureau_client.session import Answer
from sqlalchemy import text

from benchmarks.processes import postmasters
from benchmarks.running_exchange import (
    RunningExchange,
    made_up_exchange,
    running,
    session_of,
    variables,
    wait_until_ready,
)
from exchange.store.embedded import start_embedded

ASKED_WHILE_DOWN = 12
WAIT_SECONDS_MAX = 60


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def stop_database(exchange: RunningExchange) -> None:
    """The server's own fast shutdown."""
    (postmaster,) = postmasters(exchange.settings.home)
    os.kill(postmaster, signal.SIGINT)
    wait_for(lambda: not postmasters(exchange.settings.home))


def leaves_of_looks(exchange: RunningExchange) -> int:
    exchange.services.engine.dispose()  # what we hold ourselves was lost with the server
    with exchange.services.connection() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM inquiry JOIN log_opening USING (leaf_hash)")) or 0)


def test_without_its_database_the_service_says_so_and_tells_nothing() -> None:
    with made_up_exchange(1) as exchange:
        # A database that is named is not ours to start again, so it stays away until this test brings it back.
        url = exchange.services.engine.url.render_as_string(hide_password=False)
        issuer = exchange.settings.issuer
        with running(exchange.server(database_url=url)), session_of(exchange) as session:
            wait_until_ready(issuer)

            def ask() -> Answer:
                return session.graphql(QUERY, variables(exchange.borrowers[0]))

            answers = [ask() for _ in range(3)]
            assert all(session.verify(answer).leaves for answer in answers)

            stop_database(exchange)
            for _ in range(ASKED_WHILE_DOWN):
                answer = ask()
                assert (answer.status, answer.retry_after) == (503, "1")
                assert answer.errors[0]["extensions"]["code"] == "UNAVAILABLE"
                assert answer.data is None
                assert answer.receipt is None
            assert httpx.get(f"{issuer}/health/ready").status_code == 503
            assert httpx.get(f"{issuer}/health/live").status_code == 200

            with start_embedded(exchange.settings.home):
                while len(answers) < 6:
                    answer = ask()
                    if answer.status == 200:
                        answers.append(answer)
                    else:  # a connection that was lost is found out by the first who uses it
                        assert (answer.status, answer.data) == (503, None)
                assert len({leaf for answer in answers for leaf in session.verify(answer).leaves}) == len(answers)
                assert leaves_of_looks(exchange) == len(answers)


def test_a_killed_embedded_server_comes_back_while_the_service_runs() -> None:
    with made_up_exchange(1) as exchange, running(exchange.server()), session_of(exchange) as session:
        wait_until_ready(exchange.settings.issuer)
        assert session.graphql(QUERY, variables(exchange.borrowers[0])).status == 200
        (killed,) = postmasters(exchange.settings.home)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: postmasters(exchange.settings.home) not in ([], [killed]))
        wait_for(lambda: session.graphql(QUERY, variables(exchange.borrowers[0])).status == 200)
        assert leaves_of_looks(exchange) == 2
