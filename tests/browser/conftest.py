"""A whole exchange served on this machine, and a real browser with a passkey of its own.

The tests need Chromium and Chinese fonts (Debian: `chromium`, `fonts-noto-cjk`); without the browser they are skipped.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from browsing import Reader
from factories import ALICE, Exchange, make_exchange
from lender import Lender
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, update
from werkzeug.serving import make_server

from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.tables.subject import subject
from schema.vocabulary.member_class import MemberClass

CHROMIUM = os.environ.get("OPENBUREAU_CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
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
    """Somebody at a desktop browser."""
    with Reader.sitting_at(browser, served.settings.issuer) as reader:
        yield reader


@pytest.fixture
def lender(served: Exchange) -> Iterator[Lender]:
    """A lender that may ask borrowers for consent."""
    with Lender.open_for_business(served) as lender:
        yield lender


@pytest.fixture
def alice(served: Exchange, lender: Lender) -> UUID:
    """A made-up borrower with two loans, one of them late now and then."""
    key = served.borrower(ALICE)
    served.bank("clover-finance", name="Clover Consumer Finance", member_class=MemberClass.CONSUMER_FINANCE)
    late = served.account(key, "harbour-bank", history_codes="NN11NNN2321N" + "N" * 12)
    served.account(key, "clover-finance", "R-2", product="CREDIT_CARD", portfolio="REVOLVING", state="OVERDUE")
    served.delinquency(key, late, "harbour-bank")
    with served.engine.begin() as connection:
        connection.execute(update(subject).values(synthetic_identity=True))
    served.integrate()
    return key
