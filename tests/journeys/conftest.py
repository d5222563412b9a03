"""A whole exchange for each test."""

from collections.abc import Iterator

import pytest
from factories import Exchange, make_exchange
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.settings import Settings


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(settings, engine, clock)
    yield exchange
    exchange.close()
