"""The log of a whole exchange, published: exported from its database, served by it, and verified from outside."""

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from factories import Exchange
from openbureau_client import DirectoryFiles, verify_log
from openbureau_client.cli import main as client
from sqlalchemy import update
from werkzeug.serving import WSGIRequestHandler, make_server

from exchange.cli.log_files import export_command, verify_command
from exchange.store.tables.log import log_leaf


@pytest.fixture
def grown(exchange: Exchange) -> Exchange:
    """Some members, a borrower, some looks; all of it integrated and signed."""
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    for _ in range(3):
        bank.ask(consent_id=consent_id)
    exchange.integrate()
    return exchange


def run(exchange: Exchange, command: object, *arguments: object) -> Result:
    url = exchange.engine.url.render_as_string(hide_password=False)
    given = {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url}
    return CliRunner().invoke(command, list(map(str, arguments)), env=given)  # type: ignore[arg-type]  # either command


def vkey(exchange: Exchange) -> str:
    return (exchange.settings.home / "log.vkey").read_text().split()[0]


def size_of(exchange: Exchange) -> int:
    return int(exchange.client.get("/log/checkpoint").text.split("\n")[1])


def test_the_operator_exports_the_log_and_adds_what_is_new(grown: Exchange, tmp_path: Path) -> None:
    told = run(grown, export_command, tmp_path / "log", "--json")
    assert told.exit_code == 0, told.output
    first = size_of(grown)
    assert json.loads(told.output) == {"size_before": 0, "size": first, "files": 3}
    grown.bank("second-bank")
    grown.integrate()
    told = run(grown, export_command, tmp_path / "log")
    assert told.exit_code == 0, told.output
    assert f"{size_of(grown) - first} new" in told.output
    assert (tmp_path / "log" / "checkpoint").read_text() == grown.client.get("/log/checkpoint").text
    assert verify_log(DirectoryFiles(tmp_path / "log"), [vkey(grown)]).checkpoint.size == size_of(grown) > first


def test_an_export_needs_no_key(grown: Exchange, tmp_path: Path) -> None:
    for key in grown.settings.keys.rglob("*.*"):
        key.unlink()
    assert run(grown, export_command, tmp_path / "log").exit_code == 0


def test_nothing_is_exported_of_a_database_whose_entries_were_rewritten(grown: Exchange, tmp_path: Path) -> None:
    with grown.engine.begin() as connection:
        connection.execute(update(log_leaf).where(log_leaf.c.leaf_index == 1).values(leaf=b"rewritten"))
    told = run(grown, export_command, tmp_path / "log")
    assert told.exit_code == 1
    assert "Nothing was published. [LOG_MISMATCH]" in told.output
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_a_directory_that_cannot_be_written_ends_in_a_sentence(grown: Exchange, tmp_path: Path) -> None:
    (tmp_path / "log" / "tile").mkdir(parents=True)
    (tmp_path / "log" / "tile" / "entries").write_text("in the way")
    told = run(grown, export_command, tmp_path / "log")
    assert told.exit_code == 1
    assert "Error: The export stopped: " in told.output


@pytest.fixture
def exported(grown: Exchange, tmp_path: Path) -> Path:
    assert run(grown, export_command, tmp_path / "log").exit_code == 0
    return tmp_path / "log"


def test_the_operator_verifies_the_export_with_the_key_of_the_own_log(grown: Exchange, exported: Path) -> None:
    told = run(grown, verify_command, exported)
    assert told.exit_code == 0, told.output
    assert "The log holds." in told.output
    earlier = exported.with_name("earlier")
    earlier.write_text((exported / "checkpoint").read_text())
    grown.bank("second-bank")
    grown.integrate()
    assert run(grown, export_command, exported).exit_code == 0
    told = run(grown, verify_command, exported, "--since", earlier, "--key", vkey(grown), "--json")
    said = json.loads(told.stdout)
    assert (told.exit_code, said["holds"], said["faults"], said["gave_up"]) == (0, True, [], False)
    assert (said["size"], said["since_size"]) == (size_of(grown), int(earlier.read_text().split("\n")[1]))
    assert said["note"] == grown.client.get("/log/checkpoint").text


def test_a_log_that_does_not_hold_ends_in_status_1_and_names_the_files(grown: Exchange, exported: Path) -> None:
    (bundle,) = (exported / "tile" / "entries").glob("*/*")
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    told = run(grown, verify_command, exported)
    assert told.exit_code == 1
    assert "tile/0/000.p/" in told.output
    assert "The log does NOT hold." in told.output
    assert "The log holds." not in told.output
    said = json.loads(run(grown, verify_command, exported, "--json").stdout)
    assert said["holds"] is False
    assert {fault["path"] for fault in said["faults"]} == {f"tile/0/000.p/{bundle.name}", "checkpoint"}


def test_a_verifier_is_told_what_it_lacks(grown: Exchange, exported: Path, tmp_path: Path) -> None:
    witness = "witness.example+1fc9a5f9+BBJ/a7M2a9lGqFqgL7+uWJJVj8sCd7uYUTFZlwrZ4pLf"
    for arguments, sentence in [
        ([tmp_path / "nowhere"], "neither an http address nor a directory"),
        ([exported, "--key", "no key"], "LOG_MISMATCH"),
        ([exported, "--witness", witness.replace("1fc9", "0000")], "LOG_MISMATCH"),
        ([exported, "--quorum", 1], "A quorum of 1 needs as many witnesses."),
    ]:
        told = run(grown, verify_command, *arguments)
        assert told.exit_code != 0
        assert sentence in told.output
    (grown.settings.home / "log.vkey").unlink()
    assert "Give the log's key with --key" in run(grown, verify_command, exported).output


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """A test prints nothing."""


@pytest.fixture
def address(grown: Exchange) -> Iterator[str]:
    """The log of the whole exchange, over a real server."""
    server = make_server("127.0.0.1", 0, grown.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    thread.join()
    server.server_close()


def test_both_verifiers_accept_what_the_exchange_serves(
    grown: Exchange, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(grown, verify_command, address)
    assert told.exit_code == 0, told.output
    assert client(["verify-log", address, "--log-key", vkey(grown)]) == 0
    assert json.loads(capsys.readouterr().out)["checkpoint"]["size"] == size_of(grown)


def test_both_verifiers_reject_what_an_exchange_with_rewritten_entries_serves(grown: Exchange, address: str) -> None:
    with grown.engine.begin() as connection:
        connection.execute(update(log_leaf).where(log_leaf.c.leaf_index == 1).values(leaf=b"rewritten"))
    assert run(grown, verify_command, address).exit_code == 1
    assert client(["verify-log", address, "--log-key", vkey(grown)]) == 2


def test_the_whole_application_lets_any_page_read_the_log_and_nothing_else(grown: Exchange) -> None:
    bundle = f"/log/tile/entries/000.p/{size_of(grown)}"
    packed = grown.client.get(bundle, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == grown.client.get(bundle).data
    for path in ("/log/checkpoint", "/log/key", bundle, "/log/tile/0/999"):
        assert grown.client.get(path).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in grown.client.get("/oauth/jwks").headers
