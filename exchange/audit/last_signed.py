"""The last checkpoint that was signed, kept in a file outside the database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.audit.checkpoint import Checkpoint, parse_checkpoint
from exchange.audit.merkle import EMPTY_ROOT
from exchange.errors import LogDoesNotMatch, LogWouldFork, Unavailable


class LastSigned:
    """A file that always holds one whole checkpoint, and never an earlier one than before."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Checkpoint | None:
        """The checkpoint, or None if none was ever signed here. Raises LogWouldFork if the file cannot be read."""
        try:
            text = self._path.read_text()
            checkpoint = parse_checkpoint(text)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, LogDoesNotMatch) as fault:
            raise LogWouldFork(f"The log's guard file {self._path.name} cannot be read.") from fault
        if checkpoint.body() != text:
            raise LogWouldFork(f"The log's guard file {self._path.name} is damaged.")
        return checkpoint

    def write(self, checkpoint: Checkpoint) -> None:
        """Returns once the checkpoint is on disk. Raises OSError; the file then holds the old or the new one.

        Raises Unavailable where a larger tree was signed meanwhile: the lock was lost, and another integrator works.
        """
        with locked(self._path.parent):
            held = self.read()
            if held == checkpoint:
                return
            if held and held.origin == checkpoint.origin and held.size > checkpoint.size:
                raise Unavailable("Another integrator has signed a larger tree meanwhile.")
            write_durably(self._path, checkpoint.body())

    def number_of_next(self) -> int:
        """The number under which `succeed` puts this checkpoint aside, from 1 on: the same one if it runs again."""
        number, held = 1, self._path.read_text()
        while self._aside(number).exists() and self._aside(number).read_text() != held:
            number += 1
        return number

    def succeed(self, origin: str) -> None:
        """Puts the checkpoint aside for good, and lets the empty tree of a new origin stand as signed last.

        From here an integrator of the earlier origin halts. Raises OSError; the file then holds the old or the new one.
        """
        with locked(self._path.parent):
            aside = self._aside(self.number_of_next())
            if not aside.exists():
                os.link(self._path, aside)
            write_durably(self._path, Checkpoint(origin, 0, EMPTY_ROOT).body())

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def write_durably(path: Path, text: str) -> None:
    """Puts a text in the place of the file: written beside, forced to disk, then renamed, the rename forced too.

    One writer at a time. Raises OSError; the file then holds all of the old or all of the new text.
    """
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Holds a directory against every other process that does the same."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Forces a rename within the directory to disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
