"""The log over HTTP, through the paths that stock verifiers use."""

import gzip
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from openbureau_client import leaf_hash, open_checkpoint, verify_proof
from openbureau_client.merkle import root_of

from exchange.audit.checkpoint import KeySigner, Verifier
from exchange.audit.integrator import Integrator
from exchange.audit.last_signed import LastSigned
from exchange.audit.tiles import tile_path, unbundle
from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.web.log_tiles import make_log_pages
from tests.memory_log import MemoryLog

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SIGNER = KeySigner("log.example", Ed25519PrivateKey.generate())
VKEY = Verifier(SIGNER.name, SIGNER.public_key).vkey
LEAVES = [b"leaf %d" % number for number in range(700)]
FOREVER = "public, max-age=31536000, immutable"


def pages_over(log: MemoryLog):
    app = Flask(__name__)
    app.register_blueprint(make_log_pages(log, VKEY))
    return app.test_client()


def commit(log: MemoryLog, leaves: list[bytes]) -> None:
    for leaf in leaves:
        log.commit_entry(NOW, UUID(int=len(log.placed) + len(log.waiting)), leaf)


@pytest.fixture
def log(tmp_path) -> MemoryLog:
    """700 leaves under a checkpoint, and one that waits."""
    log = MemoryLog()
    commit(log, LEAVES)
    Integrator(log, SIGNER, LastSigned(tmp_path / "guard"), FixedClock(NOW), Settings()).integrate_once()
    commit(log, [b"waiting"])
    return log


@pytest.fixture
def pages(log):
    return pages_over(log)


def test_the_checkpoint_is_signed_and_never_stored(pages):
    answer = pages.get("/log/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert open_checkpoint(answer.text, [VKEY]).root == root_of(list(map(leaf_hash, LEAVES)))


def test_the_key_is_a_vkey(pages):
    assert pages.get("/log/key").text == VKEY + "\n"


@pytest.mark.parametrize(("level", "index", "width"), [(0, 0, 256), (0, 1, 256), (0, 2, 188), (0, 2, 3), (1, 0, 2)])
def test_a_tile_is_as_wide_as_asked_and_may_be_kept_for_ever(pages, log, level, index, width):
    answer = pages.get("/log/" + tile_path(level, index, width))
    assert answer.status_code == 200
    assert answer.data == log.tiles[level, index][: width * 32]
    assert len(answer.data) == width * 32
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == FOREVER


@pytest.mark.parametrize(("index", "width"), [(0, 256), (2, 188), (2, 1), (0, 255)])
def test_an_entry_bundle_holds_the_leaves_of_its_tile(pages, index, width):
    answer = pages.get("/log/" + tile_path("entries", index, width))
    assert unbundle(answer.data) == LEAVES[index * 256 : index * 256 + width]
    assert answer.headers["Cache-Control"] == FOREVER


def test_an_entry_bundle_is_compressed_for_who_can_read_that_and_always_the_same_way(pages):
    path = "/log/" + tile_path("entries", 1)
    plain = pages.get(path)
    packed = pages.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.data == pages.get(path, headers={"Accept-Encoding": "gzip"}).data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    for answer in (plain, packed):
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == FOREVER
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", [None, "identity", "gzip;q=0", "br"])
def test_nobody_is_sent_what_they_cannot_read(pages, accepted):
    headers = {"Accept-Encoding": accepted} if accepted else {}
    answer = pages.get("/log/" + tile_path("entries", 1), headers=headers)
    assert "Content-Encoding" not in answer.headers
    assert unbundle(answer.data) == LEAVES[256:512]


def test_hashes_are_not_compressed(pages):
    answer = pages.get("/log/" + tile_path(0, 0), headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert len(answer.data) == 8_192


@pytest.mark.parametrize("path", ["checkpoint", "key", "tile/0/000", "tile/entries/000", "tile/0/999", "proof/short"])
def test_any_page_may_read_the_log(pages, path):
    answer = pages.get(f"/log/{path}", headers={"Origin": "https://verifier.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_tile_can_be_asked_for_without_its_body(pages):
    answer = pages.head("/log/" + tile_path(0, 0))
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "8192")


@pytest.mark.parametrize(
    "path",
    [
        tile_path(0, 2),
        tile_path(0, 2, 189),
        tile_path(0, 3, 1),
        tile_path(1, 0),
        tile_path(1, 0, 3),
        tile_path(2, 0, 1),
        tile_path(63, 0, 1),
        tile_path("entries", 2),
        tile_path("entries", 2, 189),
        tile_path(0, 10**30),
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/00/000",
        "tile/",
        "tile/entries/",
    ],
)
def test_nothing_beyond_the_signed_tree_or_under_another_name_is_served_or_kept(pages, log, path):
    with log.locked() as locked:  # placed, but not signed yet
        locked.place(700, [(UUID(int=700), b"waiting", leaf_hash(b"waiting"))], {(0, 2): log.tiles[0, 2] + bytes(32)})
    answer = pages.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer.headers.get("Cache-Control") != FOREVER


@pytest.mark.parametrize("spell", [bytes.hex, lambda one: urlsafe_b64encode(one).rstrip(b"=").decode()])
def test_a_proof_verifies_at_the_client(pages, spell):
    for index in (0, 255, 256, 699):
        answer = pages.get(f"/log/proof/{spell(leaf_hash(LEAVES[index]))}")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert verify_proof(answer.text, leaf_hash(LEAVES[index]), [VKEY]).index == index


def problem(answer) -> dict:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    return json.loads(answer.data)


def test_a_leaf_that_waits_is_to_be_asked_for_again(pages, log):
    answer = pages.get(f"/log/proof/{leaf_hash(b'waiting').hex()}")
    assert answer.status_code == 404
    assert answer.headers["Retry-After"] == "1"
    assert "waits" in problem(answer)["detail"]
    with log.locked() as locked:
        locked.place(700, [(UUID(int=700), b"waiting", leaf_hash(b"waiting"))], {})
    again = pages.get(f"/log/proof/{leaf_hash(b'waiting').hex()}")
    assert (again.status_code, again.headers["Retry-After"]) == (404, "1")


def test_an_unknown_leaf_is_not_to_be_asked_for_again(pages):
    answer = pages.get(f"/log/proof/{bytes(32).hex()}")
    assert answer.status_code == 404
    assert "Retry-After" not in answer.headers
    assert problem(answer)["status"] == 404


@pytest.mark.parametrize("name", ["short", "z" * 64, "!" * 43, "a" * 63])
def test_something_else_than_a_hash_is_a_bad_request(pages, name):
    answer = pages.get(f"/log/proof/{name}")
    assert answer.status_code == 400
    assert problem(answer)["title"] == "Bad request"


def test_a_log_that_has_signed_nothing_says_so():
    log = MemoryLog()
    commit(log, [b"waiting"])
    pages = pages_over(log)
    for path in ("checkpoint", "tile/0/000.p/1", f"proof/{leaf_hash(b'waiting').hex()}"):
        answer = pages.get(f"/log/{path}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (404, "1")
        problem(answer)
