"""Homes for embedded servers, and processes that hold them, for two users and two versions of PostgreSQL."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[3]
PLAIN_UID = 65534
SYSTEM_BIN = Path("/usr/lib/postgresql/15/bin")


@dataclass
class Home:
    """A home, the programs its server is to use, and the user who holds it."""

    path: Path
    postgres_bin: str
    uid: int

    @property
    def cluster(self) -> Path:
        return (self.path / "postgres").resolve()

    @property
    def postmaster(self) -> int | None:
        """Process number of the running server, None where none runs."""
        with suppress(FileNotFoundError):
            pid = int((self.cluster / "data" / "postmaster.pid").read_text().split()[0])
            return pid if Path("/proc", str(pid)).exists() else None
        return None

    def starts(self) -> int:
        """How many times a server was started here."""
        return (self.cluster / "server.log").read_text().count("starting PostgreSQL")


class Holder:
    """A process that holds the server of a home."""

    def __init__(self, home: Home) -> None:
        command = [sys.executable, str(Path(__file__).with_name("holder.py")), str(home.path), home.postgres_bin]
        self.process = subprocess.Popen(
            [*command, str(home.uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        )

    def said(self) -> str:
        """What it prints first: waits until the server runs."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Setup:
    """Whose server, and of which version: `postgres_bin` and `uid` of a home."""

    postgres_bin: str
    uid: int


SETUPS = {
    "ourselves, system": Setup(str(SYSTEM_BIN), os.geteuid()),
    "ourselves, wheel": Setup("wheel", os.geteuid()),
    "a plain user, system": Setup(str(SYSTEM_BIN), PLAIN_UID),
    "a plain user, wheel": Setup("wheel", PLAIN_UID),
}


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest) -> Setup:
    setup = SETUPS[request.param]
    if setup.postgres_bin != "wheel" and not SYSTEM_BIN.exists():
        pytest.skip(f"no PostgreSQL 15 in {SYSTEM_BIN}")
    if setup.uid != os.geteuid() and os.geteuid() != 0:
        pytest.skip("only root can become another user, and we are a plain one already")
    return setup


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every account may pass through."""
    path = Path(tempfile.mkdtemp(prefix="openbureau-home-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home_in(setup: Setup, open_directory: Path) -> Iterator[Callable[..., Home]]:
    """Makes homes in the open directory (gone after them); stops what still runs, removes what they left elsewhere."""
    homes: list[Home] = []

    def make(path: Path, mode: int = 0o711) -> Home:
        path.mkdir(parents=True)
        path.chmod(mode)
        os.chown(path, setup.uid, -1)
        homes.append(Home(path, setup.postgres_bin, setup.uid))
        return homes[-1]

    yield make
    for home in homes:
        if home.postmaster:
            Holder(home).leave()
        if home.cluster.parent != home.path:
            shutil.rmtree(home.cluster, ignore_errors=True)


@pytest.fixture
def home(home_in: Callable[..., Home], open_directory: Path) -> Home:
    return home_in(open_directory / "home")


@pytest.fixture
def hold() -> Iterator[Callable[[Home], Holder]]:
    """Starts processes that hold a server; all have gone at the end."""
    holders: list[Holder] = []

    def start(home: Home) -> Holder:
        holders.append(Holder(home))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.leave()


def write_down(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS word (word text)")
        connection.execute("INSERT INTO word VALUES (%s)", [word])


def written(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM word")]
