"""What stands behind looks and their bases, opened and verified: signatures, log entries, proofs of inclusion.

Nothing here trusts a column that anybody who writes into the database could have changed: a consent counts by its
signatures, a ground, a move and a look by the log entry that its leaf commits to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from consent.artefact import Frequency, FrequencyUnit
from consent.signature import digest
from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.merkle import leaf_hash
from exchange.audit.proof import prove, prove_each
from exchange.clock import milliseconds
from exchange.errors import IntegrityError, LogDoesNotMatch
from exchange.journeys.consent_check import ground_fields
from exchange.journeys.logged_fields import ReadEntry, entry_reader
from exchange.journeys.services import Services
from exchange.store.look_up import SealedEntry
from exchange.store.reconciliation import (
    SampledLook,
    SealedMove,
    UsedConsent,
    sampled_looks,
    sealed_moves,
    stored_consents,
    stored_grounds,
)

MOVE_ACTS = frozenset({"consent_given", "consent_moved", "consent_refused"})

Named = tuple[UUID, UUID]
"""A borrower's key, and the id of something in their file."""


Item = TypeVar("Item")


class Sample(Generic[Item]):
    """At most so many of the items added, each once, picked by the hash of a seed and their key: whoever knows the
    seed picks the same. `whole`: none was left out."""

    def __init__(self, seed: bytes, most: int) -> None:
        self._seed, self._most = seed, most
        self._picked: dict[bytes, Item] = {}
        self.whole = True

    def add(self, items: Iterable[tuple[bytes, Item]]) -> None:
        """Takes further items, each with its key."""
        self._picked |= {sha256(self._seed + key).digest(): item for key, item in items}
        self.whole = self.whole and len(self._picked) <= self._most
        self._picked = dict(sorted(self._picked.items())[: self._most])

    def items(self) -> list[Item]:
        """Those picked so far."""
        return list(self._picked.values())


def faults_of_use(used: UsedConsent) -> Iterator[str]:
    """What is wrong with a consent's columns and with the looks under it, once all of them are counted again.

    CONSENT_DIFFERS: the columns that decide are not what the artefact says. USES_DIFFER: the looks are not numbered
    1, 2 ... as far as the consent counts. CONSENT_OVERUSED: one of them was beyond what it allows.
    """
    says = _read(used.artefact)
    columns = {
        "subject_key": str(used.subject_key),
        "consent_id": str(used.consent_id),
        "recipient": used.recipient,
        "purpose": used.purpose,
        "starts_at": used.starts_at,
        "expires_at": used.expires_at,
    }
    if any(says.get(name) != value for name, value in columns.items()):
        yield "CONSENT_DIFFERS"
    if not used.numbered:
        yield "USES_DIFFER"
    used_twice = says.get("fetch") == "ONCE" and used.looks > 1
    if used_twice or _too_often(says.get("frequency"), used.looked_at):
        yield "CONSENT_OVERUSED"


def faults_of_consents(services: Services, named: Sequence[Named]) -> Iterator[tuple[UUID, str]]:
    """What does not hold of these consents and their moves, as consent id and code.

    CONSENT_SIGNATURE: a signature, or the log entry behind its passkey, does not hold. MOVE_DIFFERS: a move of its
    state is not as the log says, or is not in the log.
    """
    read_entry = entry_reader(services.keys.log_cipher)
    with services.connection() as connection:
        stored, moves = stored_consents(connection, named), sealed_moves(connection, named)
    for consent_id, consent in stored.items():
        try:
            services.read_consent(consent)
        except IntegrityError:
            yield consent_id, "CONSENT_SIGNATURE"
    for move in moves:
        if not _is_logged(move, stored[move.consent_id].artefact, read_entry):
            yield move.consent_id, "MOVE_DIFFERS"


def faults_of_grounds(services: Services, named: Sequence[Named]) -> Iterator[tuple[UUID, str]]:
    """GROUND_DIFFERS for each of these lawful grounds, by id, that is not as the log says it was recorded."""
    read_entry = entry_reader(services.keys.log_cipher)
    with services.connection() as connection:
        stored = stored_grounds(connection, named)
    for ground_id, ground in stored.items():
        if not _says(ground.entry, ground_fields(ground), read_entry):
            yield ground_id, "GROUND_DIFFERS"


def faults_of_looks(services: Services, named: Sequence[Named], note: str) -> Iterator[tuple[bytes, str]]:
    """What does not hold of these looks, as the inquiry's leaf hash and code.

    ENTRY_DIFFERS: its entry cannot be opened, or says something else than the inquiry. NOT_IN_TREE: its leaf is not
    under the checkpoint in `note`, though it has a place there.
    """
    read_entry = entry_reader(services.keys.log_cipher)
    with services.connection() as connection:
        looks = sampled_looks(connection, named)
    for look in looks:
        if not _is_its_leaf(look) or not _says(look.entry, look.said, read_entry):
            yield look.leaf_hash, "ENTRY_DIFFERS"
    size = checkpoint_in(note).size
    placed = [(look.leaf_index, look.leaf_hash) for look in looks if look.leaf_index is not None]
    for outside in _not_proved(services, note, [each for each in placed if each[0] < size]):
        yield outside, "NOT_IN_TREE"


def _is_logged(move: SealedMove, artefact: bytes, read_entry: ReadEntry) -> bool:
    said = {"consent": str(move.consent_id), "consent_digest": digest(artefact).hex(), "state": move.to_state}
    return any(_says(move.entry, {"act": act} | said, read_entry) for act in MOVE_ACTS)


def _is_its_leaf(look: SampledLook) -> bool:
    """Whether the leaf stored with the entry is the one that the inquiry names, and of the same millisecond."""
    if look.entry is None or leaf_hash(look.entry.leaf) != look.leaf_hash:
        return False
    return _read_json(look.entry.leaf).get("t") == milliseconds(look.asked_at)


def _says(entry: SealedEntry | None, fields: Mapping[str, Any], read_entry: ReadEntry) -> bool:
    if entry is None:
        return False
    try:
        logged = read_entry(entry)
    except (IntegrityError, ValueError):
        return False
    return all(logged.get(name) == value for name, value in fields.items())


def _not_proved(services: Services, note: str, placed: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    try:
        prove_each(services.log, note, placed)
    except LogDoesNotMatch:
        for index, hash_ in placed:
            try:
                prove(services.log, note, index, hash_)
            except LogDoesNotMatch:
                yield hash_


def _read(artefact: bytes) -> dict[str, Any]:
    """What an artefact says, its instants read; nothing where it cannot be read."""
    says = _read_json(artefact)
    try:
        return says | {name: datetime.fromisoformat(says[name]) for name in ("starts_at", "expires_at")}
    except (ValueError, KeyError, TypeError):
        return {}


def _read_json(content: bytes) -> dict[str, Any]:
    try:
        says = orjson.loads(content)
    except ValueError:
        return {}
    return says if isinstance(says, dict) else {}


def _too_often(frequency: Mapping[str, Any] | None, looked_at: Sequence[datetime]) -> bool:
    """Whether any span held more looks than allowed; a span begins with the first look after the last one ended."""
    if frequency is None:
        return False
    limit = Frequency(frequency["count"], FrequencyUnit(frequency["unit"]))
    begun, inside = None, 0
    for at in looked_at:
        if begun is None or (at - begun).total_seconds() >= limit.seconds:
            begun, inside = at, 0
        inside += 1
        if inside > limit.count:
            return True
    return False
