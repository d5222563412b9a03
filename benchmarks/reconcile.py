"""Holds what the clients were given against what the exchange has stored, once the log has caught up.

Every statement below counts what must not be. The log's tree is checked with the Python client's own code, which
shares nothing with the service.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
import orjson
from openbureau_client import Checkpoint, Policy, verify_proof
from openbureau_client.errors import NoteDoesNotMatch, ProofDoesNotMatch
from openbureau_client.merkle import leaf_hash, root_of
from openbureau_client.note import Trust, open_checkpoint
from sqlalchemy import Connection, text

from exchange.journeys.services import Services

PROOFS_MAX = 300


@dataclass(slots=True)
class Evidence:
    """What clients saw: leaves named by receipts of answers and of refusals, checkpoints, errors by code.

    `broken` counts answers that already the client found wrong.
    """

    answers: list[bytes] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was counted, and how often each thing was found that must not be."""

    counts: Mapping[str, int]
    violations: Mapping[str, int]


MUST_NOT_BE = {
    "leaf waits though the log has caught up": "SELECT count(*) FROM log_pending",
    "leaf without its act": """
        SELECT count(*) FROM log_leaf l LEFT JOIN log_opening o ON o.entry_id = l.entry_id
        WHERE o.leaf IS DISTINCT FROM l.leaf OR o.leaf_hash IS DISTINCT FROM l.leaf_hash""",
    "act without its leaf": """
        SELECT count(*) FROM log_opening o LEFT JOIN log_leaf l ON l.entry_id = o.entry_id WHERE l.entry_id IS NULL""",
    "two leaves alike": "SELECT count(*) - count(DISTINCT leaf_hash) FROM log_leaf",
    "gap in the tree": "SELECT coalesce(max(leaf_index) + 1, 0) - count(*) FROM log_leaf",
    "tree size that is not the number of leaves": """
        SELECT count(*) FROM log_integrator WHERE tree_size <> (SELECT count(*) FROM log_leaf)""",
    "gap in a borrower's list of looks": """
        SELECT count(*) FROM (
            SELECT 1 FROM subject_sequence q LEFT JOIN log_opening o ON o.subject_key = q.subject_key
            GROUP BY q.subject_key, q.last
            HAVING count(DISTINCT o.sequence) <> q.last OR coalesce(max(o.sequence), 0) <> q.last
                OR coalesce(min(o.sequence), 1) <> 1) gaps""",
    "inquiry without its act": """
        SELECT count(*) FROM inquiry i LEFT JOIN log_opening o
        ON o.subject_key = i.subject_key AND o.sequence = i.sequence AND o.leaf_hash = i.leaf_hash
        WHERE o.entry_id IS NULL""",
    "consent whose uses are not its looks": """
        SELECT count(*) FROM (
            SELECT 1 FROM consent c LEFT JOIN inquiry i
            ON i.subject_key = c.subject_key AND i.consent_id = c.consent_id AND i.granted
            GROUP BY c.subject_key, c.consent_id, c.uses
            HAVING count(i.inquiry_key) <> c.uses OR count(DISTINCT i.consent_use) <> c.uses
                OR coalesce(max(i.consent_use), 0) <> c.uses) wrong""",
}


def reconcile(services: Services, evidence: Evidence, trust: Policy) -> Reconciled:
    """Compares everything. The log must have caught up, and `openbureau serve` must still run (for its proofs)."""
    with services.connection() as connection:
        violations = Counter({name: connection.scalar(text(sql)) for name, sql in MUST_NOT_BE.items()})
        leaves = list(connection.execute(text("SELECT leaf_hash, leaf FROM log_leaf ORDER BY leaf_index")))
        inquiries = set(connection.scalars(text("SELECT leaf_hash FROM inquiry WHERE granted")))
        notes = evidence.notes | set(connection.scalars(text("SELECT note FROM log_checkpoint")))
        looks = _granted_looks(services, connection)
    hashes = [stored for stored, _ in leaves]
    violations["leaf whose hash is not its own"] = sum(leaf_hash(leaf) != stored for stored, leaf in leaves)
    violations["granted look without its inquiry"] = len(looks - inquiries)
    violations["inquiry without its granted look"] = len(inquiries - looks)
    violations["answer without a granted look"] = sum(leaf not in looks for leaf in evidence.answers)
    violations["two answers under one leaf"] = len(evidence.answers) - len(set(evidence.answers))
    violations["told refusal without a leaf"] = len(set(evidence.refusals) - set(hashes))
    violations["refusal that was a granted look"] = len(set(evidence.refusals) & looks)
    violations |= evidence.broken
    newest = check_notes(notes, hashes, trust, violations)
    proofs = _check_proofs(services.settings.issuer, _spread(evidence.answers + evidence.refusals), trust, newest)
    violations.update(proofs)
    counts = {
        "answers": len(evidence.answers),
        "refusals": len(evidence.refusals),
        "granted looks in the log": len(looks),
        "looks committed but not told (a crash came between)": len(looks) - len(evidence.answers),
        "leaves": len(hashes),
        "checkpoints": len(notes),
        "proofs verified": min(PROOFS_MAX, len(evidence.answers) + len(evidence.refusals)) - sum(proofs.values()),
    }
    return Reconciled(counts, {name: number for name, number in violations.items() if number})


def _granted_looks(services: Services, connection: Connection) -> set[bytes]:
    """The leaves of granted looks, as the opened log entries themselves say."""
    cipher = services.keys.log_cipher()
    found = set()
    for entry_id, leaf, opening in connection.execute(
        text("SELECT entry_id, leaf_hash, service_opening FROM log_opening")
    ):
        fields: dict[str, Any] = orjson.loads(cipher.unseal_opening(entry_id, opening))["fields"]
        if fields["act"] == "look" and fields["granted"]:
            found.add(leaf)
    return found


def check_notes(notes: Iterable[str], hashes: Sequence[bytes], trust: Trust, violations: Counter[str]) -> int:
    """Every checkpoint ever published is signed by the log, and is the root over the first leaves of the one tree
    that all others are roots over: so all are consistent with each other. Returns the newest one's size."""
    checkpoints: list[Checkpoint] = []
    for note in notes:
        try:
            checkpoints.append(open_checkpoint(note, trust))
        except NoteDoesNotMatch:
            violations["checkpoint that the log, or its witness, has not signed"] += 1
    roots = dict(prefix_roots(hashes, {checkpoint.size for checkpoint in checkpoints}))
    violations["inconsistent checkpoint"] = sum(roots.get(each.size) != each.root for each in checkpoints)
    newest = max((checkpoint.size for checkpoint in checkpoints), default=0)
    violations["leaf beyond the newest checkpoint"] = len(hashes) - newest
    violations["prefix roots computed wrongly"] = int(roots.get(newest) != root_of(hashes[:newest]))
    return newest


def prefix_roots(hashes: Sequence[bytes], sizes: set[int]) -> Iterator[tuple[int, bytes]]:
    """The root over the first leaves, for every size asked for, in one pass (RFC 6962, section 2.1)."""
    complete: list[tuple[int, bytes]] = []  # the perfect subtrees so far, largest first: height and root
    for size, leaf in enumerate(hashes, start=1):
        height, root = 0, leaf
        while complete and complete[-1][0] == height:
            root = sha256(b"\x01" + complete.pop()[1] + root).digest()
            height += 1
        complete.append((height, root))
        if size in sizes:
            whole = complete[-1][1]
            for _, left in reversed(complete[:-1]):
                whole = sha256(b"\x01" + left + whole).digest()
            yield size, whole


def _spread(leaves: Sequence[bytes]) -> Sequence[bytes]:
    """At most PROOFS_MAX of them, from first to last."""
    return leaves[:: max(1, -(-len(leaves) // PROOFS_MAX))]


def _check_proofs(address: str, leaves: Sequence[bytes], trust: Policy, newest: int) -> Counter[str]:
    """Asks the service for the proof of each leaf, and verifies it with the client."""
    found: Counter[str] = Counter()
    with httpx.Client() as http:
        for leaf in leaves:
            response = http.get(f"{address}/log/proof/{leaf.hex()}")
            try:
                inclusion = verify_proof(response.text, leaf, trust)
            except (NoteDoesNotMatch, ProofDoesNotMatch):
                found["proof that does not hold"] += 1
                continue
            found["proof under an old checkpoint"] += inclusion.checkpoint.size < newest
    return +found
