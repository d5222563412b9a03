"""Notes and checkpoints against the examples of C2SP and of Go's sumdb/note."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import (
    Checkpoint,
    KeySigner,
    Verifier,
    checkpoint_in,
    open_note,
    parse_checkpoint,
    parse_vkey,
    sign_note,
)
from exchange.errors import LogDoesNotMatch
from tests.vectors import read_vectors

VECTORS = read_vectors("log")["notes"]
PETER = parse_vkey(VECTORS["signer"]["vkey"])
ENOCH = parse_vkey(VECTORS["other_vkey"])


def signer() -> KeySigner:
    seed = bytes.fromhex(VECTORS["signer"]["seed"])
    return KeySigner(VECTORS["signer"]["name"], Ed25519PrivateKey.from_private_bytes(seed))


def test_a_key_is_named_and_written_as_go_does():
    verifier = Verifier(signer().name, signer().public_key)
    assert verifier.key_id.hex() == VECTORS["signer"]["key_id"]
    assert verifier.vkey == VECTORS["signer"]["vkey"]
    assert verifier == PETER


def test_a_signed_note_is_the_one_that_go_signs():
    assert sign_note(VECTORS["text"], signer()) == VECTORS["signed"]


def test_a_note_opens_for_each_key_that_signed_it():
    assert open_note(VECTORS["signed"], [PETER]) == VECTORS["text"]
    assert open_note(VECTORS["signed_by_both"], [ENOCH]) == VECTORS["text"]
    assert open_note(VECTORS["signed_by_both"], [PETER, ENOCH]) == VECTORS["text"]


@pytest.mark.parametrize("verifiers", [[], [ENOCH], [Verifier("PeterNeumann", ENOCH.public_key)]])
def test_a_note_does_not_open_for_keys_that_did_not_sign(verifiers):
    with pytest.raises(LogDoesNotMatch):
        open_note(VECTORS["signed"], verifiers)


def test_one_wrong_signature_of_a_known_key_spoils_the_note():
    wrong = sign_note("another text\n", signer()).rpartition("\n\n")[2]
    with pytest.raises(LogDoesNotMatch):
        open_note(VECTORS["signed"] + wrong, [PETER])


@pytest.mark.parametrize("note", VECTORS["bad_notes"])
def test_a_malformed_note_does_not_open(note):
    with pytest.raises(LogDoesNotMatch):
        open_note(note, [PETER])


@pytest.mark.parametrize("control", ["\x00", "\t", "\r", "\x1f"])
def test_a_note_with_control_characters_does_not_open_though_rightly_signed(control):
    with pytest.raises(LogDoesNotMatch):
        open_note(sign_note(f"one{control}line\n", signer()), [PETER])


def test_a_note_with_any_byte_changed_does_not_open():
    note = VECTORS["signed"].encode()
    for at in range(len(note)):
        for flip in (1, 0x20, 0x80):
            changed = note[:at] + bytes([note[at] ^ flip]) + note[at + 1 :]
            with pytest.raises((LogDoesNotMatch, UnicodeDecodeError)):
                open_note(changed.decode(), [PETER])


@pytest.mark.parametrize("vkey", VECTORS["bad_vkeys"])
def test_a_malformed_key_is_refused(vkey):
    with pytest.raises(LogDoesNotMatch):
        parse_vkey(vkey)


def test_a_key_with_any_character_changed_is_refused():
    vkey = VECTORS["signer"]["vkey"]
    for at, character in enumerate(vkey):
        with pytest.raises(LogDoesNotMatch):
            parse_vkey(vkey[:at] + chr(ord(character) + 1) + vkey[at + 1 :])


@pytest.mark.parametrize("name", ["", "two words", "with+plus", "tab\there", "thin\u2009space"])
def test_a_key_may_not_have_such_a_name(name):
    with pytest.raises(ValueError, match="key name"):
        KeySigner(name, Ed25519PrivateKey.generate())


def test_the_checkpoint_of_the_specification_is_read():
    example = VECTORS["checkpoint"]
    expected = Checkpoint(example["origin"], example["size"], bytes.fromhex(example["root"]))
    assert checkpoint_in(example["note"]) == expected
    assert example["note"].startswith(expected.body() + "\n")


def test_extension_lines_are_passed_over():
    body = VECTORS["checkpoint"]["note"].rpartition("\n\n")[0] + "\nextension\n"
    assert parse_checkpoint(body).size == VECTORS["checkpoint"]["size"]


@pytest.mark.parametrize("text", VECTORS["bad_checkpoints"])
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(LogDoesNotMatch):
        parse_checkpoint(text)
