"""The last checkpoint that was signed, kept in a file outside the database."""

import os
from pathlib import Path

from exchange.audit.checkpoint import Checkpoint, parse_checkpoint
from exchange.errors import LogDoesNotMatch, LogWouldFork


class LastSigned:
    """A file that always holds one whole checkpoint: written beside, forced to disk, then put in place."""

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
        """Returns once the checkpoint is on disk. Raises OSError; the file then holds the old or the new one."""
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("w") as file:
            file.write(checkpoint.body())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
