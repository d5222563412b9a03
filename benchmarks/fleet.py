"""The processes of one run of the torture: what may be killed, and who brings it back."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.processes import children_of, postmasters, says

IMMEDIATE = "database, stopped at once"
"""The one target that is asked to stop, by an immediate shutdown: PostgreSQL then recovers as from a crash."""

Find = Callable[[], list[int]]


class Supervised(Protocol):
    """Something that should run."""

    @property
    def runs(self) -> bool: ...

    def start(self) -> None: ...


@dataclass(slots=True)
class Fleet:
    """The kinds of target, each with its processes of this moment, and how often one of ours was brought back.

    `witness_vkeys`: without a cosignature of one of these, no checkpoint may be published.
    """

    targets: Mapping[str, Find]
    pause_seconds: tuple[float, float]
    witness_vkeys: Sequence[str] = ()
    restarts: int = 0

    @contextmanager
    def supervised(self, all_of_it: Sequence[Supervised], every_seconds: float = 0.1) -> Iterator[None]:
        """Meanwhile, whatever died is started again, as a service manager would."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(every_seconds):
                for one in all_of_it:
                    if not one.runs:
                        self.restarts += 1
                        one.start()

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            stop.set()
            watching.join()


def database_targets(home: Path) -> dict[str, Find]:
    """The embedded server: one connection, its first process, all of it, and its own immediate shutdown."""
    return {
        "a database connection": lambda: _connections(home)[:1],
        "postmaster": lambda: postmasters(home),
        "postmaster and all of the database": lambda: [
            process for parent in postmasters(home) for process in (parent, *children_of(parent))
        ],
        IMMEDIATE: lambda: postmasters(home),
    }


def _connections(home: Path) -> list[int]:
    found = [
        child for parent in postmasters(home) for child in children_of(parent) if says(child, "openbureau openbureau")
    ]
    random.shuffle(found)
    return found
