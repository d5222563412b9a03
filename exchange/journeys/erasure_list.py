"""The list of erasures beside the database: what a restored backup does not know, it is told from here.

A file in the home of the service, one line of JSON for each whole erasure: the key of the file that went, when, and
the hash of its last log entry. It names nobody. It is written anew as a whole, so that a crash leaves the old list or
the new one.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import orjson

from exchange.journeys.services import Services
from exchange.store.erasure import Erased, list_erased
from exchange.vault.secret_file import replace_secret

LIST_NAME = "erasures.jsonl"


class Erasures:
    """The list of one service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._path: Path = services.settings.home / LIST_NAME

    def read(self) -> list[Erased]:
        """What the list says."""
        return read_lines(self._path.read_bytes()) if self._path.exists() else []

    def keep(self, further: Iterable[Erased] = ()) -> None:
        """Adds what the database knows, and `further`, to what the list says. Nothing ever leaves it."""
        with self._services.transaction() as connection:
            known = list_erased(connection)
        listed = self.read()
        joined = {each.subject_key: each for each in (*further, *known, *listed)}
        if len(joined) > len(listed):
            self._write(sorted(joined.values(), key=lambda each: (each.done_at, each.subject_key)))

    def _write(self, erased: Iterable[Erased]) -> None:
        replace_secret(self._path, b"".join(map(line_of, erased)))


def line_of(erased: Erased) -> bytes:
    """An erasure as a line of the list."""
    told = {
        "subject_key": str(erased.subject_key),
        "done_at": erased.done_at.isoformat(),
        "leaf_hash": erased.leaf_hash.hex(),
    }
    return orjson.dumps(told) + b"\n"


def read_lines(content: bytes) -> list[Erased]:
    """The erasures of a list. Raises ValueError or KeyError where it is none."""
    told = [orjson.loads(line) for line in content.splitlines() if line.strip()]
    return [
        Erased(UUID(each["subject_key"]), datetime.fromisoformat(each["done_at"]), bytes.fromhex(each["leaf_hash"]))
        for each in told
    ]
