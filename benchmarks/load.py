"""The load of one round, in a process of its own: so many connections, each asking again as soon as it is answered.

    python -m benchmarks.load < order.json

Reads a LoadOrder from its input and writes a LoadResult to its output. Everything that costs the client time is done
before the clock starts: the token is fetched, every proof is signed and every request is written out as bytes. What
is left for the round is to send bytes and to read them, in one loop over `select.epoll`.
"""

import json
import random
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey
from openbureau_client.dpop import Prover, asks_for_nonce
from openbureau_client.session import ASSERTION_TYPE

from benchmarks.query import QUERY

SECONDS_MAX = 40
"""A proof is taken for 60 seconds; the rest is for signing them all."""
ANSWER_SECONDS_MAX = 30
"""A connection on which nothing comes for so long is given up, and counted as faulty."""


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
    query: str = QUERY


@dataclass(slots=True)
class LoadResult:
    """What came of it. `faulty` counts answers that were not 200, or came without a receipt or data, by status.

    `client_cpu_seconds`: what sending and reading took of one core.
    """

    answers: int = 0
    seconds: float = 0.0
    bytes: int = 0
    client_cpu_seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    faulty: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """The latency that so many percent of the answers did not exceed; 0 where there was none."""
        ordered = sorted(self.latencies_ms) or [0.0]
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def count_fault(self, kind: str) -> None:
        self.faulty[kind] = self.faulty.get(kind, 0) + 1


def prepare(order: LoadOrder) -> list[bytes]:
    """The requests of a round, for random borrowers, ready to be sent."""
    prover = Prover(time.time)
    token = _token(order, prover)
    url, host = f"{order.issuer}/graphql", urlsplit(order.issuer).netloc
    chance = random.Random(order.seed)
    bodies = [json.dumps({"query": order.query, "variables": question}).encode() for question in order.questions]
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


class _Connection:
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = b""

    def send(self, request: bytes) -> None:
        self._parts: list[bytes] = []
        self._length, self._missing = 0, -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Reads what is there. True where the answer is whole. Raises ConnectionError where the other side left."""
        received = self.socket.recv(262_144)
        if not received:
            raise ConnectionError
        self._parts.append(received)
        self._length += len(received)
        if self._missing < 0:
            self._missing = self._whole_length()
        return 0 <= self._missing <= self._length

    def answer(self) -> bytes:
        return b"".join(self._parts)

    def _whole_length(self) -> int:
        received = self.answer()
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return -1
        self.head = received[:head_end].lower()
        return head_end + 4 + int(self.head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])


def run(order: LoadOrder, requests: list[bytes]) -> LoadResult:
    """Sends until the time is over or the requests are used up, and waits for the last answers."""
    place, result = urlsplit(order.address), LoadResult()
    assert place.hostname and place.port
    connections = [_Connection(place.hostname, place.port) for _ in range(order.connections)]
    waiting = {connection.socket.fileno(): connection for connection in connections}
    poll, cpu_before, started = select.epoll(), time.process_time(), time.perf_counter()
    for number, connection in waiting.items():
        poll.register(number, select.EPOLLIN)
        connection.send(requests.pop())
    until = started + order.seconds
    while waiting:
        ready = poll.poll(ANSWER_SECONDS_MAX)
        for number in [number for number, _ in ready] or list(waiting):
            if not _goes_on(waiting[number], result, requests, until, bool(ready)):
                poll.unregister(number)
                waiting.pop(number).socket.close()
    result.seconds = time.perf_counter() - started
    result.client_cpu_seconds = time.process_time() - cpu_before
    return result


def _goes_on(connection: _Connection, result: LoadResult, requests: list[bytes], until: float, came: bool) -> bool:
    """Takes what came, and sends the next request; False where the connection is done with."""
    if not came:
        result.count_fault("no answer")
        return False
    try:
        if not connection.receive():
            return True
    except ConnectionError:
        result.count_fault("connection lost")
        return False
    now = time.perf_counter()
    _take(connection, result, now)
    if now >= until or not requests:
        return False
    connection.send(requests.pop())
    return True


def _take(connection: _Connection, result: LoadResult, now: float) -> None:
    answer, head = connection.answer(), connection.head
    status = head.split(b" ", 2)[1].decode()
    if status != "200" or b"openbureau-receipt:" not in head or b'"creditReport":{' not in answer:
        return result.count_fault(status)
    result.answers += 1
    result.bytes += len(answer)
    result.latencies_ms.append((now - connection.sent_at) * 1000)
    return None


def main() -> None:
    order = LoadOrder(**json.load(sys.stdin))
    json.dump(asdict(run(order, prepare(order))), sys.stdout)


if __name__ == "__main__":
    main()
