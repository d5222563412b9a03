"""A submitted file as a whole: of a bounded size, to be read twice."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from exchange.errors import FileNotReadable

COPY_BYTES = 1 << 20


@contextmanager
def rewindable(file: Path | BinaryIO, bytes_max: int) -> Iterator[BinaryIO]:
    """The file from its start, to be read twice. A stream that cannot go back is kept in a temporary file.

    Raises FileNotReadable where there is no such file or it is larger than `bytes_max`.
    """
    if isinstance(file, Path):
        with _opened(file) as opened:
            yield _bounded(opened, bytes_max)
    elif file.seekable():
        yield _bounded(file, bytes_max)
    else:
        with tempfile.TemporaryFile() as copy:
            while copy.tell() <= bytes_max and (chunk := file.read(COPY_BYTES)):
                copy.write(chunk)
            yield _bounded(copy, bytes_max)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise FileNotReadable("There is no file of this name that may be read.") from None


def _bounded(file: BinaryIO, bytes_max: int) -> BinaryIO:
    if file.seek(0, os.SEEK_END) > bytes_max:
        raise FileNotReadable(f"This file is larger than {bytes_max:,} bytes.")
    file.seek(0)
    return file


def sha256_of(file: BinaryIO) -> bytes:
    """SHA-256 of the whole file, which stands at its start again afterwards."""
    digest = sha256()
    file.seek(0)
    while chunk := file.read(COPY_BYTES):
        digest.update(chunk)
    file.seek(0)
    return digest.digest()
