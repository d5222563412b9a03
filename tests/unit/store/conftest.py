"""Homes for embedded servers, and processes that hold them, for two users and two versions of PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from embedded_homes import Holder, Home

PLAIN_UID = 65534
SYSTEM_BIN = Path("/usr/lib/postgresql/15/bin")


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
