"""Keys that follow one another without an outage: each is published before it signs, and counts on after its turn.

    keys/token/20260601T080000Z.pem     one file a key, named by the moment it was made

A new key signs only when every worker has read it and every cached key set has been read anew (`lead_seconds`). An
old one verifies on until whatever it signed has ended (`overlap_seconds`). Workers read the directory again every few
seconds: nobody is restarted, and a key that was stolen stops counting once its file is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from exchange.clock import Clock
from exchange.errors import BadRequest, KeysMissing
from exchange.vault.secret_file import locked_directory
from exchange.vault.signing_keys import load_or_create_es256

READ_AGAIN_SECONDS = 5
_NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class _KeyFile:
    path: Path
    made_at: datetime
    key: ECKey


class KeyRing:
    """The keys of a directory as they count at the moment: call it to have them. Safe between threads."""

    def __init__(self, directory: Path, clock: Clock, lead_seconds: int, overlap_seconds: int) -> None:
        self._directory = directory
        self._clock = clock
        self._lead = timedelta(seconds=lead_seconds)
        self._overlap = timedelta(seconds=overlap_seconds)
        self._lock = Lock()
        self._files: Sequence[_KeyFile] = ()
        self._read_at: datetime | None = None

    def __call__(self) -> list[ECKey]:
        """The key that signs, then the others that count. Raises KeysMissing where there is none."""
        now = self._clock.now()
        files = self._read(now)
        if not files:
            raise KeysMissing(f"There is no key in {self._directory}. Run `openbureau setup`, or bring the files back.")
        signing = max(number for number in range(len(files)) if self._signs_from(files, number) <= now)
        others = [number for number in range(len(files)) if number != signing and self._counts(files, number, now)]
        return [files[number].key for number in (signing, *others)]

    def clear_away(self) -> list[str]:
        """Removes the files of keys that count no longer. Returns their names."""
        now = self._clock.now()
        files = self._read(now)
        gone = [file.path for number, file in enumerate(files) if not self._counts(files, number, now)]
        with locked_directory(self._directory):
            for path in gone:
                path.unlink(missing_ok=True)
        return [path.name for path in gone]

    def _read(self, now: datetime) -> Sequence[_KeyFile]:
        with self._lock:
            if self._read_at is None or abs(now - self._read_at) >= timedelta(seconds=READ_AGAIN_SECONDS):
                known = {file.path: file for file in self._files}
                paths = sorted(self._directory.glob("*.pem"))
                self._files = [known.get(path) or _key_file(path) for path in paths]
                self._read_at = now
            return self._files

    def _signs_from(self, files: Sequence[_KeyFile], number: int) -> datetime:
        # The oldest key has nobody before it that could sign meanwhile.
        return files[number].made_at + self._lead if number else datetime.min.replace(tzinfo=UTC)

    def _counts(self, files: Sequence[_KeyFile], number: int, now: datetime) -> bool:
        return number + 1 == len(files) or now < self._signs_from(files, number + 1) + self._overlap


def add_key(directory: Path, now: datetime) -> str:
    """Makes the next key of a ring. Returns its id, the RFC 7638 thumbprint.

    Raises BadRequest (KEY_JUST_MADE) where one was made in the same second.
    """
    path = directory / f"{now:{_NAME}}.pem"
    if path.exists():
        raise BadRequest("A key was made a moment ago. Wait a second.", "KEY_JUST_MADE")
    load_or_create_es256(path)
    return _key_file(path).key.thumbprint()


def _key_file(path: Path) -> _KeyFile:
    try:
        made_at = datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC)
    except ValueError:
        raise KeysMissing(f"The name of the key file {path} is not the moment it was made.") from None
    pem = load_or_create_es256(path).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _KeyFile(path, made_at, ECKey.import_key(pem))
