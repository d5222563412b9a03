import json
import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from exchange.errors import IntegrityError, Unavailable
from exchange.vault.key_hierarchy import KekPurpose, service_key_context
from exchange.vault.providers.key_file import decode
from exchange.vault.providers.local_file import LocalFileProvider
from exchange.vault.secret_file import SecretFileNotSafe, read_secret

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "vault.json"


def test_a_created_file_is_for_its_owner_alone_and_shows_no_kek(path: Path) -> None:
    LocalFileProvider.create(path)
    keys = decode(read_secret(path))

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["vault.json"]
    assert not any(kek in path.read_bytes() for versions in keys.keks.values() for kek in versions.values())
    assert len({keys.root, *(kek for versions in keys.keks.values() for kek in versions.values())}) == 4


def test_create_never_replaces_a_key_file(path: Path) -> None:
    LocalFileProvider.create(path)
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        LocalFileProvider.create(path)

    assert path.read_bytes() == before


def test_open_makes_nothing(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalFileProvider.open(path)

    assert not path.parent.exists()


def test_open_or_create_makes_the_file_once(path: Path) -> None:
    wrapped = LocalFileProvider.open_or_create(path).wrap(KekPurpose.SUBJECT, KEY, b"")
    before = path.read_bytes()

    assert LocalFileProvider.open_or_create(path).unwrap(KekPurpose.SUBJECT, wrapped, b"") == KEY
    assert path.read_bytes() == before


def test_a_file_that_others_may_read_stops_the_start_and_says_what_to_do(path: Path) -> None:
    LocalFileProvider.create(path)
    path.chmod(0o640)
    path.parent.chmod(0o755)

    for start in (LocalFileProvider.open, LocalFileProvider.open_or_create):
        with pytest.raises(SecretFileNotSafe) as refusal:
            start(path)
        assert f"chmod 600 {path}" in str(refusal.value)
        assert f"chmod 700 {path.parent}" in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json", b"\xff\xfe", b'{"format": "other"}', b"null"])
def test_a_file_that_is_no_key_file_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    LocalFileProvider.create(path)
    path.write_bytes(content)

    for start in (LocalFileProvider.open, LocalFileProvider.open_or_create):
        with pytest.raises(IntegrityError):
            start(path)
    assert path.read_bytes() == content


DAMAGES: list[Callable[[Any], object]] = [
    lambda file: file.update(root=file["root"][:-1]),
    lambda file: file.update(root=file["root"][::-1]),
    lambda file: file.update(root=7),
    lambda file: file["keks"].update(subject=[]),
    lambda file: file["keks"].update(subject=file["keks"]["log"]),
    lambda file: file["keks"]["subject"][0].update(version=2),
    lambda file: file["keks"]["subject"][0].update(version="1"),
    lambda file: file["keks"]["subject"][0].update(version=-1),
    lambda file: file["keks"]["subject"][0].update(wrapped="AAAA"),
    lambda file: file["keks"].pop("index"),
    lambda file: file["service"].update(log=[]),
    lambda file: file["service"].update(log=file["service"]["index"]),
    lambda file: file["service"]["index"][0].update(number=2),
    lambda file: file["service"]["index"][0].update(kek_version=2),
    lambda file: file["service"]["index"][0].update(wrapped=None),
    lambda file: file.pop("service"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_key_file_is_refused_at_the_start_not_at_the_first_borrower(
    path: Path, damage: Callable[[Any], object]
) -> None:
    LocalFileProvider.create(path)
    file = json.loads(path.read_bytes())
    damage(file)
    path.write_text(json.dumps(file))

    with pytest.raises(IntegrityError):
        LocalFileProvider.open(path)


def test_a_key_of_another_key_file_opens_nothing(tmp_path: Path) -> None:
    ours, theirs = (LocalFileProvider.create(tmp_path / name / "vault.json") for name in ("ours", "theirs"))

    with pytest.raises(IntegrityError):
        ours.unwrap(KekPurpose.SUBJECT, theirs.wrap(KekPurpose.SUBJECT, KEY, b""), b"")


def test_rotation_keeps_every_old_key_readable_here_elsewhere_and_after_a_restart(path: Path) -> None:
    here = LocalFileProvider.create(path)
    elsewhere = LocalFileProvider.open(path)
    old = here.wrap(KekPurpose.SUBJECT, KEY, b"")

    here.rotate(KekPurpose.SUBJECT)
    new = here.wrap(KekPurpose.SUBJECT, KEY, b"")

    assert (old.kek_version, new.kek_version) == (1, 2)
    for provider in (here, elsewhere, LocalFileProvider.open(path)):
        assert provider.unwrap(KekPurpose.SUBJECT, old, b"") == KEY
        assert provider.unwrap(KekPurpose.SUBJECT, new, b"") == KEY
    assert elsewhere.newest(KekPurpose.SUBJECT)[1] == 2
    assert here.newest(KekPurpose.LOG)[1] == 1


@pytest.mark.parametrize("purpose", [KekPurpose.LOG, KekPurpose.INDEX])
def test_rotating_log_or_index_adds_a_service_key_before_the_old_ones(path: Path, purpose: KekPurpose) -> None:
    provider = LocalFileProvider.create(path)
    [first] = provider.service_keys(purpose)

    provider.rotate(purpose)

    second, kept = provider.service_keys(purpose)
    assert (second.number, second.wrapped.kek_version, kept) == (2, 2, first)
    opened = [provider.unwrap(purpose, key.wrapped, service_key_context(purpose, key.number)) for key in (second, kept)]
    assert opened[0] != opened[1]


def test_two_providers_that_rotate_in_turn_lose_no_version(path: Path) -> None:
    here, elsewhere = LocalFileProvider.create(path), LocalFileProvider.open(path)

    here.rotate(KekPurpose.SUBJECT)
    elsewhere.rotate(KekPurpose.SUBJECT)

    assert sorted(decode(read_secret(path)).keks[KekPurpose.SUBJECT]) == [1, 2, 3]


def test_a_key_file_that_went_away_is_unavailable_and_not_made_anew(path: Path) -> None:
    provider = LocalFileProvider.create(path)
    path.unlink()

    with pytest.raises(Unavailable):
        provider.service_keys(KekPurpose.LOG)

    assert not path.exists()


def create_at_once(path: Path, start: Barrier, won: "multiprocessing.Queue[bool]") -> None:
    start.wait()
    try:
        LocalFileProvider.create(path)
        won.put(True)
    except FileExistsError:
        won.put(False)


def open_at_once(path: Path, start: Barrier, wrapped: "multiprocessing.Queue[object]") -> None:
    start.wait()
    wrapped.put(LocalFileProvider.open_or_create(path).wrap(KekPurpose.SUBJECT, KEY, b""))


def test_of_processes_that_create_at_once_one_wins_and_one_file_stays(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, won = spawn.Barrier(3), spawn.Queue()
    racers = [spawn.Process(target=create_at_once, args=(path, start, won)) for _ in range(3)]
    for racer in racers:
        racer.start()
    outcomes = [won.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()

    assert sorted(outcomes) == [False, False, True]
    assert [file.name for file in path.parent.iterdir()] == ["vault.json"]
    LocalFileProvider.open(path)


def test_processes_that_start_at_once_all_use_the_same_keys(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, wrapped = spawn.Barrier(3), spawn.Queue()
    racers = [spawn.Process(target=open_at_once, args=(path, start, wrapped)) for _ in range(3)]
    for racer in racers:
        racer.start()
    keys = [wrapped.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()

    assert [file.name for file in path.parent.iterdir()] == ["vault.json"]
    assert all(LocalFileProvider.open(path).unwrap(KekPurpose.SUBJECT, key, b"") == KEY for key in keys)
