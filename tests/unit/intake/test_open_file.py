"""Opening submitted files: what is read, and what is refused before anything is read."""

import gzip
import io
from collections import deque
from collections.abc import Callable
from hashlib import sha256

import pytest
import zstandard

from exchange.errors import FileNotReadable
from exchange.intake.open_file import CHUNK_BYTES, LINE_CHARACTERS_MAX, lines_of

TEXT = "one\r\ntwo\n\nfour ü\n" * 30_000


def lines(content: bytes, **options: int) -> list[str]:
    return list(lines_of(io.BytesIO(content), **options))


def test_plain_and_gzip_files_give_the_same_lines() -> None:
    expected = ["one", "two", "", "four ü"] * 30_000
    assert len(TEXT) > CHUNK_BYTES
    assert lines(TEXT.encode()) == expected
    assert lines(gzip.compress(TEXT.encode())) == expected


def test_the_last_line_needs_no_end_and_a_byte_order_mark_is_dropped() -> None:
    assert lines("\ufeffa\nb".encode()) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-20], "cut short"),
        (gzip.compress(TEXT.encode(), mtime=0)[:15], "cut short"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-8] + b"\x00" * 8, "damaged"),
        (b"\x1f\x8b\x00garbage", "damaged"),
        (b"\x28\xb5\x2f\xfd\x00\x00", "zstd"),
        (b"caf\xe9 au lait\n", "not text"),
        (b"a\nb\xc3", "not text"),
        (b"PK\x03\x04\x00\x00", "not text"),
        (b"x" * (LINE_CHARACTERS_MAX + 1), "longer than"),
        (b"a\n" + b"x" * (LINE_CHARACTERS_MAX + 1) + b"\nb\n", "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(FileNotReadable, match=says):
        lines(content)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked_whole() -> None:
    bomb = gzip.compress(b"a\n" * 5_000_000)
    file = io.BytesIO(bomb)
    with pytest.raises(FileNotReadable, match="larger than 1,000,000 bytes"):
        list(lines_of(file, unpacked_bytes_max=1_000_000))
    assert lines(b"a\n" * 10, unpacked_bytes_max=20) == ["a"] * 10


def test_zstd_is_read_also_in_several_frames() -> None:
    packed = zstandard.compress("one\n王".encode()) + zstandard.compress(b"\ntwo" * 50_000)
    lines = list(lines_of(io.BytesIO(packed)))
    assert lines[:2] == ["one", "王"] and len(lines) == 50_002


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda packed: packed[:-4], "cut short"),
        (lambda packed: packed[: len(packed) // 2], "cut short"),
        (lambda packed: packed[:40] + b"\xff" * 40 + packed[80:], "damaged"),
        (lambda packed: packed + b"more", "damaged"),
    ],
)
def test_zstd_that_is_cut_short_or_damaged_is_refused(damage: Callable[[bytes], bytes], says: str) -> None:
    content = b"\n".join(sha256(number.to_bytes(4, "big")).hexdigest().encode() for number in range(9_000))
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(content)
    with pytest.raises(FileNotReadable, match=says):
        deque(lines_of(io.BytesIO(damage(packed))), maxlen=0)


def test_a_zstd_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zstandard.compress(b"x" * (64 << 20))
    with pytest.raises(FileNotReadable, match=r"longer than|larger than"):
        deque(lines_of(io.BytesIO(bomb), unpacked_bytes_max=1 << 20), maxlen=0)
