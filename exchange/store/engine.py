"""The way to the database: pooled connections, and one kind of error when it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from exchange.errors import Unavailable
from exchange.settings import Settings
from exchange.store.embedded import start_embedded

_DRIVER = "postgresql+psycopg"
_BACKGROUND_CONNECTIONS = 2
_RECYCLE_SECONDS = 1800
_PREPARE_AFTER_USES = 2
_PREPARED_MAX = 200

DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised where the database does not answer: lost, full, too slow, locked too long."""


def make_engine(settings: Settings, url: str) -> Engine:
    """The engine of one process. `url` may say `postgres://`, `postgresql://` or name a driver.

    Its errors hide the parameters of a statement: they may be personal data. For a hot path that needs no
    transaction: `engine.execution_options(isolation_level="AUTOCOMMIT")`.
    """
    engine = create_engine(
        _url(url),
        pool_size=settings.threads,
        max_overflow=_BACKGROUND_CONNECTIONS,
        pool_timeout=settings.connect_timeout_seconds,
        pool_recycle=_RECYCLE_SECONDS,
        hide_parameters=True,
        connect_args={
            "connect_timeout": settings.connect_timeout_seconds,
            "application_name": "openbureau",
            "options": f"-c TimeZone=UTC -c statement_timeout={settings.statement_timeout_ms}",
            "prepare_threshold": _PREPARE_AFTER_USES,
        },
    )
    event.listen(engine, "connect", _keep_more_prepared)
    return engine


@contextmanager
def open_store(settings: Settings) -> Iterator[Engine]:
    """The engine of the database that the settings name, or of the embedded server, kept running meanwhile."""
    if settings.database_url:
        with _disposed(make_engine(settings, settings.database_url)) as engine:
            yield engine
        return
    with (
        start_embedded(settings.home, postgres_bin=settings.postgres_bin) as url,
        _disposed(make_engine(settings, url)) as engine,
    ):
        yield engine


@contextmanager
def database_errors() -> Iterator[None]:
    """Turns "the database does not answer" into Unavailable.

    Faults of our own statements pass through unchanged: trying again would not help.
    """
    try:
        yield
    except DATABASE_DOWN as error:
        raise database_does_not_answer() from error


def database_does_not_answer() -> Unavailable:
    """What to raise, or to tell, where the database does not answer."""
    return Unavailable("The database does not answer, so nothing was disclosed. Try again.")


@contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _url(url: str) -> URL:
    spelled = url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url
    return make_url(spelled).set(drivername=_DRIVER)


def _keep_more_prepared(connection: Any, _record: Any) -> None:
    connection.prepared_max = _PREPARED_MAX
