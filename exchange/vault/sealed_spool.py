"""Files that wait to be read: sealed while they come in, so that no personal data lies on the disk. The format:

    header   4,096 bytes: "OBSPOOL1", the length of the rest (4, big endian), JSON of the wrapped key, zero bytes
    chunks   each 64 KiB of content and a tag (16); the last one is shorter, or as long

Every file has a random key of 32 bytes, wrapped under the log KEK and bound to the file's name, so that no file passes
for another. Chunks are AES-256-GCM; the nonce is the chunk's number (12, big endian), which a key never sees twice. The
associated data is "openbureau spool v1", the chunk's number (8) and whether it is the last (1): chunks cannot be moved,
left out or cut off. The header is written last: a file without it was never finished.

A file has a temporary name until it is whole and synced; only then it gets its own.
"""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange.errors import IntegrityError, Unavailable
from exchange.vault.field_cipher import KEY_BYTES, NONCE_BYTES, TAG_BYTES
from exchange.vault.framing import number_bytes
from exchange.vault.key_hierarchy import Wrapped

MAGIC = b"OBSPOOL1"
LABEL = b"openbureau spool v1"
HEADER_BYTES = 4096
CHUNK_BYTES = 1 << 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
_COMING_IN = ".new"


class SpoolKeys(Protocol):
    """Who wraps the keys of files: the `KeyHierarchy`."""

    def wrap_file_key(self, key: bytes, name: str) -> Wrapped: ...

    def unwrap_file_key(self, wrapped: Wrapped, name: str) -> bytes: ...


class SealedSpool:
    """A directory of sealed files. Names are of letters, digits and hyphens."""

    def __init__(self, directory: Path, keys: SpoolKeys) -> None:
        self._directory = directory
        self._keys = keys

    @contextmanager
    def receive(self) -> Iterator["SpoolWriter"]:
        """A new file, to be written and then kept; one that is not kept is gone afterwards.

        Raises Unavailable where the disk is full or fails.
        """
        with _disk_errors():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._directory / f"{token_hex(16)}{_COMING_IN}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield SpoolWriter(file, path, self._keys)
        finally:
            path.unlink(missing_ok=True)

    def holds(self, name: str) -> bool:
        """Whether a whole file of this name is here."""
        return self._path(name).is_file()

    def names(self) -> frozenset[str]:
        """The names of all whole files that are here."""
        with suppress(FileNotFoundError):
            return frozenset(path.name for path in self._directory.iterdir() if path.suffix != _COMING_IN)
        return frozenset()

    def open(self, name: str) -> BinaryIO:
        """The content, to be read from any place. It was not cut off; a chunk that was changed is noticed when read.

        Raises FileNotFoundError, IntegrityError; reading raises IntegrityError.
        """
        file = self._path(name).open("rb", buffering=0)
        try:
            return io.BufferedReader(SpoolReader(file, name, self._keys), CHUNK_BYTES)
        except BaseException:
            file.close()
            raise

    def remove(self, name: str, read: BinaryIO | None = None) -> None:
        """Removes a file; where `read` is given, only if it is that one and not another that has come in its place."""
        path = self._path(name)
        with suppress(FileNotFoundError):
            if read is None or os.fstat(read.fileno()).st_ino == path.stat().st_ino:
                path.unlink()

    def sweep(self, wanted: frozenset[str], older_than_seconds: float) -> int:
        """Removes what is not wanted and what never came in whole, once it is so old. Returns how many."""
        oldest, swept = time.time() - older_than_seconds, 0
        with suppress(FileNotFoundError):
            for path in list(self._directory.iterdir()):
                with suppress(FileNotFoundError):
                    if path.name not in wanted and path.stat().st_mtime < oldest:
                        path.unlink()
                        swept += 1
        return swept

    def _path(self, name: str) -> Path:
        if not name.replace("-", "").isalnum():
            raise ValueError("a name of the spool has letters, digits and hyphens")
        return self._directory / name


class SpoolWriter:
    """Seals what is written, a chunk at a time. Made by `SealedSpool.receive`."""

    def __init__(self, file: io.RawIOBase | BinaryIO, path: Path, keys: SpoolKeys) -> None:
        self._file = file
        self._path = path
        self._keys = keys
        self._key = os.urandom(KEY_BYTES)
        self._cipher = AESGCM(self._key)
        self._waiting = bytearray()
        self._number = 0
        self.bytes_written = 0
        file.seek(HEADER_BYTES)

    def write(self, content: bytes) -> None:
        """Adds to the file. Raises Unavailable where the disk is full or fails."""
        self.bytes_written += len(content)
        self._waiting += content
        # One chunk is held back: only the end tells which chunk is the last.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def keep(self, name: str) -> None:
        """Ends the file and gives it its name, in the place of an earlier one. It is on the disk when this returns.

        Raises Unavailable where the disk is full or fails.
        """
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()
        wrapped = self._keys.wrap_file_key(self._key, name)
        with _disk_errors():
            self._file.seek(0)
            _write_all(self._file, _header(wrapped))
            os.fsync(self._file.fileno())
            self._path.rename(self._path.with_name(name))
            directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _seal(self, content: bytes, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), content, _associated(self._number, is_last))
        self._number += 1
        with _disk_errors():
            _write_all(self._file, sealed)


class SpoolReader(io.RawIOBase):
    """Opens a sealed file, a chunk at a time. Made by `SealedSpool.open`."""

    def __init__(self, file: BinaryIO | io.RawIOBase, name: str, keys: SpoolKeys) -> None:
        super().__init__()
        self._file = file
        sealed_bytes = file.seek(0, os.SEEK_END) - HEADER_BYTES
        file.seek(0)
        self._cipher = AESGCM(keys.unwrap_file_key(_wrapped_of(_read_all(file, HEADER_BYTES)), name))
        self._chunks = max(1, -(-sealed_bytes // SEALED_CHUNK_BYTES))
        self._size = sealed_bytes - self._chunks * TAG_BYTES
        self._place = 0
        self._number = self._chunks - 1
        # The last chunk says that it is the last: a file that was cut off is noticed before anything of it is used.
        self._chunk = self._open(self._number)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The sealed file's own."""
        return self._file.fileno()

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the start of the file")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: object) -> int:
        """Raises IntegrityError where the chunk is not what was written in this place."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # io hands a writable buffer
        number, offset = divmod(self._place, CHUNK_BYTES)
        if self._place >= self._size:
            return 0
        if number != self._number:
            self._chunk = self._open(number)
            self._number = number
        part = self._chunk[offset : offset + len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _open(self, number: int) -> bytes:
        self._file.seek(HEADER_BYTES + number * SEALED_CHUNK_BYTES)
        sealed = _read_all(self._file, SEALED_CHUNK_BYTES)
        try:
            return self._cipher.decrypt(_nonce(number), sealed, _associated(number, number == self._chunks - 1))
        except (InvalidTag, ValueError):
            raise _changed() from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")


def _associated(number: int, is_last: bool) -> bytes:
    return LABEL + number.to_bytes(8, "big") + bytes([is_last])


def _header(wrapped: Wrapped) -> bytes:
    said = orjson.dumps([wrapped.kek_ref, wrapped.kek_version, wrapped.ciphertext.hex()])
    header = MAGIC + number_bytes(len(said)) + said
    return header.ljust(HEADER_BYTES, b"\0")


def _wrapped_of(header: bytes) -> Wrapped:
    start = len(MAGIC) + 4
    try:
        if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
            raise ValueError
        length = int.from_bytes(header[len(MAGIC) : start], "big")
        kek_ref, kek_version, ciphertext = orjson.loads(header[start : start + length])
        if any(header[start + length :]) or not isinstance(kek_ref, str) or not isinstance(kek_version, int):
            raise ValueError
        return Wrapped(kek_ref, kek_version, bytes.fromhex(ciphertext))
    except (ValueError, TypeError):
        raise _changed() from None


def _read_all(file: BinaryIO | io.RawIOBase, size: int) -> bytes:
    """So many bytes, or all that are left."""
    found = b""
    while len(found) < size and (part := file.read(size - len(found))):
        found += part
    return found


def _write_all(file: BinaryIO | io.RawIOBase, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) or 0 :]


def _changed() -> IntegrityError:
    return IntegrityError("A file that waited to be read was changed, or is another's.")


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Unavailable("The file cannot be kept now: the disk is full, or fails.", "SPOOL_UNAVAILABLE") from fault
