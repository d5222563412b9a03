"""Seals and unseals single fields and log openings. This is the format, exactly.

A blob is
    01 | suite (1) | key_no (4, big endian) | nonce (12) | ciphertext and tag (16 x n + 16)

Suites: 1 AES-256-GCM-SIV (RFC 8452), 2 AES-256-GCM, 3 SM4-GCM (RFC 8998, 16-byte key). A data key (DEK) belongs to
one suite: a blob of another suite or of another key_no is refused before any decryption. Nonces are random.

Subkeys are HKDF-SHA256 (RFC 5869) of the 32-byte DEK, without salt; info is one of the labels below followed by the
suite byte; 32 bytes long, or 16 for suite 3. The commitment subkey is always 32 bytes.
    field              "openbureau field v1"
    subject opening    "openbureau subject opening v1"
    log opening        "openbureau log opening v1"      (of a log key, not of a borrower's DEK)
    commitment         "openbureau commitment v1"

Plaintext is padded as in ISO/IEC 7816-4: one byte 80, then 00 up to a multiple of 16, always at least one byte, so a
length tells no more than the number of 16-byte blocks. It is short values that need this; long ones lose nothing.

Associated data is a list of parts, each after its length (4 bytes, big endian):
    field              label, table, column, row key, subject (16), suite (1), key_no (4)
    subject opening    label, entry id (16), subject (16), suite (1), key_no (4)
    log opening        label, entry id (16), suite (1), key_no (4)
where label is the subkey's label, and table and column are UTF-8. So no value can be moved to another row, column,
table or person. A cell rolled back to its own older value is not noticed here: versions and the log show that.

A commitment is HMAC-SHA256 of the content under the commitment subkey, 32 bytes.

Cipher objects are made once per subkey and are safe to share between threads. There is no bulk call: a prototype
saved a fifth per field, and a borrower's fields come in tens, less than opening the borrower's key costs.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cached_property, lru_cache, partial
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from exchange.errors import IntegrityError
from exchange.keyed_hash import KeyedHash, SubkeySource
from exchange.randomness import random_piece
from exchange.vault.framing import RandomBytes, length_prefixed, number_bytes

FORMAT = b"\x01"
FIELD = b"openbureau field v1"
SUBJECT_OPENING = b"openbureau subject opening v1"
LOG_OPENING = b"openbureau log opening v1"
COMMITMENT = b"openbureau commitment v1"

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
BLOCK_BYTES = 16
HEADER_BYTES = 6
BLOB_BYTES_MIN = HEADER_BYTES + NONCE_BYTES + BLOCK_BYTES + TAG_BYTES


class Suite(IntEnum):
    """The cipher of a data key: the second byte of each of its blobs."""

    AES_256_GCM_SIV = 1
    AES_256_GCM = 2
    SM4_GCM = 3


class Aead(Protocol):
    """Authenticated encryption with associated data; `decrypt` raises InvalidTag."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class SubjectCipher:
    """Seals and unseals what is held about one borrower, under one of the borrower's data keys."""

    def __init__(
        self,
        dek: bytes,
        subject_key: UUID,
        key_no: int,
        suite: Suite = Suite.AES_256_GCM_SIV,
        random_bytes: RandomBytes = random_piece,
    ) -> None:
        self.subject_key = subject_key
        self.key_no = key_no
        # Each made when first needed: an import makes a key for every borrower, and no log entry about any of them.
        self._subkeys = _subkeys_of(dek)
        self._make_sealer = partial(_Sealer, self._subkeys, key_no=key_no, suite=suite, random_bytes=random_bytes)
        self._suite = suite
        self._owner = length_prefixed(subject_key.bytes, bytes([suite]), number_bytes(key_no))

    @cached_property
    def _fields(self) -> "_Sealer":
        return self._make_sealer(FIELD)

    @cached_property
    def _openings(self) -> "_Sealer":
        return self._make_sealer(SUBJECT_OPENING)

    @cached_property
    def _commitment(self) -> KeyedHash:
        return KeyedHash(_subkey(self._subkeys, COMMITMENT, self._suite, KEY_BYTES))

    def seal(self, table: str, column: str, row_key: bytes, plaintext: bytes) -> bytes:
        """The blob of one field; it opens only in this table, column and row, for this borrower."""
        return self._fields.seal(plaintext, self._place(table, column, row_key))

    def unseal(self, table: str, column: str, row_key: bytes, blob: bytes) -> bytes:
        """The plaintext of one field. Raises IntegrityError where the blob is not what was sealed in this place."""
        return self._fields.unseal(blob, self._place(table, column, row_key))

    def seal_opening(self, entry_id: UUID, plaintext: bytes) -> bytes:
        """The borrower's part of a log entry's opening; erasing the borrower's key closes it for ever."""
        return self._openings.seal(plaintext, self._entry(entry_id))

    def unseal_opening(self, entry_id: UUID, blob: bytes) -> bytes:
        """The borrower's part of a log entry's opening. Raises IntegrityError."""
        return self._openings.unseal(blob, self._entry(entry_id))

    def commit(self, content: bytes) -> bytes:
        """A commitment to a record's content: HMAC-SHA256, 32 bytes; tells nothing once the key is gone."""
        return self._commitment.digest(content)

    def _place(self, table: str, column: str, row_key: bytes) -> bytes:
        return _column_prefix(table, column) + number_bytes(len(row_key)) + row_key + self._owner

    def _entry(self, entry_id: UUID) -> bytes:
        return length_prefixed(SUBJECT_OPENING, entry_id.bytes) + self._owner


class LogCipher:
    """Seals the service's part of log openings under the newest log key; unseals under every log key held.

    `log_keys` are (number, 32-byte key), newest first. The suite is always AES-256-GCM-SIV.
    """

    def __init__(self, log_keys: Sequence[tuple[int, bytes]], random_bytes: RandomBytes = random_piece) -> None:
        self._newest = log_keys[0][0]
        self._sealers = {
            number: _Sealer(_subkeys_of(key), LOG_OPENING, number, Suite.AES_256_GCM_SIV, random_bytes)
            for number, key in log_keys
        }

    def seal_opening(self, entry_id: UUID, plaintext: bytes) -> bytes:
        """The service's part of a log entry's opening."""
        return self._sealers[self._newest].seal(plaintext, self._entry(entry_id, self._newest))

    def unseal_opening(self, entry_id: UUID, blob: bytes) -> bytes:
        """The service's part of a log entry's opening. Raises IntegrityError."""
        number = int.from_bytes(blob[2:HEADER_BYTES], "big")
        sealer = self._sealers.get(number)
        if sealer is None:
            raise IntegrityError("This log opening was sealed under a log key that this service does not hold.")
        return sealer.unseal(blob, self._entry(entry_id, number))

    @staticmethod
    def _entry(entry_id: UUID, number: int) -> bytes:
        suite = bytes([Suite.AES_256_GCM_SIV])
        return length_prefixed(LOG_OPENING, entry_id.bytes, suite, number_bytes(number))


class _Sealer:
    """One subkey's cipher and the header of its blobs."""

    __slots__ = ("_aead", "_header", "_random_bytes")

    def __init__(
        self, subkeys: SubkeySource, label: bytes, key_no: int, suite: Suite, random_bytes: RandomBytes
    ) -> None:
        self._aead = _aead(suite, _subkey(subkeys, label, suite, _SUBKEY_BYTES[suite]))
        self._header = FORMAT + bytes([suite]) + number_bytes(key_no)
        self._random_bytes = random_bytes

    def seal(self, plaintext: bytes, associated_data: bytes) -> bytes:
        nonce = self._random_bytes(NONCE_BYTES)
        return self._header + nonce + self._aead.encrypt(nonce, _pad(plaintext), associated_data)

    def unseal(self, blob: bytes, associated_data: bytes) -> bytes:
        if len(blob) < BLOB_BYTES_MIN or blob[:HEADER_BYTES] != self._header:
            raise IntegrityError("This sealed value has another format, suite or key number than its key.")
        nonce = blob[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
        try:
            padded = self._aead.decrypt(nonce, blob[HEADER_BYTES + NONCE_BYTES :], associated_data)
        except InvalidTag:
            raise IntegrityError("This sealed value was changed, or belongs to another place.") from None
        return _unpad(padded)


class _Sm4Gcm:
    """SM4-GCM with the tag at the end, as the AES classes of `cryptography` have it."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-TAG_BYTES]) + decryptor.finalize()


_SUBKEY_BYTES = {Suite.AES_256_GCM_SIV: 32, Suite.AES_256_GCM: 32, Suite.SM4_GCM: 16}


def _aead(suite: Suite, subkey: bytes) -> Aead:
    if suite is Suite.AES_256_GCM_SIV:
        return AESGCMSIV(subkey)
    return AESGCM(subkey) if suite is Suite.AES_256_GCM else _Sm4Gcm(subkey)


def _subkeys_of(key: bytes) -> SubkeySource:
    if len(key) != KEY_BYTES:
        raise IntegrityError("A data key does not have 32 bytes.")
    return SubkeySource(key)


def _subkey(subkeys: SubkeySource, label: bytes, suite: Suite, length: int) -> bytes:
    return subkeys.derive(label + bytes([suite]), length)


@lru_cache(maxsize=256)
def _column_prefix(table: str, column: str) -> bytes:
    return length_prefixed(FIELD, table.encode(), column.encode())


def _pad(plaintext: bytes) -> bytes:
    return plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % BLOCK_BYTES)


def _unpad(padded: bytes) -> bytes:
    marked = padded.rstrip(b"\x00")
    if not marked.endswith(b"\x80"):
        raise IntegrityError("This sealed value is not padded as the format says.")
    return marked[:-1]
