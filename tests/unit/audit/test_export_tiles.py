"""The log as files: the layout of the specification, only what is new, and whole whatever goes wrong."""

import errno
import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exchange.audit.checkpoint import Checkpoint, KeySigner, sign_note
from exchange.audit.export_tiles import CHECKPOINT, Exported, export_log
from exchange.audit.log_source import LogDirectory
from exchange.audit.verify_log import verify_log
from exchange.errors import LogDoesNotMatch, Unavailable
from tests.published_log import ORIGIN, SIGNER, TRUST, PublishedLog, leaf


def files_in(directory: Path) -> dict[str, bytes]:
    return {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def size_in(directory: Path) -> int:
    """The size of the log in the directory, which must hold."""
    verdict = verify_log(LogDirectory(directory), TRUST)
    assert verdict.faults == []
    assert verdict.checkpoint
    return verdict.checkpoint.size


def test_the_layout_is_the_specifications(tmp_path):
    log = PublishedLog(600)
    assert export_log(log, tmp_path) == Exported(0, 600, 8)
    assert set(files_in(tmp_path)) == {
        *("checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"),
        *("tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"),
    }
    assert all(content == log.read(path, 10**9) for path, content in files_in(tmp_path).items())
    assert size_in(tmp_path) == 600


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257])
def test_a_log_of_any_size_is_exported(tmp_path, size):
    export_log(PublishedLog(size), tmp_path / "made" / "here")
    assert size_in(tmp_path / "made" / "here") == size


def test_progress_is_told(tmp_path):
    told = []
    export_log(PublishedLog(5_000), tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(4_096, 5_000), (5_000, 5_000)]


SIZES = (0, 1, 1, 2, 255, 256, 257, 300, 511, 512, 600, 4_400, 4_401)


def test_an_export_adds_only_what_is_new_and_rewrites_nothing_but_the_checkpoint(tmp_path):
    log = PublishedLog(SIZES[-1])
    before: dict[str, tuple[int, int]] = {}
    for earlier, size in zip((0, *SIZES), SIZES, strict=False):
        log.sign(size)
        done = export_log(log, tmp_path)
        assert size_in(tmp_path) == size
        assert (done.size_before, done.size) == (earlier, size)
        now = {path: (tmp_path / path).stat() for path in files_in(tmp_path)}
        now = {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in now.items()}
        assert {path: now[path] for path in before if path != CHECKPOINT} == {
            path: place for path, place in before.items() if path != CHECKPOINT
        }
        rewritten = before.get(CHECKPOINT, ()) not in {(), now[CHECKPOINT]}
        assert done.files == len(now) - len(before) + rewritten
        before = now


def test_every_checkpoint_ever_exported_can_still_be_verified(tmp_path):
    log = PublishedLog(700)
    for size in (3, 200, 256, 300, 700):
        log.sign(size)
        export_log(log, tmp_path)
    for size in (3, 200, 256, 300, 700):
        (tmp_path / CHECKPOINT).write_text(log.note(size))
        assert size_in(tmp_path) == size


def test_the_same_tree_under_a_new_note_replaces_the_checkpoint_alone(tmp_path):
    log = PublishedLog(300)
    export_log(log, tmp_path)
    assert export_log(log, tmp_path).files == 0
    cosigner = KeySigner("witness.example", SIGNER._key)
    note = sign_note(log.note(300).rpartition("\n\n")[0] + "\n", SIGNER, cosigner)
    log.published = [(300, log.published[0][1], b"", note)]
    assert export_log(log, tmp_path).files == 1
    assert (tmp_path / CHECKPOINT).read_text() == note


# What is refused


def assert_refused(log: PublishedLog, directory: Path, why: str | None = None) -> None:
    """And nothing in the directory has changed."""
    before = files_in(directory)
    with pytest.raises(LogDoesNotMatch, match=why):
        export_log(log, directory)
    assert files_in(directory) == before


def test_a_log_that_has_signed_nothing_is_not_exported(tmp_path):
    log = PublishedLog(3)
    log.published = []
    with pytest.raises(Unavailable):
        export_log(log, tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_a_smaller_log_does_not_replace_a_larger_one(tmp_path):
    log = PublishedLog(300)
    export_log(log, tmp_path)
    log.sign(299)
    assert_refused(log, tmp_path, "has only 299")


def test_a_log_that_contradicts_what_was_exported_is_not_exported(tmp_path):
    export_log(PublishedLog(300), tmp_path)
    rewritten = PublishedLog(600, lambda number: leaf(number) if number != 7 else b"rewritten")
    assert_refused(rewritten, tmp_path, "contradicts")


def test_another_log_is_not_exported_into_the_same_directory(tmp_path):
    export_log(PublishedLog(300), tmp_path)
    other = PublishedLog(600)
    body = other.note(600).rpartition("\n\n")[0] + "\n"
    note = sign_note(body.replace(ORIGIN, f"{ORIGIN}/2"), SIGNER)
    other.published = [(600, other.published[0][1], b"", note)]
    assert_refused(other, tmp_path, "another log, log.example")


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44", "checkpoint"])
def test_a_directory_that_was_changed_at_its_edge_is_refused(tmp_path, path):
    log = PublishedLog(600)
    log.sign(300)
    export_log(log, tmp_path)
    log.sign(600)
    whole = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(whole[:-1] + b"?")
    assert_refused(log, tmp_path)
    if path != CHECKPOINT:
        (tmp_path / path).unlink()
        assert_refused(log, tmp_path, "missing or was changed")
    (tmp_path / path).write_bytes(whole)
    assert export_log(log, tmp_path).size == 600


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2"])
def test_a_file_that_is_in_the_way_is_never_rewritten(tmp_path, path):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(b"something else")
    with pytest.raises(LogDoesNotMatch, match=path):
        export_log(PublishedLog(600), tmp_path)
    assert (tmp_path / path).read_bytes() == b"something else"
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_log_whose_entries_do_not_lead_to_its_root_is_not_published(tmp_path):
    log = PublishedLog(600)
    log.sign(300)
    export_log(log, tmp_path)
    log.sign(600)
    log.placed[500] = (log.placed[500][0], b"rewritten", log.placed[500][2])
    with pytest.raises(LogDoesNotMatch, match="do not lead to the root"):
        export_log(log, tmp_path)
    assert size_in(tmp_path) == 300


def test_a_log_that_lacks_entries_is_not_published(tmp_path):
    log = PublishedLog(600)
    del log.placed[-1]
    with pytest.raises(LogDoesNotMatch, match="lacks entries"):
        export_log(log, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_signed_root_that_is_not_the_logs_is_not_published(tmp_path):
    log = PublishedLog(600)
    note = sign_note(Checkpoint(ORIGIN, 600, bytes(32)).body(), SIGNER)
    log.published = [(600, log.published[0][1], b"", note)]
    with pytest.raises(LogDoesNotMatch, match="do not lead to the root"):
        export_log(log, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_two_exports_do_not_write_into_one_directory_at_the_same_time(tmp_path):
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match="Another export"):
        export_log(PublishedLog(3), tmp_path)
    assert files_in(tmp_path) == {}
    os.close(held)
    assert export_log(PublishedLog(3), tmp_path).size == 3


# What goes wrong: between any two steps of the system, and in each of them

OLDER, NEWER = 300, 700
FAULTS = [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "Input/output error")]


class Stop(BaseException):
    """Ends an export on the spot, as a kill does: nobody handles it."""


@pytest.fixture
def exported(tmp_path: Path) -> Iterator[tuple[PublishedLog, Path]]:
    """A directory that holds 300 entries of a log that has 700 now."""
    log = PublishedLog(NEWER)
    log.sign(OLDER)
    export_log(log, tmp_path / "log")
    log.sign(NEWER)
    yield log, tmp_path / "log"


def with_trouble(patch: pytest.MonkeyPatch, trouble: Callable[[str, int], BaseException | None]) -> list[str]:
    """Every step of the file system from now on is listed; `trouble(when, number)` may end it, before or after.

    Nothing is really forced to disk: here only the place of that step counts.
    """
    steps: list[str] = []

    def troubled(step: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            number = len(steps)
            steps.append(step)
            if fault := trouble("before", number):
                raise fault
            answer = real(*args, **kwargs)
            if fault := trouble("after", number):
                raise fault
            return answer

        return call

    patch.setattr(os, "fsync", troubled("fsync", lambda _: None))
    patch.setattr(Path, "open", troubled("open", Path.open))
    patch.setattr(Path, "replace", troubled("replace", Path.replace))
    patch.setattr(Path, "mkdir", troubled("mkdir", Path.mkdir))
    return steps


def steps_of_an_export(log: PublishedLog, directory: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with monkeypatch.context() as patch:
        steps = with_trouble(patch, lambda when, number: None)
        export_log(log, directory)
    return list(steps)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [*FAULTS, Stop("killed")], ids=["ENOSPC", "EIO", "stop"])
def test_an_export_cut_off_at_any_step_leaves_the_older_or_the_newer_log(tmp_path, monkeypatch, fault, when):
    """`after`: the step fails, though what it did is on disk."""
    log = PublishedLog(NEWER)
    log.sign(OLDER)
    export_log(log, tmp_path / "older")
    log.sign(NEWER)
    seen = set()
    number, ended = 0, False
    while not ended:
        directory = shutil.copytree(tmp_path / "older", tmp_path / f"{number}")
        with monkeypatch.context() as patch:
            coming = [(when, number)]
            steps = with_trouble(patch, lambda *now, coming=coming: fault if now in coming else None)
            try:
                export_log(log, directory)
                ended = True
            except type(fault):
                assert len(steps) == number + 1
            coming.clear()
            seen.add(size_in(directory))
            assert export_log(log, directory).size == NEWER
            assert size_in(directory) == NEWER
        number += 1
    assert seen == {OLDER, NEWER}
    assert number > 30


def test_every_file_is_on_disk_before_it_has_its_name_and_all_of_them_before_the_checkpoint(exported, monkeypatch):
    log, directory = exported
    steps = steps_of_an_export(log, directory, monkeypatch)
    places = [at for at, step in enumerate(steps) if step == "replace"]
    assert all(steps[at - 1] == "fsync" for at in places)
    last_file, its_checkpoint = places[-2:]
    directories_synced = steps[last_file + 1 : its_checkpoint].count("fsync") - 1
    assert directories_synced >= 5  # the export, tile, tile/0, tile/entries, and those of partial files
    assert "fsync" in steps[its_checkpoint + 1 :]


@pytest.mark.parametrize("full_after_bytes", [0, 1, 100, 9_000])
def test_a_disk_that_fills_up_in_the_middle_of_a_file_leaves_the_older_log(exported, full_after_bytes):
    """With a real limit of the operating system: a child that may write no larger files."""
    log, directory = exported
    child = os.fork()
    if child == 0:
        _export_under_a_limit(log, directory, full_after_bytes)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EFBIG
    assert size_in(directory) == OLDER
    assert export_log(log, directory).size == NEWER
    assert size_in(directory) == NEWER


def _export_under_a_limit(log: PublishedLog, directory: Path, largest_file_bytes: int) -> None:
    import resource  # only here, in the child

    status = 99
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, largest_file_bytes))
        export_log(log, directory)
        status = 0
    except OSError as fault:
        status = fault.errno or 98
    finally:
        os._exit(status)


@pytest.mark.parametrize("number", range(0, 36, 5))
def test_a_killed_export_leaves_the_older_or_the_newer_log(exported, monkeypatch, number):
    log, directory = exported
    child = os.fork()
    if child == 0:
        try:
            with_trouble(monkeypatch, lambda when, at: _kill_this_process() if at == number else None)
            export_log(log, directory)
        finally:
            os._exit(1)  # it should not have come so far
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert size_in(directory) in (OLDER, NEWER)
    assert export_log(log, directory).size == NEWER
    assert size_in(directory) == NEWER


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
