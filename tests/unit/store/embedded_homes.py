"""A home of an embedded server, a process that holds it, and words to find again."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[3]


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


def write_down(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS word (word text)")
        connection.execute("INSERT INTO word VALUES (%s)", [word])


def written(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM word")]
