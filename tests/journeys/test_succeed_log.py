"""Where a newer database is gone for good, the log goes on under a new name, and nothing that was signed is denied."""

from dataclasses import replace

import orjson
import pytest
from click.testing import CliRunner, Result
from factories import Exchange, make_exchange
from openbureau_client.note import open_checkpoint
from sqlalchemy import delete, func, select
from traces import entries

from exchange.audit.checkpoint import checkpoint_in
from exchange.cli.log import log_commands
from exchange.errors import KeysMissing, LogWouldFork
from exchange.journeys.log_act import log_refused_caller
from exchange.key_files import log_guard, open_log_signer
from exchange.store.log_rows import SqlLog, SqlLogStore
from exchange.store.tables.log import log_checkpoint, log_event, log_integrator, log_leaf, log_pending, log_tile

NEW = "openbureau.example/log/2"
REASON = "The data centre burnt down with the newer database."


def under(exchange: Exchange, origin: str) -> Exchange:
    """The same home and database, started again with another name of the log."""
    return make_exchange(replace(exchange.settings, log_origin=origin), exchange.engine, exchange.clock)


def succeed(exchange: Exchange, origin: str, *more: str) -> Result:
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
        "OPENBUREAU_LOG_ORIGIN": origin,
    }
    return CliRunner().invoke(log_commands, ["succeed", *(more or ("--reason", REASON))], env=environment)


@pytest.fixture
def restored(exchange: Exchange) -> Exchange:
    """Three leaves were signed, and the database of before the first is back: the log has halted."""
    for _ in range(3):
        log_refused_caller(exchange.services, "TOKEN_MISSING", None)
    exchange.integrate()
    with exchange.engine.begin() as connection:
        for table in (log_leaf, log_event, log_tile, log_checkpoint, log_integrator, log_pending):
            connection.execute(delete(table))
    log_refused_caller(exchange.services, "TOKEN_MISSING", None)
    with pytest.raises(LogWouldFork, match="holds 0 leaves, but 3 were signed"):
        exchange.integrate()
    return exchange


def test_a_new_log_succeeds_the_halted_one(restored: Exchange) -> None:
    home = restored.settings.home
    old_origin, old_vkey = restored.settings.log_origin, (home / "log.vkey").read_text()
    old_guard, old_key = (home / "log.last-signed").read_text(), open_log_signer(restored.settings).public_key

    told = succeed(restored, NEW)
    assert told.exit_code == 0, told.output
    assert f"{NEW} succeeds {old_origin}" in told.output
    assert "3 are lost" in told.output

    assert (home / "log.last-signed.1").read_text() == old_guard
    assert (home / "log.vkey.1").read_text() == old_vkey
    assert (home / "keys" / "log" / "log.pem.1").exists()
    with pytest.raises(LogWouldFork, match=r"signed for openbureau\.example/log/2, not for"):
        restored.integrate()

    successor = under(restored, NEW)
    assert open_log_signer(successor.settings).public_key != old_key
    assert successor.integrate().published
    note = SqlLog(successor.engine, NEW).newest_note()
    assert open_checkpoint(note, [(home / "log.vkey").read_text().strip()]).size == 2
    assert log_guard(successor.settings).read() == checkpoint_in(note)


def test_the_log_itself_tells_what_it_succeeds(restored: Exchange) -> None:
    earlier = log_guard(restored.settings).read()
    assert earlier is not None
    told = succeed(restored, NEW, "--reason", REASON, "--json")
    values = orjson.loads(told.stdout)
    assert (values["origin"], values["earlier_leaves"], values["leaves_left"]) == (NEW, 3, 0)
    fields = entries(restored)[-1].fields
    assert fields.pop("earlier_root")
    assert fields == {
        "act": "log_succeeded", "actor": "operator", "reason": REASON, "origin": NEW, "leaves_left": 0,
        "earlier_origin": earlier.origin, "earlier_leaves": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "point",
    [
        "exchange.cli.log.succeed_log_keys",
        "exchange.key_files.make_keys",
        "exchange.audit.last_signed.write_durably",
    ],
)
def test_an_interruption_is_made_good_by_running_it_again(
    restored: Exchange, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    home = restored.settings.home
    old_vkey, old_key = (home / "log.vkey").read_text(), (home / "keys/log/log.pem").read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(point, interrupted)
        assert succeed(restored, NEW).exit_code != 0
    with pytest.raises((LogWouldFork, KeysMissing)):
        restored.integrate()
    assert succeed(restored, NEW).exit_code == 0
    assert (home / "log.vkey.1").read_text() == old_vkey
    assert (home / "keys/log/log.pem.1").read_bytes() == old_key
    assert not list(home.rglob("*.2"))
    successor = under(restored, NEW)
    assert successor.integrate().published


def test_a_log_is_not_succeeded_by_itself_and_not_without_a_reason(restored: Exchange) -> None:
    for origin, more, sentence in (
        (restored.settings.log_origin, (), "set OPENBUREAU_LOG_ORIGIN to the new log's name"),
        (NEW, ("--reason", " "), "Say why"),
        (NEW, ("--json",), "Missing option '--reason'"),
    ):
        told = succeed(restored, origin, *more)
        assert told.exit_code != 0
        assert sentence in told.output
    (restored.settings.home / "log.last-signed").unlink()
    told = succeed(restored, NEW)
    assert (told.exit_code, "no guard file" in told.output) == (1, True)
    assert not (restored.settings.home / "log.vkey.1").exists()
    assert "log_succeeded" not in [entry.fields["act"] for entry in entries(restored)]


def test_a_working_integrator_stops_it(restored: Exchange) -> None:
    guard = log_guard(restored.settings).read()
    store = SqlLogStore(restored.engine, NEW)
    with store.locked():
        pass  # now the lock is there to be held
    with store.locked():
        told = succeed(restored, NEW)
    assert (told.exit_code, "Stop every integrator first" in told.output) == (1, True)
    assert log_guard(restored.settings).read() == guard


def test_it_may_be_succeeded_more_than_once(restored: Exchange) -> None:
    assert succeed(restored, NEW).exit_code == 0
    under(restored, NEW).integrate()
    assert succeed(restored, "openbureau.example/log/3").exit_code == 0
    home = restored.settings.home
    origins = [(home / name).read_text().partition("+")[0] for name in ("log.vkey.1", "log.vkey.2", "log.vkey")]
    assert origins == [restored.settings.log_origin, NEW, "openbureau.example/log/3"]
    third = under(restored, "openbureau.example/log/3")
    third.integrate()
    assert log_guard(third.settings).read() == checkpoint_in(third.services.log.newest_note() or "")
    with restored.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(log_leaf)) == 3
    assert checkpoint_in(SqlLog(third.engine, NEW).newest_note() or "").size == 2
