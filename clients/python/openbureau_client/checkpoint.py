"""Checkpoints (C2SP tlog-checkpoint): what a log says of itself."""

from dataclasses import dataclass

from openbureau_client.encoding import from_base64
from openbureau_client.errors import NoteDoesNotMatch


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, how many leaves it has, and the root over them."""

    origin: str
    size: int
    root: bytes


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text says; its signature is not looked at. Raises NoteDoesNotMatch."""
    lines = text.split("\n")[:-1]
    try:
        origin, size, root = lines[0], int(lines[1]), from_base64(lines[2])
    except (IndexError, ValueError) as fault:
        raise NoteDoesNotMatch("This is not a checkpoint.") from fault
    if not origin or lines[1] != str(size) or not 0 <= size < 1 << 63 or len(root) != 32 or "" in lines:
        raise NoteDoesNotMatch("This is not a checkpoint.")
    return Checkpoint(origin, size, root)
