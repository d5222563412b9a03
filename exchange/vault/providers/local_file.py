"""Keys in one file on this machine (key_file.py): the embedded default.

Whoever reads the file can read everything: keep it off the database's machine and out of its backups, or use a
provider whose KEKs never leave it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from exchange.errors import Unavailable
from exchange.vault.framing import RandomBytes
from exchange.vault.key_hierarchy import KekPurpose, ServiceKey, Wrapped
from exchange.vault.providers.key_file import KeyFile, decode, encode, new_key_file
from exchange.vault.secret_file import create_secret, locked_directory, read_secret, replace_secret


class LocalFileProvider:
    """A `KeyProvider` over one key file. Made by `create`, `open` or `open_or_create`."""

    def __init__(self, path: Path, keys: KeyFile, random_bytes: RandomBytes) -> None:
        self._path = path
        self._keys = keys
        self._random_bytes = random_bytes

    @classmethod
    def create(cls, path: Path, random_bytes: RandomBytes = os.urandom) -> Self:
        """Makes the key file with a first key of each kind. Raises FileExistsError, SecretFileNotSafe, OSError."""
        keys = new_key_file(random_bytes)
        if not create_secret(path, encode(keys, random_bytes)):
            raise FileExistsError(f"There is a key file at {path} already; it was left as it is.")
        return cls(path, keys, random_bytes)

    @classmethod
    def open(cls, path: Path, random_bytes: RandomBytes = os.urandom) -> Self:
        """Reads the key file. Raises FileNotFoundError, SecretFileNotSafe, OSError, IntegrityError."""
        return cls(path, decode(read_secret(path)), random_bytes)

    @classmethod
    def open_or_create(cls, path: Path, random_bytes: RandomBytes = os.urandom) -> Self:
        """Reads the key file, made first where there is none. Raises SecretFileNotSafe, OSError, IntegrityError.

        For the first start of the embedded service. With stored borrowers use `open`: a lost key file must stop the
        service, not be replaced by one that opens nothing.
        """
        try:
            return cls.open(path, random_bytes)
        except FileNotFoundError:
            create_secret(path, encode(new_key_file(random_bytes), random_bytes))
            return cls.open(path, random_bytes)

    def newest(self, purpose: KekPurpose) -> tuple[str, int]:
        """(kek_ref, kek_version) that `wrap` now uses."""
        return self._keys.newest(purpose)

    def wrap(self, purpose: KekPurpose, key: bytes, context: bytes) -> Wrapped:
        """Wraps a key under the newest KEK known here."""
        return self._keys.wrap(purpose, key, context, self._random_bytes)

    def unwrap(self, purpose: KekPurpose, wrapped: Wrapped, context: bytes) -> bytes:
        """The key. Reads the file again for a KEK version made since. Raises IntegrityError, Unavailable."""
        if wrapped.kek_version > self.newest(purpose)[1]:
            self._reload()
        return self._keys.unwrap(purpose, wrapped, context)

    def service_keys(self, purpose: KekPurpose) -> Sequence[ServiceKey]:
        """The log keys or index keys now in the file, newest first. Raises IntegrityError, Unavailable."""
        self._reload()
        return self._keys.service[purpose][::-1]

    def rotate(self, purpose: KekPurpose) -> None:
        """Adds a KEK version and, for log and index, a service key under it; other processes find it in the file.

        Raises SecretFileNotSafe, OSError, IntegrityError; the file is then as it was.
        """
        with locked_directory(self._path.parent):
            keys = decode(read_secret(self._path)).with_new_version(purpose, self._random_bytes)
            replace_secret(self._path, encode(keys, self._random_bytes))
        self._keys = keys

    def _reload(self) -> None:
        try:
            self._keys = decode(read_secret(self._path))
        except OSError as fault:
            raise Unavailable("The key file cannot be read.") from fault
