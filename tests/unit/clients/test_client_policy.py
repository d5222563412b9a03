"""Whom a client believes: a log, and k of n witnesses."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from openbureau_client import (
    NoteDoesNotMatch,
    Policy,
    WitnessesMissing,
    leaf_hash,
    note_key,
    open_checkpoint,
    verify_proof,
)
from openbureau_client.cli import main
from openbureau_client.note import open_note
from openbureau_client.note_key import read_vkey

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, MlDsaCosigner, cosignature_line
from exchange.audit.proof import format_proof
from tests.vectors import read_vectors

VECTORS = read_vectors("cosignatures")
PUBLIC, ML_DSA = VECTORS["ed25519"], VECTORS["ml_dsa"]
FOUR, STRANGER = PUBLIC["witness_vkeys"], PUBLIC["other_witness_vkey"]

LOG = KeySigner("log.example", Ed25519PrivateKey.generate())
LOG_VKEY = Verifier(LOG.name, LOG.public_key).vkey
CHECKPOINT = Checkpoint("log.example", 1, leaf_hash(b"leaf"))
TEXT = CHECKPOINT.body()
NOTE = sign_note(TEXT, LOG)
ED25519 = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.generate())
ML_DSA_44 = MlDsaCosigner("witness.example/w2", MLDSA44PrivateKey.generate())
BOTH = [ED25519.verifier.vkey, ML_DSA_44.verifier.vkey]
COSIGNED = NOTE + cosignature_line(ED25519, TEXT, 5) + cosignature_line(ML_DSA_44, TEXT, 6)


@pytest.mark.parametrize("quorum", [None, 0, 1, 4])
def test_a_public_checkpoint_is_believed_with_its_four_witnesses(quorum):
    found = open_checkpoint(PUBLIC["note"], Policy([PUBLIC["log_vkey"]], FOUR, quorum))
    assert (found.origin, found.size) == ("arche2025h1.staging.ct.transparency.dev", 1_432_088_532)


@pytest.mark.parametrize("quorum", range(6))
def test_four_of_five_witnesses_are_four(quorum):
    policy = Policy([PUBLIC["log_vkey"]], [*FOUR, STRANGER], quorum)
    if quorum <= 4:
        open_checkpoint(PUBLIC["note"], policy)
    else:
        with pytest.raises(WitnessesMissing, match="4 known witnesses have cosigned; 5 are needed"):
            open_checkpoint(PUBLIC["note"], policy)


def test_the_example_of_the_signed_note_specification_opens():
    example = VECTORS["signed_note"]
    assert open_note(example["note"], [example["vkey"]]) == ("This is an example message.\n", {"example.com/foo"})


def test_a_log_that_signs_with_ml_dsa_44_alone_is_believed():
    key = MlDsaCosigner(ML_DSA["name"], MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(ML_DSA["seed"])))
    found = open_checkpoint(ML_DSA["note"], [key.verifier.vkey])
    assert (found.size, found.root.hex()) == (ML_DSA["size"], ML_DSA["root"])


def test_witnesses_alone_do_not_make_a_checkpoint():
    note = TEXT + "\n" + cosignature_line(ED25519, TEXT, 5)
    with pytest.raises(NoteDoesNotMatch, match="not signed by its log"):
        open_checkpoint(note, Policy([LOG_VKEY], BOTH, 1))


def test_the_old_argument_still_works_and_asks_no_witness():
    assert open_checkpoint(COSIGNED, [LOG_VKEY]) == open_checkpoint(NOTE, iter([LOG_VKEY]))
    assert verify_proof(format_proof(0, [], NOTE), leaf_hash(b"leaf"), [LOG_VKEY]).index == 0


def test_proofs_are_believed_only_with_the_witnesses_asked_for():
    policy = Policy([LOG_VKEY], BOTH)
    assert verify_proof(format_proof(0, [], COSIGNED), leaf_hash(b"leaf"), policy).index == 0
    with pytest.raises(WitnessesMissing):
        verify_proof(format_proof(0, [], NOTE), leaf_hash(b"leaf"), policy)
    assert WitnessesMissing.code == "WITNESSES_MISSING"


@pytest.mark.parametrize("cosigner", [ED25519, ML_DSA_44], ids=["Ed25519", "ML-DSA-44"])
def test_a_cosigned_note_with_any_byte_changed_is_not_believed(cosigner):
    policy = Policy([LOG_VKEY], [cosigner.verifier.vkey])
    note = (NOTE + cosignature_line(cosigner, TEXT, 1_790_000_000)).encode()
    open_checkpoint(note.decode(), policy)
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        with pytest.raises((NoteDoesNotMatch, UnicodeDecodeError)):
            open_checkpoint(changed.decode(), policy)


def test_a_known_witness_s_wrong_cosignature_spoils_the_note_even_past_the_quorum():
    wrong = cosignature_line(ED25519, Checkpoint("log.example", 2, bytes(32)).body(), 5)
    note = NOTE + wrong + cosignature_line(ML_DSA_44, TEXT, 6)
    open_checkpoint(note, Policy([LOG_VKEY], [ML_DSA_44.verifier.vkey], 1))
    with pytest.raises(NoteDoesNotMatch, match="does not hold"):
        open_checkpoint(note, Policy([LOG_VKEY], BOTH, 1))


def test_one_witness_with_two_keys_counts_once():
    again = MlDsaCosigner("witness.example/w1", MLDSA44PrivateKey.generate())
    note = NOTE + cosignature_line(ED25519, TEXT, 5) + cosignature_line(again, TEXT, 5)
    vkeys = [ED25519.verifier.vkey, again.verifier.vkey]
    open_checkpoint(note, Policy([LOG_VKEY], vkeys))
    assert Policy([LOG_VKEY], vkeys).quorum == 1
    with pytest.raises(WitnessesMissing):
        open_checkpoint(note, Policy([LOG_VKEY], [*vkeys, ML_DSA_44.verifier.vkey], 2))
    with pytest.raises(ValueError, match="quorum of 2 is asked of 1"):
        Policy([LOG_VKEY], vkeys, 2)


def test_two_lines_of_one_witness_count_once():
    note = NOTE + cosignature_line(ED25519, TEXT, 5) + cosignature_line(ED25519, TEXT, 6)
    with pytest.raises(WitnessesMissing):
        open_checkpoint(note, Policy([LOG_VKEY], BOTH, 2))


def test_a_log_is_never_its_own_witness():
    own = Ed25519Cosigner("log.example", LOG._key).verifier.vkey
    renamed = Ed25519Cosigner("witness.example", LOG._key).verifier.vkey
    second = MlDsaCosigner("log.example", MLDSA44PrivateKey.generate()).verifier.vkey
    for vkey in [own, renamed, second]:
        with pytest.raises(ValueError, match=r"witness"):
            Policy([LOG_VKEY], [vkey])


def test_one_key_under_two_names_is_not_two_witnesses():
    twin = Ed25519Cosigner("witness.example/twin", ED25519._key).verifier.vkey
    with pytest.raises(ValueError, match="one key is given for two witnesses"):
        Policy([LOG_VKEY], [ED25519.verifier.vkey, twin])


@pytest.mark.parametrize("quorum", [-1, 3])
def test_a_quorum_that_cannot_be_is_refused(quorum):
    with pytest.raises(ValueError, match="quorum"):
        Policy([LOG_VKEY], BOTH, quorum)


def test_keys_are_taken_only_for_what_they_are():
    with pytest.raises(NoteDoesNotMatch, match="not the key of a witness"):
        Policy([LOG_VKEY], [LOG_VKEY])
    with pytest.raises(NoteDoesNotMatch, match="not the key of a log"):
        Policy([ED25519.verifier.vkey])
    for vkey in ["", "x", "log.example+00000000+AAAA", LOG_VKEY[:-1], STRANGER.replace("+BC", "+CC")]:
        with pytest.raises(NoteDoesNotMatch):
            read_vkey(vkey)


def test_an_ml_dsa_cosignature_does_not_cover_extension_lines():
    text = TEXT + "extension\n"
    note = sign_note(text, LOG) + cosignature_line(ML_DSA_44, TEXT, 6)
    with pytest.raises(NoteDoesNotMatch, match="extension lines"):
        open_checkpoint(note, Policy([LOG_VKEY], [ML_DSA_44.verifier.vkey]))
    note = sign_note(text, LOG) + cosignature_line(ED25519, text, 6)
    assert open_checkpoint(note, Policy([LOG_VKEY], [ED25519.verifier.vkey])).size == 1


def test_without_ml_dsa_in_the_library_such_a_key_is_refused_in_words_and_others_work(monkeypatch):
    monkeypatch.setattr(note_key, "MLDSA44PublicKey", None)
    with pytest.raises(NoteDoesNotMatch, match="newer release"):
        Policy([LOG_VKEY], BOTH)
    open_checkpoint(COSIGNED, Policy([LOG_VKEY], [ED25519.verifier.vkey]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--witness", BOTH[0]], "--witness says nothing without --log-key"),
        (["--log-key", LOG_VKEY, "--witness", BOTH[0], "--quorum", "2"], "a quorum of 2 is asked of 1 witnesses"),
    ],
)
def test_the_command_refuses_options_that_contradict_each_other(tmp_path, capsys, options, said):
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(tmp_path / "evidence.zip"), *options])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
