"""Files that hold secrets: 0600 in a directory of 0700, written whole or not at all, by one process at a time."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class SecretFileNotSafe(PermissionError):
    """A file of secrets, or its directory, can be read by others or belongs to somebody else. Names every fault."""


def read_secret(path: Path) -> bytes:
    """The content of a secret file.

    Raises SecretFileNotSafe, FileNotFoundError, or another OSError where it cannot be read.
    """
    faults = _directory_faults(path.parent)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        faults += _faults(path, os.fstat(descriptor), stat.S_ISREG, "a plain file", "600")
        if faults:
            raise SecretFileNotSafe("; ".join(faults))
        return file.read()


def create_secret(path: Path, content: bytes) -> bool:
    """Writes a new secret file, making its directory. False where there is one already: that one stays untouched.

    Of several processes that call at once, one gets True. Raises SecretFileNotSafe, OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked_directory(path.parent):
        if os.path.lexists(path):
            return False
        replace_secret(path, content)
        return True


@contextmanager
def locked_directory(directory: Path) -> Iterator[None]:
    """Holds the directory against every other process that writes secrets in it. Raises SecretFileNotSafe."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        faults = _directory_faults(directory)
        if faults:
            raise SecretFileNotSafe("; ".join(faults))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_secret(path: Path, content: bytes) -> None:
    """Puts `content` in the place of the file at once; the caller holds `locked_directory`.

    Raises OSError (no space, a failing disk); the file that was there is then untouched. Only where the last step, the
    syncing of the directory, fails may either file be found after a power cut; both are whole.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        _write_and_sync(fresh, content)
        # From here the new content is whole on disk under another name; a crash leaves the old file in place.
        fresh.rename(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _directory_faults(directory: Path) -> list[str]:
    return _faults(directory, directory.stat(), stat.S_ISDIR, "a directory", "700")


def _faults(path: Path, status: os.stat_result, is_kind: Callable[[int], bool], kind: str, mode: str) -> list[str]:
    faults = []
    if not is_kind(status.st_mode):
        faults.append(f"{path} is not {kind}")
    if status.st_uid != os.geteuid():
        faults.append(f"{path} belongs to user {status.st_uid}, but the service runs as user {os.geteuid()}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        faults.append(f"{path} has permissions {stat.S_IMODE(status.st_mode):o}; run: chmod {mode} {path}")
    return faults


def _write_and_sync(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
