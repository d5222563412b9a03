"""The operator lists, checks, shows and signs policy packs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from consent.policy.load import known_packs, load_pack, pack_text, read_pack
from exchange.cli.packs import pack_group
from exchange.settings import Settings

OWN = pack_text("us").replace('version = "us-', 'version = "ours-')


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(pack_group, list(map(str, arguments)), env={"OPENBUREAU_PACK_FILE": "", **environment})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_the_packs_are_listed_with_the_one_in_force() -> None:
    told = json.loads(run("list", "--json", OPENBUREAU_JURISDICTION="us").output)["packs"]
    assert [pack["jurisdiction"] for pack in told] == list(known_packs())
    assert [pack["jurisdiction"] for pack in told if pack["in_force"]] == ["us"]
    lines = run("list").output.splitlines()
    assert [line for line in lines if "(in force)" in line] == [
        f"cn  {load_pack('cn').version}: {len(load_pack('cn').rules)} rules  (in force)"
    ]


@pytest.mark.parametrize("name", known_packs())
def test_a_pack_is_checked_and_shown_rule_by_rule(name: str) -> None:
    assert "no faults" in run("check", name).output
    shown = run("show", name).output
    told = json.loads(run("show", name, "--json").output)
    assert [rule["id"] for rule in told["rules"]] == [rule.id for rule in load_pack(name).rules]
    for rule in load_pack(name).rules:
        assert rule.id in shown and rule.source.title in shown


def test_every_fault_of_a_file_is_told(file: Path) -> None:
    file.write_text(OWN.replace("days = 30", "days = 0").replace('quiet_from = "21:00"', 'quiet_from = "9 pm"'))
    told = run("check", file)
    assert told.exit_code == 1 and "PACK_NOT_VALID" in told.output
    assert told.output.count("terms.days") == 2 and told.output.count("terms.quiet_from") == 1


@pytest.mark.parametrize("command", [("check",), ("sign", "--key", "law.pem", "--name", "law.example")])
def test_a_pack_whose_boundary_cases_come_out_otherwise_is_neither_good_nor_signed(
    command: tuple[str, ...], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file.write_text(OWN.replace("limit = 7", "limit = 8").replace('quiet_from = "21:00"', 'quiet_from = "22:00"'))
    told = run(command[0], file, *command[1:])
    assert told.exit_code == 1 and "PACK_NOT_VALID" in told.output
    assert "us.regf.14.calls, case 2: expected CONTACT_TOO_OFTEN, got PERMIT" in told.output
    assert "us.regf.6.hours, case 4: expected CONTACT_QUIET_HOURS, got PERMIT" in told.output
    assert [path.name for path in tmp_path.iterdir()] == ["ours.toml"]


def test_a_start_does_not_run_the_boundary_cases(file: Path) -> None:
    file.write_text(OWN.replace('expect = "CONTACT_TOO_OFTEN"', 'expect = "PERMIT"'))
    assert read_pack(file.read_text()).version == "ours-2026.1"
    assert run("check", file).exit_code == 1


def test_a_pack_that_nobody_knows_is_told_with_those_that_are_known() -> None:
    told = run("check", "zz")
    assert told.exit_code == 1 and "cn, eu, in, uk, us" in told.output


def test_a_signed_pack_of_ones_own_is_in_force_and_a_changed_one_is_not(file: Path, tmp_path: Path) -> None:
    assert "is not signed" in run("check", file).output
    signed = json.loads(run("sign", file, "--key", tmp_path / "law.pem", "--name", "law.example", "--json").output)
    assert Path(signed["signature"]) == tmp_path / "ours.toml.sig"
    assert "set OPENBUREAU_PACK_KEY" in run("check", file, OPENBUREAU_PACK_KEY="").output
    environment = {
        "OPENBUREAU_PACK_FILE": str(file),
        "OPENBUREAU_PACK_KEY": signed["key"],
        "OPENBUREAU_JURISDICTION": "us",
    }
    assert "Its signature holds" in run("check", file, **environment).output
    told = json.loads(run("list", "--json", **environment).output)["packs"]
    assert [pack["version"] for pack in told if pack["in_force"]] == ["ours-2026.1"]
    file.write_text(OWN + "\n")
    changed = run("list", **environment)
    assert changed.exit_code == 1 and "PACK_NOT_TRUSTED" in changed.output
    assert "PACK_NOT_TRUSTED" in run("check", file, **environment).output


def test_the_key_of_signing_is_a_secret_and_is_made_once(file: Path, tmp_path: Path) -> None:
    key = tmp_path / "law.pem"
    first = json.loads(run("sign", file, "--key", key, "--name", "law.example", "--json").output)
    assert key.stat().st_mode & 0o777 == 0o600
    again = json.loads(run("sign", file, "--key", key, "--name", "law.example", "--json").output)
    assert first["key"] == again["key"]
    assert "PRIVATE" not in json.dumps(first)


def test_a_pack_with_faults_is_not_signed(file: Path, tmp_path: Path) -> None:
    file.write_text('jurisdiction = "us"\nversion = "1"\nrules = []')
    told = run("sign", file, "--key", tmp_path / "law.pem", "--name", "law.example")
    assert told.exit_code == 1 and "no rules" in told.output
    assert not (tmp_path / "ours.toml.sig").exists() and not (tmp_path / "law.pem").exists()


def test_a_key_has_a_name_without_spaces(file: Path, tmp_path: Path) -> None:
    assert run("sign", file, "--key", tmp_path / "law.pem", "--name", "the law").exit_code == 1


def test_no_pack_of_ones_own_is_a_setting_unless_it_is_made_one() -> None:
    assert (Settings().pack_file, Settings().pack_key) == ("", "")
