"""The operator's commands about submissions and mappings."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from factories import Exchange, make_exchange
from loans_csv import MAPPING
from sqlalchemy import Engine
from submission_door import Contributor, work_all

from exchange.cli import main
from exchange.clock import FixedClock
from exchange.settings import Settings
from tests.unit.intake.metro2_lines import base, header


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


def run(exchange: Exchange, *arguments: str) -> Result:
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "OPENBUREAU_DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
    }
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_submissions_are_listed_and_shown_with_their_faults(exchange: Exchange, tmp_path: Path) -> None:
    assert "none" in run(exchange, "submissions").output
    lender = Contributor(exchange.bank("lender"))
    content = "\n".join([header(), base(), base(account_number="A-2", portfolio="?")]).encode()
    submission_id = lender.send(content, format="METRO2").get_json()["submissionId"]
    Contributor(exchange.bank("other")).send(content, format="METRO2")

    waiting = run(exchange, "submissions", "--member", "lender")
    assert (waiting.exit_code, len(waiting.output.splitlines())) == (0, 1)
    assert submission_id in waiting.output and "RECEIVED, 0%" in waiting.output
    work_all(exchange)

    listed = json.loads(run(exchange, "submissions", "--json").output)
    assert [each["state"] for each in listed] == ["APPLIED", "APPLIED"]
    faults = tmp_path / "faults.csv"
    shown = run(exchange, "submission", submission_id, "--watch", "--faults", str(faults), "--language", "zh-Hans")
    assert shown.exit_code == 0, shown.output
    assert "APPLIED, 100%: 2 records read, 1 applied, 0 unchanged, 1 faulty." in shown.output
    assert "record 3, portfolio" in shown.output
    assert "portfolio" in faults.read_text(encoding="utf-8-sig")
    as_json = json.loads(run(exchange, "submission", submission_id, "--json").output)
    assert (as_json["progress"], as_json["first_faults"][0]["field"]) == (1.0, "portfolio")


def test_a_submission_that_is_none_is_told_so(exchange: Exchange) -> None:
    absent = run(exchange, "submission", "019e8232-6000-77de-8b28-b10eaa6e24eb")
    assert absent.exit_code == 1 and "SUBMISSION_NOT_FOUND" in absent.output


def try_mapping(tmp_path: Path, mapping: str, *rows: str, options: tuple[str, ...] = ()) -> Result:
    """With no database: none could be reached, and no home is made."""
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("\n".join(["loan,id,name,owed,on", *rows]), encoding="utf-8")
    asked = ["mapping", "try", str(tmp_path / "rows.csv"), "--mapping", str(tmp_path / "mapping.toml"), *options]
    environment = {"OPENBUREAU_HOME": str(tmp_path / "home"), "DATABASE_URL": "postgresql://nowhere.invalid/"}
    tried = CliRunner().invoke(main, asked, env=environment)
    assert not (tmp_path / "home").exists()
    return tried


def test_a_mapping_is_tried_without_a_database_and_shows_what_would_be_read(tmp_path: Path) -> None:
    sound, faulty = "L-1,E12345678,Wang Fang,120.50,2026-05-31", "L-2,E12345679,Li Na,x,2026-05-31"
    tried = try_mapping(tmp_path, MAPPING, sound, faulty, sound)
    assert tried.exit_code == 0, tried.output
    lines = [" ".join(line.split()) for line in tried.output.splitlines()]
    assert "record 2" in lines and "subject.names Wang Fang" in lines
    assert "account.balance_minor 12050" in lines and "account.state NORMAL" in lines
    assert any(line.startswith("FAULT balance") for line in lines)

    one = json.loads(try_mapping(tmp_path, MAPPING, sound, faulty, options=("--rows", "1", "--json")).output)
    assert [record["record_no"] for record in one] == [2]
    assert one[0]["fields"]["account.reference"] == "L-1" and one[0]["faults"] == []


def test_a_mapping_that_fits_neither_itself_nor_the_file_is_told_in_full(tmp_path: Path) -> None:
    unsound = try_mapping(tmp_path, "[columns]\ncolour = 7", "L-1,E1,A,1,2026-05-31")
    assert unsound.exit_code == 1 and "colour" in unsound.output
    elsewhere = try_mapping(tmp_path, MAPPING.replace('"owed"', '"debt"'), "L-1,E1,A,1,2026-05-31")
    assert elsewhere.exit_code == 1 and "debt" in elsewhere.output and "owed" in elsewhere.output
