"""A log of 70,000 leaves, exported: both verifiers accept it, and reject it with one byte changed in any of its files.

How each file's change is tried. A whole run of the server's verifier is `check_bundle` for each bundle, which compares
it with its tile of level 0, and `check_tile` for each tile above. One of the client's is `LogWalk.subtree` for each
full tile, which compares it with the hash above it and with its bundle, below the tiles at the right edge. So:
- each of the 546 files of full bundles and full tiles of level 0 is changed in turn, and those steps of the two
  verifiers that read it are run, as a whole run would run them;
- each of the other files, among them the checkpoint, is changed in turn, and both verifiers are run over the whole log;
- of all files, 12 more at random are changed in turn, and both are run over the whole log;
- all tiles at once, and all bundles at once: each of them is named as faulty.
"""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from openbureau_client import AddressFiles, DirectoryFiles, DoesNotMatch, LogDoesNotHold, verify_log
from openbureau_client.log import LogWalk
from werkzeug.serving import make_server

from exchange.audit.export_tiles import export_log
from exchange.audit.log_source import LogAddress, LogDirectory
from exchange.audit.merkle import Tree
from exchange.audit.verify_log import check_bundle
from exchange.audit.verify_log import verify_log as verify_log_at_the_server
from exchange.web.log_tiles import make_log_pages
from tests.published_log import KEY, TRUST, Changed, PublishedLog, faulty_paths, flip

SIZE = 70_000
FULL = 273
TILES = {f"tile/0/{n:03}" for n in range(FULL)}
BUNDLES = {f"tile/entries/{n:03}" for n in range(FULL)}
EDGE = {"tile/0/273.p/112", "tile/entries/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"}
ALL = sorted({"checkpoint"} | TILES | BUNDLES | EDGE)
"""As tlog-tiles lists them for a tree of 70,000 leaves."""


@pytest.fixture(scope="module")
def log() -> PublishedLog:
    return PublishedLog(SIZE)


@pytest.fixture(scope="module")
def directory(log: PublishedLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")
    export_log(log, directory)
    return directory


@pytest.fixture(scope="module")
def above(log: PublishedLog) -> list[bytes]:
    """The root of each full tile of level 0: the hashes of level 1."""
    level_1 = log.tile(1, 0, 256) + log.tile(1, 1, 17)
    return [level_1[at : at + 32] for at in range(0, len(level_1), 32)]


def both_reject(files: object) -> None:
    assert not verify_log_at_the_server(files, TRUST).holds
    with pytest.raises(DoesNotMatch):
        verify_log(files, [KEY.vkey])


def both_reject_what_is_in(directory: Path) -> None:
    assert not verify_log_at_the_server(LogDirectory(directory), TRUST).holds
    with pytest.raises(DoesNotMatch):
        verify_log(DirectoryFiles(directory), [KEY.vkey])


def test_the_export_has_the_files_that_the_specification_lists(directory):
    assert sorted(str(file.relative_to(directory)) for file in directory.rglob("*") if file.is_file()) == ALL
    assert len(ALL) == 552
    assert all((directory / path).stat().st_size == 8_192 for path in TILES | {"tile/1/000"})


def test_both_accept_the_log(log, directory):
    root = Tree(log, SIZE).root()
    verdict = verify_log_at_the_server(LogDirectory(directory), TRUST)
    assert (verdict.holds, verdict.faults, verdict.bundles, verdict.tiles) == (True, [], 274, 277)
    verified = verify_log(DirectoryFiles(directory), [KEY.vkey])
    assert (verified.bundles, verified.tiles) == (274, 277)
    assert verdict.checkpoint.root == verified.checkpoint.root == root


def test_a_byte_changed_in_any_full_tile_or_bundle_is_found_by_both(directory, above):
    accepted = []
    for number in range(FULL):
        for path in (f"tile/0/{number:03}", f"tile/entries/{number:03}"):
            at = random.Random(path).randrange(1 << 20)
            files = Changed(LogDirectory(directory), path, change=flip(at))
            walk = LogWalk(files, SIZE)
            walk.subtree(0, number, above[number])
            if not check_bundle(files, SIZE, number)[1] or not walk.faults:
                accepted.append(path)
    assert accepted == []


def test_the_same_steps_find_nothing_where_nothing_was_changed(directory, above):
    files = LogDirectory(directory)
    walk = LogWalk(files, SIZE)
    for number in range(FULL):
        walk.subtree(0, number, above[number])
        assert check_bundle(files, SIZE, number)[1] == []
    assert (walk.faults, walk.tiles, walk.bundles) == ([], FULL, FULL)


@pytest.mark.parametrize("path", sorted(EDGE | {"checkpoint"}))
def test_a_byte_changed_at_the_right_edge_or_in_the_checkpoint_is_found_by_both(directory, path):
    both_reject(Changed(LogDirectory(directory), path, change=flip(random.Random(path).randrange(1 << 20))))


@pytest.mark.parametrize("path", random.Random(70_000).sample(ALL, 12))
def test_whole_runs_of_both_reject_a_byte_changed_in_files_at_random(directory, path):
    content = (directory / path).read_bytes()
    changed = flip(random.Random(f"{path} again").randrange(1 << 20))(content)
    assert changed != content
    (directory / path).write_bytes(changed)  # really, not on the way
    try:
        both_reject_what_is_in(directory)
    finally:
        (directory / path).write_bytes(content)


def test_where_all_tiles_are_changed_at_once_each_is_named(directory):
    tiles = {path for path in ALL if path.startswith("tile") and "entries" not in path}
    files = Changed(LogDirectory(directory), *tiles, change=flip(5_000))
    assert set(faulty_paths(verify_log_at_the_server(files, TRUST))) == tiles
    with pytest.raises(LogDoesNotHold) as found:
        verify_log(files, [KEY.vkey])
    named = {fault.partition(" ")[0] for fault in found.value.faults}
    assert named >= TILES | {"tile/1/000", "checkpoint"}


def test_where_all_bundles_are_changed_at_once_each_is_named(directory):
    bundles = {path for path in ALL if "entries" in path}
    files = Changed(LogDirectory(directory), *bundles, change=flip(1_200))
    named = set(faulty_paths(verify_log_at_the_server(files, TRUST)))
    assert named >= {path.replace("entries", "0") for path in bundles}
    with pytest.raises(LogDoesNotHold) as found:
        verify_log(files, [KEY.vkey])
    assert {fault.partition(" ")[0] for fault in found.value.faults} == bundles


CHANGES = {
    "cut by a byte": lambda whole: whole[:-1],
    "cut by a hash": lambda whole: whole[:-32],
    "longer by a byte": lambda whole: whole + b"\0",
    "longer by a hash": lambda whole: whole + bytes(32),
    "empty": lambda whole: b"",
    "missing": lambda whole: None,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_files_cut_lengthened_or_missing_are_found_by_both(directory, above, change):
    accepted = []
    for number in range(0, FULL, 7):
        for path in (f"tile/0/{number:03}", f"tile/entries/{number:03}"):
            files = Changed(LogDirectory(directory), path, change=change)
            walk = LogWalk(files, SIZE)
            walk.subtree(0, number, above[number])
            if not check_bundle(files, SIZE, number)[1] or not walk.faults:
                accepted.append(path)
    assert accepted == []
    for path in ("tile/1/000", "tile/entries/273.p/112"):
        both_reject(Changed(LogDirectory(directory), path, change=change))


@pytest.mark.parametrize(
    ("one", "other"),
    [("tile/0/007", "tile/0/008"), ("tile/entries/000", "tile/entries/272"), ("tile/0/000", "tile/1/000"),
     ("tile/0/273.p/112", "tile/entries/273.p/112")],
)  # fmt: skip
def test_files_in_each_others_places_are_found_by_both(directory, one, other):
    swap(directory / one, directory / other)
    try:
        both_reject_what_is_in(directory)
    finally:
        swap(directory / one, directory / other)


def swap(one: Path, other: Path) -> None:
    aside = one.rename(one.with_name("aside"))
    other.rename(one)
    aside.rename(other)


# What is served over HTTP


@pytest.fixture(scope="module")
def address(log: PublishedLog) -> Iterator[str]:
    """The log behind a real server."""
    app = Flask(__name__)
    app.register_blueprint(make_log_pages(log, KEY.vkey))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    thread.join()
    server.server_close()


def test_both_accept_the_log_from_a_real_server(log, address, monkeypatch):
    monkeypatch.setattr("werkzeug.serving.WSGIRequestHandler.log_request", lambda *_: None)
    log.sign(20_000)
    with httpx.Client() as http:
        root, since = Tree(log, 20_000).root(), log.note(777)
        verdict = verify_log_at_the_server(LogAddress(address, http), TRUST, since)
        assert (verdict.holds, verdict.faults, verdict.bundles) == (True, [], 79)
        assert verdict.earlier.size == 777
        verified = verify_log(AddressFiles(address, http), [KEY.vkey], since)
        assert verified.checkpoint.root == verdict.checkpoint.root == root
        assert verified.continues.size == 777
    log.sign(SIZE)


def test_both_reject_what_a_server_has_changed(log, address, monkeypatch):
    monkeypatch.setattr("werkzeug.serving.WSGIRequestHandler.log_request", lambda *_: None)
    entry_id, leaf, hash_ = log.placed[300]
    log.sign(1_000)
    log.placed[300] = (entry_id, leaf[:-1] + b"?", hash_)
    with httpx.Client() as http:
        assert faulty_paths(verify_log_at_the_server(LogAddress(address, http), TRUST))[0] == "tile/0/001"
        with pytest.raises(LogDoesNotHold, match="tile/entries/001 holds an entry, number 300"):
            verify_log(AddressFiles(address, http), [KEY.vkey])
    log.placed[300] = (entry_id, leaf, hash_)
    log.sign(SIZE)
