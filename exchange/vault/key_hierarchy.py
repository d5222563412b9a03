"""The keys and who wraps whom.

    the provider's root
    └── key-encryption keys (KEK), versioned: subject, log, index
        ├── subject KEK -> one random data key (DEK) per borrower and key_no -> subkeys (field_cipher.py)
        ├── log KEK     -> log keys, numbered   -> the log opening subkey
        └── index KEK   -> index keys, numbered -> look-up tokens (lookup_token.py)

A KEK never leaves its provider (a key file, Vault transit, AWS KMS), which only wraps and unwraps 32-byte keys. A
wrapped key is bound to its context, so it cannot be passed off as another borrower's, number's or suite's.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from exchange.clock import Clock
from exchange.errors import IntegrityError
from exchange.handover import WrappedKey
from exchange.randomness import random_piece
from exchange.vault.field_cipher import KEY_BYTES, LogCipher, SubjectCipher, Suite
from exchange.vault.framing import RandomBytes, length_prefixed, number_bytes
from exchange.vault.key_cache import KeyCache
from exchange.vault.lookup_token import LookupTokens


class KekPurpose(StrEnum):
    """What the keys under a KEK are for."""

    SUBJECT = "subject"
    LOG = "log"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A 32-byte key wrapped under a KEK. What `ciphertext` looks like is the provider's own matter."""

    kek_ref: str
    kek_version: int
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A log key or an index key as the provider keeps it. Its context is `service_key_context`."""

    number: int
    wrapped: Wrapped


class KeyProvider(Protocol):
    """A home for KEKs. Every method may raise Unavailable; all are safe to call from several threads."""

    def newest(self, purpose: KekPurpose) -> tuple[str, int]:
        """(kek_ref, kek_version) that `wrap` now uses: rows with another pair want rewrapping."""

    def wrap(self, purpose: KekPurpose, key: bytes, context: bytes) -> Wrapped:
        """Wraps a 32-byte key under the newest KEK of its purpose, bound to `context`."""

    def unwrap(self, purpose: KekPurpose, wrapped: Wrapped, context: bytes) -> bytes:
        """The 32-byte key. Raises IntegrityError where purpose, KEK, context or ciphertext do not fit."""

    def service_keys(self, purpose: KekPurpose) -> Sequence[ServiceKey]:
        """The log keys or index keys as they are now, newest first; at least one."""


def subject_key_context(subject_key: UUID, key_no: int, suite: int) -> bytes:
    """What a borrower's wrapped data key is bound to."""
    return length_prefixed(b"openbureau subject key v1", subject_key.bytes, number_bytes(key_no), number_bytes(suite))


def service_key_context(purpose: KekPurpose, number: int) -> bytes:
    """What a wrapped log key or index key is bound to."""
    return length_prefixed(b"openbureau service key v1", purpose.encode(), number_bytes(number))


class KeyHierarchy:
    """Makes, opens and forgets keys. Nothing opened is used for longer than `cache_seconds` without the provider.

    Forgetting is for this process alone: another one still opens an erased borrower's fields from memory, for
    `cache_seconds` at most.
    """

    def __init__(
        self,
        provider: KeyProvider,
        clock: Clock,
        cache_seconds: int,
        cache_size: int,
        suite: Suite = Suite.AES_256_GCM_SIV,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self._provider = provider
        self._suite = suite
        self._random_bytes = random_bytes
        # Nonces are no secrets: they need not be drawn one by one, as keys are.
        self._nonces = random_piece if random_bytes is os.urandom else random_bytes
        self._subjects: KeyCache[WrappedKey, SubjectCipher] = KeyCache(clock, cache_seconds, cache_size)
        self._log: KeyCache[KekPurpose, LogCipher] = KeyCache(clock, cache_seconds, 1)
        self._index: KeyCache[KekPurpose, LookupTokens] = KeyCache(clock, cache_seconds, 1)

    def create(self, subject_key: UUID, key_no: int = 1) -> tuple[WrappedKey, SubjectCipher]:
        """A new data key for a borrower: wrapped, to be stored, and opened, to seal with."""
        dek = self._random_bytes(KEY_BYTES)
        context = subject_key_context(subject_key, key_no, self._suite)
        wrapped = self._wrapped_key(subject_key, key_no, self._suite, dek, context)
        return wrapped, SubjectCipher(dek, subject_key, key_no, self._suite, self._nonces)

    def open(self, wrapped: WrappedKey) -> SubjectCipher:
        """The cipher of a stored data key. Raises IntegrityError where it is wiped, changed or another's."""
        return self._subjects.get_or_open(wrapped, lambda: self._open(wrapped))

    def rewrap(self, wrapped: WrappedKey) -> WrappedKey:
        """The same data key under the newest subject KEK. Sealed fields stay as they are. Raises IntegrityError."""
        context = _context(wrapped)
        dek = self._unwrap(wrapped, context)
        return self._wrapped_key(wrapped.subject_key, wrapped.key_no, wrapped.suite, dek, context)

    def forget(self, subject_key: UUID) -> None:
        """Drops every opened key of a borrower: part of an erasure."""
        self._subjects.forget(lambda wrapped: wrapped.subject_key == subject_key)

    def log_cipher(self) -> LogCipher:
        """The cipher of the service's part of log openings."""
        return self._log.get_or_open(
            KekPurpose.LOG, lambda: LogCipher(self._service_keys(KekPurpose.LOG), self._nonces)
        )

    def lookup_tokens(self) -> LookupTokens:
        """The maker of look-up tokens, under every index key held."""
        return self._index.get_or_open(KekPurpose.INDEX, lambda: LookupTokens(self._service_keys(KekPurpose.INDEX)))

    def wrap_file_key(self, key: bytes, name: str) -> Wrapped:
        """The key of a file that waits to be read, wrapped for that file alone (sealed_spool.py)."""
        return self._provider.wrap(KekPurpose.LOG, key, _file_key_context(name))

    def unwrap_file_key(self, wrapped: Wrapped, name: str) -> bytes:
        """The key of the file of this name. Raises IntegrityError."""
        return self._provider.unwrap(KekPurpose.LOG, wrapped, _file_key_context(name))

    def _open(self, wrapped: WrappedKey) -> SubjectCipher:
        dek = self._unwrap(wrapped, _context(wrapped))
        return SubjectCipher(dek, wrapped.subject_key, wrapped.key_no, Suite(wrapped.suite), self._nonces)

    def _unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        sealed = Wrapped(wrapped.kek_ref, wrapped.kek_version, wrapped.wrapped)
        return self._provider.unwrap(KekPurpose.SUBJECT, sealed, context)

    def _wrapped_key(self, subject_key: UUID, key_no: int, suite: int, dek: bytes, context: bytes) -> WrappedKey:
        sealed = self._provider.wrap(KekPurpose.SUBJECT, dek, context)
        return WrappedKey(
            subject_key, key_no, sealed.kek_ref, sealed.kek_version, suite=int(suite), wrapped=sealed.ciphertext
        )

    def _service_keys(self, purpose: KekPurpose) -> list[tuple[int, bytes]]:
        return [
            (key.number, self._provider.unwrap(purpose, key.wrapped, service_key_context(purpose, key.number)))
            for key in self._provider.service_keys(purpose)
        ]


_SUITES = frozenset(Suite)


def _file_key_context(name: str) -> bytes:
    return length_prefixed(b"openbureau file key v1", name.encode())


def _context(wrapped: WrappedKey) -> bytes:
    if wrapped.suite not in _SUITES or wrapped.key_no < 1:
        raise IntegrityError("A stored data key names a cipher suite or a key number that cannot be.")
    return subject_key_context(wrapped.subject_key, wrapped.key_no, wrapped.suite)
