"""Work that makes very many small values."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS_UNTIL_COLLECTED = 200_000


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """A batch is tens of thousands of small values without cycles, which the collector would look through again and
    again: a fifth of the time of an import.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS_UNTIL_COLLECTED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
