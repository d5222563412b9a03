"""Look-up tokens: a keyed index over id numbers and account references, whose keys are never in the database.

A plain hash would be no protection: the space of resident ids is about 2^37. A token is
    HMAC-SHA256(index key, label, part, part, ...)      32 bytes, untruncated
with each of label and parts after its length (4 bytes, big endian), all text in UTF-8:
    identifier           "openbureau identifier v1", id type, country, normalised number
    account reference    "openbureau account reference v1", contributor, reference
    record reference     "openbureau record reference v1", table, contributor, reference
    contact              "openbureau contact v1", normalised number or address

From the newest index key the key of likeness (likeness.py) is derived too: the token of no parts under its own label.

A token is unique per index key. To change the index key without an outage, write one row for every key held, look up
with `IN` over every candidate, and drop the old key's rows when all borrowers have new ones.
"""

from collections.abc import Sequence

from exchange.keyed_hash import KeyedHash
from exchange.vault.framing import length_prefixed

IDENTIFIER = b"openbureau identifier v1"
ACCOUNT_REFERENCE = b"openbureau account reference v1"
RECORD_REFERENCE = b"openbureau record reference v1"
CONTACT = b"openbureau contact v1"
LIKENESS = b"openbureau complaint likeness v1"


class LookupTokens:
    """Makes tokens under every index key held. `index_keys` are (index_key_id, 32-byte key), newest first."""

    def __init__(self, index_keys: Sequence[tuple[int, bytes]]) -> None:
        self.newest_key_id = index_keys[0][0]
        self._identifiers = [(number, _keyed(key, IDENTIFIER)) for number, key in index_keys]
        self._accounts = [(number, _keyed(key, ACCOUNT_REFERENCE)) for number, key in index_keys]
        self._records = [(number, _keyed(key, RECORD_REFERENCE)) for number, key in index_keys]
        self._contacts = [(number, _keyed(key, CONTACT)) for number, key in index_keys]
        self.likeness_key = _token(_keyed(index_keys[0][1], LIKENESS))

    def identifier(self, id_type: str, country: str, normalised_number: str) -> bytes:
        """The token of an identity document under the newest index key."""
        return _token(self._identifiers[0][1], id_type, country, normalised_number)

    def candidates(self, id_type: str, country: str, normalised_number: str) -> list[tuple[int, bytes]]:
        """(index_key_id, token) of an identity document for every index key, newest first."""
        return [(number, _token(state, id_type, country, normalised_number)) for number, state in self._identifiers]

    def account_reference(self, contributor: str, reference: str) -> bytes:
        """The token of a contributor's own account reference under the newest index key."""
        return _token(self._accounts[0][1], contributor, reference)

    def account_candidates(self, contributor: str, reference: str) -> list[tuple[int, bytes]]:
        """(index_key_id, token) of a contributor's account reference for every index key, newest first."""
        return [(number, _token(state, contributor, reference)) for number, state in self._accounts]

    def record_candidates(self, table: str, contributor: str, reference: str) -> list[tuple[int, bytes]]:
        """(index_key_id, token) of a contributor's reference of a record of `table`, newest index key first."""
        return [(number, _token(state, table, contributor, reference)) for number, state in self._records]

    def contact_candidates(self, normalised: str) -> list[tuple[int, bytes]]:
        """(index_key_id, token) of a telephone number or an address, newest index key first."""
        return [(number, _token(state, normalised)) for number, state in self._contacts]


def _keyed(key: bytes, label: bytes) -> KeyedHash:
    return KeyedHash(key, length_prefixed(label))


def _token(keyed: KeyedHash, *parts: str) -> bytes:
    return keyed.digest(length_prefixed(*[part.encode() for part in parts]))
