"""Server and client open the same notes for the same keys: well formed or spoiled, of any mixture of keys."""

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from openbureau_client import NoteDoesNotMatch, Policy, open_checkpoint
from openbureau_client.checkpoint import Checkpoint as ReadCheckpoint

from exchange.audit.checkpoint import (
    SIZE_MAX,
    Checkpoint,
    KeySigner,
    Verifier,
    open_note,
    parse_checkpoint,
    sign_note,
    signature_line,
)
from exchange.audit.cosignature import Ed25519Cosigner, MlDsaCosigner, cosignature_line, cosigned
from exchange.errors import LogDoesNotMatch

NOTES = 1_000
LOGS = [
    KeySigner(f"log.example/{number}", Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))) for number in (1, 2)
]
SECOND = MlDsaCosigner("log.example/1", MLDSA44PrivateKey.from_seed_bytes(b"s" * 32))
WITNESSES = [
    Ed25519Cosigner("witness.example/ä", Ed25519PrivateKey.from_private_bytes(b"a" * 32)),
    Ed25519Cosigner("witness.example/b", Ed25519PrivateKey.from_private_bytes(b"b" * 32)),
    MlDsaCosigner("witness.example/c", MLDSA44PrivateKey.from_seed_bytes(b"c" * 32)),
    MlDsaCosigner("witness.example/b", MLDSA44PrivateKey.from_seed_bytes(b"d" * 32)),
]


def any_note(chance: random.Random) -> str:
    """A checkpoint of one of the logs, signed by some of the keys, now and then with a wrong or unknown signature."""
    size = chance.choice([0, 1, chance.randrange(10**6), SIZE_MAX, SIZE_MAX + 1])
    text = Checkpoint(chance.choice(LOGS).name, size, chance.randbytes(32)).body()
    text += chance.choice(["", "", "", "extension\n", "zwei\nmehr\n"])
    note = sign_note(text, *(log for log in LOGS if chance.random() < 0.8))
    for cosigner in [SECOND, *WITNESSES]:
        if chance.random() < 0.6:
            time = chance.choice([0, 1_790_000_000, 2**63 - 1])
            note += line_of(chance, cosigner, text, time)
    return note


def line_of(chance: random.Random, cosigner, text: str, time: int) -> str:
    try:
        right = cosignature_line(cosigner, text, time)
    except LogDoesNotMatch:  # extension lines, or a tree that is too large
        right = signature_line(cosigner.verifier.name, cosigner.verifier.key_id, chance.randbytes(72))
    wrong_time = signature_line(cosigner.verifier.name, cosigner.verifier.key_id, b"\x80" + chance.randbytes(71))
    unknown = signature_line(cosigner.verifier.name, chance.randbytes(4), chance.randbytes(72))
    return chance.choices([right, wrong_time, unknown, right + right], [20, 1, 2, 2])[0]


def spoil(chance: random.Random, note: str) -> str:
    at = chance.randrange(len(note))
    another = chance.choice(["", "\n", " ", "+", "A", "=", "\x00", "\u2003", chr(ord(note[at]) ^ 1)])
    return chance.choices([note, note[:at] + another + note[at + 1 :], note[:at], note + note], [12, 6, 1, 1])[0]


def at_the_server(note: str, logs, witnesses, quorum: int) -> Checkpoint | None:
    """What an honest reading with the server's parts gives."""
    try:
        keys = [verifier_of(log) for log in logs]
        checkpoint = parse_checkpoint(open_note(note, keys))
        open_note(note, [key for key in keys if key.name == checkpoint.origin])
        enough = len(cosigned(note, [witness.verifier for witness in witnesses])) >= quorum
    except LogDoesNotMatch:
        return None
    return checkpoint if enough else None


def at_the_client(note: str, logs, witnesses, quorum: int) -> ReadCheckpoint | None:
    policy = Policy([verifier_of(log).vkey for log in logs], [witness.verifier.vkey for witness in witnesses], quorum)
    try:
        return open_checkpoint(note, policy)
    except NoteDoesNotMatch:
        return None


def verifier_of(log):
    return Verifier(log.name, log.public_key) if isinstance(log, KeySigner) else log.verifier


def test_both_open_the_same_of_a_thousand_notes():
    chance = random.Random(20260604)
    opened = 0
    for number in range(NOTES):
        note = any_note(chance)
        note = spoil(chance, note) if number % 2 else note
        logs = chance.sample([*LOGS, SECOND], chance.randint(1, 3))
        witnesses = chance.sample(WITNESSES, chance.randint(0, 4))
        quorum = chance.randint(0, len({witness.verifier.name for witness in witnesses}))
        server, client = (read(note, logs, witnesses, quorum) for read in (at_the_server, at_the_client))
        assert (server is None) == (client is None), note
        if server and client:
            assert (server.origin, server.size, server.root) == (client.origin, client.size, client.root)
            opened += 1
    assert NOTES / 10 < opened < NOTES * 9 / 10
