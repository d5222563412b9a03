"""Zip files that somebody has kept: read strictly, so that a damaged or padded one is told from a whole one."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from openbureau_client.errors import EvidenceDoesNotMatch

PART_BYTES_MAX = 64 << 20
_FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, ValueError, EOFError, OSError, OverflowError, RuntimeError,
)  # fmt: skip
"""What `zipfile` raises where a file is damaged: NotImplementedError is a RuntimeError, UnicodeError a ValueError."""


@contextmanager
def opened_zip(file: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """The archive, each name in it once. Raises EvidenceDoesNotMatch, also for damage met while it is read."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise EvidenceDoesNotMatch("The file holds one name twice.")
            yield archive
    except _FAULTS as fault:
        raise EvidenceDoesNotMatch("This is no such file, or it was damaged.") from fault


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part, whole. Raises EvidenceDoesNotMatch for one that is too long; see `opened_zip` for the rest."""
    if archive.getinfo(name).file_size > PART_BYTES_MAX:
        raise EvidenceDoesNotMatch(f"{name} is longer than it can be.")
    return archive.read(name)


def read_parts(file: Path | IO[bytes]) -> dict[str, bytes]:
    """Every part by its name."""
    with opened_zip(file) as archive:
        return {name: read_part(archive, name) for name in archive.namelist()}
