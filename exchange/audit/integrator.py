"""Gives committed leaves their places in the tree and signs checkpoints. One integrator works, others stand by.

Three steps, so that a kill between any two statements never leads to two inconsistent signatures:
1. Committed pending leaves get the next indices: leaves, tiles and tree size are written, the pending rows deleted.
2. In a second transaction the committed tree is compared with the last checkpoint signed, then signed, and the guard
   file is written and forced to disk.
3. Outside any transaction the witnesses are asked to cosign. Then, in a third one, the checkpoint is published, if
   nothing newer is and the quorum has cosigned.
Only a committed tree is ever signed, and a committed tree is never undone. A kill after a signature may leave it
unpublished; the tree that is signed next still holds the same leaves in the same places. Were leaves and checkpoint
written in one transaction, such a kill would leave a signed tree that the database has forgotten, and the next try
could order other leaves into it.

A guard, or a witness, ahead of the database means that an older database was restored: nothing is integrated or
signed then. So that this holds where the guard is lost or was restored with the database, the witnesses are shown
what was signed last before an integrator places its first leaf.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol
from uuid import UUID

from exchange.audit.ask_witnesses import AskWitnesses
from exchange.audit.checkpoint import Checkpoint, Signer, checkpoint_in, sign_note
from exchange.audit.last_signed import LastSigned
from exchange.audit.merkle import EMPTY_ROOT, Tree, leaf_hash, verify_consistency
from exchange.clock import Clock
from exchange.errors import LogDoesNotMatch, LogWouldFork, Unavailable
from exchange.settings import Settings

logger = logging.getLogger(__name__)


class LockedLog(Protocol):
    """The log inside one transaction that holds the integrator's lock."""

    def tree_size(self) -> int:
        """How many leaves have a place."""

    def pending(self, most: int) -> Sequence[tuple[UUID, bytes]]:
        """Committed leaves without a place, oldest first: entry id and leaf."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""

    def place(
        self, first: int, leaves: Sequence[tuple[UUID, bytes, bytes]], tiles: Mapping[tuple[int, int], bytes]
    ) -> None:
        """Write leaves (entry id, leaf, leaf hash) from index `first` on and the changed tiles; not pending now."""

    def newest_note(self) -> str | None:
        """The note of the newest checkpoint published."""

    def publish(self, tree_size: int, root: bytes, note: str, signed_at: datetime) -> None:
        """Add a checkpoint."""


class LogStore(Protocol):
    """Where the log lies."""

    def locked(self) -> AbstractContextManager[LockedLog | None]:
        """A transaction with the integrator's lock, committed on leaving; None if another integrator holds it."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` committed hashes of a tile."""

    def oldest_uncovered(self) -> datetime | None:
        """When the oldest leaf that is under no published checkpoint was recorded."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """What one round did. `standing_by`: another integrator holds the lock. `backlog`: more leaves may wait."""

    leaves: int = 0
    tree_size: int | None = None
    published: bool = False
    standing_by: bool = False
    backlog: bool = False


class Integrator:
    """Integrates leaves and signs checkpoints until it is told to stop."""

    def __init__(
        self,
        store: LogStore,
        signer: Signer,
        last_signed: LastSigned,
        clock: Clock,
        settings: Settings,
        witnesses: AskWitnesses | None = None,
        also_signing: Sequence[Signer] = (),
    ) -> None:
        """`also_signing`: further keys of the log itself, which sign each checkpoint too."""
        self._store = store
        self._origin = signer.name
        self._signers = (signer, *also_signing)
        self._last_signed = last_signed
        self._clock = clock
        self._settings = settings
        self._witnesses = witnesses or AskWitnesses()
        self._witnessed: int | None = None
        self._standing_by = False

    def integrate_once(self) -> Integrated:
        """One batch into the tree, and a checkpoint if the tree has none yet.

        Raises LogWouldFork, and whatever the store or the file system raises; nothing is lost then.
        """
        if self._witnessed is None and not self._meet_witnesses():
            return self._stand_by(0)
        with self._store.locked() as log:
            if log is None:
                return self._stand_by(0)
            leaves = self._integrate(log)
        # From here the leaves have their places for good; only now may a tree that holds them be signed.
        with self._store.locked() as log:
            if log is None:
                return self._stand_by(leaves)
            signed = self._sign(log)
            tree_size = log.tree_size()
        # From here a tree that contradicts this checkpoint cannot be signed, whatever becomes of the database.
        published = signed is not None and self._publish(signed)
        return Integrated(leaves, tree_size, published, backlog=leaves == self._settings.integrate_batch)

    def run(self, stop: threading.Event) -> None:
        """Integrate every `integrate_interval_seconds`, at once while there is a backlog. Raises LogWouldFork."""
        while not stop.is_set():
            started = monotonic()
            backlog = self._round()
            if not backlog:
                stop.wait(max(0.0, self._settings.integrate_interval_seconds - (monotonic() - started)))

    def _round(self) -> bool:
        """One round with its log lines; whether more leaves wait."""
        started = monotonic()
        try:
            done = self.integrate_once()
            self._report(done, monotonic() - started)
            self._alarm_if_late()
        except LogWouldFork as fault:
            logger.critical("log.halted reason=%r", fault.sentence)
            raise
        except Exception as fault:
            # A database or disk may be away for a while. Every round starts afresh from what is committed.
            logger.error("log.integration_failed error=%s", type(fault).__name__)
            return False
        return done.backlog

    def _stand_by(self, leaves: int) -> Integrated:
        """Another integrator works. Before this one does again, it asks the witnesses again."""
        self._witnessed = None
        return Integrated(leaves, standing_by=True)

    def _meet_witnesses(self) -> bool:
        """Shows the witnesses what was signed last, and learns how much they have seen; False if another works.

        Nothing new is signed for this: an empty tree contradicts nothing. Without a guard file every witness must
        answer, otherwise as many as the quorum. Raises Unavailable, LogWouldFork.
        """
        if not self._witnesses.count:
            self._witnessed = 0
            return True
        with self._store.locked() as log:
            if log is None:
                return False
            guard = self._last_signed.read()
            earlier = self._refuse_fork(log, Tree(log, log.tree_size()))
        last = max(earlier, key=lambda one: one.size, default=Checkpoint(self._origin, 0, EMPTY_ROOT))
        seen = self._witnesses.cosign(self._note(last), Tree(self._store, last.size))
        if seen.answered < (self._witnesses.quorum if guard else self._witnesses.count):
            raise Unavailable("Too few witnesses say what they remember of this log.")
        self._witnessed = seen.largest
        return True

    def _note(self, checkpoint: Checkpoint) -> str:
        return sign_note(checkpoint.body(), *self._signers)

    def _integrate(self, log: LockedLog) -> int:
        tree = Tree(log, log.tree_size())
        self._refuse_fork(log, tree)
        pending = [(entry_id, leaf, leaf_hash(leaf)) for entry_id, leaf in log.pending(self._settings.integrate_batch)]
        if pending:
            growth = tree.append([hash_ for _, _, hash_ in pending])
            log.place(tree.size, pending, growth.tiles)
        return len(pending)

    def _sign(self, log: LockedLog) -> Checkpoint | None:
        """Sign the committed tree, as the guard file then says; None where that was done and published."""
        tree = Tree(log, log.tree_size())
        signed = self._refuse_fork(log, tree)
        checkpoint = Checkpoint(self._origin, tree.size, tree.root())
        note = log.newest_note()
        if signed == [checkpoint, checkpoint] and note and self._witnesses.is_enough(note):
            return None
        self._last_signed.write(checkpoint)
        return checkpoint

    def _publish(self, checkpoint: Checkpoint) -> bool:
        """Ask the witnesses, then publish, unless cosignatures are missing or another integrator has gone on."""
        cosigned = self._witnesses.cosign(self._note(checkpoint), Tree(self._store, checkpoint.size))
        self._witnessed = max(self._witnessed or 0, cosigned.largest)
        with self._store.locked() as log:
            if log is None:
                return False
            self._refuse_fork(log, Tree(log, log.tree_size()))
            newest = log.newest_note()
            overtaken = newest is not None and checkpoint_in(newest).size > checkpoint.size
            if overtaken or cosigned.cosignatures < self._witnesses.quorum:
                return False
            log.publish(checkpoint.size, checkpoint.root, cosigned.note, self._clock.now())
        return True

    def _refuse_fork(self, log: LockedLog, tree: Tree) -> list[Checkpoint]:
        """The last checkpoint signed here and the newest one published.

        Raises LogWouldFork if either contradicts, or a witness has seen more leaves than there are.
        """
        if (self._witnessed or 0) > tree.size:
            raise LogWouldFork(f"The database holds {tree.size} leaves, but a witness has seen {self._witnessed}.")
        note = log.newest_note()
        published = checkpoint_in(note) if note else None
        earlier = [checkpoint for checkpoint in (self._last_signed.read(), published) if checkpoint]
        for checkpoint in earlier:
            self._refuse_contradiction(checkpoint, tree)
        return earlier

    def _refuse_contradiction(self, earlier: Checkpoint, tree: Tree) -> None:
        if earlier.origin != self._origin:
            raise LogWouldFork(f"The last checkpoint was signed for {earlier.origin}, not for {self._origin}.")
        if earlier.size > tree.size:
            raise LogWouldFork(f"The database holds {tree.size} leaves, but {earlier.size} were signed before.")
        try:
            proof = tree.consistency_proof(earlier.size)
            verify_consistency(earlier.size, earlier.root, tree.size, tree.root(), proof)
        except LogDoesNotMatch as fault:
            raise LogWouldFork(f"The tree contradicts the checkpoint signed for {earlier.size} leaves.") from fault

    def _report(self, done: Integrated, seconds: float) -> None:
        if done.standing_by != self._standing_by:
            self._standing_by = done.standing_by
            logger.info("log.standing_by" if done.standing_by else "log.taking_over")
        if done.leaves or done.published:
            logger.info(
                "log.integrated leaves=%d tree_size=%s published=%s milliseconds=%d",
                *(done.leaves, done.tree_size, done.published, seconds * 1000),
            )

    def _alarm_if_late(self) -> None:
        oldest = self._store.oldest_uncovered()
        age_seconds = (self._clock.now() - oldest).total_seconds() if oldest else 0
        if age_seconds > self._settings.pending_alarm_seconds:
            logger.warning("log.pending_late oldest_seconds=%d", age_seconds)
