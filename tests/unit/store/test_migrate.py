from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from exchange.settings import Settings
from exchange.store import migrate as migrating
from exchange.store.engine import make_engine
from exchange.store.migrate import is_current, migrate
from exchange.store.tables import metadata


@pytest.fixture
def emptied(engine: Engine) -> Engine:
    """A database without any table."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine


def test_migrations_match_the_tables(shared_engine: Engine) -> None:
    with shared_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_integrator_starts_with_an_empty_tree(shared_engine: Engine) -> None:
    with shared_engine.connect() as connection:
        assert connection.execute(text("SELECT id, tree_size FROM log_integrator")).all() == [(1, 0)]


def test_an_empty_database_is_not_current_and_a_migrated_one_is(emptied: Engine) -> None:
    assert not is_current(emptied)
    migrate(emptied)
    assert is_current(emptied)


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    migrate(engine)
    assert inspect(engine).get_table_names() == before
    assert is_current(engine)


def test_two_processes_that_migrate_at_once_do_it_once(emptied: Engine) -> None:
    url = emptied.url.render_as_string(hide_password=False)
    engines = [make_engine(Settings(), url) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(migrate, engines))
    for engine in engines:
        engine.dispose()
    with emptied.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM log_integrator")).scalar_one() == 1
    assert is_current(emptied)


def test_a_migration_leaves_no_lock_and_no_session_behind(engine: Engine, database_url: str) -> None:
    migrate(engine)
    engine.dispose()
    with closing(psycopg.connect(database_url)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(others + " AND backend_type = 'client backend'").fetchone() == (0,)


def test_a_drafted_step_takes_the_next_number_and_holds_the_difference(
    emptied: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("env.py", "script.py.mako"):
        (tmp_path / name).write_text((migrating.MIGRATIONS / name).read_text())
    (tmp_path / "versions").mkdir()
    monkeypatch.setattr(migrating, "MIGRATIONS", tmp_path)
    migrating.draft(emptied, "first tables")
    (drafted,) = (tmp_path / "versions").glob("*.py")
    assert drafted.name == "0001_first_tables.py"
    assert "op.create_table('inquiry'" in drafted.read_text()
    migrate(emptied)
    assert set(metadata.tables) <= set(inspect(emptied).get_table_names())
