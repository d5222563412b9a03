"""A whole exchange served on this machine, and a real browser with a passkey of its own.

The tests need Chromium and Chinese fonts (Debian: `chromium`, `fonts-noto-cjk`); without the browser they are skipped.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browsing import Reader
from factories import Exchange, make_exchange
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine
from werkzeug.serving import make_server

from exchange.clock import FixedClock
from exchange.settings import Settings

CHROMIUM = os.environ.get("OPENBUREAU_CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Debian's Chromium, with a profile of its own."""
    if not CHROMIUM:
        pytest.skip("Chromium is not there: install it, or name it in OPENBUREAU_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def served(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    """An exchange that answers at its issuer, http://localhost: browsers make no passkeys for a bare address."""
    with _serving(settings, engine, clock) as exchange:
        yield exchange


@contextmanager
def _serving(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    server: Any = make_server("127.0.0.1", 0, _not_yet, threaded=True)
    issuer = f"http://localhost:{server.port}"
    exchange = make_exchange(replace(settings, issuer=issuer, demonstration=True), engine, clock)
    server.app = exchange.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield exchange
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        exchange.close()


def _not_yet(_environ: Any, _start_response: Any) -> Any:
    raise AssertionError("asked before it was ready")


@pytest.fixture
def reader(browser: Browser, served: Exchange) -> Iterator[Reader]:
    """Somebody at a desktop browser, without JavaScript on pages that can do without it."""
    with Reader.sitting_at(browser, served.settings.issuer) as reader:
        yield reader
