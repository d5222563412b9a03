"""The witness over HTTP: paths, methods, statuses and content types."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, cosigned
from exchange.audit.merkle import leaf_hash
from exchange.audit.witness import Witness
from exchange.clock import FixedClock
from exchange.web.witness import BODY_BYTES_MAX, make_witness_app

LOG = KeySigner("log.example", Ed25519PrivateKey.generate())
KEY = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.generate())
NOTE = sign_note(Checkpoint("log.example", 1, leaf_hash(b"leaf")).body(), LOG)
REQUEST = f"old 0\n\n{NOTE}".encode()


@pytest.fixture
def witness(tmp_path) -> Witness:
    clock = FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC))
    return Witness([KEY], [Verifier(LOG.name, LOG.public_key)], tmp_path, clock)


@pytest.fixture
def client(witness):
    return make_witness_app(witness).test_client()


def test_a_checkpoint_is_answered_with_its_cosignature(client):
    answer = client.post("/add-checkpoint", data=REQUEST)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(cosigned(NOTE + answer.text, [KEY.verifier])) == ["witness.example/w1"]


def test_a_conflict_says_the_size_in_its_own_content_type(client):
    client.post("/add-checkpoint", data=REQUEST)
    answer = client.post("/add-checkpoint", data=REQUEST)
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (409, "1\n", "text/x.tlog.size")


def test_any_content_type_of_the_request_will_do(client):
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]:
        assert client.post("/add-checkpoint", data=REQUEST, content_type=content_type).status_code in {200, 409}


def test_everybody_may_read_the_witness_s_key(client):
    answer = client.get("/key")
    assert (answer.status_code, answer.text) == (200, KEY.verifier.vkey + "\n")


def test_a_witness_may_lie_under_a_prefix(witness):
    client = make_witness_app(witness, "/w1").test_client()
    assert client.post("/w1/add-checkpoint", data=REQUEST).status_code == 200
    assert client.get("/w1/key").status_code == 200
    assert client.get("/key").status_code == 404


def test_only_a_post_adds_a_checkpoint(client):
    answer = client.get("/add-checkpoint")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_body_that_is_too_long_is_not_read(client):
    assert client.post("/add-checkpoint", data=b"x" * BODY_BYTES_MAX).status_code == 400
    assert client.post("/add-checkpoint", data=b"x" * (BODY_BYTES_MAX + 1)).status_code == 413


def test_there_is_nothing_else(client):
    assert client.get("/").status_code == 404
    assert client.get("/").content_type == "text/plain; charset=utf-8"
