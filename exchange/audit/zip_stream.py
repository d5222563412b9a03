"""A zip archive that is sent while it is written: never held whole, and the same bytes for the same content."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say: no clock is in it."""
READABLE = 0o644 << 16


class ZipStream:
    """Writes parts one after another; `take` hands over what was written since the last time."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(cast(IO[bytes], self._sink), "w")

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """A part of any length, to be written within."""
        with self._zip.open(_entry(name), "w", force_zip64=True) as part:
            yield part

    def add(self, name: str, content: bytes) -> None:
        """A part that is there already."""
        self._zip.writestr(_entry(name), content)

    def take(self) -> bytes:
        """What was written since the last call."""
        return self._sink.take()

    def close(self) -> bytes:
        """The end of the archive, and whatever was not taken yet."""
        self._zip.close()
        return self._sink.take()


class _Sink:
    """All that an archive needs which cannot seek."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, NO_TIME)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = READABLE
    return entry
