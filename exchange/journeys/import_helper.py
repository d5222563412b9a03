"""A process that helps with the import of one file (import_helpers.py): `python -m` this module, with the descriptor of
its end of the pipe. It ends with the process that started it.
"""

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Concatenate

import orjson
from sqlalchemy import Connection

from exchange.errors import ExchangeError
from exchange.intake.check_record import Rules
from exchange.intake.judge_batch import RowJudge
from exchange.intake.mapped_rows import MappedRows
from exchange.intake.mapping import read_mapping
from exchange.intake.reading import Reading
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.seldom_collecting import seldom_collecting
from exchange.journeys.work_batch import BatchWorker
from exchange.parent_process import die_with_parent
from exchange.store.asking import Found, Given
from exchange.vault.key_hierarchy import KeyHierarchy
from schema.vocabulary.correction import CorrectionReason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HelpersTask:
    """What a helper is told of a file. `open_keys` opens the vault from its own file."""

    heading: Sequence[str]
    reading: Reading
    rules: Rules
    origin: Provenance
    correction: CorrectionReason | None
    open_keys: Callable[[], KeyHierarchy]


def help_with_file(pipe: Pipe) -> None:
    """The whole life of a helper: its task, then batch after batch and turn after turn until the pipe is closed."""
    try:
        with seldom_collecting():
            _work(pipe, pipe.recv())
    except (EOFError, ConnectionError):
        return
    except ExchangeError as fault:
        _tell(pipe, fault)
    except Exception as fault:
        # Its words might repeat what it was about.
        log.error("import.helper_failed error=%s", type(fault).__name__)
        _tell(pipe, ExchangeError(f"A process that helped with this import failed ({type(fault).__name__})."))


def _work(pipe: Pipe, task: HelpersTask) -> None:
    rows = MappedRows(task.heading, read_mapping(task.reading.mapping), task.reading)
    judge, keys = RowJudge(rows, task.rules), task.open_keys()
    worker, asking = BatchWorker(keys, task.origin, task.correction), _AskThere(pipe)
    # What was new in the batch before says best whether it is worth while to make new records ahead of time.
    ahead = True
    while True:
        batch = worker.prepare(judge.judge(orjson.loads(pipe.recv_bytes())), ahead)
        pipe.recv_bytes()
        worked = worker.apply(batch, asking)
        pipe.send(worked)
        ahead = worked.applied.added * 2 > len(batch.prepared.records)


def _tell(pipe: Pipe, fault: ExchangeError) -> None:
    """Sends a fault, and stays until the other end is closed: it is read only when the turn has come."""
    try:
        pipe.send(fault)
        while True:
            pipe.recv_bytes()
    except (EOFError, ConnectionError):
        return


class _AskThere:
    """Asks by way of the process that holds the connection."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def __call__(
        self,
        statement: Callable[Concatenate[Connection, Given], Found],
        /,
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Found:
        self._pipe.send((statement, args, kwargs))
        answer: Found = self._pipe.recv()
        return answer


def main() -> None:
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # The process that started it decides when it ends.
    with Pipe(int(sys.argv[1])) as pipe:
        help_with_file(pipe)


if __name__ == "__main__":
    main()
