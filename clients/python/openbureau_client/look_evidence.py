"""Evidence of one look, as the exchange gives it: its leaf, what is opened of it, its proof and the keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.encoding import from_base64
from openbureau_client.errors import EvidenceDoesNotMatch
from openbureau_client.manifest import MANIFEST, SIGNATURE, check_digests, digest_of, read_manifest
from openbureau_client.merkle import leaf_hash
from openbureau_client.note import Policy
from openbureau_client.opening import verify_opening
from openbureau_client.proof import read_proof, verify_proof

KIND = "openbureau-evidence"
LEAF, OPENING, PROOF, CHECKPOINT = "leaf.json", "opening.json", "proof.txt", "checkpoint.txt"
KEYS, LOG_KEY, WITNESSES, README = "keys.json", "log.vkey", "witnesses.txt", "README.txt"
ALWAYS = frozenset({LEAF, OPENING, PROOF, CHECKPOINT, KEYS, LOG_KEY, README, MANIFEST, SIGNATURE})


@dataclass(frozen=True, slots=True)
class VerifiedLook:
    """A look that is in the log. `recorded_at` is milliseconds since 1970; `hidden` are names of fields not shown.

    `given_to` is the member's id, or `self` for the borrower.
    """

    issuer: str
    given_to: str
    index: int
    recorded_at: int
    leaf_hash: bytes
    fields: Mapping[str, Any]
    hidden: tuple[str, ...]
    checkpoint: Checkpoint


def verify_look(parts: Mapping[str, bytes], keys: Mapping[str, Any] | None, policy: Policy) -> VerifiedLook:
    """What the parts show.

    1. The manifest is signed by `keys`; without them, by the keys inside. 2. It names exactly these parts, each as it
    is. 3. The opened fields belong to the leaf. 4. The leaf is under the checkpoint, which the policy believes;
    without logs in the policy, one signed by the log's key inside. Raises a kind of DoesNotMatch.
    """
    if not ALWAYS <= parts.keys() <= ALWAYS | {WITNESSES}:
        raise EvidenceDoesNotMatch("The evidence lacks parts, or has parts that we do not know.")
    digests = {name: digest_of(content) for name, content in parts.items() if name not in (MANIFEST, SIGNATURE)}
    said = read_manifest(parts[MANIFEST], parts[SIGNATURE], KIND, keys or read_keys(parts[KEYS]))  # 1
    check_digests(said["files"], digests)  # 2
    leaf, opening = parts[LEAF], parts[OPENING]
    fields = verify_opening(leaf, opening)  # 3
    try:
        proof = parts[PROOF].decode()
        trust = policy if policy.logs else Policy([parts[LOG_KEY].decode("ascii").removesuffix("\n")])
        same = proof_note(proof) == parts[CHECKPOINT].decode() and from_base64(said["leaf_hash"]) == leaf_hash(leaf)
        issuer, given_to, origin = str(said["issuer"]), str(said["given_to"]), said["log_origin"]
        recorded_at, hidden = json.loads(leaf)["t"], tuple(sorted(json.loads(opening)["digests"]))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise EvidenceDoesNotMatch("A part of the evidence cannot be read.") from fault
    place = verify_proof(proof, leaf_hash(leaf), trust)  # 4
    if not same or place.checkpoint.origin != origin or fields.get("act") != "look":
        raise EvidenceDoesNotMatch("The parts of the evidence are not about one look.")
    return VerifiedLook(
        issuer, given_to, place.index, recorded_at, leaf_hash(leaf), fields, hidden, place.checkpoint
    )  # fmt: skip


def read_keys(content: bytes) -> Mapping[str, Any]:
    """A JSON Web Key Set that was kept. Raises EvidenceDoesNotMatch."""
    try:
        said = json.loads(content)
    except ValueError as fault:
        raise EvidenceDoesNotMatch("The keys inside cannot be read.") from fault
    if not isinstance(said, dict) or not isinstance(said.get("keys"), list):
        raise EvidenceDoesNotMatch("The keys inside cannot be read.")
    if not all(isinstance(key, dict) for key in said["keys"]):
        raise EvidenceDoesNotMatch("The keys inside cannot be read.")
    return said


def proof_note(proof: str) -> str:
    """The signed checkpoint that a proof carries. Raises ProofDoesNotMatch, EvidenceDoesNotMatch."""
    read = read_proof(proof)
    if read.extra is not None:
        raise EvidenceDoesNotMatch("The proof carries words that nothing vouches for.")
    return read.note
