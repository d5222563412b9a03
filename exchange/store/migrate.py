"""Bring the tables up to date, in numbered steps that may run beside the old code.

After a change to `exchange/store/tables`, draft the next numbered step, then read and correct it:

    python -m exchange.store.migrate "accounts gain a branch"

Steps only go forward: a released one never changes, and a mistake is put right by the next one.
(Before the first release: delete `versions/0001_first_tables.py`, draft "first tables" anew, and put back its last
statement, the row of the integrator.)
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from exchange.settings import Settings
from exchange.store.embedded import start_embedded
from exchange.store.engine import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6F70656E62757265  # "openbure"; any number that nobody else locks


def migrate(engine: Engine) -> None:
    """Run every step not yet run, each in its own transaction. Of two processes at once, the second waits."""
    with _alone(engine) as connection:
        command.upgrade(_config(connection), "head")


def is_current(engine: Engine) -> bool:
    """Whether the tables are those that this code expects."""
    with engine.connect() as connection:
        done = MigrationContext.configure(connection).get_current_heads()
    return set(done) == set(ScriptDirectory.from_config(_config()).get_heads())


def draft(engine: Engine, title: str) -> None:
    """Write the next numbered step: what the tables in code have and those in the database have not."""
    migrate(engine)
    number = len(list(ScriptDirectory.from_config(_config()).walk_revisions())) + 1
    with engine.connect() as connection:
        command.revision(_config(connection), message=title, rev_id=f"{number:04}", autogenerate=True)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection of its own that holds the migration lock; closed at the end, and the lock with it."""
    with engine.connect() as connection:
        connection.detach()
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        yield connection


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the server's account must pass
        with start_embedded(Path(home), durable=False) as url:
            draft(make_engine(Settings(), url), sys.argv[1])
