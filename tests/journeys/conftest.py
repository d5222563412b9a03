"""A whole exchange for each test."""

from collections.abc import Iterator

import pytest
from agreement_everywhere import agreement_everywhere
from factories import Exchange, make_exchange
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.settings import Settings


@pytest.fixture(autouse=True)
def compiled_answers_agree() -> Iterator[None]:
    """Every answer of every journey is also graphql-core's."""
    with agreement_everywhere():
        yield


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(settings, engine, clock)
    yield exchange
    exchange.close()
