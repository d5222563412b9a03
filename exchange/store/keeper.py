"""Keeps the embedded server running for as long as the service does: what was killed is started again."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from exchange.errors import Unavailable
from exchange.settings import Settings
from exchange.store.embedded import start_embedded
from exchange.store.engine import database_errors

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


@contextmanager
def kept_running(settings: Settings, engine: Engine) -> Iterator[None]:
    """Meanwhile, a thread asks the embedded server every second whether it is there, and revives it where it is not.

    Does nothing for a server that `database_url` names: that one has its own keeper.
    """
    if settings.database_url:
        yield
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, engine, stop), name="database-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(settings: Settings, engine: Engine, stop: threading.Event) -> None:
    while not stop.wait(_PAUSE_SECONDS):
        if _answers(engine):
            continue
        log.warning("database.gone: starting the embedded server again")
        try:
            with start_embedded(settings.home, postgres_bin=settings.postgres_bin):
                log.warning("database.back")
        except Unavailable as error:
            log.error("database.not_started reason=%r", error.sentence)


def _answers(engine: Engine) -> bool:
    try:
        with database_errors(), engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except Unavailable:
        return False
    return True
