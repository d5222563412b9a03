"""A log, its integrators and witnesses, and everything that was ever signed: what tests of the integrator look at."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client.merkle import root_of
from openbureau_client.note import Policy, open_checkpoint
from sqlalchemy import delete, insert, select

from exchange.audit.ask_witnesses import AskWitnesses
from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, checkpoint_in, parse_checkpoint
from exchange.audit.integrator import Integrated, Integrator
from exchange.audit.last_signed import LastSigned
from exchange.audit.merkle import leaf_hash
from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.log_rows import SqlLogStore
from exchange.store.tables.log import log_checkpoint, log_event, log_integrator, log_leaf, log_pending, log_tile
from tests.memory_log import MemoryLog
from tests.memory_witness import MemoryWitness

ORIGIN = "log.example"
KEY = Ed25519PrivateKey.generate()
VKEY = Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).vkey
ROUNDS_MAX = 20
WAIT_SECONDS = 60
ANSWER_SECONDS = 30  # so long that a busy machine never takes it; what hangs is made to hang by a test


class SqlLogOfTest(SqlLogStore):
    """The log in PostgreSQL, with what a test looks at."""

    _TABLES = (log_leaf, log_event, log_tile, log_checkpoint, log_integrator, log_pending)

    def commit_entry(self, recorded_at: datetime, entry_id: UUID, leaf: bytes) -> None:
        with self._engine.begin() as connection:
            row = {"entry_id": entry_id, "recorded_at": recorded_at, "leaf": leaf, "leaf_hash": leaf_hash(leaf)}
            row |= {"act": "look", "reasons": [], "rules": []}
            connection.execute(insert(log_pending).values(row))

    @property
    def placed(self) -> list[tuple[UUID, bytes, bytes]]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(log_leaf).order_by(log_leaf.c.leaf_index)).all()
        assert [row.leaf_index for row in rows] == list(range(len(rows)))
        return [(row.entry_id, row.leaf, row.leaf_hash) for row in rows]

    @property
    def waiting(self) -> list[UUID]:
        with self._engine.connect() as connection:
            return list(connection.scalars(select(log_pending.c.entry_id)))

    @property
    def published(self) -> list[tuple[int, datetime, bytes, str]]:
        with self._engine.connect() as connection:
            return [tuple(row)[1:] for row in connection.execute(select(log_checkpoint))]  # type: ignore[misc]

    def copy(self) -> dict[Any, list[dict[str, Any]]]:
        """A backup of the log's tables."""
        stored = {table: [column for column in table.c if column.computed is None] for table in self._TABLES}
        with self._engine.connect() as connection:
            return {
                table: [dict(row._mapping) for row in connection.execute(select(*columns))]
                for table, columns in stored.items()
            }

    def restore(self, backup: dict[Any, list[dict[str, Any]]]) -> None:
        with self._engine.begin() as connection:
            for table, rows in backup.items():
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), rows)


class SignerThatRemembers(KeySigner):
    """The log's key, with every checkpoint that it ever signed."""

    def __init__(self) -> None:
        super().__init__(ORIGIN, KEY)
        self.signed: list[Checkpoint] = []

    def sign(self, text: bytes) -> bytes:
        self.signed.append(parse_checkpoint(text.decode()))
        return super().sign(text)


class World:
    """A log, what was committed to it, and everything that was ever signed."""

    def __init__(
        self, log: Any, clock: FixedClock, settings: Settings, guard_path: Path, witnesses: int = 0, quorum: int = 0
    ) -> None:
        self.log = log
        self.clock = clock
        self.settings = replace(settings, integrate_batch=300, integrate_interval_seconds=0.0)
        self.guard_path = guard_path
        self.guard = LastSigned(guard_path)
        self.signer = SignerThatRemembers()
        self.witnesses = [MemoryWitness(f"witness{number}", VKEY) for number in range(witnesses)]
        self.quorum = quorum
        self.committed: list[UUID] = []

    def integrator(self, log: Any = None, signer: Any = None, guard: Any = None) -> Integrator:
        """An integrator that has just been started: it remembers nothing of its own."""
        asked = [witness.asked_over_http() for witness in self.witnesses]
        return Integrator(
            log or self.log, signer or self.signer, guard or self.guard, self.clock, self.settings,
            AskWitnesses(asked, self.quorum, ANSWER_SECONDS),
        )  # fmt: skip

    def commit(self, count: int) -> None:
        for _ in range(count):
            number = len(self.committed)
            self.clock.instant += timedelta(milliseconds=1)
            self.committed.append(UUID(int=number + 1))
            self.log.commit_entry(self.clock.now(), self.committed[-1], b"leaf %d" % number)

    def catch_up(self, integrator: Integrator | None = None) -> None:
        """Rounds until nothing is left to do."""
        integrator = integrator or self.integrator()
        for _ in range(ROUNDS_MAX):
            done = integrator.integrate_once()
            self.check()
            if done == Integrated(0, len(self.committed)):
                return
        raise AssertionError("the integrator never comes to an end")

    def wait_until_placed(self) -> None:
        """Until integrators in other threads have placed everything."""
        pause = threading.Event()
        for _ in range(WAIT_SECONDS * 50):
            if not self.log.waiting:
                return
            pause.wait(0.02)
        raise AssertionError("leaves wait for ever")

    @property
    def hashes(self) -> list[bytes]:
        return [hash_ for _, _, hash_ in self.log.placed]

    def check(self) -> None:
        """Nothing lost, nothing twice, each leaf's hash its own, and all signatures ever made agree with the tree."""
        placed = self.log.placed
        assert sorted([entry_id for entry_id, _, _ in placed] + list(self.log.waiting)) == self.committed
        assert all(hash_ == leaf_hash(leaf) for _, leaf, hash_ in placed)
        self.check_signed_agree_with(self.hashes)
        for size, _, root, note in self.log.published:
            found = open_checkpoint(note, self.policy)
            assert (found.size, found.root, found.origin) == (size, root, ORIGIN)
            assert root == root_of(self.hashes[:size])

    def check_signed_agree_with(self, hashes: Sequence[bytes]) -> None:
        """No signature of the log or of a witness contradicts the tree of these leaves."""
        signed = {(checkpoint.size, checkpoint.root) for checkpoint in self.signer.signed}
        signed |= {cosigned for witness in self.witnesses for cosigned in witness.cosigned}
        for size, root in signed:
            assert size <= len(hashes)
            assert root == root_of(hashes[:size])

    def check_all_is_published(self) -> None:
        self.check()
        assert not self.log.waiting
        assert checkpoint_in(self.log.newest_note()).size == len(self.committed)
        assert self.guard.read() == checkpoint_in(self.log.newest_note())
        assert self.log.oldest_uncovered() is None

    @property
    def policy(self) -> Policy:
        """What a verifier of this log asks for."""
        return Policy([VKEY], [witness.witness.verifier.vkey for witness in self.witnesses], self.quorum)


def make_world(request: Any, clock: FixedClock, settings: Settings, path: Path, **witnessed: int) -> World:
    """Over the log in memory or over PostgreSQL, as the fixture's parameter says."""
    log = MemoryLog() if request.param == "memory" else SqlLogOfTest(request.getfixturevalue("engine"), ORIGIN)
    return World(log, clock, settings, path / "guard", **witnessed)
