"""A witness of logs (C2SP tlog-witness): it cosigns a log's checkpoint once it is sure that the log only grew.

It remembers one checkpoint of each log, in a file that is forced to disk before the cosignature leaves. Whatever fails
at whatever moment, it never cosigns two trees that contradict each other: a cosignature that was not remembered is not
given. Requests about one log are taken one after another, across threads and processes.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from exchange.audit.checkpoint import Checkpoint, NoteVerifier, checkpoint_in, open_note, split_note
from exchange.audit.cosignature import CosigningKey, cosignature_line, cosigned
from exchange.audit.last_signed import locked, sync_directory, write_durably
from exchange.audit.merkle import EMPTY_ROOT, verify_consistency
from exchange.audit.note_key import decode_base64
from exchange.audit.tiles import HASH_BYTES
from exchange.clock import Clock
from exchange.errors import LogDoesNotMatch, LogWouldFork

PROOF_LINES_MAX = 63
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_HEAD = re.compile(r"time (0|[1-9][0-9]{0,18}) sha256 ([0-9a-f]{64})")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness answers: an HTTP status, a body, and what the body is."""

    status: int
    body: str
    content_type: str = TEXT


@dataclass(frozen=True, slots=True)
class Request:
    """A submitted checkpoint, with the proof that it continues the one of `old_size` leaves. Nothing is checked yet."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The latest note of a log that was cosigned, and when (seconds since 1970)."""

    note: str
    timestamp: int

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return checkpoint_in(self.note)


class Memory:
    """What was cosigned last for one log, in a directory of its own."""

    def __init__(self, directory: Path, origin: str) -> None:
        """Makes the directory, for good, where there is none. Raises OSError."""
        self._directory = directory / _digest(origin)
        self._file = self._directory / "cosigned"
        self._origin = origin
        self._directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(directory)

    def held(self) -> AbstractContextManager[None]:
        """Nobody else decides about this log meanwhile."""
        return locked(self._directory)

    def read(self) -> Cosigned | None:
        """What is remembered; None where nothing was ever cosigned. Raises LogWouldFork for a damaged file, OSError."""
        try:
            head, _, note = self._file.read_bytes().decode(errors="replace").partition("\n")
        except FileNotFoundError:
            return None
        found = _HEAD.fullmatch(head)
        if not found or found[2] != _digest(note) or checkpoint_in(note).origin != self._origin:
            raise LogWouldFork(f"What this witness remembers of {self._origin} is damaged.")
        return Cosigned(note, int(found[1]))

    def write(self, latest: Cosigned) -> None:
        """Returns once this is on disk. Raises OSError; then this or what was there before is remembered."""
        write_durably(self._file, f"time {latest.timestamp} sha256 {_digest(latest.note)}\n{latest.note}")

    def keep_contradiction(self, note: str, latest: Cosigned) -> None:
        """Keeps two notes that contradict each other, both signed by the log. Raises OSError."""
        file = self._directory / f"contradiction-{_digest(split_note(note)[0])}.txt"
        if not file.exists():
            write_durably(file, f"{latest.note}\n{note}")


class Witness:
    """Cosigns the checkpoints of the logs that it knows, each log by its origin: the name of its keys."""

    def __init__(
        self, keys: Sequence[CosigningKey], logs: Iterable[NoteVerifier], directory: Path, clock: Clock
    ) -> None:
        """`directory` is where it remembers. Raises OSError."""
        self._keys = keys
        self._clock = clock
        self._logs: dict[str, list[NoteVerifier]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._memories = {origin: Memory(directory, origin) for origin in self._logs}

    @property
    def vkeys(self) -> list[str]:
        """Its keys as text."""
        return [key.verifier.vkey for key in self._keys]

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to a request, in the order of tlog-witness.

        1. 400: it cannot be read. 2. 404: the log is not known. 3. 403: no key of the log has signed. 4. 400, 409 and
        422: it does not continue what was cosigned last. 5. 200 with cosignatures, remembered on disk before.
        503 where that disk fails.
        """
        try:
            request = read_request(body)  # 1
            origin = request.checkpoint.origin
            if origin not in self._logs:  # 2
                return Answer(404, "This witness does not know the log.\n")
            refusal = self._not_signed(request)  # 3
            return refusal or self._decide(request, self._memories[origin])
        except LogDoesNotMatch as fault:
            return Answer(400, fault.sentence + "\n")
        except LogWouldFork as fault:
            logger.critical("witness.memory_damaged origin=%s", origin)
            return Answer(500, fault.sentence + "\n")
        except OSError as fault:
            logger.critical("witness.disk_failed origin=%s error=%s", origin, fault.strerror)
            return Answer(503, "This witness cannot write to its disk now.\n")

    def recover(self, note: str) -> Checkpoint:
        """Remember a checkpoint that this witness has itself cosigned, after its memory was lost or set back.

        Raises LogDoesNotMatch where the log or we have not signed it, or where a larger tree is remembered.
        """
        checkpoint = checkpoint_in(note)
        open_note(note, self._logs.get(checkpoint.origin, []))
        times = cosigned(note, [key.verifier for key in self._keys])
        if not times:
            raise LogDoesNotMatch("This witness has not cosigned the note.")
        memory = self._memories[checkpoint.origin]
        with memory.held():
            latest = memory.read()
            if latest and latest.checkpoint.size >= checkpoint.size:
                raise LogDoesNotMatch(f"This witness remembers {latest.checkpoint.size} leaves: not fewer than these.")
            memory.write(Cosigned(note, max([*times.values(), latest.timestamp if latest else 0])))
        return checkpoint

    def _not_signed(self, request: Request) -> Answer | None:
        try:
            open_note(request.note, self._logs[request.checkpoint.origin])
        except LogDoesNotMatch as fault:
            return Answer(403, fault.sentence + "\n")
        return None

    def _decide(self, request: Request, memory: Memory) -> Answer:
        with memory.held():
            latest = memory.read()
            known = latest.checkpoint if latest else Checkpoint(request.checkpoint.origin, 0, EMPTY_ROOT)
            if latest and known.size == request.checkpoint.size and known.root != request.checkpoint.root:
                # Two roots for one size prove that the log was rewritten.
                logger.critical("witness.log_contradicts_itself origin=%s size=%d", known.origin, known.size)
                memory.keep_contradiction(request.note, latest)
            return refuse(request, known) or self._cosign(request, latest, memory)

    def _cosign(self, request: Request, latest: Cosigned | None, memory: Memory) -> Answer:
        now = int(self._clock.now().timestamp())
        timestamp = max(now, latest.timestamp) if latest else now  # a clock that went back is not followed
        text = split_note(request.note)[0]
        lines = [cosignature_line(key, text, timestamp) for key in self._keys]
        memory.write(Cosigned(request.note, timestamp))
        # From here no tree that contradicts this one is cosigned; only now may the cosignatures leave.
        return Answer(200, "".join(lines))


def read_request(body: bytes) -> Request:
    """The parts of a request to add-checkpoint. Raises LogDoesNotMatch."""
    try:
        head, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as fault:
        raise LogDoesNotMatch("The request is not UTF-8.") from fault
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not blank or not old:
        raise LogDoesNotMatch("The request does not begin with the old size.")
    if len(lines) > PROOF_LINES_MAX:
        raise LogDoesNotMatch(f"The consistency proof has more than {PROOF_LINES_MAX} lines.")
    proof = tuple(map(decode_base64, lines))
    if any(len(one) != HASH_BYTES for one in proof):
        raise LogDoesNotMatch("The consistency proof holds something that is not a hash.")
    return Request(int(old[1]), proof, note, checkpoint_in(note))


def refuse(request: Request, known: Checkpoint) -> Answer | None:
    """Why a checkpoint that its log has signed may not be cosigned after `known`; None where it may."""
    submitted = request.checkpoint
    if request.old_size > submitted.size:
        return Answer(400, "The old size is larger than the checkpoint's.\n")
    if request.old_size != known.size or (submitted.size == known.size and submitted.root != known.root):
        return Answer(409, f"{known.size}\n", SIZE)
    try:
        verify_consistency(known.size, known.root, submitted.size, submitted.root, request.proof)
    except LogDoesNotMatch as fault:
        return Answer(422, fault.sentence + "\n")
    return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
