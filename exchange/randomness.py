"""Unpredictable bytes in small pieces: drawn from the system's generator in blocks, for nonces and ids.

Each call of the system's generator hands Python's lock to another thread, which costs an import of many small seals
more than sealing. Keys are not drawn from here: bytes that wait in memory may be seen before they are used.

A block belongs to one thread of one process: neither threads nor the children of a fork ever draw the same bytes.
"""

import os
from threading import local

BLOCK_BYTES = 4_096


class _Block(local):
    process = 0
    content = b""
    used = 0


_block = _Block()


def random_piece(count: int) -> bytes:
    """So many unpredictable bytes, never given out twice."""
    block, process = _block, os.getpid()
    end = block.used + count
    if end > len(block.content) or block.process != process:
        block.content, block.process, end = os.urandom(max(BLOCK_BYTES, count)), process, count
    block.used = end
    return block.content[end - count : end]
