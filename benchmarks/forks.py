"""Web workers, integrators and a witness that are back within milliseconds, forked by a process that is warm.

They run the service's own application and integrator; only what stands around them is made for the torture: this
process instead of `openbureau serve` and `openbureau integrate`, and werkzeug's server instead of granian. The
service's own commands are killed too, but fewer times (see benchmarks/kill.py).

    python -m benchmarks.forks

reads lines from standard input, each "web", "integrator" or "witness", forks one such process for each and says its
number. When the input ends, so do they all.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import make_server

from benchmarks.fleet import Fleet, database_targets
from benchmarks.processes import postmasters
from benchmarks.running_exchange import RunningExchange, environment_of, free_port
from exchange.app import application
from exchange.cli.witness import open_witness
from exchange.errors import Unavailable
from exchange.serving import integrate, log_to_stderr
from exchange.settings import read_settings
from exchange.store.embedded import start_embedded
from exchange.web.witness import make_witness_app

PAUSE_SECONDS = (0.01, 0.4)
WEB_WORKERS = 2
INTEGRATORS = 2
WITNESSES = "witnesses.toml"
WITNESS_ADDRESS = "WITNESS_ADDRESS"
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


@contextmanager
def forked_processes(exchange: RunningExchange) -> Iterator[Fleet]:
    """Two web workers, two integrators of which one stands by, a witness without which no checkpoint is published, and
    the embedded server, which is ours to revive.
    """
    address = _witnessed(exchange)
    with _forking(exchange, address) as parent:
        workers = [Forked(parent, "web") for _ in range(WEB_WORKERS)]
        integrators = [Forked(parent, "integrator") for _ in range(INTEGRATORS)]
        witness = Forked(parent, "witness")
        home = exchange.settings.home
        fleet = Fleet(
            {
                "one web worker": lambda: workers[0].processes(),
                "all web workers": lambda: [process for one in workers for process in one.processes()],
                "one integrator": lambda: integrators[0].processes(),
                "all integrators": lambda: [process for one in integrators for process in one.processes()],
                "witness": witness.processes,
                **database_targets(home),
            },
            PAUSE_SECONDS,
            (home / "witness" / "witness.vkey").read_text().splitlines(),
        )
        database = Database(home, exchange.settings.postgres_bin)
        with fleet.supervised([database, witness, *workers, *integrators], 0.02):
            yield fleet


@dataclass(slots=True)
class Forked:
    """One process that the forking parent makes, again after it died."""

    parent: subprocess.Popen[str]
    kind: str
    process: int = field(default=0, init=False)

    @property
    def runs(self) -> bool:
        return self.process != 0 and Path("/proc", str(self.process)).exists()

    def start(self) -> None:
        assert self.parent.stdin and self.parent.stdout
        self.parent.stdin.write(f"{self.kind}\n")
        self.parent.stdin.flush()
        self.process = int(self.parent.stdout.readline())

    def processes(self) -> list[int]:
        return [self.process] if self.runs else []


@dataclass(frozen=True, slots=True)
class Database:
    """The embedded server, revived here, since nobody else keeps it running in this run."""

    home: Path
    postgres_bin: str

    @property
    def runs(self) -> bool:
        return bool(postmasters(self.home))

    def start(self) -> None:
        """Revives it; the run itself holds it, so that it stays. While the dead one's processes end, it cannot yet."""
        with suppress(Unavailable), start_embedded(self.home, postgres_bin=self.postgres_bin):
            pass


def _witnessed(exchange: RunningExchange) -> str:
    """Makes a witness and names it to the integrators; returns its address."""
    home, address = exchange.settings.home, f"http://127.0.0.1:{free_port()}"
    witness = open_witness(home / "witness", "witness.example", [_log_vkey(home)])
    described = {"name": "The witness", "vkey": witness.vkeys[0], "url": address}
    lines = [f"{name} = {json.dumps(value)}" for name, value in described.items()]
    (home / WITNESSES).write_text("\n".join(["[[witness]]", *lines, ""]))
    return address


def _log_vkey(home: Path) -> str:
    return (home / "log.vkey").read_text().strip()


@contextmanager
def _forking(exchange: RunningExchange, witness: str) -> Iterator[subprocess.Popen[str]]:
    url = exchange.services.engine.url.render_as_string(hide_password=False)
    environment = {
        **os.environ,
        **environment_of(exchange.settings),
        "OPENBUREAU_DATABASE_URL": url,
        "OPENBUREAU_WITNESSES": str(exchange.settings.home / WITNESSES),
        "OPENBUREAU_WITNESS_QUORUM": "1",
        WITNESS_ADDRESS: witness,
    }
    with (exchange.settings.home / "forks.log").open("ab") as log:
        parent = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.forks"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    try:
        yield parent
    finally:
        assert parent.stdin and parent.stdout
        parent.stdin.close()
        parent.stdout.close()
        parent.wait()


def main() -> None:
    log_to_stderr()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no trace, so that /proc tells who runs
    kinds: dict[str, Callable[[], None]] = {"web": _answer, "integrator": _integrate, "witness": _witness}
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            _run(kinds[line.strip()])
        print(process, flush=True)


def _run(work: Callable[[], None]) -> None:
    """Does the work as a process of its own, which dies with its parent."""
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def _answer() -> None:
    settings = read_settings()
    _serve(application(), settings.bind_host, settings.bind_port)


def _integrate() -> None:
    integrate(read_settings())


def _witness() -> None:
    home, address = read_settings().home, urlsplit(os.environ[WITNESS_ADDRESS])
    assert address.hostname and address.port
    witness = open_witness(home / "witness", None, [_log_vkey(home)])
    _serve(make_witness_app(witness), address.hostname, address.port)


def _serve(app: Flask, host: str, port: int) -> None:
    """Several processes may listen on one port: whoever is alive answers."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    listening.listen(128)
    make_server(host, port, app, threaded=True, fd=listening.fileno()).serve_forever()


if __name__ == "__main__":
    main()
