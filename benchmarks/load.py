"""The load of one round, in a process of its own: so many connections, each asking again as soon as it is answered.

    python -m benchmarks.load < order.json

Reads a LoadOrder from its input and writes a LoadResult to its output. Everything that costs the client time is done
before the clock starts: the token is fetched, every proof is signed and every request is written out as bytes. What
is left for the round is to send bytes and to read them.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey
from openbureau_client.dpop import Prover, asks_for_nonce
from openbureau_client.report import QUERY
from openbureau_client.session import ASSERTION_TYPE

SECONDS_MAX = 40
"""A proof is taken for 60 seconds; the rest is for signing them all."""


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What a round asks for. `address` is where requests go; `issuer` is whom tokens and proofs are made for.

    `questions` are the variables of report queries. `requests_max`: how many requests are prepared; a round that
    has sent them all ends early.
    """

    issuer: str
    address: str
    member_id: str
    key: dict[str, Any]
    key_id: str
    questions: list[dict[str, Any]]
    connections: int
    seconds: float
    requests_max: int
    seed: int


@dataclass(slots=True)
class LoadResult:
    """What came of it. `faulty` counts answers that were not 200, or came without a receipt or data, by status."""

    answers: int = 0
    seconds: float = 0.0
    bytes: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    faulty: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """The latency that so many percent of the answers did not exceed."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def prepare(order: LoadOrder) -> list[bytes]:
    """The requests of a round, for random borrowers, ready to be sent."""
    prover = Prover(time.time)
    token = _token(order, prover)
    url, host = f"{order.issuer}/graphql", urlsplit(order.issuer).netloc
    chance = random.Random(order.seed)
    bodies = [json.dumps({"query": QUERY, "variables": question}).encode() for question in order.questions]
    head = f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nAuthorization: DPoP {token}\r\nAccept: application/json\r\n"
    requests = []
    for _ in range(order.requests_max):
        body = chance.choice(bodies)
        own = f"DPoP: {prover.proof('POST', url, token)}\r\nContent-Length: {len(body)}\r\n"
        requests.append(f"{head}Content-Type: application/json\r\n{own}\r\n".encode() + body)
    return requests


def _token(order: LoadOrder, prover: Prover) -> str:
    """An access token for the prover's key; the second try brings the nonce that the first was given."""
    url = f"{order.issuer}/oauth/token"
    for _ in range(2):
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": _assertion(order),
        }
        response = httpx.post(url, data=form, headers={"DPoP": prover.proof("POST", url)})
        prover.remember_nonce(response)
        if not asks_for_nonce(response):
            break
    return str(response.raise_for_status().json()["access_token"])


def _assertion(order: LoadOrder) -> str:
    now = int(time.time())
    claims = {"iss": order.member_id, "sub": order.member_id, "aud": order.issuer, "iat": now, "exp": now + 60}
    claims["jti"] = f"{now}-{random.getrandbits(64):x}"
    key = OKPKey.import_key(order.key)
    return jwt.encode({"alg": "Ed25519", "kid": order.key_id}, claims, key, algorithms=["Ed25519"])


class _Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, requests: list[bytes], result: LoadResult, until: float, done: asyncio.Future[None]) -> None:
        self._requests, self._result, self._until, self._done = requests, result, until, done
        self._received = b""
        self._missing = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._result.faulty["connection lost"] = self._result.faulty.get("connection lost", 0) + 1
            self._done.set_result(None)

    def data_received(self, received: bytes) -> None:
        self._received += received
        if self._missing < 0:
            head_end = self._received.find(b"\r\n\r\n")
            if head_end < 0:
                return
            self._head = self._received[:head_end].lower()
            length = self._head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            self._missing = head_end + 4 + int(length)
        if len(self._received) >= self._missing:
            self._take(time.perf_counter())
            self._send()

    def _send(self) -> None:
        self._received, self._missing, self._sent_at = b"", -1, time.perf_counter()
        if self._sent_at < self._until and self._requests:
            self._transport.write(self._requests.pop())
            return
        self._done.set_result(None)
        self._transport.close()

    def _take(self, now: float) -> None:
        status = self._head.split(b" ", 2)[1].decode()
        if status != "200" or b"openbureau-receipt:" not in self._head or b'"creditReport":{' not in self._received:
            self._result.faulty[status] = self._result.faulty.get(status, 0) + 1
            return
        self._result.answers += 1
        self._result.bytes += len(self._received)
        self._result.latencies_ms.append((now - self._sent_at) * 1000)


async def run(order: LoadOrder, requests: list[bytes]) -> LoadResult:
    """Sends until the time is over or the requests are used up, and waits for the last answers."""
    loop, result, place = asyncio.get_running_loop(), LoadResult(), urlsplit(order.address)
    assert place.hostname and place.port
    started = time.perf_counter()
    until = started + order.seconds
    ends = [loop.create_future() for _ in range(order.connections)]
    for end in ends:
        await loop.create_connection(partial(_Connection, requests, result, until, end), place.hostname, place.port)
    await asyncio.gather(*ends)
    result.seconds = time.perf_counter() - started
    return result


def main() -> None:
    order = LoadOrder(**json.load(sys.stdin))
    json.dump(asdict(asyncio.run(run(order, prepare(order)))), sys.stdout)


if __name__ == "__main__":
    main()
