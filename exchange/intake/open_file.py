"""Opens a submitted file as bounded lines of text: gzip, zstd or plain, nothing unpacked onto disk, memory flat."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

from exchange.errors import FileNotReadable

CHUNK_BYTES = 1 << 18
LINE_CHARACTERS_MAX = 32_768
UNPACKED_BYTES_MAX = 4 << 30
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_PIECE_BYTES = 1 << 10
"""So much of a zstd file is unpacked at once: even the densest kilobyte becomes 32 MB at most."""
_ZSTD_WINDOW_BYTES_MAX = 1 << 27


def lines_of(
    file: BinaryIO, encoding: str = "utf-8-sig", unpacked_bytes_max: int = UNPACKED_BYTES_MAX
) -> Iterator[str]:
    """The file's lines without their ends, from its present position.

    Raises FileNotReadable where the file is cut short, does not unpack, is not text of its encoding, has a line
    longer than `LINE_CHARACTERS_MAX`, or unpacks to more than `unpacked_bytes_max`.
    """
    rest = ""
    for text in _decoded(unpacked(file, unpacked_bytes_max), encoding):
        if "\0" in text:
            raise FileNotReadable("This file is not text: it holds zero bytes.")
        lines = (rest + text).split("\n")
        rest = lines.pop()
        if len(rest) > LINE_CHARACTERS_MAX or max(map(len, lines), default=0) > LINE_CHARACTERS_MAX:
            raise FileNotReadable(f"A line of this file is longer than {LINE_CHARACTERS_MAX:,} characters.")
        for line in lines:
            yield line.removesuffix("\r")
    if rest:
        yield rest.removesuffix("\r")


def unpacked(file: BinaryIO, bytes_max: int = UNPACKED_BYTES_MAX) -> Iterator[bytes]:
    """The file's bytes, unpacked, in pieces of bounded size. Raises FileNotReadable."""
    start = file.tell()
    magic = file.read(4)
    file.seek(start)
    total = 0
    for chunk in _gzip_chunks(file) if magic.startswith(_GZIP_MAGIC) else _chunks_of(file, magic):
        total += len(chunk)
        if total > bytes_max:
            raise FileNotReadable(f"This file is larger than {bytes_max:,} bytes once it is unpacked.")
        yield chunk
    if not total:
        raise FileNotReadable("This file is empty.")


def _chunks_of(file: BinaryIO, magic: bytes) -> Iterator[bytes]:
    if magic == _ZSTD_MAGIC:
        yield from _zstd_chunks(file)
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _gzip_chunks(file: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file) as packed:
            while chunk := packed.read(CHUNK_BYTES):
                yield chunk
    except EOFError:
        raise FileNotReadable("This gzip file is cut short: its end is missing.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise FileNotReadable("This gzip file is damaged.") from None


def _zstd_chunks(file: BinaryIO) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX)
    frame = unpacker.decompressobj()
    try:
        while piece := file.read(_ZSTD_PIECE_BYTES):
            while piece:
                if frame.eof:
                    frame = unpacker.decompressobj()
                yield frame.decompress(piece)
                piece = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError:
        raise FileNotReadable("This zstd file is damaged.") from None
    if not frame.eof:
        raise FileNotReadable("This zstd file is cut short: its end is missing.")


def _decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileNotReadable(f"This file is not text in {encoding}.") from None
