"""The command that counts another register's complaints."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from exchange.cli.complaints import complaint

HEADER = "Product,Issue,Sub-issue,Company response to consumer"
NIGHT = "Debt collection,Communication tactics,Called outside of 8am-9pm,Closed"


def run(folder: Path, *rows: str, table: str = "cfpb", flags: tuple[str, ...] = ()) -> Result:
    file = folder / "complaints.csv"
    file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return CliRunner().invoke(complaint, ["map", str(file), "--table", table, *flags])


def test_counts_are_told_by_category_and_response(tmp_path: Path) -> None:
    told = run(tmp_path, NIGHT, NIGHT.replace("Closed", "In progress"), flags=("--json",))
    counts = json.loads(told.stdout)
    assert (counts["complaints"], counts["responses"]) == (2, {"Closed": 1, "In progress": 1})
    assert counts["categories"]["HOURS"] == {"complaints": 2, "responses": {"Closed": 1, "In progress": 1}}
    assert counts["categories"]["FEES"] == {"complaints": 0, "responses": {}}
    lines = run(tmp_path, NIGHT).stdout.splitlines()
    assert lines[0].split() == ["HOURS", "1"] and lines[1].split() == ["Closed", "1"]
    assert lines[-1].split() == ["all", "1"]


def test_what_has_no_line_is_an_error_with_every_fault(tmp_path: Path) -> None:
    told = run(tmp_path, NIGHT, "Debt collection,Unheard of,,Closed", "Moon loan,Calls,,Closed")
    assert told.exit_code == 1 and told.stdout == ""
    assert "No line for Debt collection / Unheard of: 1" in told.stderr
    assert "No line for Moon loan / Calls: 1" in told.stderr and "[COMPLAINTS_NOT_MAPPED]" in told.stderr


def test_an_unknown_table_is_told_with_those_there_are(tmp_path: Path) -> None:
    told = run(tmp_path, NIGHT, table="fca")
    assert told.exit_code == 1 and "there is cfpb" in told.stderr
