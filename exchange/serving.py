"""Setting up a home, and the long-running processes: web workers, the integrator of the log, the worker of files."""

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy import Engine

from exchange.app import application, make_services
from exchange.audit.ask_witnesses import asking_witnesses
from exchange.audit.integrator import Integrator
from exchange.clock import SystemClock
from exchange.errors import KeysMissing, Unavailable
from exchange.journeys.borrower_consents import expire_due
from exchange.journeys.submission_worker import work_submissions
from exchange.key_files import log_guard, make_keys, open_log_signers, open_web_keys, vault_file
from exchange.parent_process import die_with_parent
from exchange.settings import Settings
from exchange.store.engine import open_store
from exchange.store.housekeeping import clear_expired
from exchange.store.keeper import kept_running
from exchange.store.log_rows import SqlLogStore
from exchange.store.migrate import is_current, migrate
from exchange.store.roles import grant_roles
from exchange.store.subject_file import holds_borrowers
from exchange.web.queue_gate import threads_of_server

logger = logging.getLogger(__name__)
WEB_WORKER = "exchange.serving:web_worker"
COLLECT_AFTER = (50_000, 20, 20)
"""How many new objects a worker makes before it looks for garbage in cycles; some megabytes wait at most."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def set_up(settings: Settings, roles: tuple[str, str] | None = None) -> None:
    """Brings the tables up to date and makes the key files that are not there yet. May be run again at any time.

    `roles` are existing database roles of the web workers and of the integrator: they get their rights, and no more.
    Raises KeysMissing where borrowers are stored but the vault's keys are gone: new keys would open nothing.
    """
    with open_store(settings) as engine:
        migrate(engine)
        if not vault_file(settings).exists() and holds_borrowers(engine):
            raise KeysMissing(f"Borrowers are stored, but {vault_file(settings)} is missing: bring the file back.")
        if roles:
            with engine.begin() as connection:
                grant_roles(connection, *roles, registration_open=bool(settings.trusted_issuers))
    make_keys(settings, SystemClock().now())


def serve(settings: Settings, worker: str = WEB_WORKER) -> None:
    """Runs the web workers until SIGTERM or SIGINT. Raises Unavailable where setup was not run."""
    open_web_keys(settings, SystemClock())
    # A forked worker would inherit what our threads hold at that moment, the lock of the embedded server among it.
    multiprocessing.set_start_method("spawn", force=True)
    with open_store(settings) as engine, kept_running(settings, engine):
        _must_be_current(engine)
        services = make_services(settings, engine, SystemClock())
        # The workers are new processes: they read the same settings, and join this database.
        os.environ["OPENBUREAU_DATABASE_URL"] = engine.url.render_as_string(hide_password=False)
        with _every(settings.housekeeping_seconds, lambda: expire_due(services)):
            _granian(settings, worker).serve()


def _granian(settings: Settings, worker: str) -> Granian:
    return Granian(
        worker,
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.bind_host,
        port=settings.bind_port,
        workers=settings.workers,
        blocking_threads=threads_of_server(settings),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        websockets=False,
    )


def web_worker() -> Flask:
    """One worker's application. It is killed when its parent dies: old code would go on answering without it."""
    die_with_parent()
    made = application()
    collect_seldom()
    return made


def collect_seldom() -> None:
    """Spares a worker's requests the collector's walks: what was made at the start stays, and new garbage in cycles
    is looked for rarely. A full walk took 0.1 s, in the middle of a request, and would come again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def integrate(settings: Settings) -> None:
    """Runs the integrator until SIGTERM or SIGINT. Raises LogWouldFork rather than sign a fork.

    Raises ValueError and OSError where the witnesses' file cannot be read.
    """
    stop = _set_by_signals()
    guard = log_guard(settings)
    with open_store(settings) as engine, kept_running(settings, engine):
        _must_be_current(engine)
        clock, store = SystemClock(), SqlLogStore(engine, settings.log_origin)
        signer, *also_signing = open_log_signers(settings, clock)
        with (
            asking_witnesses(settings) as witnesses,
            _every(settings.housekeeping_seconds, lambda: clear_expired(engine, clock.now())),
        ):
            Integrator(store, signer, guard, clock, settings, witnesses, also_signing).run(stop)


def intake(settings: Settings) -> None:
    """Works the files that members hand in, until SIGTERM or SIGINT. Raises Unavailable where setup was not run."""
    stop = _set_by_signals()
    with open_store(settings) as engine, kept_running(settings, engine):
        _must_be_current(engine)
        work_submissions(make_services(settings, engine, SystemClock()), stop)


def _set_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def _every(seconds: float, work: Callable[[], object]) -> Iterator[None]:
    """Does small work again and again meanwhile, in a thread. A round that fails is logged, and the next one comes."""
    ended = threading.Event()

    def rounds() -> None:
        while not ended.wait(seconds):
            try:
                work()
            except Exception as fault:
                logger.error("housekeeping.failed error=%s", type(fault).__name__)

    thread = threading.Thread(target=rounds, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Plain lines on standard error; what is logged never holds personal data."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _must_be_current(engine: Engine) -> None:
    if not is_current(engine):
        raise Unavailable("The tables are not those of this version. Run `openbureau setup`.", "NOT_MIGRATED")
