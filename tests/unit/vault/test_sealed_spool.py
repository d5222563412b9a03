"""Files that wait, sealed: what was written is read from any place, and whatever was changed is noticed."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.clock import FixedClock
from exchange.errors import IntegrityError, Unavailable
from exchange.vault.key_hierarchy import KekPurpose, KeyHierarchy
from exchange.vault.providers.local_file import LocalFileProvider
from exchange.vault.sealed_spool import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES, SealedSpool

SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 77)
NAME = "a" * 64
OTHER = "b" * 64


@pytest.fixture
def provider(tmp_path: Path) -> LocalFileProvider:
    return LocalFileProvider.create(tmp_path / "keys" / "vault.json")


@pytest.fixture
def spool(tmp_path: Path, provider: LocalFileProvider, clock: FixedClock) -> SealedSpool:
    return SealedSpool(tmp_path / "spool", KeyHierarchy(provider, clock, 60, 100))


def content_of(size: int) -> bytes:
    """Bytes of which no two chunks are alike."""
    return b"".join(number.to_bytes(8, "big") for number in range(size // 8 + 1))[:size]


def keep(spool: SealedSpool, content: bytes, name: str = NAME, part_bytes: int = 10_007) -> None:
    with spool.receive() as file:
        for start in range(0, len(content), part_bytes):
            file.write(content[start : start + part_bytes])
        file.keep(name)


def read(spool: SealedSpool, name: str = NAME) -> bytes:
    with spool.open(name) as file:
        return file.read()


def file_of(tmp_path: Path, name: str = NAME) -> Path:
    return tmp_path / "spool" / name


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read(spool: SealedSpool, size: int) -> None:
    content = content_of(size)
    keep(spool, content)
    assert spool.holds(NAME)
    assert read(spool) == content


def test_a_file_is_read_from_any_place(spool: SealedSpool) -> None:
    content = content_of(3 * CHUNK_BYTES + 77)
    keep(spool, content)
    with spool.open(NAME) as file:
        assert file.seek(0, os.SEEK_END) == len(content)
        assert file.read() == b""
        for start in (2 * CHUNK_BYTES, 5, CHUNK_BYTES - 3, len(content) - 1, 0):
            file.seek(start)
            assert file.read(7) == content[start : start + 7]
            assert file.tell() == min(start + 7, len(content))
        file.seek(-10, os.SEEK_END)
        assert file.read() == content[-10:]


def test_nothing_lies_on_the_disk_in_clear_nor_open_to_others(spool: SealedSpool, tmp_path: Path) -> None:
    content = b"11010119900101001X,Wang Fang\n" * 9_000
    with spool.receive() as file:
        file.write(content)
        (coming_in,) = (tmp_path / "spool").iterdir()
        assert b"Wang Fang" not in coming_in.read_bytes()
        assert stat.S_IMODE(coming_in.stat().st_mode) == 0o600
        assert not spool.names()
        file.keep(NAME)
    lying = file_of(tmp_path)
    assert b"Wang Fang" not in lying.read_bytes()
    assert stat.S_IMODE(lying.stat().st_mode) == 0o600
    assert stat.S_IMODE(lying.parent.stat().st_mode) == 0o700
    assert spool.names() == {NAME}


def test_equal_files_do_not_look_equal(spool: SealedSpool, tmp_path: Path) -> None:
    keep(spool, b"equal" * 100)
    keep(spool, b"equal" * 100, OTHER)
    first, second = (file_of(tmp_path, name).read_bytes()[HEADER_BYTES:] for name in (NAME, OTHER))
    assert first != second


def damages(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Every way to change a file of four chunks: a byte of each part, cuts, chunks moved, left out and added."""
    chunks = [whole[at : at + SEALED_CHUNK_BYTES] for at in range(HEADER_BYTES, len(whole), SEALED_CHUNK_BYTES)]
    header = whole[:HEADER_BYTES]
    for at in range(0, 400):
        yield f"header byte {at}", flipped(whole, at)
    yield "last byte of the header", flipped(whole, HEADER_BYTES - 1)
    for number, chunk in enumerate(chunks):
        start = HEADER_BYTES + number * SEALED_CHUNK_BYTES
        for offset in (0, 1, len(chunk) // 2, len(chunk) - 17, len(chunk) - 16, len(chunk) - 1):
            yield f"chunk {number} byte {offset}", flipped(whole, start + offset)
        yield f"cut before chunk {number}", whole[:start]
        yield f"cut inside chunk {number}", whole[: start + len(chunk) // 2]
        yield f"cut by a byte in chunk {number}", whole[: start + len(chunk) - 1]
        yield f"without chunk {number}", header + b"".join(chunks[:number] + chunks[number + 1 :])
        yield f"chunk {number} twice", header + b"".join(chunks[: number + 1] + chunks[number:])
    yield "two chunks swapped", header + chunks[1] + chunks[0] + b"".join(chunks[2:])
    yield "the last first", header + chunks[3] + b"".join(chunks[:3])
    yield "something added", whole + b"\0"
    yield "a chunk of zeros added", whole + bytes(SEALED_CHUNK_BYTES)
    yield "only the header", header
    yield "half the header", header[: HEADER_BYTES // 2]
    yield "a header never written", bytes(HEADER_BYTES) + whole[HEADER_BYTES:]
    yield "nothing", b""


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_every_change_is_noticed_and_every_cut_before_anything_is_read(spool: SealedSpool, tmp_path: Path) -> None:
    keep(spool, content_of(3 * CHUNK_BYTES + 77))
    path = file_of(tmp_path)
    whole = path.read_bytes()
    unnoticed = []
    for what, changed in damages(whole):
        path.write_bytes(changed)
        try:
            read(spool)
            unnoticed.append(what)
        except IntegrityError:
            pass
        if what.startswith("cut"):
            with pytest.raises(IntegrityError):
                spool.open(NAME)
    assert unnoticed == []
    path.write_bytes(whole)
    assert read(spool) == content_of(3 * CHUNK_BYTES + 77)


def test_a_changed_chunk_stops_the_reading_there_and_gives_nothing_of_it(spool: SealedSpool, tmp_path: Path) -> None:
    content = content_of(3 * CHUNK_BYTES)
    keep(spool, content)
    path = file_of(tmp_path)
    path.write_bytes(flipped(path.read_bytes(), HEADER_BYTES + SEALED_CHUNK_BYTES + 5))
    with spool.open(NAME) as file:
        assert file.read(CHUNK_BYTES) == content[:CHUNK_BYTES]
        with pytest.raises(IntegrityError):
            file.read(1)


def test_a_file_does_not_pass_for_another_and_its_chunks_fit_no_other(spool: SealedSpool, tmp_path: Path) -> None:
    keep(spool, content_of(2 * CHUNK_BYTES))
    keep(spool, content_of(2 * CHUNK_BYTES), OTHER)
    mine, others = file_of(tmp_path).read_bytes(), file_of(tmp_path, OTHER).read_bytes()
    for swapped in (others, mine[:HEADER_BYTES] + others[HEADER_BYTES:], others[:HEADER_BYTES] + mine[HEADER_BYTES:]):
        file_of(tmp_path).write_bytes(swapped)
        with pytest.raises(IntegrityError):
            read(spool)
    assert read(spool, OTHER) == content_of(2 * CHUNK_BYTES)


def test_a_file_that_is_not_kept_leaves_nothing(spool: SealedSpool, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), spool.receive() as file:
        file.write(content_of(2 * CHUNK_BYTES))
        raise RuntimeError("cut")
    assert list((tmp_path / "spool").iterdir()) == []
    assert not spool.holds(NAME)


def test_a_full_disk_is_told_and_leaves_nothing(
    spool: SealedSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable) as told, spool.receive() as file:
        file.write(b"content")
        file.keep(NAME)
    assert told.value.stable_code == "SPOOL_UNAVAILABLE"
    assert list((tmp_path / "spool").iterdir()) == []


def test_the_same_file_may_come_again_while_the_first_is_read_and_only_the_one_read_is_removed(
    spool: SealedSpool,
) -> None:
    keep(spool, b"content")
    with spool.open(NAME) as first:
        keep(spool, b"content")
        assert first.read() == b"content"
        spool.remove(NAME, first)
        assert spool.holds(NAME)  # the one that came in its place
    with spool.open(NAME) as second:
        spool.remove(NAME, second)
    assert not spool.holds(NAME)
    spool.remove(NAME)


def test_what_is_old_and_not_wanted_is_swept_away(spool: SealedSpool, tmp_path: Path) -> None:
    for name in (NAME, OTHER, "c" * 64):
        keep(spool, b"content", name)
    killed = tmp_path / "spool" / f"{'d' * 32}.new"
    killed.write_bytes(b"half a file")
    for path in (file_of(tmp_path), file_of(tmp_path, OTHER), killed):
        os.utime(path, (0, 0))
    assert spool.sweep(frozenset({OTHER}), 3600) == 2
    assert spool.names() == {OTHER, "c" * 64}
    assert not killed.exists()


def test_a_file_stays_readable_after_the_log_key_was_rotated(spool: SealedSpool, provider: LocalFileProvider) -> None:
    keep(spool, b"content")
    provider.rotate(KekPurpose.LOG)
    assert read(spool) == b"content"
    keep(spool, b"newer", OTHER)
    assert read(spool, OTHER) == b"newer"


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".new", "a.new"])
def test_no_name_leads_out_of_the_directory(spool: SealedSpool, name: str) -> None:
    with pytest.raises(ValueError):
        spool.open(name)


def test_a_file_that_is_not_there_is_not_there(spool: SealedSpool) -> None:
    assert not spool.holds(NAME)
    assert spool.names() == frozenset()
    assert spool.sweep(frozenset(), 0) == 0
    with pytest.raises(FileNotFoundError):
        spool.open(NAME)


def test_it_reads_as_a_stream_of_lines(spool: SealedSpool) -> None:
    lines = [f"line {number}\n" for number in range(20_000)]
    keep(spool, "".join(lines).encode())
    with spool.open(NAME) as file:
        assert list(io.TextIOWrapper(file, encoding="utf-8")) == lines
