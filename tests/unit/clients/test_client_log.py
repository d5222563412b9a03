"""The client reads notes, checkpoints and proofs exactly as C2SP writes them, and nothing else."""

from base64 import b64encode
from contextlib import nullcontext

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import DoesNotMatch, NoteDoesNotMatch, ProofDoesNotMatch, open_checkpoint, verify_proof
from openbureau_client.note import open_note, read_checkpoint, read_vkey
from openbureau_client.proof import read_proof

from tests.vectors import read_vectors

VECTORS = read_vectors("log")
NOTES, OURS = VECTORS["notes"], VECTORS["ours"]
PETER, ENOCH = NOTES["signer"]["vkey"], NOTES["other_vkey"]
PROOF = OURS["proof"]
LEAF_HASH = bytes.fromhex(PROOF["leaf_hash"])


def test_a_key_has_the_id_that_go_gives_it():
    key = read_vkey(PETER)
    assert (key.name, key.key_id.hex()) == ("PeterNeumann", NOTES["signer"]["key_id"])


@pytest.mark.parametrize("vkey", NOTES["bad_vkeys"])
def test_a_malformed_key_is_refused(vkey):
    with pytest.raises(NoteDoesNotMatch):
        read_vkey(vkey)


def test_a_key_with_any_character_changed_is_refused():
    for at, character in enumerate(PETER):
        with pytest.raises(NoteDoesNotMatch):
            read_vkey(PETER[:at] + chr(ord(character) + 1) + PETER[at + 1 :])


def test_a_note_opens_for_each_key_that_signed_it():
    assert open_note(NOTES["signed"], [PETER]) == (NOTES["text"], {"PeterNeumann"})
    assert open_note(NOTES["signed_by_both"], [ENOCH]) == (NOTES["text"], {"EnochRoot"})
    assert open_note(NOTES["signed_by_both"], [PETER, ENOCH])[1] == {"PeterNeumann", "EnochRoot"}


@pytest.mark.parametrize("vkeys", [[], [ENOCH]])
def test_a_note_does_not_open_for_keys_that_did_not_sign(vkeys):
    with pytest.raises(NoteDoesNotMatch):
        open_note(NOTES["signed"], vkeys)


@pytest.mark.parametrize("note", NOTES["bad_notes"])
def test_a_malformed_note_does_not_open(note):
    with pytest.raises(NoteDoesNotMatch):
        open_note(note, [PETER])


@pytest.mark.parametrize("control", ["\x00", "\t", "\r", "\x1f"])
def test_a_note_with_control_characters_does_not_open_though_rightly_signed(control):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(NOTES["signer"]["seed"]))
    for text, opens in [("one line\n", True), (f"one{control}line\n", False)]:
        signature = b64encode(bytes.fromhex(NOTES["signer"]["key_id"]) + key.sign(text.encode())).decode()
        note = f"{text}\n\N{EM DASH} PeterNeumann {signature}\n"
        with nullcontext() if opens else pytest.raises(NoteDoesNotMatch):
            open_note(note, [PETER])


def test_a_note_with_any_byte_changed_does_not_open():
    note = NOTES["signed"].encode()
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        with pytest.raises((NoteDoesNotMatch, UnicodeDecodeError)):
            open_note(changed.decode(), [PETER])


def test_the_checkpoint_of_the_specification_is_read():
    example = NOTES["checkpoint"]
    found = read_checkpoint(example["note"].rpartition("\n\n")[0] + "\n")
    assert (found.origin, found.size, found.root.hex()) == (example["origin"], example["size"], example["root"])


@pytest.mark.parametrize("text", NOTES["bad_checkpoints"])
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(NoteDoesNotMatch):
        read_checkpoint(text)


def test_a_checkpoint_of_another_log_than_its_signer_is_refused():
    with pytest.raises(NoteDoesNotMatch):
        open_checkpoint(NOTES["signed"], [PETER])


@pytest.mark.parametrize("vector", VECTORS["proofs"]["texts"], ids=lambda vector: f"index {vector['index']}")
def test_proofs_are_read_as_the_specification_writes_them(vector):
    proof = read_proof(vector["text"])
    assert [one.hex() for one in proof.path] == vector["path"]
    assert (proof.index, proof.note) == (vector["index"], vector["note"])
    assert proof.extra == (vector["extra"].encode() if vector["extra"] else None)


@pytest.mark.parametrize("text", VECTORS["proofs"]["bad_texts"])
def test_a_malformed_proof_is_refused(text):
    with pytest.raises(ProofDoesNotMatch):
        read_proof(text)


def test_the_proof_of_the_vectors_verifies():
    found = verify_proof(PROOF["text"], LEAF_HASH, [ENOCH, OURS["vkey"]])
    assert (found.index, found.checkpoint.size) == (PROOF["index"], PROOF["size"])
    assert (found.checkpoint.origin, found.checkpoint.root.hex()) == (PROOF["origin"], PROOF["root"])


def test_a_proof_of_another_leaf_or_log_does_not_verify():
    with pytest.raises(ProofDoesNotMatch):
        verify_proof(PROOF["text"], bytes(32), [OURS["vkey"]])
    with pytest.raises(NoteDoesNotMatch):
        verify_proof(PROOF["text"], LEAF_HASH, [ENOCH])


def test_a_proof_with_any_byte_changed_does_not_verify():
    text = PROOF["text"].encode()
    for at in range(len(text)):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        with pytest.raises((DoesNotMatch, UnicodeDecodeError)):
            verify_proof(changed.decode(), LEAF_HASH, [OURS["vkey"]])
