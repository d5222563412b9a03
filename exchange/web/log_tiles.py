"""The public transparency log over HTTP: C2SP tlog-tiles, and proofs as C2SP tlog-proof@v1."""

import gzip
import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Protocol

from flask import Blueprint, Response, request

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.proof import prove
from exchange.audit.tiles import HASH_BYTES, TILE_WIDTH, bundle, parse_tile_path, tile_width

IMMUTABLE = "public, max-age=31536000, immutable"
NOT_STORED = "no-store"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"


class LogReader(Protocol):
    """Where the log lies."""

    def newest_note(self) -> str | None:
        """The note of the newest checkpoint published."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""

    def leaves(self, first: int, stop: int) -> Sequence[bytes]:
        """The leaves from index `first` up to but without `stop`."""

    def leaf_index(self, leaf_hash: bytes) -> int | None:
        """The place of a leaf, or None while it has none."""

    def is_pending(self, leaf_hash: bytes) -> bool:
        """Whether a committed leaf still waits for its place."""


def make_log_pages(log: LogReader, vkey: str) -> Blueprint:
    """The pages under `/log`. `vkey` is the key that checkpoints are signed with."""
    pages = Blueprint("log", __name__, url_prefix="/log")
    pages.after_request(_open_to_every_page)

    @pages.get("/checkpoint")
    def checkpoint() -> Response:
        note = log.newest_note()
        return _answer(note, TEXT, NOT_STORED) if note else _nothing_signed()

    @pages.get("/tile/<path:place>")
    def tile(place: str) -> Response:
        return _tile(log, place)

    @pages.get("/proof/<name>")
    def proof(name: str) -> Response:
        return _proof(log, name)

    @pages.get("/key")
    def key() -> Response:
        return _answer(vkey + "\n", TEXT, "public, max-age=3600")

    return pages


def _tile(log: LogReader, path: str) -> Response:
    """A tile or entry bundle of the signed tree, as wide as was asked, never wider."""
    try:
        level, index, width = parse_tile_path(f"tile/{path}")
    except ValueError:
        return _problem("This is not the path of a tile.")
    note = log.newest_note()
    if note is None:
        return _nothing_signed()
    if width > tile_width(checkpoint_in(note).size, 0 if isinstance(level, str) else level, index):
        return _problem("The signed log does not reach as far as this tile.")
    if isinstance(level, str):
        first = index * TILE_WIDTH
        return _compressed(_answer(bundle(log.leaves(first, first + width)), BYTES, IMMUTABLE))
    return _answer(log.tile(level, index, width), BYTES, IMMUTABLE)


def _proof(log: LogReader, name: str) -> Response:
    """The proof that a leaf is under the newest checkpoint. `name` is the leaf's hash, in hex or base64url."""
    leaf_hash = read_leaf_hash(name)
    if leaf_hash is None:
        return _problem("This is not a leaf hash: give 32 bytes in hex or base64url.", status=400)
    index = log.leaf_index(leaf_hash)
    if index is None and not log.is_pending(leaf_hash):
        index = log.leaf_index(leaf_hash)  # it may have got its place between the two questions
        if index is None:
            return _problem("The log has no such leaf.")
    note = log.newest_note()
    if index is None or note is None or index >= checkpoint_in(note).size:
        return _problem("This leaf is committed and waits for the next checkpoint. Try again soon.", retry_seconds=1)
    return _answer(prove(log, note, index, leaf_hash), TEXT, NOT_STORED)


def read_leaf_hash(name: str) -> bytes | None:
    """A leaf's hash as addresses have it, in hex or base64url; None where it is neither."""
    try:
        raw = bytes.fromhex(name) if len(name) == 2 * HASH_BYTES else urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except ValueError:
        return None
    return raw if len(raw) == HASH_BYTES else None


def _answer(body: str | bytes, content_type: str, cache: str) -> Response:
    return Response(body, headers={"Content-Type": content_type, "Cache-Control": cache})


def _compressed(answer: Response) -> Response:
    """Entry bundles are compressed for those who can read it, as tlog-tiles advises. Hashes do not get smaller."""
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        answer.set_data(gzip.compress(answer.get_data(), mtime=0))
        answer.content_encoding = "gzip"
    return answer


def _open_to_every_page(answer: Response) -> Response:
    """Anybody's page may read the log: it is public, and the same whoever asks (Fetch Standard, CORS protocol)."""
    answer.access_control_allow_origin = "*"
    return answer


def _nothing_signed() -> Response:
    return _problem("Nothing has been signed yet. Try again soon.", retry_seconds=1)


def _problem(sentence: str, status: int = 404, retry_seconds: int | None = None) -> Response:
    """A problem as RFC 9457 writes it."""
    title = "Bad request" if status == 400 else "Not found"
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": sentence})
    problem = Response(body, status, content_type="application/problem+json")
    problem.headers["Cache-Control"] = NOT_STORED
    if retry_seconds is not None:
        problem.headers["Retry-After"] = str(retry_seconds)
    return problem
