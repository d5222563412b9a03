"""One unambiguous spelling of several byte strings, and the source of random bytes."""

import struct
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]
"""Gives so many unpredictable bytes: `os.urandom`, or a fixed stream when vectors are made."""

_length = struct.Struct(">I").pack


def length_prefixed(*parts: bytes) -> bytes:
    """Each part after its length (4 bytes, big endian), so that no two lists of parts spell alike."""
    return b"".join([_length(len(part)) + part for part in parts])


def number_bytes(number: int) -> bytes:
    """A key number or version as 4 bytes, big endian."""
    return _length(number)
