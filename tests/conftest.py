"""What every test may ask for: a clock that stands still, settings of its own, a migrated database of its own.

The databases live on a server that this run starts and stops (all workers of pytest-xdist share it), or on the one
that OPENBUREAU_TEST_DATABASE_URL names, where its user must be allowed to create databases.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url

from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.embedded import start_embedded
from exchange.store.engine import make_engine
from exchange.store.migrate import migrate

# A busy machine is no fault of the code: nothing is measured against the clock here.
hypothesis.settings.register_profile(
    "tests", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

_HOME = "OPENBUREAU_TEST_HOME"
_GIVEN_SERVER = "OPENBUREAU_TEST_DATABASE_URL"
_TEMPLATE_LOCK = 0x74657374


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run names the server's home; workers inherit the name."""
    if _is_worker(config):
        return
    home = Path(tempfile.mkdtemp(prefix="openbureau-tests-"))
    home.chmod(0o711)  # the server's account must pass
    os.environ[_HOME] = str(home)
    signal.signal(signal.SIGTERM, _end_orderly)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    home = Path(os.environ.pop(_HOME))
    if os.environ.get(_GIVEN_SERVER):
        with psycopg.connect(os.environ[_GIVEN_SERVER], autocommit=True) as admin:
            _drop(admin, _template(home))
    shutil.rmtree(home)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _end_orderly(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with a home that goes with the test."""
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The server on which the tests make their databases."""
    given = os.environ.get(_GIVEN_SERVER)
    home = Path(os.environ[_HOME])
    postgres_bin = os.environ.get("OPENBUREAU_POSTGRES_BIN", "")
    with nullcontext(given) if given else start_embedded(home, postgres_bin=postgres_bin, durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """Name of a migrated database, made once in a run, of which every test gets a copy."""
    name = _template(Path(os.environ[_HOME]))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        if not admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            engine = make_engine(Settings(), _of_database(server_url, name))
            migrate(engine)
            engine.dispose()
    return name


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    with _copy_of(template, server_url) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated, empty database of this test's own."""
    engine = make_engine(Settings(), database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def shared_engine(server_url: str, template: str) -> Iterator[Engine]:
    """An engine on one migrated database for all tests of a file: for tests that do not disturb each other."""
    with _copy_of(template, server_url) as url:
        engine = make_engine(Settings(), url)
        yield engine
        engine.dispose()


@contextmanager
def _copy_of(template: str, server_url: str) -> Iterator[str]:
    name = f"openbureau_test_{uuid4().hex}"
    copy = sql.SQL("create database {} template {} strategy file_copy")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        yield _of_database(server_url, name)
        _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _template(home: Path) -> str:
    return home.name.replace("-", "_").lower()


def _of_database(server_url: str, name: str) -> str:
    url = make_url(server_url).set(database=name)
    return url.render_as_string(hide_password=False)
