from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from exchange.errors import Unavailable
from exchange.settings import Settings
from exchange.store.engine import database_errors, make_engine, open_store

SECRET = "110101199003070011"


@pytest.fixture
def small(shared_engine: Engine) -> Iterator[Engine]:
    """An engine that gives up at once: nobody waits for a connection, no statement runs longer than 50 ms."""
    settings = Settings(threads=1, connect_timeout_seconds=0, statement_timeout_ms=50)
    engine = make_engine(settings, shared_engine.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.mark.parametrize("spelled", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_may_be_spelled_as_hosts_spell_it(spelled: str) -> None:
    engine = make_engine(Settings(), f"{spelled}://who:word@db.example:5433/postgres://?sslmode=require")
    assert engine.url.drivername == "postgresql+psycopg"
    assert (engine.url.host, engine.url.port, engine.url.query["sslmode"]) == ("db.example", 5433, "require")


def test_a_session_counts_in_utc_has_a_name_and_gives_up_in_time(shared_engine: Engine) -> None:
    expected = {"TimeZone": "UTC", "application_name": "openbureau", "statement_timeout": "10s"}
    with shared_engine.connect() as connection:
        assert {name: connection.scalar(text(f"SHOW {name}")) for name in expected} == expected


def test_a_statement_used_again_is_prepared(shared_engine: Engine) -> None:
    with shared_engine.connect() as connection:
        for _ in range(4):
            connection.execute(text("SELECT 12345"))
        prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 12345'")
        assert connection.scalar(prepared) == 1


def test_a_lost_connection_is_unavailable_once_and_then_replaced(shared_engine: Engine, small: Engine) -> None:
    with small.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with shared_engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with pytest.raises(Unavailable), database_errors(), small.connect() as connection:
        connection.execute(text("SELECT 1"))
    with database_errors(), small.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    engine = make_engine(Settings(), f"postgresql:///openbureau?host={tmp_path}")
    with pytest.raises(Unavailable), database_errors(), engine.connect():
        pass


def test_a_pool_without_a_free_connection_is_unavailable(small: Engine) -> None:
    held = [small.connect() for _ in range(3)]
    with pytest.raises(Unavailable), database_errors():
        small.connect()
    for connection in held:
        connection.close()


def test_a_statement_that_takes_too_long_is_unavailable(small: Engine) -> None:
    with pytest.raises(Unavailable), database_errors(), small.connect() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))


def test_a_fault_of_our_own_is_not_called_unavailable(shared_engine: Engine) -> None:
    with pytest.raises(ProgrammingError), database_errors(), shared_engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


def test_an_error_shows_no_parameter(shared_engine: Engine) -> None:
    broken = text("INSERT INTO log_integrator (id, tree_size) SELECT 1, 0 WHERE :id <> ''")
    with pytest.raises(IntegrityError) as caught, shared_engine.connect() as connection:
        connection.execute(broken, {"id": SECRET})
    assert SECRET not in str(caught.value)


def test_an_autocommit_engine_commits_each_statement(engine: Engine) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("UPDATE log_integrator SET tree_size = 7"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT tree_size FROM log_integrator")) == 7


def test_a_named_database_is_used_and_no_server_started(settings: Settings, database_url: str) -> None:
    with open_store(replace(settings, database_url=database_url)) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT tree_size FROM log_integrator")) == 0
    assert not settings.home.exists()


def test_without_a_named_database_the_embedded_one_runs_meanwhile(open_directory: Path) -> None:
    with open_store(Settings(home=open_directory)) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT current_database()")) == "openbureau"
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
