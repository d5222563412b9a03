"""Signed notes (C2SP signed-note), and whose signatures a checkpoint needs before it is believed."""

from collections.abc import Iterable
from dataclasses import dataclass

from openbureau_client.checkpoint import Checkpoint, read_checkpoint
from openbureau_client.encoding import from_base64
from openbureau_client.errors import NoteDoesNotMatch, WitnessesMissing
from openbureau_client.note_key import OF_LOGS, OF_WITNESSES, NoteKey, is_key_name, read_vkey

SIGNATURES_MAX = 100


@dataclass(frozen=True, init=False, slots=True)
class Policy:
    """Whom to believe: any of these logs, once at least `quorum` of these witnesses have cosigned.

    A witness that has several keys has them under one name, and counts once.
    """

    logs: tuple[NoteKey, ...]
    witnesses: tuple[NoteKey, ...]
    quorum: int

    def __init__(self, log_vkeys: Iterable[str], witness_vkeys: Iterable[str] = (), quorum: int | None = None) -> None:
        """`quorum` None: all of the witnesses.

        Raises NoteDoesNotMatch for what is not a key of its kind, ValueError for a quorum that cannot be met, for one
        key of two witnesses, and for a log that would be its own witness.
        """
        logs = tuple(_of_kind(vkey, OF_LOGS, "a log") for vkey in dict.fromkeys(log_vkeys))
        witnesses = tuple(_of_kind(vkey, OF_WITNESSES, "a witness") for vkey in dict.fromkeys(witness_vkeys))
        names = {witness.name for witness in witnesses}
        if quorum is not None and not 0 <= quorum <= len(names):
            raise ValueError(f"a quorum of {quorum} is asked of {len(names)} witnesses")
        if len({key.public_key for key in witnesses} - {key.public_key for key in logs}) != len(witnesses):
            raise ValueError("one key is given for two witnesses, or for a log and a witness")
        if names & {log.name for log in logs}:
            raise ValueError("a log is given as its own witness")
        object.__setattr__(self, "logs", logs)
        object.__setattr__(self, "witnesses", witnesses)
        object.__setattr__(self, "quorum", len(names) if quorum is None else quorum)


Trust = Policy | Iterable[str]
"""A policy, or the vkeys of logs that are believed without witnesses."""


def as_policy(trust: Trust) -> Policy:
    """The policy meant. Raises NoteDoesNotMatch."""
    return trust if isinstance(trust, Policy) else Policy(trust)


def open_note(note: str, vkeys: Iterable[str]) -> tuple[str, frozenset[str]]:
    """The text of a note, and the names of the given keys that have signed it: at least one.

    1. The note is well formed. 2. Signatures of other keys are passed over. 3. Each signature of a given key holds.
    Raises NoteDoesNotMatch.
    """
    text, signatures = _read_note(note)  # 1
    signed_by = _signed_by(text, signatures, map(read_vkey, vkeys))
    if not signed_by:
        raise NoteDoesNotMatch("The note is not signed by a key we trust.")
    return text, frozenset(signed_by)


def open_checkpoint(note: str, trust: Trust) -> Checkpoint:
    """The checkpoint in a note that the log itself has signed, and as many witnesses as the policy asks.

    1. The note is well formed and says a checkpoint. 2. Each signature of a log or witness of the policy holds. 3. The
    log that the checkpoint names is among the signers. 4. So are enough witnesses. Raises NoteDoesNotMatch; for the
    last, WitnessesMissing.
    """
    policy = as_policy(trust)
    text, signatures = _read_note(note)  # 1
    checkpoint = read_checkpoint(text)
    logs = _signed_by(text, signatures, policy.logs)  # 2
    witnesses = _signed_by(text, signatures, policy.witnesses)
    if checkpoint.origin not in logs:  # 3
        raise NoteDoesNotMatch("The checkpoint is not signed by its log with a key we trust.")
    if len(witnesses) < policy.quorum:  # 4
        raise WitnessesMissing(f"{len(witnesses)} known witnesses have cosigned; {policy.quorum} are needed.")
    return checkpoint


def _of_kind(vkey: str, kinds: set[int], whose: str) -> NoteKey:
    key = read_vkey(vkey)
    if key.kind not in kinds:
        raise NoteDoesNotMatch(f"The key of {key.name} is not the key of {whose}.")
    return key


def _signed_by(text: str, signatures: list[tuple[str, bytes]], keys: Iterable[NoteKey]) -> set[str]:
    """The names of those of the keys that have signed. Raises NoteDoesNotMatch where one of their signatures fails."""
    names = set()
    for key in keys:
        for name, raw in signatures:
            if name == key.name and raw[:4] == key.key_id:
                key.verify(raw[4:], text)
                names.add(name)
    return names


def _read_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and each signature as key name and bytes (4 of them the key's id)."""
    blank = note.rfind("\n\n")
    text, lines = note[: blank + 1], note[blank + 2 :].split("\n")
    if blank < 1 or len(lines) < 2 or lines[-1] or any(c < " " and c != "\n" for c in note):
        raise NoteDoesNotMatch("The note is not well formed.")
    if len(lines) > SIGNATURES_MAX + 1:
        raise NoteDoesNotMatch("The note has too many signatures.")
    return text, [_read_signature(line) for line in lines[:-1]]


def _read_signature(line: str) -> tuple[str, bytes]:
    try:
        dash, name, signature = line.split(" ")
        raw = from_base64(signature)
    except ValueError as fault:
        raise NoteDoesNotMatch("A signature line is not well formed.") from fault
    if dash != "\N{EM DASH}" or not is_key_name(name) or len(raw) < 5:
        raise NoteDoesNotMatch("A signature line is not well formed.")
    return name, raw
