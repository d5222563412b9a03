"""What every home for KEKs must do. A new provider joins `PROVIDERS`; its own file tests only what is its own."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from exchange.errors import IntegrityError
from exchange.vault.key_hierarchy import KekPurpose, KeyProvider, Wrapped, service_key_context
from exchange.vault.providers.local_file import LocalFileProvider

KEY = bytes(range(32))


def local_file(directory: Path) -> KeyProvider:
    return LocalFileProvider.create(directory / "keys" / "vault.json")


PROVIDERS: list[Callable[[Path], KeyProvider]] = [local_file]
EVERY_PURPOSE = pytest.mark.parametrize("purpose", list(KekPurpose))


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.__name__)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    made: KeyProvider = request.param(tmp_path)
    return made


@EVERY_PURPOSE
def test_what_was_wrapped_is_unwrapped(provider: KeyProvider, purpose: KekPurpose) -> None:
    wrapped = provider.wrap(purpose, KEY, b"context")

    assert provider.unwrap(purpose, wrapped, b"context") == KEY
    assert KEY not in wrapped.ciphertext
    assert (wrapped.kek_ref, wrapped.kek_version) == provider.newest(purpose)


def test_wrapping_twice_does_not_look_the_same(provider: KeyProvider) -> None:
    first, second = (provider.wrap(KekPurpose.SUBJECT, KEY, b"context") for _ in range(2))

    assert first.ciphertext != second.ciphertext


def test_a_wrapped_key_opens_only_in_its_context(provider: KeyProvider) -> None:
    wrapped = provider.wrap(KekPurpose.SUBJECT, KEY, b"context")

    for context in (b"", b"contexT", b"context\x00"):
        with pytest.raises(IntegrityError):
            provider.unwrap(KekPurpose.SUBJECT, wrapped, context)


@pytest.mark.parametrize(("purpose", "other"), list(permutations(KekPurpose, 2)))
def test_a_wrapped_key_opens_only_for_its_purpose(
    provider: KeyProvider, purpose: KekPurpose, other: KekPurpose
) -> None:
    wrapped = provider.wrap(purpose, KEY, b"context")
    relabelled = replace(wrapped, kek_ref=provider.newest(other)[0])

    for moved in (wrapped, relabelled):
        with pytest.raises(IntegrityError):
            provider.unwrap(other, moved, b"context")


def test_a_key_of_a_version_that_never_was_opens_nothing(provider: KeyProvider) -> None:
    wrapped = provider.wrap(KekPurpose.SUBJECT, KEY, b"context")

    for version in (0, -1, wrapped.kek_version + 1):
        with pytest.raises(IntegrityError):
            provider.unwrap(KekPurpose.SUBJECT, replace(wrapped, kek_version=version), b"context")


def test_a_wrapped_key_changed_anywhere_opens_nothing(provider: KeyProvider) -> None:
    wrapped = provider.wrap(KekPurpose.SUBJECT, KEY, b"context")
    content = wrapped.ciphertext

    changes = [content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :] for i in range(len(content))]
    for changed in [*changes, b"", content[:-1], content + b"\x00"]:
        with pytest.raises(IntegrityError):
            provider.unwrap(KekPurpose.SUBJECT, Wrapped(wrapped.kek_ref, wrapped.kek_version, changed), b"context")


@pytest.mark.parametrize("purpose", [KekPurpose.LOG, KekPurpose.INDEX])
def test_service_keys_are_there_from_the_start_and_are_32_bytes(provider: KeyProvider, purpose: KekPurpose) -> None:
    [held] = provider.service_keys(purpose)

    assert held.number == 1
    assert len(provider.unwrap(purpose, held.wrapped, service_key_context(purpose, 1))) == 32
    with pytest.raises(IntegrityError):
        provider.unwrap(purpose, held.wrapped, service_key_context(purpose, 2))
