"""Cosignatures against the examples of C2SP, a public checkpoint with four witnesses, and torchwood's ML-DSA-44 log."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from exchange.audit.checkpoint import (
    Checkpoint,
    KeySigner,
    Verifier,
    checkpoint_in,
    open_note,
    parse_vkey,
    sign_note,
    split_note,
)
from exchange.audit.cosignature import (
    TIMESTAMP_MAX,
    Ed25519Cosigner,
    MlDsaCosigner,
    TimedSigner,
    cosignature_line,
    cosigned,
    read_vkey,
    read_witness_vkey,
    split_cosignature,
    subtree_message,
    with_cosignatures,
)
from exchange.clock import FixedClock
from exchange.errors import LogDoesNotMatch
from tests.vectors import read_vectors

VECTORS = read_vectors("cosignatures")
PUBLIC, ML_DSA, EXAMPLE = VECTORS["ed25519"], VECTORS["ml_dsa"], VECTORS["tlog_cosignature"]
WITNESSES = [read_witness_vkey(vkey) for vkey in PUBLIC["witness_vkeys"]]
LOG = KeySigner("log.example", Ed25519PrivateKey.generate())
LOG_VERIFIER = Verifier(LOG.name, LOG.public_key)
TEXT = Checkpoint("log.example", 12, bytes(range(32))).body()
NOTE = sign_note(TEXT, LOG)
COSIGNERS = {
    "Ed25519": Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.generate()),
    "ML-DSA-44": MlDsaCosigner("witness.example/w1", MLDSA44PrivateKey.generate()),
}
BOTH = pytest.mark.parametrize("cosigner", COSIGNERS.values(), ids=COSIGNERS)


def signature_in(line: str) -> bytes:
    return split_note(TEXT + "\n" + line)[1][0][2]


def test_the_cosignatures_of_public_witnesses_hold():
    assert cosigned(PUBLIC["note"], WITNESSES) == {one.name: PUBLIC["timestamp"] for one in WITNESSES}
    assert open_note(PUBLIC["note"], [parse_vkey(PUBLIC["log_vkey"])]).startswith("arche2025h1")


def test_a_witness_that_did_not_cosign_is_not_counted():
    assert cosigned(PUBLIC["note"], [read_witness_vkey(PUBLIC["other_witness_vkey"])]) == {}


def test_the_message_is_the_one_of_the_specification_and_its_example_has_that_time():
    text, signatures = split_note(EXAMPLE["note"])
    _, (name, _, signature) = signatures
    assert (name, split_cosignature(signature)[0]) == (EXAMPLE["witness"], EXAMPLE["timestamp"])
    message = COSIGNERS["Ed25519"].verifier.message(text.encode(), EXAMPLE["timestamp"])
    assert message == EXAMPLE["message"].encode()


def test_the_ml_dsa_44_log_of_torchwood_is_read():
    key = MlDsaCosigner(ML_DSA["name"], MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(ML_DSA["seed"])))
    assert key.verifier.key_id.hex() == ML_DSA["key_id"]
    assert cosigned(ML_DSA["note"], [key.verifier]) == {ML_DSA["name"]: ML_DSA["timestamp"]}
    found = checkpoint_in(ML_DSA["note"])
    assert (found.size, found.root.hex()) == (ML_DSA["size"], ML_DSA["root"])


def test_the_ml_dsa_message_is_laid_out_as_the_specification_says():
    message = subtree_message("w", 1, "log", 0, 2, bytes(32))
    assert message == b"subtree/v1\n\0\x01w" + bytes(7) + b"\x01\x03log" + bytes(15) + b"\x02" + bytes(32)


def test_the_example_key_and_note_of_the_signed_note_specification_hold():
    example = VECTORS["signed_note"]
    key = read_vkey(example["vkey"])
    assert key == parse_vkey(example["vkey"])
    assert key.key_id.hex() == example["key_id"]
    assert open_note(example["note"], [key]) == "This is an example message.\n"


@BOTH
def test_what_is_cosigned_verifies_and_says_when(cosigner):
    line = cosignature_line(cosigner, TEXT, 1_790_000_000)
    assert cosigned(NOTE + line, [cosigner.verifier]) == {"witness.example/w1": 1_790_000_000}
    assert open_note(NOTE + line, [LOG_VERIFIER, cosigner.verifier]) == TEXT


@BOTH
def test_a_vkey_is_read_as_it_is_written(cosigner):
    assert read_witness_vkey(cosigner.verifier.vkey) == cosigner.verifier == read_vkey(cosigner.verifier.vkey)


def test_one_key_has_another_id_for_each_type_of_signature():
    key = Ed25519PrivateKey.generate()
    signer, cosigner = KeySigner("log.example", key), Ed25519Cosigner("log.example", key)
    assert signer.key_id != cosigner.verifier.key_id
    line = cosignature_line(cosigner, TEXT, 1)
    with pytest.raises(LogDoesNotMatch, match="No known key"):
        open_note(TEXT + "\n" + line, [Verifier("log.example", signer.public_key)])


@BOTH
def test_a_cosignature_of_another_time_text_or_key_does_not_hold(cosigner):
    verifier, text = cosigner.verifier, TEXT.encode()
    signature = cosigner.cosign(text, 5)
    verifier.verify(text, signature)
    kind = Ed25519PrivateKey if isinstance(cosigner, Ed25519Cosigner) else MLDSA44PrivateKey
    other = type(cosigner)("witness.example/w1", kind.generate()).verifier
    for key, about, raw in [
        (verifier, text, (6).to_bytes(8, "big") + signature[8:]),
        (verifier, text.replace(b"12", b"13"), signature),
        (verifier, text, signature[:-1]),
        (verifier, text, signature + b"\0"),
        (verifier, text, signature[:8]),
        (verifier, text, signature[:3]),
        (other, text, signature),
    ]:
        with pytest.raises(LogDoesNotMatch):
            key.verify(about, raw)


def test_an_ml_dsa_cosignature_names_its_cosigner_and_an_ed25519_one_does_not():
    for kind, follows in [("Ed25519", True), ("ML-DSA-44", False)]:
        cosigner = COSIGNERS[kind]
        renamed = type(cosigner)("witness.example/w2", cosigner._key).verifier
        signature = cosigner.cosign(TEXT.encode(), 5)
        if follows:
            renamed.verify(TEXT.encode(), signature)
        else:
            with pytest.raises(LogDoesNotMatch):
                renamed.verify(TEXT.encode(), signature)


def test_extension_lines_are_covered_by_ed25519_and_refused_by_ml_dsa():
    text = TEXT + "extension\n"
    line = cosignature_line(COSIGNERS["Ed25519"], text, 5)
    with pytest.raises(LogDoesNotMatch):
        COSIGNERS["Ed25519"].verifier.verify(TEXT.encode(), signature_in(line))
    with pytest.raises(LogDoesNotMatch, match="extension lines"):
        cosignature_line(COSIGNERS["ML-DSA-44"], text, 5)
    with pytest.raises(LogDoesNotMatch, match="extension lines"):
        COSIGNERS["ML-DSA-44"].verifier.verify(text.encode(), COSIGNERS["ML-DSA-44"].cosign(TEXT.encode(), 5))


@BOTH
@pytest.mark.parametrize("text", ["no checkpoint\n", "log.example\n012\nAAAA\n"])
def test_what_is_no_checkpoint_is_not_cosigned(cosigner, text):
    with pytest.raises(LogDoesNotMatch):
        cosigner.cosign(text.encode(), 5)


@BOTH
def test_a_time_past_the_largest_is_neither_signed_nor_read(cosigner):
    assert split_cosignature(cosigner.cosign(TEXT.encode(), TIMESTAMP_MAX))[0] == TIMESTAMP_MAX
    with pytest.raises(LogDoesNotMatch, match="time"):
        cosigner.cosign(TEXT.encode(), TIMESTAMP_MAX + 1)
    with pytest.raises(LogDoesNotMatch, match="time"):
        cosigner.verifier.verify(TEXT.encode(), b"\x80" + bytes(7) + cosigner.cosign(TEXT.encode(), 0)[8:])


@pytest.mark.parametrize("name", ["", "two words", "with+plus", "x" * 256, "é" * 128])
def test_a_cosigner_may_not_have_such_a_name(name):
    with pytest.raises(ValueError, match="key name"):
        MlDsaCosigner(name, MLDSA44PrivateKey.generate())


def test_a_log_whose_origin_is_too_long_cannot_be_cosigned_with_ml_dsa():
    text = Checkpoint("x" * 256, 1, bytes(32)).body()
    with pytest.raises(LogDoesNotMatch, match="too long"):
        COSIGNERS["ML-DSA-44"].cosign(text.encode(), 5)
    COSIGNERS["Ed25519"].cosign(text.encode(), 5)


@BOTH
def test_a_witness_key_with_any_character_changed_is_refused(cosigner):
    vkey = cosigner.verifier.vkey
    for at in [*range(60), *range(len(vkey) - 60, len(vkey))]:
        with pytest.raises(LogDoesNotMatch):
            read_witness_vkey(vkey[:at] + chr(ord(vkey[at]) + 1) + vkey[at + 1 :])


def test_the_key_of_a_log_is_no_key_of_a_witness():
    with pytest.raises(LogDoesNotMatch, match="witness"):
        read_witness_vkey(LOG_VERIFIER.vkey)


def test_a_witness_s_answer_is_added_to_the_note_and_takes_the_place_of_its_older_one():
    verifiers = [cosigner.verifier for cosigner in COSIGNERS.values()]
    older = "".join(cosignature_line(cosigner, TEXT, 5) for cosigner in COSIGNERS.values())
    newer = "".join(cosignature_line(cosigner, TEXT, 9) for cosigner in COSIGNERS.values())
    note = with_cosignatures(NOTE, older, verifiers)
    assert cosigned(note, verifiers) == {"witness.example/w1": 5}
    note = with_cosignatures(note, newer, verifiers)
    assert note == NOTE + newer
    assert open_note(note, [LOG_VERIFIER]) == TEXT


def test_lines_of_unknown_keys_are_left_out_and_wrong_ones_refused():
    known, stranger = COSIGNERS["Ed25519"], Ed25519Cosigner("stranger.example", Ed25519PrivateKey.generate())
    ours, theirs = cosignature_line(known, TEXT, 5), cosignature_line(stranger, TEXT, 5)
    assert with_cosignatures(NOTE, theirs + ours, [known.verifier]) == NOTE + ours
    other = cosignature_line(known, TEXT.replace("12", "13"), 5)
    for lines in [theirs, other, ours + other, "", "nonsense", ours[:-1]]:
        with pytest.raises(LogDoesNotMatch):
            with_cosignatures(NOTE, lines, [known.verifier])


@BOTH
def test_a_cosigned_note_with_any_byte_changed_is_not_whole(cosigner):
    note = (NOTE + cosignature_line(cosigner, TEXT, 1_790_000_000)).encode()
    assert is_whole(note, cosigner)
    for at in range(len(note)):
        assert not is_whole(note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :], cosigner), at


def is_whole(note: bytes, cosigner) -> bool:
    """Whether both the log and the witness have signed."""
    try:
        open_note(note.decode(), [LOG_VERIFIER])
        return bool(cosigned(note.decode(), [cosigner.verifier]))
    except (LogDoesNotMatch, UnicodeDecodeError):
        return False


def test_the_log_signs_with_its_second_key_at_the_time_of_its_clock():
    clock = FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC))
    second = MlDsaCosigner("log.example", MLDSA44PrivateKey.generate())
    note = sign_note(TEXT, LOG, TimedSigner(second, clock))
    assert open_note(note, [LOG_VERIFIER]) == TEXT
    assert cosigned(note, [second.verifier]) == {"log.example": int(clock.instant.timestamp())}
