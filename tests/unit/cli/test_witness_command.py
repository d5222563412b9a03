"""`openbureau witness`: its keys and its memory, what it refuses to start with, and one real process."""

import signal
import socket
import stat
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, cosigned, read_witness_vkey
from exchange.audit.merkle import leaf_hash
from exchange.cli.witness import open_witness, witness_command
from exchange.errors import BadRequest, LogDoesNotMatch, Unavailable

LOG = KeySigner("log.example", Ed25519PrivateKey.generate())
LOG_VKEY = Verifier(LOG.name, LOG.public_key).vkey
NAME = "regulator.example/w1"
NOTE = sign_note(Checkpoint("log.example", 1, leaf_hash(b"leaf")).body(), LOG)
REQUEST = f"old 0\n\n{NOTE}".encode()


def test_the_first_start_makes_keys_for_this_witness_alone_and_later_ones_keep_them(tmp_path):
    home = tmp_path / "witness"
    vkeys = open_witness(home, NAME, [LOG_VKEY]).vkeys
    assert [read_witness_vkey(vkey).name for vkey in vkeys] == [NAME]
    assert open_witness(home, None, [LOG_VKEY]).vkeys == vkeys
    assert (home / "witness.vkey").read_text() == vkeys[0] + "\n"
    assert stat.S_IMODE((home / "keys" / "witness.pem").stat().st_mode) == 0o600
    assert open_witness(tmp_path / "other", NAME, [LOG_VKEY]).vkeys != vkeys


def test_an_ml_dsa_key_once_asked_for_is_used_from_then_on(tmp_path):
    first = open_witness(tmp_path, NAME, [LOG_VKEY]).vkeys
    both = open_witness(tmp_path, None, [LOG_VKEY], ml_dsa=True).vkeys
    assert both[:1] == first
    assert len(both) == 2
    assert open_witness(tmp_path, None, [LOG_VKEY]).vkeys == both


@pytest.mark.parametrize("name", [None, "", "two words", "with+plus", "x" * 256])
def test_a_new_witness_needs_a_name(tmp_path, name):
    with pytest.raises(BadRequest, match="--name"):
        open_witness(tmp_path, name, [LOG_VKEY])
    assert not (tmp_path / "keys").exists()


def test_a_witness_cannot_be_renamed(tmp_path):
    open_witness(tmp_path, NAME, [LOG_VKEY])
    with pytest.raises(BadRequest, match=NAME):
        open_witness(tmp_path, "another.example", [LOG_VKEY])


def test_a_key_without_its_memory_does_not_start(tmp_path):
    witness = open_witness(tmp_path, NAME, [LOG_VKEY])
    witness.add_checkpoint(REQUEST)
    (tmp_path / "logs").rename(tmp_path / "away")
    with pytest.raises(Unavailable, match="memory") as refused:
        open_witness(tmp_path, None, [LOG_VKEY])
    assert refused.value.stable_code == "WITNESS_MEMORY_MISSING"
    (tmp_path / "away").rename(tmp_path / "logs")
    assert open_witness(tmp_path, None, [LOG_VKEY]).add_checkpoint(REQUEST).body == "1\n"


@pytest.mark.parametrize(
    "vkey",
    ["nonsense", Ed25519Cosigner(NAME, Ed25519PrivateKey.generate()).verifier.vkey],
    ids=["nonsense", "key of a witness"],
)
def test_what_is_no_key_of_a_log_is_refused(tmp_path, vkey):
    with pytest.raises(BadRequest, match="not the key of a log"):
        open_witness(tmp_path, NAME, [LOG_VKEY, vkey])


def test_a_witness_of_nothing_does_not_start(tmp_path):
    told = CliRunner().invoke(witness_command, ["--home", str(tmp_path), "--name", NAME])
    assert told.exit_code == 1
    assert "--log" in told.output


def test_a_lost_memory_is_recovered_by_command(tmp_path):
    answer = open_witness(tmp_path, NAME, [LOG_VKEY]).add_checkpoint(REQUEST)
    (tmp_path / "logs").rename(tmp_path / "away")
    (tmp_path / "logs").mkdir()
    (tmp_path / "note").write_text(NOTE + answer.body)
    (tmp_path / "log.keys").write_text(f"# our log\n{LOG_VKEY}\n\n")
    command = ["--home", str(tmp_path), "--logs", str(tmp_path / "log.keys"), "--recover", str(tmp_path / "note")]
    told = CliRunner().invoke(witness_command, command)
    assert (told.exit_code, told.output) == (0, "Remembered: 1 leaves of log.example.\n")
    assert open_witness(tmp_path, None, [LOG_VKEY]).add_checkpoint(REQUEST).body == "1\n"
    told = CliRunner().invoke(witness_command, command)
    assert told.exit_code == 1
    assert LogDoesNotMatch.code in told.output


def test_the_process_cosigns_and_ends_on_sigterm(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from exchange.cli.witness import witness_command; witness_command()"
    options = ["--home", str(tmp_path), "--name", NAME, "--log", LOG_VKEY, "--port", str(port), "--prefix", "w1/"]
    with subprocess.Popen([sys.executable, "-c", code, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            vkey = process.stdout.readline().strip()
            answer = asked(f"http://127.0.0.1:{port}/w1/add-checkpoint")
            assert answer.status_code == 200
            assert list(cosigned(NOTE + answer.text, [read_witness_vkey(vkey)])) == [NAME]
            assert httpx.get(f"http://127.0.0.1:{port}/w1/key").text == vkey + "\n"
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(timeout=30)
    assert ended == 0


def asked(url: str) -> httpx.Response:
    for _ in range(300):
        try:
            return httpx.post(url, content=REQUEST)
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the witness does not answer")
