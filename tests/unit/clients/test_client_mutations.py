"""The client's mutations and named documents against a whole exchange, over a way that loses requests and answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from factories import Exchange, make_exchange
from loans_csv import MAPPING
from openbureau_client import refusals
from openbureau_client.session import MUTATION_TRIES, Session
from openbureau_client.submissions import KEEP_MAPPING
from sqlalchemy import Engine, select

from exchange.clock import FixedClock
from exchange.journeys.trust_documents import documents_of
from exchange.settings import Settings
from exchange.store.tables.member_request import idempotent_request
from exchange.store.tables.submission import submission_mapping

KEPT = {"name": "ours", "toml": MAPPING}
BUSY = '{"errors": [{"message": "Busy.", "extensions": {"code": "RATE_LIMITED"}}]}'


@dataclass
class Way(httpx.BaseTransport):
    """The way to the exchange. `faults`: what befalls the next requests to /graphql."""

    app: Any
    faults: list[str] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inner = httpx.WSGITransport(app=self.app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/graphql":
            return self.inner.handle_request(request)
        self.seen.append(request)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost request":
            raise httpx.ConnectError("lost", request=request)
        if fault.isdecimal():
            return httpx.Response(int(fault), headers={"Retry-After": "7"}, text=BUSY, request=request)
        answer = self.inner.handle_request(request)
        if fault == "lost answer":
            raise httpx.ReadError("lost", request=request)
        self.answers.append(answer)
        return answer


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


@pytest.fixture
def way(exchange: Exchange) -> Way:
    return Way(exchange.app)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def session(exchange: Exchange, way: Way, pauses: list[float]) -> Iterator[Session]:
    with httpx.Client(transport=way) as http:
        session = Session(
            exchange.settings.issuer, "lender", exchange.bank("lender").key, "k1", http=http,
            clock=lambda: exchange.clock.now().timestamp(), sleep=pauses.append,
        )  # fmt: skip
        session.graphql("{ __typename }")  # with a token and a nonce from here on
        way.seen.clear()
        way.answers.clear()
        yield session


def mappings(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(submission_mapping)))


def keys(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(idempotent_request)))


def told(answer: Any) -> Any:
    answer.raise_for_errors()
    return answer.data["keepMapping"]["mapping"]


def test_a_mutation_whose_answers_are_lost_is_carried_out_once(
    exchange: Exchange, session: Session, way: Way, pauses: list[float]
) -> None:
    way.faults = ["lost request", "lost answer", "lost answer", "429"]
    assert told(session.mutate(KEEP_MAPPING, KEPT)) == {"name": "ours"}
    assert pauses == [1, 2, 4, 7]
    assert len({request.headers["Idempotency-Key"] for request in way.seen}) == 1
    assert len({request.read() for request in way.seen}) == 1
    assert len({request.headers["DPoP"] for request in way.seen}) == 5
    assert way.answers[-1].headers["Idempotency-Replayed"] == "true"
    assert len(mappings(exchange)) == len(keys(exchange)) == 1


@pytest.mark.parametrize("status", ["409", "429", "503"])
def test_an_exchange_that_is_busy_is_asked_again_when_it_says(
    session: Session, way: Way, pauses: list[float], status: str
) -> None:
    way.faults = [status]
    assert told(session.mutate(KEEP_MAPPING, KEPT)) == {"name": "ours"}
    assert pauses == [7]


def test_it_gives_up_after_some_tries_and_goes_on_with_the_same_key(
    exchange: Exchange, session: Session, way: Way, pauses: list[float]
) -> None:
    way.faults = ["lost answer"] * MUTATION_TRIES
    with pytest.raises(refusals.Unavailable):
        session.mutate(KEEP_MAPPING, KEPT, key="mine")
    assert (len(way.seen), len(pauses)) == (MUTATION_TRIES, MUTATION_TRIES - 1)
    way.faults = ["503"] * MUTATION_TRIES
    assert session.mutate(KEEP_MAPPING, KEPT, key="mine").status == 503
    assert told(session.mutate(KEEP_MAPPING, KEPT, key="mine")) == {"name": "ours"}
    assert way.answers[-1].headers["Idempotency-Replayed"] == "true"
    assert len(mappings(exchange)) == 1


def test_a_mutation_that_is_wrong_is_sent_once(session: Session, way: Way, pauses: list[float]) -> None:
    assert session.mutate("mutation { nothing }").errors
    assert session.mutate(KEEP_MAPPING, KEPT, key="one").errors == []
    assert session.mutate(KEEP_MAPPING, {**KEPT, "name": "other"}, key="one").status == 422
    assert (len(way.seen), pauses) == (3, [])


def test_every_mutation_has_a_key_of_its_own(exchange: Exchange, session: Session) -> None:
    for name in ("one", "two"):
        session.keep_mapping(name, MAPPING)
    assert len(keys(exchange)) == len(mappings(exchange)) == 2


def test_documents_are_sent_once_and_then_named(exchange: Exchange, session: Session, way: Way) -> None:
    naming = Session(
        session.issuer, "lender", session._signing_key, "k1", http=session._http, clock=session._clock,
        documents_by_digest=True,
    )  # fmt: skip
    for _ in range(3):
        assert naming.graphql("{ a: __typename }").data == {"a": "Query"}
    sent = [b'"query"' in request.read() for request in way.seen]
    assert sent.count(True) == 1 and not sent[-1]
    assert [document.text for document in documents_of(exchange.services, "lender")] == ["{ a: __typename }"]

    way.seen.clear()
    for _ in range(4):
        assert naming.graphql("{ a: __typename #\n}").data == {"a": "Query"}  # is not kept
    assert [b'"query"' in request.read() for request in way.seen] == [False, True, False, True, True, True]
