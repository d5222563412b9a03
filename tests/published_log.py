"""A log of made-up leaves, signed at any size, exported or served from memory; and files of it that were changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.log_source import LogSource
from exchange.audit.merkle import Tree, leaf_hash
from exchange.audit.tiles import bundle, parse_tile_path
from exchange.audit.verify_log import LogTrust, Verdict
from tests.memory_log import MemoryLog

ORIGIN = "log.example"
SIGNER = KeySigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"a key of nobody but these tests."))
KEY = Verifier(ORIGIN, SIGNER.public_key)
TRUST = LogTrust([KEY])
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def leaf(number: int) -> bytes:
    return b'{"c":"made up","t":"2026-06-01T08:00:00Z","v":%d}' % number


class PublishedLog(MemoryLog):
    """A log in memory with `leaves` leaves, of which the first `signed` are signed."""

    def __init__(self, leaves: int, make_leaf: Callable[[int], bytes] = leaf) -> None:
        made = [make_leaf(number) for number in range(leaves)]
        hashes = list(map(leaf_hash, made))
        placed = [(UUID(int=number), one, hash_) for number, (one, hash_) in enumerate(zip(made, hashes, strict=True))]
        super().__init__(placed=placed, tiles=Tree(MemoryLog(), 0).append(hashes).tiles)
        self.sign(leaves)

    def note(self, size: int) -> str:
        return sign_note(Checkpoint(ORIGIN, size, Tree(self, size).root()).body(), SIGNER)

    def sign(self, size: int) -> str:
        """Only this checkpoint is published from now on."""
        note = self.note(size)
        self.published = [(size, NOW, b"", note)]
        return note

    def read(self, path: str, most: int) -> bytes | None:
        """Serves both verifiers, as wide as a path asks."""
        if path == "checkpoint":
            note = self.newest_note()
            return note.encode() if note else None
        level, index, width = parse_tile_path(path)
        if level == "entries":
            return bundle(self.leaves(index * 256, index * 256 + width)) or None
        return self.tile(int(level), index, width) or None


class Changed:
    """A log's files with some changed: what `change` makes of them; None takes a file away."""

    def __init__(self, files: LogSource, *paths: str, change: Callable[[bytes], bytes | None]) -> None:
        self._files = files
        self._paths = set(paths)
        self._change = change

    def read(self, path: str, most: int) -> bytes | None:
        content = self._files.read(path, most)
        return self._change(content) if path in self._paths and content is not None else content


def flip(at: int) -> Callable[[bytes], bytes]:
    """Changes one bit of the byte number `at`, counted round and round."""

    def flipped(content: bytes) -> bytes:
        place = at % len(content)
        return content[:place] + bytes([content[place] ^ 1 << at % 8]) + content[place + 1 :]

    return flipped


def faulty_paths(verdict: Verdict) -> list[str]:
    return [fault.path for fault in verdict.faults]
