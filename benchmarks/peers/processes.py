"""What a contestant's processes take while they answer: memory of each worker, and the processor's time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import children_of, own, says
from benchmarks.running_exchange import Command

SAMPLE_SECONDS = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Taken:
    """The most that one worker held (MiB: its share of what is shared, and resident), how many there are, and the
    processor's seconds of all of them."""

    pss_mib: float = 0.0
    rss_mib: float = 0.0
    workers: int = 0
    cpu_seconds: float = field(default=0.0)


@contextmanager
def taking(command: Command) -> Iterator[Taken]:
    """What the command and its workers take meanwhile; to be read afterwards."""
    taken, stop, before = Taken(), threading.Event(), _cpu_seconds(command)
    watching = threading.Thread(target=_watch, args=(command, taken, stop))
    watching.start()
    try:
        yield taken
    finally:
        stop.set()
        watching.join()
        taken.cpu_seconds = _cpu_seconds(command) - before


def _watch(command: Command, taken: Taken, stop: threading.Event) -> None:
    while not stop.wait(SAMPLE_SECONDS):
        workers = [process for process in family_of(command)[1:] if not says(process, "resource_tracker")]
        taken.workers = len(workers)
        for process in workers or own(command):
            memory = _memory_kib(process)
            taken.pss_mib = max(taken.pss_mib, memory.get("Pss", 0) / 1024)
            taken.rss_mib = max(taken.rss_mib, memory.get("Rss", 0) / 1024)


def family_of(command: Command) -> list[int]:
    """The command's own process, and all that it started."""
    found = own(command)
    for process in found:
        found += children_of(process)
    return found


def _memory_kib(process: int) -> dict[str, int]:
    with suppress(OSError):
        lines = Path("/proc", str(process), "smaps_rollup").read_text().splitlines()[1:]
        return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return {}


def _cpu_seconds(command: Command) -> float:
    ticks = 0
    for process in family_of(command):
        with suppress(OSError):
            fields = Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
