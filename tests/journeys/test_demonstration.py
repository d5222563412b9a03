"""The demonstration, as a newcomer runs it: everything real, in a home of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STEPS = [
    "Contributed", "Token", "Handed in", "Consent", "Report", "Rules", "Refused", "Receipt", "Proof", "Withdrawn",
    "Leave", "Breach", "Plan", "Dispute", "Checkpoint",
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    yield home
    for place in home.glob("*/postgres"):
        shutil.rmtree(place.resolve(), ignore_errors=True)  # as root the cluster may lie outside the home


def run_demo(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    chosen = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBUREAU_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "exchange.cli", "demo", "--once"],
        env={**chosen, "OPENBUREAU_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_demonstration_walks_the_main_job_twice_and_leaves_nothing_running(home: Path) -> None:
    for _ in range(2):  # the second time over what the first left behind
        ended = run_demo(home)
        assert ended.returncode == 0, ended.stderr
        lines = ended.stdout.splitlines()
        assert lines[0].startswith("DEMONSTRATION")
        assert [line.split(". ")[1].split(":")[0] for line in lines[1:]] == STEPS
    assert str(home) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_the_demonstration_refuses_a_database_that_is_not_its_own(home: Path) -> None:
    ended = run_demo(home, DATABASE_URL="postgresql://production/")

    assert ended.returncode == 1
    assert "NOT_A_DEMONSTRATION" in ended.stderr
    assert not home.exists()
