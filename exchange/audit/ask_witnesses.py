"""Asks witnesses to cosign a checkpoint (C2SP tlog-witness, `add-checkpoint`), all at once and for a limited time.

A witness cosigns only what continues the tree that it saw last, so it also remembers what was signed where our own
memory is lost. It answers:

    200         with its cosignature, which is verified before it is added to the note
    409, size   it has seen another size: the proof is sent again from there; a larger tree than ours is told on
    409, 422    it has seen another tree of this log: the log has forked, and halts
    404         it does not know this log, so it remembers nothing of it
"""

import logging
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Protocol

import httpx

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.cosignature import cosigned, with_cosignatures
from exchange.audit.merkle import Tree
from exchange.audit.witness_file import Witness, read_witnesses
from exchange.errors import LogDoesNotMatch, LogWouldFork
from exchange.settings import Settings

logger = logging.getLogger(__name__)

TRIES = 3
ANSWER_BYTES_MAX = 65_536
SIZE_TYPE = "text/x.tlog.size"

Prove = Callable[[int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one witness said: its signature lines, or the size of the larger tree of this log that it has seen."""

    lines: str | None = None
    remembers: int = 0


class NoAnswer(Exception):
    """A witness is away, or says what it must not."""


class AskedWitness(Protocol):
    """A witness as it is asked."""

    @property
    def witness(self) -> Witness: ...

    def follow(self, note: str, prove: Prove) -> Answer:
        """Asks it to cosign; `prove` gives the proof from an older size. Raises LogWouldFork, NoAnswer."""


class HttpWitness:
    """A witness behind its address. Remembers how far it has followed."""

    def __init__(self, witness: Witness, http: httpx.Client) -> None:
        """`http` sets the time limits."""
        self.witness = witness
        self._http = http
        self._followed = 0

    def follow(self, note: str, prove: Prove) -> Answer:
        size = checkpoint_in(note).size
        old_size = self._followed if self._followed <= size else 0
        for _ in range(TRIES):
            status, told_size, body = self._add_checkpoint(old_size, prove(old_size), note)
            if status == httpx.codes.OK:
                self._followed = size
                return Answer(lines=body)
            if status == httpx.codes.NOT_FOUND:
                return Answer()
            self._refuse_fork(status, told_size, old_size, size)
            if status != httpx.codes.CONFLICT or told_size is None:
                raise NoAnswer(f"status {status}")
            if told_size > size:
                return Answer(remembers=told_size)
            old_size = told_size
        raise NoAnswer("it tells another size each time")

    def _refuse_fork(self, status: int, told_size: int | None, old_size: int, size: int) -> None:
        """The witness has no such tree: the proof from its own size fails, or it holds another root for our size.

        Raises LogWouldFork.
        """
        not_joined = status == httpx.codes.UNPROCESSABLE_ENTITY and old_size > 0
        another_root = status == httpx.codes.CONFLICT and old_size == size and told_size in (None, size)
        if not_joined or another_root:
            raise LogWouldFork(f"The witness {self.witness.name} has seen another tree of {old_size} leaves.")

    def _add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: str) -> tuple[int, int | None, str]:
        """The status, the size that the witness told, and the body. Raises NoAnswer."""
        hashes = "".join(b64encode(hash_).decode() + "\n" for hash_ in proof)
        content = f"old {old_size}\n{hashes}\n{note}".encode()
        try:
            with self._http.stream("POST", self.witness.url + "/add-checkpoint", content=content) as answer:
                body = _read(answer)
        except httpx.HTTPError as fault:
            raise NoAnswer(type(fault).__name__) from fault
        tells_size = answer.headers.get("Content-Type", "").split(";")[0].strip() == SIZE_TYPE
        return answer.status_code, _read_size(body) if tells_size else None, body


def _read(answer: httpx.Response) -> str:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise NoAnswer("the answer is too long")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NoAnswer("the answer is not UTF-8") from None


def _read_size(body: str) -> int:
    text = body.removesuffix("\n")
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and str(int(text)) == text):
        raise NoAnswer("the size it tells cannot be read")
    return int(text)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A note with the cosignatures it got, and what the witnesses said.

    `answered`: how many told what they remember. `largest`: the most leaves that one of them has seen in this log.
    """

    note: str
    cosignatures: int = 0
    answered: int = 0
    largest: int = 0


class AskWitnesses:
    """The witnesses of a log, asked together. One that hangs is left behind, and asked again once it has ended."""

    def __init__(self, asked: Sequence[AskedWitness] = (), quorum: int = 0, timeout_seconds: float = 0.0) -> None:
        """Raises ValueError where the quorum is larger than the number of witnesses."""
        if quorum > len(asked):
            raise ValueError(f"witness_quorum is {quorum}, but the number of witnesses is {len(asked)}")
        self.quorum = quorum
        self.count = len(asked)
        self._asked = asked
        self._timeout_seconds = timeout_seconds
        self._pool = ThreadPoolExecutor(max(1, len(asked)), "witness")
        self._running: dict[str, Future[Answer]] = {}
        self._faults: dict[str, str] = {}

    def cosign(self, note: str, tree: Tree) -> Cosigned:
        """The note of this tree, with the cosignatures that came in time. Raises LogWouldFork."""
        done = Cosigned(note)
        for asked, answer in self._answers(note, tree):
            try:
                done = _with_answer(done, asked.witness, answer.result(timeout=0))
                self._tell(asked.witness, "")
            except TimeoutError:
                self._tell(asked.witness, "no answer in time")
            except (NoAnswer, LogDoesNotMatch) as fault:
                self._tell(asked.witness, str(fault))
        return done

    def is_enough(self, note: str) -> bool:
        """Whether a note of ours carries the cosignatures that the quorum asks for."""
        try:
            return not self.quorum or len(cosigned(note, [one.witness.verifier for one in self._asked])) >= self.quorum
        except LogDoesNotMatch:
            return False

    def close(self) -> None:
        """Asks no more; what still runs is left behind."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _answers(self, note: str, tree: Tree) -> list[tuple[AskedWitness, Future[Answer]]]:
        prove = _one_at_a_time(tree.consistency_proof)
        free = [asked for asked in self._asked if self._is_free(asked)]
        asked_now = [(asked, self._pool.submit(asked.follow, note, prove)) for asked in free]
        self._running = self._running | {asked.witness.name: answer for asked, answer in asked_now}
        wait([answer for _, answer in asked_now], self._timeout_seconds)
        return asked_now

    def _is_free(self, asked: AskedWitness) -> bool:
        running = self._running.get(asked.witness.name)
        return running is None or running.done()

    def _tell(self, witness: Witness, fault: str) -> None:
        """Logs when a witness begins to fail, in another way than before, and when it answers again."""
        if fault != self._faults.get(witness.name, ""):
            self._faults[witness.name] = fault
            if fault:
                logger.warning("log.witness_failed witness=%r reason=%r", witness.name, fault)
            else:
                logger.info("log.witness_answers witness=%r", witness.name)


@contextmanager
def asking_witnesses(settings: Settings) -> Iterator[AskWitnesses]:
    """The witnesses that the settings name. Raises ValueError for their file or a quorum that is too large, OSError."""
    if not settings.witnesses:
        yield AskWitnesses(quorum=settings.witness_quorum)
        return
    named, timeout_seconds = read_witnesses(Path(settings.witnesses)), settings.witness_timeout_seconds
    with httpx.Client(timeout=timeout_seconds, follow_redirects=False) as http:
        asking = AskWitnesses([HttpWitness(one, http) for one in named], settings.witness_quorum, timeout_seconds)
        try:
            yield asking
        finally:
            asking.close()


def _with_answer(done: Cosigned, witness: Witness, answer: Answer) -> Cosigned:
    """Raises LogDoesNotMatch where the cosignature does not hold."""
    answered, largest = done.answered + 1, max(done.largest, answer.remembers)
    if answer.lines is None:
        return replace(done, answered=answered, largest=largest)
    note = with_cosignatures(done.note, answer.lines, [witness.verifier])
    return Cosigned(note, done.cosignatures + 1, answered, largest)


def _one_at_a_time(prove: Prove) -> Prove:
    """Proofs are read from one tree, whose tiles several witnesses' threads would read at once."""
    lock = Lock()

    def prove_alone(old_size: int) -> Sequence[bytes]:
        with lock:
            return prove(old_size)

    return prove_alone
