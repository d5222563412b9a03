"""Processes that help with a large file: each judges, seals and writes out every so many batches of it.

The process that was given the file reads its rows and talks to the database, alone: the batches are written in their
order, on one connection. A helper (import_helper.py) gets the rows of a batch and prepares it while others are being
written. When its turn comes it asks, by way of the first process, what is held, and gives back the finished lines of
COPY. It opens the vault by itself: no key goes from process to process.
"""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from itertools import cycle
from multiprocessing import Pipe
from typing import Any, Self

import orjson

from exchange.errors import ExchangeError, Unavailable
from exchange.intake.mapped_rows import NumberedRow
from exchange.journeys.import_helper import HelpersTask
from exchange.journeys.work_batch import Worked
from exchange.store.asking import Ask

Turn = Callable[[Ask], Worked]
"""Applies a batch whose turn has come."""


class ImportHelper:
    """A helper, as the process that started it sees it. Its errors are raised here; Unavailable where it ended."""

    def __init__(self, task: HelpersTask) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            # A fresh interpreter of its own: a fork would inherit the connection and the locks of our threads, and
            # one that `multiprocessing` spawns would import all that this process was started for.
            self._process = subprocess.Popen(  # noqa: S603 - nothing in these words is from outside
                [sys.executable, "-m", "exchange.journeys.import_helper", str(theirs.fileno())],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "POLARS_MAX_THREADS": "1"},
                pass_fds=[theirs.fileno()],
            )
        self._at_pipe(self._pipe.send, task)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever it was doing: what was not written is worked again by whoever goes on."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def take(self, batch: Sequence[NumberedRow]) -> None:
        """Gives it a batch to prepare; it has none."""
        self._at_pipe(self._pipe.send_bytes, orjson.dumps(batch))

    def apply(self, ask: Ask) -> Worked:
        """Its turn: asks for it until it has applied its batch."""
        self._at_pipe(self._pipe.send_bytes, _YOUR_TURN)
        while True:
            said = self._at_pipe(self._pipe.recv)
            if isinstance(said, Worked):
                return said
            if isinstance(said, ExchangeError):
                raise said
            statement, args, kwargs = said
            self._at_pipe(self._pipe.send, ask(statement, *args, **kwargs))

    def _at_pipe(self, act: Callable[..., Any], *args: object) -> Any:
        try:
            return act(*args)
        except (EOFError, ConnectionError):
            raise Unavailable(_ENDED) from None


def helped(
    batches: Generator[Sequence[NumberedRow], None, None], task: HelpersTask, count: int
) -> Generator[Turn, None, None]:
    """The batches in their order, each to be applied before the next one is asked for. Close it to end the helpers."""
    with closing(batches), ExitStack() as stack:
        helpers = [stack.enter_context(ImportHelper(task)) for _ in range(count)]
        waiting: deque[ImportHelper] = deque()
        for batch, helper in zip(batches, cycle(helpers), strict=False):
            helper.take(batch)
            waiting.append(helper)
            if len(waiting) == count:
                yield waiting.popleft().apply
        for helper in waiting:
            yield helper.apply


_YOUR_TURN = b""
_ENDED = "A process that helped with this import ended. Try again: what was written stays."
