"""A running exchange on a port of this machine, and a lender in another language. `make blackbox` installs it."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from blackbox.places import BACK, Lender, Place
from consent_flow import MAY_ASK
from factories import Bank, Exchange, make_exchange
from sqlalchemy import Engine
from werkzeug.serving import make_server

from exchange.clock import SystemClock
from exchange.settings import Settings

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def place(shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules" / "openid-client").is_dir():
        pytest.skip("openid-client is not installed: run `make blackbox`")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(
            home=tmp_path_factory.mktemp("blackbox") / "home",
            issuer=f"http://127.0.0.1:{listener.getsockname()[1]}",
            demonstration=True,  # for the sandbox
            introspection=True,  # two of the audits send variables to `__type`
        )
        exchange = make_exchange(settings, shared_engine, SystemClock())
        bank = exchange.bank("harbour-bank", scopes=MAY_ASK, redirect_uris=(BACK,))
        alice = exchange.borrower()
        exchange.account(alice, bank.member_id)
        with _served(exchange, listener), _lender(node, bank) as lender:
            lender("discover")
            yield Place(exchange, bank, alice, lender)
        exchange.close()


@contextmanager
def _served(exchange: Exchange, listener: socket.socket) -> Iterator[None]:
    host, port = listener.getsockname()
    server = make_server(host, port, exchange.app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _lender(node: str, bank: Bank) -> Iterator[Lender]:
    setup = {
        "issuer": bank.exchange.settings.issuer,
        "client_id": bank.member_id,
        "kid": "k1",
        "jwk": bank.key.as_dict(private=True),
        "redirect_uri": BACK,
    }
    process = subprocess.Popen(
        [node, "lender.mjs"],
        cwd=HERE,
        env={**os.environ, "LENDER": json.dumps(setup)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Lender(process)
        finally:
            process.stdin.close()  # type: ignore[union-attr]  # it has one: stdin=PIPE
            process.wait(10)
