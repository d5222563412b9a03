"""The operator's list of mandates."""

import json

import pytest
from click.testing import CliRunner, Result
from factories import Exchange, make_exchange
from reporting import MANDATE, agency, lender, payload, send
from sqlalchemy import Engine

from exchange.cli.mandates import mandate
from exchange.clock import FixedClock
from exchange.settings import Settings


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


def run(exchange: Exchange, *arguments: str) -> Result:
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "OPENBUREAU_DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
    }
    return CliRunner().invoke(mandate, list(arguments), env=environment)


def test_mandates_are_listed_for_everybody_or_for_one_party(exchange: Exchange) -> None:
    agency(exchange)
    for member_id in ("harbour-bank", "river-bank"):
        bank = lender(exchange, member_id)
        given = send(bank, "recordMandate", mandate=("MandateInput!", dict(MANDATE)))
        assert payload(given)["changed"]
    listed = run(exchange, "list")
    assert listed.exit_code == 0
    assert {line.split()[0] for line in listed.output.splitlines()} == {"harbour-bank", "river-bank"}
    (line,) = run(exchange, "list", "--member", "river-bank", "--json").output.splitlines()
    told = json.loads(line)
    assert (told["lender"], told["agency"], told["state"], told["ends_on"]) == (
        "river-bank", "agency-a", "ACTIVE", "2026-12-31",
    )  # fmt: skip
    assert run(exchange, "list", "--member", "nobody").output == ""
