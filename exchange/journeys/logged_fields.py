"""What a log entry of ours says: its service fields, opened and checked against the public leaf."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import orjson

from exchange.audit.entry import FieldValue, open_fields, verify_opening
from exchange.store.look_up import SealedEntry
from exchange.vault.field_cipher import LogCipher

REMEMBERED = 20_000

ReadEntry = Callable[[SealedEntry], Mapping[str, FieldValue]]


def entry_reader(log_cipher: Callable[[], LogCipher]) -> ReadEntry:
    """A reader of sealed entries; what was read once is remembered, as an entry never changes.

    It raises IntegrityError where an opening was not sealed by us or does not belong to its leaf.
    """

    @lru_cache(maxsize=REMEMBERED)
    def read_entry(entry: SealedEntry) -> Mapping[str, FieldValue]:
        stored = log_cipher().unseal_opening(entry.entry_id, entry.service_opening)
        names = list(orjson.loads(stored)["fields"])
        return verify_opening(entry.leaf, open_fields(names, stored))

    return read_entry
