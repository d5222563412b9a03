"""The operator adds, lists and removes the documents that a member may name."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from factories import Exchange, make_exchange
from sqlalchemy import Engine

from exchange.cli.documents import document
from exchange.clock import FixedClock
from exchange.journeys.trust_documents import documents_of
from exchange.settings import Settings

TEXT = "{\r\n  __typename # of the root\n}\n"
DOCUMENT_ID = "sha256:" + sha256(TEXT.encode()).hexdigest()


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    exchange = make_exchange(settings, engine, clock)
    exchange.bank()
    return exchange


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.graphql"
    path.write_bytes(TEXT.encode())
    return path


def run(exchange: Exchange, *arguments: str) -> Result:
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "OPENBUREAU_DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
    }
    return CliRunner().invoke(document, list(arguments), env=environment)


def test_a_document_is_added_listed_and_removed(exchange: Exchange, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.graphql"
    other.write_text("query Other { a: __typename } query Second { b: __typename }")
    added = run(exchange, "add", "harbour-bank", str(file), str(other))
    assert added.exit_code == 0, added.output
    assert added.output.splitlines()[0] == f"{DOCUMENT_ID}  {file}"

    listed = run(exchange, "list", "harbour-bank")
    (line,) = [line for line in listed.output.splitlines() if line.startswith(DOCUMENT_ID)]
    assert "trusted" in line and "{ __typename # of the root }" in line
    (told,) = [
        told
        for told in map(json.loads, run(exchange, "list", "harbour-bank", "--json").output.splitlines())
        if told["document_id"] == DOCUMENT_ID
    ]
    assert (told["trusted"], told["text"]) == (True, TEXT)

    assert run(exchange, "remove", "harbour-bank", DOCUMENT_ID).exit_code == 0
    assert DOCUMENT_ID not in run(exchange, "list", "harbour-bank").output
    again = run(exchange, "remove", "harbour-bank", DOCUMENT_ID)
    assert again.exit_code == 1 and "DOCUMENT_NOT_FOUND" in again.output


def test_what_does_not_fit_is_told_by_its_file_and_nothing_is_added(
    exchange: Exchange, file: Path, tmp_path: Path
) -> None:
    wrong, latin = tmp_path / "wrong.graphql", tmp_path / "latin.graphql"
    wrong.write_text("{ nothing }")
    latin.write_bytes("{ ä }".encode("latin-1"))
    for arguments, said in (
        (("add", "harbour-bank", str(file), str(wrong)), "wrong.graphql: "),
        (("add", "harbour-bank", str(file), str(latin)), "latin.graphql is not UTF-8"),
        (("add", "nobody", str(file)), "MEMBER_UNKNOWN"),
        (("list", "nobody"), "MEMBER_UNKNOWN"),
        (("remove", "harbour-bank", "sha256:xyz"), "not the id of a document"),
    ):
        answer = run(exchange, *arguments)
        assert answer.exit_code != 0 and said in answer.output
    assert documents_of(exchange.services, "harbour-bank") == []
