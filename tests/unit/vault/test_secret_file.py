import errno
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from exchange.vault.secret_file import (
    SecretFileNotSafe,
    create_secret,
    locked_directory,
    read_secret,
    replace_secret,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "secret"


def test_a_secret_is_written_for_its_owner_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        assert create_secret(path, b"secret")
    finally:
        os.umask(before)

    assert read_secret(path) == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_second_creation_changes_nothing(path: Path) -> None:
    create_secret(path, b"first")

    assert not create_secret(path, b"second")
    assert read_secret(path) == b"first"


def test_of_many_threads_that_create_at_once_one_wins(path: Path) -> None:
    start = Barrier(8)

    def create(number: int) -> bool:
        start.wait()
        return create_secret(path, b"%d" % number)

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(create, range(8)))

    assert sum(won) == 1
    assert read_secret(path) == b"%d" % won.index(True)
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    create_secret(path, b"secret")
    path.chmod(mode)

    with pytest.raises(SecretFileNotSafe, match="chmod 600"):
        read_secret(path)


@pytest.mark.parametrize("mode", [0o701, 0o705, 0o750, 0o770])
def test_a_directory_open_to_others_is_refused_for_reading_and_writing(path: Path, mode: int) -> None:
    create_secret(path, b"secret")
    path.parent.chmod(mode)

    with pytest.raises(SecretFileNotSafe, match="chmod 700"):
        read_secret(path)
    with pytest.raises(SecretFileNotSafe, match="chmod 700"):
        create_secret(path.with_name("other"), b"secret")
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_a_file_of_somebody_else_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_secret(path, b"secret")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(SecretFileNotSafe) as refusal:
        read_secret(path)

    assert str(refusal.value).count("belongs to user") == 2


def test_a_link_to_a_secret_is_not_followed(path: Path) -> None:
    create_secret(path, b"secret")
    link = path.with_name("link")
    link.symlink_to(path)

    with pytest.raises(OSError):
        read_secret(link)
    assert not create_secret(link, b"other")
    assert read_secret(path) == b"secret"


def test_a_directory_in_the_place_of_a_secret_is_refused(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True)
    path.parent.chmod(0o700)

    with pytest.raises(OSError):
        read_secret(path)


@pytest.mark.parametrize("fault", [errno.EIO, errno.ENOSPC])
def test_a_failing_disk_leaves_the_old_file_untouched(path: Path, monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    create_secret(path, b"old")

    def failing(_descriptor: int) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError) as refusal, locked_directory(path.parent):
        replace_secret(path, b"new")
    with pytest.raises(OSError):
        create_secret(path.with_name("other"), b"new")

    assert refusal.value.errno == fault
    assert [file.name for file in path.parent.iterdir()] == ["secret"]
    assert read_secret(path) == b"old"


def test_a_write_cut_short_leaves_the_old_file_untouched(path: Path) -> None:
    create_secret(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    with pytest.raises(OSError), locked_directory(path.parent):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            replace_secret(path, b"n" * 10_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [file.name for file in path.parent.iterdir()] == ["secret"]
    assert read_secret(path) == b"old"


def test_what_a_crash_left_behind_is_cleared_by_the_next_write(path: Path) -> None:
    create_secret(path, b"old")
    path.with_name(".secret.new").write_bytes(b"half")

    with locked_directory(path.parent):
        replace_secret(path, b"new")

    assert [file.name for file in path.parent.iterdir()] == ["secret"]
    assert read_secret(path) == b"new"
