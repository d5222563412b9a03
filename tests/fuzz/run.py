"""A long run of schemathesis against the sandbox: `make fuzz` (CASES=10000: how many requests, at least).

Starts an exchange with a few made-up people on an embedded database of its own, counts what it answers, and stops
everything. Ends with an error where an answer was a fault of ours: a status of 500 and above, or code INTERNAL.
"""

import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from factories import ALICE, Exchange, make_exchange
from werkzeug.serving import make_server

from exchange.clock import SystemClock
from exchange.settings import Settings
from exchange.store.embedded import start_embedded
from exchange.store.engine import make_engine
from exchange.store.migrate import migrate
from exchange.web.graphql.sandbox import MEMBER_HEADER
from schema.contract import build_contract
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import Scope

PROGRAM = Path(os.environ.get("FUZZ_VENV", ".venv-fuzz")) / "bin" / "schemathesis"
CASES = int(os.environ.get("CASES", "10000"))
MEMBERS = ("harbour-bank", "patient-collections", "audit-office")


class Counted:
    """Counts the answers of an application, and keeps the requests that met a fault of ours."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()
        self.answers: Counter[str] = Counter()
        self.faults: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = _Once(sent)
        statuses: list[str] = []

        def start(status: str, *others: Any) -> Any:
            statuses.append(status)
            return start_response(status, *others)

        body = b"".join(self._application(environ, start))
        with self._lock:
            self.answers[statuses[0][:3] + (" with errors" if body.startswith(b'{"errors"') else "")] += 1
            if self.answers.total() % 1_000 == 0:
                print(f"{self.answers.total():,} requests, {len(self.faults)} faults of ours", flush=True)
            if statuses[0] >= "500" or b'"INTERNAL"' in body:
                self.faults.append(sent or environ["QUERY_STRING"].encode())
        return [body]


class _Once:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        end = len(self._content) if size is None or size < 0 else size
        taken, self._content = self._content[:end], self._content[end:]
        return taken


@contextmanager
def running_sandbox(home: Path) -> Iterator[tuple[str, Counted]]:
    """The sandbox's address, and its count."""
    server: Any = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    issuer = f"http://localhost:{server.port}"
    settings = replace(Settings(home=home), issuer=issuer, demonstration=True, rate_points=2_000_000_000)
    with start_embedded(home, durable=False) as url:
        engine = make_engine(settings, url)
        migrate(engine)
        exchange = make_exchange(settings, engine, SystemClock())  # type: ignore[arg-type]  # any clock will do here
        _people(exchange)
        server.app = counted = Counted(exchange.app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with _integrated(exchange):
            try:
                yield f"{issuer}/sandbox/graphql", counted
            finally:
                server.shutdown()
                thread.join()
                server.server_close()
        engine.dispose()


@contextmanager
def _integrated(exchange: Exchange) -> Iterator[None]:
    """The log kept up to date meanwhile: nothing is disclosed while entries wait for long."""
    ended = threading.Event()

    def integrate() -> None:
        while not ended.wait(1):
            exchange.integrate()

    thread = threading.Thread(target=integrate, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _people(exchange: Exchange) -> None:
    exchange.bank(MEMBERS[0], scopes=frozenset(Scope) - {Scope.AUDIT_READ, Scope.AUDIT_OPEN})
    collecting = frozenset({Scope.COLLECTION_READ, Scope.COLLECTION_WRITE})
    exchange.bank(MEMBERS[1], member_class=MemberClass.COLLECTION_AGENCY, scopes=collecting)
    exchange.authority(MEMBERS[2])
    alice = exchange.borrower(ALICE)
    exchange.account(alice, MEMBERS[0])
    exchange.consent(MEMBERS[0])
    exchange.integrate()


def main() -> int:
    """Runs schemathesis once as each member."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    contract = build_contract()
    fields = sum(len(root.fields) for root in (contract.query_type, contract.mutation_type) if root)
    examples = -(-CASES // (fields * len(MEMBERS)))
    with tempfile.TemporaryDirectory(prefix="openbureau-fuzz-") as home, running_sandbox(Path(home)) as (url, counted):
        for member in MEMBERS:
            _run(url, member, examples)
    print(f"{counted.answers.total():,} requests to {fields} root fields: {dict(counted.answers)}")
    for sent in counted.faults[:20]:
        print("FAULT", sent.decode(errors="replace")[:2_000])
    return 1 if counted.faults or counted.answers.total() < CASES else 0


def _run(url: str, member: str, examples: int) -> None:
    """What it thinks of the answers is not asked: for GraphQL it takes every refusal for a failure of the server."""
    asked = ("--max-examples", str(examples), "--checks", "content_type_conformance", "--phases", "fuzzing")
    command = [PROGRAM, "run", url, "-H", f"{MEMBER_HEADER}: {member}", *asked]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    generated = re.search(r"\d+ generated", ended.stdout)
    print(f"{member}: {generated[0] if generated else ended.stdout + ended.stderr}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
