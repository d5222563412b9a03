"""The list of who looked at a borrower's file, checked without the exchange: true, and whole.

Every log entry about a borrower holds a number: 1, 2, 3 ... The exchange signs how many there are under a checkpoint of
its log. So an entry that was left out shows: in the middle as a gap, at the end against the signed count.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.encoding import from_base64
from openbureau_client.errors import DoesNotMatch, ListDoesNotMatch, ListNotComplete
from openbureau_client.merkle import leaf_hash, verify_inclusion
from openbureau_client.note import Trust, open_checkpoint
from openbureau_client.opening import verify_opening
from openbureau_client.proof import read_proof
from openbureau_client.signed_words import verify_claims

KIND = "openbureau-looks"
COUNT_KIND = "openbureau-count"
PARTS = {"v", "kind", "count", "checkpoint", "entries"}
LABEL = b"openbureau/count/v1\n"


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """A log entry about the borrower: its number among theirs, its index in the log, and its fields.

    `fields["act"]` says what was done; those with `look` are looks. `recorded_at` is milliseconds since 1970.
    """

    sequence: int
    index: int
    recorded_at: int
    leaf_hash: bytes
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerifiedList:
    """All log entries about one borrower under this checkpoint. `waiting` later ones had no place in the log yet.

    `subject` is the exchange's id of the borrower; `stated_at` is seconds since 1970.
    """

    subject: str | None
    entries: tuple[VerifiedEntry, ...]
    waiting: int
    checkpoint: Checkpoint
    stated_at: int

    @property
    def looks(self) -> tuple[VerifiedEntry, ...]:
        """The entries that are looks."""
        return tuple(entry for entry in self.entries if entry.fields.get("act") == "look")


def verify_list(evidence: bytes, exchange_jwks: Mapping[str, Any], trust: Trust) -> VerifiedList:
    """What the evidence shows, once it is certain that nothing in it was changed and nothing left out.

    1. It can be read. 2. The exchange has signed the count. 3. The log has signed the checkpoint, enough witnesses have
    cosigned it, and the count was made under it. 4. Each entry's opening matches its leaf, and its leaf lies under the
    checkpoint. 5. The entries are numbered 1 to the signed count, in order, none twice. 6. They are all about one
    borrower: the one of the count. Raises ListDoesNotMatch (with the entry), ListNotComplete, SignedWordsDoNotMatch or
    NoteDoesNotMatch.
    """
    said = _read(evidence)  # 1
    count = _read_count(verify_claims(said["count"], COUNT_KIND, exchange_jwks))  # 2
    note = said["checkpoint"]
    if open_checkpoint(note, trust) != count.checkpoint:  # 3
        raise ListDoesNotMatch("The entries were not counted under this checkpoint.")
    entries = tuple(
        _verify_entry(place, entry, note, count.checkpoint) for place, entry in enumerate(said["entries"], start=1)
    )  # 4
    _check_complete(entries, count.count)  # 5
    subject = _check_subject(entries, count.pseudonym)  # 6
    return VerifiedList(subject, entries, count.waiting, count.checkpoint, count.stated_at)


@dataclass(frozen=True, slots=True)
class _Count:
    pseudonym: str
    count: int
    waiting: int
    checkpoint: Checkpoint
    stated_at: int


def _read(evidence: bytes) -> dict[str, Any]:
    try:
        said = json.loads(evidence)
        known = said["v"] == 1 and said["kind"] == KIND and said.keys() == PARTS
        strings = isinstance(said["count"], str) and isinstance(said["checkpoint"], str)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ListDoesNotMatch("This is no list of looks.") from fault
    if not known or not strings or not isinstance(said["entries"], list):
        raise ListDoesNotMatch("This is no list of looks of a form that we know.")
    return dict(said)


def _read_count(claims: Mapping[str, Any]) -> _Count:
    try:
        checkpoint = Checkpoint(str(claims["log_origin"]), int(claims["tree_size"]), from_base64(claims["root"]))
        return _Count(str(claims["sub"]), int(claims["count"]), int(claims["waiting"]), checkpoint, int(claims["iat"]))
    except (KeyError, TypeError, ValueError) as fault:
        raise ListDoesNotMatch("The signed count does not say all that it must.") from fault


def _verify_entry(place: int, entry: Any, note: str, checkpoint: Checkpoint) -> VerifiedEntry:
    try:
        leaf = entry["leaf"].encode()
        opening = json.dumps(entry["opening"]).encode()
        proof = read_proof(entry["proof"])
        fields = verify_opening(leaf, opening)
        if proof.note != note or proof.extra is not None:
            raise ListDoesNotMatch("its proof is not under the checkpoint of the list.", place)
        verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.path, checkpoint.root)
        if entry.keys() != {"leaf", "opening", "proof"}:
            raise ListDoesNotMatch("it has parts that we do not know.", place)
        return VerifiedEntry(fields["sequence"], proof.index, json.loads(leaf)["t"], leaf_hash(leaf), fields)
    except ListDoesNotMatch:
        raise
    except DoesNotMatch as fault:
        raise ListDoesNotMatch(str(fault), place) from fault
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise ListDoesNotMatch("it cannot be read, or hides its number.", place) from fault


def _check_complete(entries: tuple[VerifiedEntry, ...], count: int) -> None:
    for place, entry in enumerate(entries, start=1):
        if entry.sequence != place:
            raise ListNotComplete(f"it is number {entry.sequence}: one is missing, twice or moved before it.", place)
    if len(entries) != count:
        raise ListNotComplete(f"The list has {len(entries)} entries; the exchange has signed for {count}.")
    if len({entry.index for entry in entries}) != len(entries):
        raise ListNotComplete("Two entries have one place in the log.")


def _check_subject(entries: tuple[VerifiedEntry, ...], pseudonym: str) -> str | None:
    """The borrower's id; None where there is no entry."""
    subject = None
    for place, entry in enumerate(entries, start=1):
        subject = entry.fields.get("subject")
        if not isinstance(subject, str) or sha256(LABEL + subject.encode()).hexdigest() != pseudonym:
            raise ListDoesNotMatch("it is about somebody else.", place)
    return subject
