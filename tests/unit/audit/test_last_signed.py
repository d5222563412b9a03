"""The guard file holds one whole checkpoint, whatever happens."""

import os

import pytest

from exchange.audit.checkpoint import Checkpoint
from exchange.audit.last_signed import LastSigned
from exchange.audit.merkle import EMPTY_ROOT
from exchange.errors import LogWouldFork, Unavailable

CHECKPOINT = Checkpoint("log.example", 12, bytes(range(32)))


def test_a_log_that_never_signed_has_no_last_checkpoint(tmp_path):
    assert LastSigned(tmp_path / "guard").read() is None


def test_what_was_written_last_is_read(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    guard.write(Checkpoint("log.example", 3, bytes(32)))
    guard.write(CHECKPOINT)
    assert guard.read() == CHECKPOINT
    assert [file.name for file in tmp_path.iterdir()] == ["guard"]


def test_a_write_that_was_cut_off_leaves_the_earlier_checkpoint(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    guard.write(CHECKPOINT)
    (tmp_path / "guard.new").write_text(CHECKPOINT.body()[:20])
    assert guard.read() == CHECKPOINT


def test_a_write_that_fails_leaves_the_earlier_checkpoint(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    guard.write(CHECKPOINT)
    (tmp_path / "guard.new").mkdir()
    with pytest.raises(OSError):
        guard.write(Checkpoint("log.example", 13, bytes(32)))
    assert guard.read() == CHECKPOINT


def test_the_file_is_on_disk_before_it_takes_the_old_ones_place_and_the_directory_after(tmp_path, monkeypatch):
    forced = []
    monkeypatch.setattr(os, "fsync", lambda number: forced.append(sorted(file.name for file in tmp_path.iterdir())))
    LastSigned(tmp_path / "guard").write(CHECKPOINT)
    assert forced == [["guard.new"], ["guard"]]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_disk_that_cannot_write_leaves_one_whole_checkpoint(tmp_path, monkeypatch, failing):
    guard = LastSigned(tmp_path / "guard")
    earlier = Checkpoint("log.example", 3, bytes(32))
    guard.write(earlier)
    answers = iter([None] * failing + [OSError(28, "No space left on device")])

    def fsync(_: int) -> None:
        if fault := next(answers):
            raise fault

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        guard.write(CHECKPOINT)
    assert guard.read() == [earlier, CHECKPOINT][failing]


@pytest.mark.parametrize(
    "text", ["", "log.example\n12\n", CHECKPOINT.body()[:-1], CHECKPOINT.body() + "more\n", "\xff"]
)
def test_a_damaged_file_stops_the_log_rather_than_count_as_none(tmp_path, text):
    (tmp_path / "guard").write_text(text)
    with pytest.raises(LogWouldFork):
        LastSigned(tmp_path / "guard").read()


def test_a_file_that_cannot_be_read_stops_the_log(tmp_path):
    (tmp_path / "guard").mkdir()
    with pytest.raises(LogWouldFork):
        LastSigned(tmp_path / "guard").read()


def test_an_earlier_checkpoint_never_takes_the_place_of_a_later_one(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    guard.write(CHECKPOINT)
    with pytest.raises(Unavailable, match="larger tree"):
        guard.write(Checkpoint("log.example", 11, bytes(32)))
    assert guard.read() == CHECKPOINT


def test_what_stands_there_already_is_not_written_again(tmp_path, monkeypatch):
    guard = LastSigned(tmp_path / "guard")
    guard.write(CHECKPOINT)
    monkeypatch.setattr(os, "fsync", None)
    guard.write(CHECKPOINT)
    assert guard.read() == CHECKPOINT


def test_another_log_succeeds_and_what_was_signed_last_is_kept(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    for number in (1, 2):
        earlier = guard.read() or CHECKPOINT
        guard.write(Checkpoint(earlier.origin, 12, CHECKPOINT.root))
        kept = (tmp_path / "guard").read_text()
        assert guard.number_of_next() == number
        guard.succeed(f"log.example/{number}")
        assert guard.read() == Checkpoint(f"log.example/{number}", 0, EMPTY_ROOT)
        assert (tmp_path / f"guard.{number}").read_text() == kept


def test_a_succession_that_was_cut_off_keeps_its_number(tmp_path):
    guard = LastSigned(tmp_path / "guard")
    guard.write(CHECKPOINT)
    os.link(tmp_path / "guard", tmp_path / "guard.1")
    assert guard.number_of_next() == 1
    guard.succeed("log.example/2")
    assert (tmp_path / "guard.1").read_text() == CHECKPOINT.body()
    assert not (tmp_path / "guard.2").exists()
