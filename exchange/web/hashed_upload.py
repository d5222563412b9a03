"""Files in the forms of pages: hashed while they come in, and never held, neither in memory nor on a disk."""

import hashlib
from io import BytesIO
from typing import IO, Any

from flask import Request


class HashedUpload(BytesIO):
    """Takes in a file, and keeps nothing of it but how long it was and its SHA-256."""

    def __init__(self) -> None:
        super().__init__()
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of what came in."""
        return self._hash.digest()

    def write(self, content: Any) -> int:
        """Takes in a piece."""
        self._hash.update(content)
        self.size += len(content)
        return len(content)


class PageRequest(Request):
    """A request whose files, where it is a form, are only hashed."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return HashedUpload()


def digests_of_files(request: Request, name: str) -> list[bytes]:
    """The SHA-256 of each file that was chosen in a field of a form; a field that was left empty has none."""
    streams = [each.stream for each in request.files.getlist(name) if each.filename]
    return [stream.digest for stream in streams if isinstance(stream, HashedUpload) and stream.size]
