"""Small pieces of unpredictable bytes are never given out twice."""

import os
from concurrent.futures import ThreadPoolExecutor

from exchange.randomness import BLOCK_BYTES, random_piece


def test_pieces_have_the_length_asked_for_and_differ_in_every_thread() -> None:
    with ThreadPoolExecutor(4) as pool:
        pieces = list(pool.map(lambda _: random_piece(12), range(4_000)))
    assert {len(piece) for piece in pieces} == {12} and len(set(pieces)) == len(pieces)
    assert len(random_piece(BLOCK_BYTES + 1)) == BLOCK_BYTES + 1


def test_a_child_of_a_fork_draws_other_bytes() -> None:
    random_piece(12)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, random_piece(12))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 12) != random_piece(12)
    os.close(reading)
    os.close(writing)
