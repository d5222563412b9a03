"""The worker of submissions: takes up the files that wait on this machine, one after another, the oldest first.

A file is worked by one process; of each member, one file at a time. Whatever is killed, the next round goes on behind
the last batch that was committed. The file is removed once its submission is done with.
"""

import io
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import BinaryIO
from uuid import UUID

from exchange.errors import ExchangeError, FileNotReadable, IntegrityError, Unavailable
from exchange.journeys.receive_submission import spool_name, spool_of
from exchange.journeys.services import Services
from exchange.journeys.submission import SubmissionOutcome
from exchange.journeys.submit_batch import work
from exchange.store import submissions
from exchange.store.submission_views import open_digests
from exchange.vault.sealed_spool import SealedSpool

log = logging.getLogger(__name__)

_DAMAGED = "The file was damaged while it waited to be read. Send it again."
_AFTER_A_FAULT_SECONDS = 5.0


class Stopped(Exception):
    """The worker was asked to end while a file was worked; what was committed stays."""


def work_submissions(services: Services, stop: Event) -> None:
    """Works what waits until `stop` is set; then ends behind the batch that is being written.

    A file that fails for a cause of ours is put off for a while, so that it does not hold up the others.
    """
    put_off: dict[UUID, float] = {}
    while not stop.is_set():
        try:
            waiting = next_waiting(services, [one for one, until in put_off.items() if until > monotonic()])
            if waiting is None:
                sweep(services)
                stop.wait(services.settings.intake_interval_seconds)
                continue
            put_off[waiting.submission_id] = monotonic() + _AFTER_A_FAULT_SECONDS
            work_waiting(services, waiting, stop)
            del put_off[waiting.submission_id]
        except Stopped:
            return
        except Exception as fault:
            code = fault.stable_code if isinstance(fault, ExchangeError) else type(fault).__name__
            log.error("intake.failed error=%s", code)
            stop.wait(services.settings.intake_interval_seconds)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission whose file waits on this machine, under this name."""

    submission_id: UUID
    name: str


def next_waiting(services: Services, put_off: Collection[UUID] = ()) -> Waiting | None:
    """The oldest submission whose file waits here, of a member with no file at work. Raises Unavailable."""
    spool = spool_of(services)
    with services.connection() as connection:
        waiting = submissions.waiting(connection)
    named = (Waiting(row.submission_id, spool_name(row.member_id, row.digest)) for row in waiting)
    return next((one for one in named if one.submission_id not in put_off and spool.holds(one.name)), None)


def work_waiting(services: Services, waiting: Waiting, stop: Event | None = None) -> SubmissionOutcome:
    """Works a file to its end, and removes it. Raises Stopped, Unavailable."""
    spool = spool_of(services)
    log.info("intake.begun submission=%s", waiting.submission_id)
    with WaitingFile(spool, waiting.name) as file:
        outcome = work(services, waiting.submission_id, file, _stopping(stop))
        # From here the submission is done with; a crash leaves a sealed file that is swept away.
        spool.remove(waiting.name, file.sealed)
    log.info(
        "intake.done submission=%s state=%s read=%d applied=%d unchanged=%d faulty=%d",
        outcome.submission_id, outcome.state, outcome.read, outcome.applied, outcome.unchanged, outcome.faulty,
    )  # fmt: skip
    return outcome


def sweep(services: Services) -> int:
    """Removes files of no open submission, and those that never came in whole, once they are old. Returns how many."""
    with services.connection() as connection:
        wanted = frozenset(spool_name(row.member_id, row.digest) for row in open_digests(connection))
    return spool_of(services).sweep(wanted, services.settings.spool_keep_seconds)


def _stopping(stop: Event | None) -> Callable[[int, int], None]:
    def progress(_records: int, _size: int) -> None:
        if stop is not None and stop.is_set():
            raise Stopped

    return progress


class WaitingFile(io.RawIOBase):
    """A sealed file as the reader of a submission wants it: damage makes it a file that cannot be read.

    It is opened when it is first used, so that one whose key or end is gone is told of in the same way.
    """

    def __init__(self, spool: SealedSpool, name: str) -> None:
        super().__init__()
        self._spool = spool
        self._name = name
        self.sealed: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._opened().seek(offset, whence)

    def tell(self) -> int:
        return self._opened().tell()

    def read(self, size: int = -1, /) -> bytes:
        """Raises FileNotReadable."""
        try:
            return self._opened().read(size)
        except IntegrityError:
            raise FileNotReadable(_DAMAGED, "FILE_DAMAGED") from None

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # Buffer is of Python 3.12
        """Raises FileNotReadable."""
        view = memoryview(buffer).cast("B")
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if self.sealed:
            self.sealed.close()
        super().close()

    def _opened(self) -> BinaryIO:
        if self.sealed is None:
            try:
                self.sealed = self._spool.open(self._name)
            except IntegrityError:
                raise FileNotReadable(_DAMAGED, "FILE_DAMAGED") from None
            except OSError as gone:
                raise Unavailable("A file that waits cannot be opened.", "SPOOL_UNAVAILABLE") from gone
        return self.sealed
