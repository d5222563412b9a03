from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from exchange.clock import FixedClock
from exchange.errors import IntegrityError, Unavailable
from exchange.handover import WrappedKey
from exchange.vault.field_cipher import Suite
from exchange.vault.key_hierarchy import KekPurpose, KeyHierarchy, ServiceKey, Wrapped
from exchange.vault.providers.local_file import LocalFileProvider

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BORROWER, SOMEBODY_ELSE, ENTRY = UUID(int=1), UUID(int=2), UUID(int=77)


class CountingProvider(LocalFileProvider):
    """A real key file that counts its unwrappings and can be cut off."""

    unwrapped = 0
    reachable = True

    def unwrap(self, purpose: KekPurpose, wrapped: Wrapped, context: bytes) -> bytes:
        if not self.reachable:
            raise Unavailable("The key provider does not answer.")
        self.unwrapped += 1
        return super().unwrap(purpose, wrapped, context)

    def service_keys(self, purpose: KekPurpose) -> Sequence[ServiceKey]:
        if not self.reachable:
            raise Unavailable("The key provider does not answer.")
        return super().service_keys(purpose)


@pytest.fixture
def provider(tmp_path: Path) -> CountingProvider:
    return CountingProvider.create(tmp_path / "keys" / "vault.json")


@pytest.fixture
def noon() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def keys(provider: CountingProvider, noon: FixedClock) -> KeyHierarchy:
    return KeyHierarchy(provider, noon, cache_seconds=60, cache_size=3)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_created_key_opens_what_it_sealed(provider: CountingProvider, noon: FixedClock, suite: Suite) -> None:
    wrapped, cipher = KeyHierarchy(provider, noon, 60, 3, suite).create(BORROWER)
    blob = cipher.seal("subject", "names", b"1", b"value")

    opened = KeyHierarchy(provider, noon, 60, 3).open(wrapped)

    assert opened.unseal("subject", "names", b"1", blob) == b"value"
    assert blob[1] == wrapped.suite == suite
    assert (wrapped.subject_key, wrapped.key_no) == (BORROWER, 1)
    assert (wrapped.kek_ref, wrapped.kek_version) == provider.newest(KekPurpose.SUBJECT)


def test_two_borrowers_and_two_key_numbers_have_different_keys(keys: KeyHierarchy) -> None:
    commitments = {
        keys.create(borrower, key_no)[1].commit(b"the same record")
        for borrower in (BORROWER, SOMEBODY_ELSE)
        for key_no in (1, 2)
    }

    assert len(commitments) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"subject_key": SOMEBODY_ELSE},
        {"key_no": 2},
        {"suite": 2},
        {"suite": 9},
        {"suite": -1},
        {"key_no": 0},
        {"key_no": -1},
        {"kek_version": 2},
        {"kek_ref": "local-file:log"},
        {"wrapped": b""},
        {"wrapped": bytes(61)},
    ],
)
def test_a_stored_key_that_is_changed_moved_or_wiped_opens_nothing(
    keys: KeyHierarchy, change: dict[str, object]
) -> None:
    wrapped, _ = keys.create(BORROWER)
    keys.open(wrapped)

    with pytest.raises(IntegrityError):
        keys.open(replace(wrapped, **change))  # type: ignore[arg-type]  # one field at a time, by name
    with pytest.raises(IntegrityError):
        keys.rewrap(replace(wrapped, **change))  # type: ignore[arg-type]  # one field at a time, by name


def test_an_opened_key_stays_for_its_seconds_and_no_longer(
    keys: KeyHierarchy, provider: CountingProvider, noon: FixedClock
) -> None:
    wrapped, _ = keys.create(BORROWER)

    keys.open(wrapped)
    noon.instant = NOON + timedelta(seconds=59)
    keys.open(wrapped)
    assert provider.unwrapped == 1
    noon.instant = NOON + timedelta(seconds=60)
    keys.open(wrapped)

    assert provider.unwrapped == 2


def test_the_number_of_opened_keys_is_bounded(keys: KeyHierarchy, provider: CountingProvider) -> None:
    stored = [keys.create(uuid4())[0] for _ in range(10)]
    for wrapped in stored:
        keys.open(wrapped)

    for wrapped in stored[-3:]:
        keys.open(wrapped)
    assert provider.unwrapped == 10
    keys.open(stored[0])
    assert provider.unwrapped == 11


def test_a_forgotten_borrower_is_no_longer_in_memory_and_others_are(
    keys: KeyHierarchy, provider: CountingProvider
) -> None:
    first, second = keys.create(BORROWER, 1)[0], keys.create(BORROWER, 2)[0]
    other, _ = keys.create(SOMEBODY_ELSE)
    for wrapped in (first, second, other):
        keys.open(wrapped)

    keys.forget(BORROWER)
    provider.reachable = False

    keys.open(other)
    for wrapped in (first, second):
        with pytest.raises(Unavailable):
            keys.open(wrapped)


def test_rewrapping_moves_a_key_to_the_newest_version_and_changes_no_value(
    keys: KeyHierarchy, provider: CountingProvider
) -> None:
    wrapped, cipher = keys.create(BORROWER)
    blob = cipher.seal("subject", "names", b"1", b"value")
    provider.rotate(KekPurpose.SUBJECT)

    rewrapped = keys.rewrap(wrapped)

    assert (wrapped.kek_version, rewrapped.kek_version) == (1, 2)
    assert rewrapped.wrapped != wrapped.wrapped
    for stored in (wrapped, rewrapped):
        assert keys.open(stored).unseal("subject", "names", b"1", blob) == b"value"


def test_rotated_log_and_index_keys_are_taken_up_within_the_cache_time(
    keys: KeyHierarchy, provider: CountingProvider, noon: FixedClock, tmp_path: Path
) -> None:
    opening = keys.log_cipher().seal_opening(ENTRY, b"salts")
    token = keys.lookup_tokens().identifier("PASSPORT", "CN", "E12345678")
    elsewhere = LocalFileProvider.open(tmp_path / "keys" / "vault.json")
    elsewhere.rotate(KekPurpose.LOG)
    elsewhere.rotate(KekPurpose.INDEX)

    noon.instant = NOON + timedelta(seconds=60)

    assert keys.log_cipher().seal_opening(ENTRY, b"salts")[2:6] == b"\x00\x00\x00\x02"
    assert keys.log_cipher().unseal_opening(ENTRY, opening) == b"salts"
    assert keys.lookup_tokens().newest_key_id == 2
    assert (1, token) in keys.lookup_tokens().candidates("PASSPORT", "CN", "E12345678")


def test_log_and_index_keys_are_opened_once_within_the_cache_time(
    keys: KeyHierarchy, provider: CountingProvider
) -> None:
    for _ in range(5):
        keys.log_cipher()
        keys.lookup_tokens()

    assert provider.unwrapped == 2


def test_the_log_key_and_the_index_key_are_not_the_same(keys: KeyHierarchy, provider: CountingProvider) -> None:
    log_key, index_key = keys._service_keys(KekPurpose.LOG), keys._service_keys(KekPurpose.INDEX)

    assert len(log_key) == len(index_key) == 1
    assert log_key[0][1] != index_key[0][1]


def test_many_threads_open_the_same_keys_and_each_gets_the_right_one(keys: KeyHierarchy) -> None:
    stored = [keys.create(uuid4())[0] for _ in range(8)]

    def opened(number: int) -> bool:
        wrapped: WrappedKey = stored[number % len(stored)]
        if number % 50 == 0:
            keys.forget(wrapped.subject_key)
        return keys.open(wrapped).subject_key == wrapped.subject_key

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(opened, range(2_000)))
