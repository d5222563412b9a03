"""Who takes part: how each is prepared and started, and what is left out where a machine lacks what one needs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.python.environment import ROOT, peer_environment
from benchmarks.query import QUERY
from benchmarks.running_exchange import Command, RunningExchange, environment_of
from benchmarks.without_compiled_plans import can_be_left_out

NODE = ROOT / "benchmarks" / "peers" / "node"


class LeftOut(Exception):
    """Why a contestant does not take part."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One that answers reports. `start` makes the command that listens on a port.

    `query` is what it is asked, where its schema cannot take the query itself. `not_compared`: parts of its answer that
    differ from the floor's by its nature.
    """

    name: str
    start: Callable[[RunningExchange, int], Command]
    prepare: Callable[[RunningExchange], None] = lambda exchange: None
    query: Callable[[], str] = lambda: QUERY
    not_compared: tuple[str, ...] = ()


BARE = {"queue_places": 0}
"""Without the line before the service's doors, a contestant needs no threads for those who wait in it."""


def _ours(*arguments: str, **changes: Any) -> Callable[[RunningExchange, int], Command]:
    return lambda exchange, port: exchange.server(arguments, bind_port=port, **changes)


def _python_peer(module: str) -> Contestant:
    def start(exchange: RunningExchange, port: int) -> Command:
        command = exchange.server(("-m", f"benchmarks.peers.python.{module}"), bind_port=port, **BARE)
        command.program = str(peer_environment())
        command.extra = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients" / "python")])}
        return command

    return Contestant(module.removesuffix("_peer"), start, lambda exchange: _available(peer_environment))


def _node_peer(name: str, not_compared: tuple[str, ...] = ()) -> Contestant:
    def start(exchange: RunningExchange, port: int) -> Command:
        settings = exchange.settings
        peer = {
            "PEER_PORT": port,
            "PEER_WORKERS": settings.workers,
            **_node_environment(exchange),
        }
        words = {key: str(value) for key, value in peer.items()}
        return Command(name, (str(NODE / f"{name}.mjs"),), settings, program=_node() or "", extra=words)

    def query() -> str:
        own = NODE / f"{name}.graphql"
        return own.read_text(encoding="utf-8") if own.exists() else QUERY

    return Contestant(name, start, _prepare_node, query, not_compared)


def _node_environment(exchange: RunningExchange) -> Mapping[str, object]:
    return {
        "PEER_HOME": exchange.settings.home,
        "PEER_ISSUER": exchange.settings.issuer,
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": exchange.services.engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
    }


def _node() -> str | None:
    """The Node that the packages brought, or else the machine's."""
    brought = NODE / "node_modules" / ".bin" / "node"
    return str(brought) if brought.exists() else shutil.which("node")


def _prepare_node(exchange: RunningExchange) -> None:
    """Installs the packages of the Node peers once, and lays out their tables once in each exchange."""
    if not (NODE / "node_modules" / ".package-lock.json").exists():
        if not shutil.which("npm"):
            raise LeftOut("npm is missing")
        _available(lambda: _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], NODE, {}))
    if not _node():
        raise LeftOut("Node is missing")
    if not (exchange.settings.home / "peers.json").exists():
        words = {key: str(value) for key, value in _node_environment(exchange).items()}
        command = [sys.executable, "-m", "benchmarks.peers.node.prepare"]
        _run(command, ROOT, {**environment_of(exchange.settings), **words})


def _has_compiler(_: RunningExchange) -> None:
    if not can_be_left_out():
        raise LeftOut("there is no compiler where it looks for it: see benchmarks/without_compiled_plans.py")


def _available(make: Callable[[], object]) -> None:
    try:
        make()
    except (subprocess.CalledProcessError, OSError) as fault:
        raise LeftOut(f"its packages cannot be installed ({type(fault).__name__})") from fault


def _run(command: list[str], directory: Path, environment: Mapping[str, str]) -> None:
    subprocess.run(command, cwd=directory, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=True)


CONTESTANTS = (
    Contestant("floor", _ours("-m", "benchmarks.floor", **BARE)),
    Contestant("service", _ours("-m", "exchange.cli", "serve")),
    Contestant("uncompiled", _ours("-m", "benchmarks.without_compiled_plans"), _has_compiler),
    _node_peer("mercurius"),
    _node_peer("yoga"),
    _node_peer("apollo"),
    _node_peer("postgraphile", not_compared=("inquiries",)),  # it reads them after its own look
    _python_peer("ariadne_peer"),
    _python_peer("strawberry_peer"),
    Contestant("naive", _ours("-m", "benchmarks.peers.python.naive", **BARE)),
)
"""In the order of the page; the first is what the others are measured against."""
