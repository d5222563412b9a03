"""The processes of a running exchange, found where Linux tells of them: under /proc."""

from contextlib import suppress
from pathlib import Path

from benchmarks.running_exchange import Command


def own(command: Command) -> list[int]:
    """The command's own process, while it runs."""
    return [command.process.pid] if command.process and command.runs else []


def workers_of(serving: Command) -> list[int]:
    """The web workers of `openbureau serve`."""
    return [child for parent in own(serving) for child in children_of(parent) if says(child, "spawn_main")]


def postmasters(home: Path) -> list[int]:
    """The embedded server's first process, if it runs."""
    with suppress(OSError, ValueError, IndexError):
        directory = (home / "postgres").resolve() / "data"
        process = int((directory / "postmaster.pid").read_text().split()[0])
        if Path("/proc", str(process), "cwd").readlink() == directory:
            return [process]
    return []


def children_of(parent: int) -> list[int]:
    with suppress(OSError):
        tasks = Path("/proc", str(parent), "task")
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    return []


def says(process: int, words: str) -> bool:
    """Whether its command line holds these words."""
    with suppress(OSError):
        return words in Path("/proc", str(process), "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return False


def connections_to(process: int, port: int) -> int:
    """How many open connections to a port of this machine a process holds."""
    with suppress(OSError):
        held = {str(file.readlink()) for file in Path("/proc", str(process), "fd").iterdir()}
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        established = [row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]
        return sum(f"socket:[{inode}]" in held for inode in established)
    return 0
