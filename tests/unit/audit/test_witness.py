"""The witness answers as tlog-witness says; whatever fails, it never cosigns two trees that contradict each other."""

import errno
import os
import threading
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from exchange.audit import last_signed
from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, open_note, sign_note, split_note
from exchange.audit.cosignature import Ed25519Cosigner, MlDsaCosigner, cosigned, read_vkey, read_witness_vkey
from exchange.audit.merkle import EMPTY_ROOT, Tree
from exchange.audit.note_key import format_vkey
from exchange.audit.witness import Answer, Witness, read_request
from exchange.clock import FixedClock
from exchange.errors import LogDoesNotMatch, LogWouldFork
from tests.memory_log import MemoryLog
from tests.vectors import read_vectors

VECTORS = read_vectors("cosignatures")
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ORIGIN = "log.example"
LOG_KEY = KeySigner(ORIGIN, Ed25519PrivateKey.generate())
LOG = Verifier(ORIGIN, LOG_KEY.public_key)
KEY = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.generate())


class Log:
    """A log of as many leaves as are asked for; two of different names differ from leaf `common` on."""

    def __init__(self, name: str, common: int, size: int = 64) -> None:
        hashes = [sha256(f"{'' if at < common else name}{at}".encode()).digest() for at in range(size)]
        self._store = MemoryLog(tiles=Tree(MemoryLog(), 0).append(hashes).tiles)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, Tree(self._store, size).root())

    def note(self, size: int) -> str:
        return sign_note(self.checkpoint(size).body(), LOG_KEY)

    def request(self, old: int, size: int, note: str | None = None) -> bytes:
        proof = Tree(self._store, size).consistency_proof(old) if old <= size else []
        return request(old, proof, note or self.note(size))


def request(old: int | str, proof: list[bytes], note: str) -> bytes:
    return f"old {old}\n{''.join(b64encode(one).decode() + chr(10) for one in proof)}\n{note}".encode()


HONEST = Log("honest", common=10)
FORKED = Log("forked", common=10)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def witness(tmp_path, clock) -> Witness:
    return started(tmp_path, clock)


def started(home, clock, keys=(KEY,)) -> Witness:
    return Witness(keys, [LOG], home, clock)


def times_of(answer: Answer, note: str) -> dict[str, int]:
    assert answer.status == 200, answer
    return cosigned(note + answer.body, [KEY.verifier])


def remembered(home) -> str:
    return (home / sha256(ORIGIN.encode()).hexdigest() / "cosigned").read_text()


def test_the_example_request_of_the_specification_is_read():
    found = read_request(VECTORS["tlog_witness"]["request"].encode())
    assert (found.old_size, len(found.proof), found.checkpoint.size) == (20852014, 4, 20852163)
    assert found.checkpoint.origin == "example.com/behind-the-sofa"
    assert len(split_note(found.note)[1]) == 2


def test_the_example_response_of_the_specification_is_read():
    lines = VECTORS["tlog_witness"]["response"]
    signatures = split_note(HONEST.checkpoint(1).body() + "\n" + lines)[1]
    assert [name for name, _, _ in signatures] == ["witness.example/w1", "witness.example/w1", "witness.example/w2"]
    assert {len(signature) for _, _, signature in signatures} == {8 + 64}


def test_the_requests_of_a_sigsum_log_are_answered_as_torchwood_s_witness_does(tmp_path, clock):
    vectors = VECTORS["requests"]
    vkey = format_vkey(vectors["origin"], b"\x01", bytes.fromhex(vectors["log_key"]))
    witness = Witness([KEY], [read_vkey(vkey)], tmp_path, clock)
    too_long = vectors["first"].replace("old 0\n", "old 0\n" + (b64encode(bytes(32)).decode() + "\n") * 64)
    assert witness.add_checkpoint(too_long.encode()).status == 400
    assert witness.add_checkpoint(vectors["first"].encode()).status == 200
    answer = witness.add_checkpoint(vectors["to_five"].encode())
    assert times_of(answer, read_request(vectors["to_five"].encode()).note) == {KEY.verifier.name: NOW.timestamp()}
    assert witness.add_checkpoint(vectors["to_three"].encode()) == Answer(409, "5\n", "text/x.tlog.size")


def test_the_ml_dsa_log_of_torchwood_is_cosigned(tmp_path, clock):
    vectors = VECTORS["ml_dsa"]
    log = MlDsaCosigner(vectors["name"], MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(vectors["seed"])))
    witness = Witness([KEY], [log.verifier], tmp_path, clock)
    assert times_of(witness.add_checkpoint(f"old 0\n\n{vectors['note']}".encode()), vectors["note"])


def test_a_log_that_only_grows_is_cosigned_again_and_again(witness, clock):
    old = 0
    for size in [0, 1, 1, 2, 7, 8, 33, 64]:
        clock.instant += timedelta(seconds=1)
        answer = witness.add_checkpoint(HONEST.request(old, size))
        assert times_of(answer, HONEST.note(size)) == {"witness.example/w1": clock.instant.timestamp()}
        assert answer.body.startswith("\N{EM DASH} witness.example/w1 ")
        old = size


def test_every_key_of_the_witness_cosigns(tmp_path, clock):
    second = MlDsaCosigner("witness.example/w1", MLDSA44PrivateKey.generate())
    witness = started(tmp_path, clock, [KEY, second])
    note = HONEST.note(5)
    answer = witness.add_checkpoint(HONEST.request(0, 5))
    assert answer.body.count("\n") == 2
    assert witness.vkeys == [KEY.verifier.vkey, second.verifier.vkey]
    assert open_note(note + answer.body, [second.verifier]) == open_note(note + answer.body, [KEY.verifier])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"old 0\n",
        b"old 0\n\n",
        b"new 0\n\nx",
        HONEST.request(0, 5).replace(b"old 0", b"old 00"),
        HONEST.request(0, 5).replace(b"old 0", b"old -1"),
        HONEST.request(0, 5).replace(b"old 0", b"old  0"),
        HONEST.request(0, 5).replace(b"old 0", b"old 0 "),
        HONEST.request(0, 5).replace(b"\n", b"\r\n"),
        HONEST.request(0, 5)[:-1],
        HONEST.request(0, 5) + b"more",
        HONEST.request(0, 5).replace(b"\n5\n", b"\n05\n"),
        request(0, [bytes(31)], HONEST.note(5)),
        request(0, [bytes(32)] * 64, HONEST.note(5)),
        request("0\n\xab", [], HONEST.note(5)),
        request(6, [], HONEST.note(5)),
    ],
    ids=[
        "nothing", "not UTF-8", "one line", "no checkpoint", "another first word", "zeros before the size",
        "below zero", "two spaces", "a space after", "Windows line ends", "cut short", "too long",
        "zeros in the checkpoint", "a short hash", "64 hashes", "a line that is no hash", "older than it was",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_request_and_nothing_is_remembered(witness, tmp_path, body):
    assert witness.add_checkpoint(body).status == 400
    with pytest.raises(FileNotFoundError):
        remembered(tmp_path)


def test_an_unknown_log_is_not_found(witness):
    stranger = KeySigner("other.example", Ed25519PrivateKey.generate())
    note = sign_note(Checkpoint("other.example", 1, bytes(32)).body(), stranger)
    assert witness.add_checkpoint(request(0, [], note)).status == 404
    assert (
        witness.add_checkpoint(request(0, [], sign_note(Checkpoint("x", 1, bytes(32)).body(), LOG_KEY))).status == 404
    )


@pytest.mark.parametrize("wrong", ["another key", "another name", "a spoiled signature"])
def test_a_checkpoint_that_its_log_did_not_sign_is_forbidden(witness, tmp_path, wrong):
    text, other = HONEST.checkpoint(5).body(), Ed25519PrivateKey.generate()
    signer = {"another key": KeySigner(ORIGIN, other), "another name": KeySigner("x.example", LOG_KEY._key)}
    note = sign_note(text, signer.get(wrong, LOG_KEY))
    if wrong == "a spoiled signature":
        note = text + "\n" + sign_note(HONEST.checkpoint(6).body(), LOG_KEY).rpartition("\n\n")[2]
    answer = witness.add_checkpoint(request(0, [], note))
    assert answer.status == 403
    assert "\N{EM DASH}" not in answer.body
    with pytest.raises(FileNotFoundError):
        remembered(tmp_path)


def test_signatures_of_unknown_keys_are_ignored(witness):
    stranger = KeySigner(ORIGIN, Ed25519PrivateKey.generate())
    note = sign_note(HONEST.checkpoint(5).body(), stranger, LOG_KEY)
    assert times_of(witness.add_checkpoint(request(0, [], note)), note)


@pytest.mark.parametrize(("old", "size"), [(0, 20), (4, 20), (7, 9), (0, 5), (0, 0), (5, 5), (8, 9)])
def test_another_old_size_than_the_remembered_one_is_a_conflict_that_names_it(witness, tmp_path, old, size):
    witness.add_checkpoint(HONEST.request(0, 6))
    before = remembered(tmp_path)
    assert witness.add_checkpoint(HONEST.request(old, size)) == Answer(409, "6\n", "text/x.tlog.size")
    assert remembered(tmp_path) == before


def test_the_same_size_with_another_root_is_a_conflict_and_both_notes_are_kept(witness, tmp_path):
    witness.add_checkpoint(HONEST.request(0, 20))
    for _ in range(2):
        assert witness.add_checkpoint(request(20, [], FORKED.note(20))) == Answer(409, "20\n", "text/x.tlog.size")
    kept = [file.read_text() for file in tmp_path.glob("*/contradiction-*.txt")]
    assert kept == [f"{HONEST.note(20)}\n{FORKED.note(20)}"]
    assert remembered(tmp_path).endswith(HONEST.note(20))


def test_an_empty_log_with_another_root_than_the_empty_one_is_a_conflict(witness):
    note = sign_note(Checkpoint(ORIGIN, 0, bytes(32)).body(), LOG_KEY)
    assert witness.add_checkpoint(request(0, [], note)) == Answer(409, "0\n", "text/x.tlog.size")
    right = sign_note(Checkpoint(ORIGIN, 0, EMPTY_ROOT).body(), LOG_KEY)
    assert witness.add_checkpoint(request(0, [], right)).status == 200


def test_a_proof_that_does_not_hold_is_not_processed(witness, tmp_path):
    witness.add_checkpoint(HONEST.request(0, 20))
    before = remembered(tmp_path)
    right = Tree(HONEST._store, 30).consistency_proof(20)
    for body in [
        FORKED.request(20, 30),
        request(20, right[:-1], HONEST.note(30)),
        request(20, [*right, right[0]], HONEST.note(30)),
        request(20, [], HONEST.note(30)),
        request(20, right, FORKED.note(30)),
        request(20, right, HONEST.note(20)),
    ]:
        assert witness.add_checkpoint(body).status == 422
    assert remembered(tmp_path) == before
    assert witness.add_checkpoint(HONEST.request(20, 30)).status == 200


def test_the_first_proof_must_be_empty(witness):
    assert witness.add_checkpoint(request(0, [bytes(32)], HONEST.note(5))).status == 422


def test_extension_lines_are_cosigned_as_they_stand_unless_a_key_cannot(tmp_path, clock):
    text = HONEST.checkpoint(5).body() + "extension\n"
    note = sign_note(text, LOG_KEY)
    second = MlDsaCosigner("witness.example/w1", MLDSA44PrivateKey.generate())
    assert started(tmp_path, clock, [KEY, second]).add_checkpoint(request(0, [], note)).status == 400
    with pytest.raises(FileNotFoundError):
        remembered(tmp_path)
    assert times_of(started(tmp_path, clock).add_checkpoint(request(0, [], note)), note)


def test_a_restarted_witness_goes_on_where_it_was(tmp_path, clock):
    started(tmp_path, clock).add_checkpoint(HONEST.request(0, 20))
    witness = started(tmp_path, clock)
    assert witness.add_checkpoint(HONEST.request(0, 20)).body == "20\n"
    assert witness.add_checkpoint(FORKED.request(20, 30)).status == 422
    assert witness.add_checkpoint(HONEST.request(20, 30)).status == 200


def test_the_time_never_goes_backwards_not_even_over_a_restart(tmp_path, clock):
    latest = NOW.timestamp()
    assert times_of(started(tmp_path, clock).add_checkpoint(HONEST.request(0, 1)), HONEST.note(1)) == {
        "witness.example/w1": latest
    }
    clock.instant -= timedelta(days=1)
    answer = started(tmp_path, clock).add_checkpoint(HONEST.request(1, 2))
    assert times_of(answer, HONEST.note(2)) == {"witness.example/w1": latest}
    clock.instant += timedelta(days=2)
    answer = started(tmp_path, clock).add_checkpoint(HONEST.request(2, 3))
    assert times_of(answer, HONEST.note(3)) == {"witness.example/w1": latest + 86_400}


def test_logs_are_remembered_apart(tmp_path, clock):
    other = KeySigner("other.example", Ed25519PrivateKey.generate())
    witness = Witness([KEY], [LOG, Verifier(other.name, other.public_key)], tmp_path, clock)
    witness.add_checkpoint(HONEST.request(0, 20))
    note = sign_note(Checkpoint("other.example", 3, bytes(32)).body(), other)
    assert times_of(witness.add_checkpoint(request(0, [], note)), note)
    assert witness.add_checkpoint(HONEST.request(0, 30)).body == "20\n"


@pytest.mark.parametrize("spoil", ["cut", "flipped", "of another log", "not text", "empty"])
def test_a_damaged_memory_cosigns_nothing(tmp_path, clock, spoil):
    started(tmp_path, clock).add_checkpoint(HONEST.request(0, 20))
    file = tmp_path / sha256(ORIGIN.encode()).hexdigest() / "cosigned"
    whole = file.read_bytes()
    file.write_bytes(
        {
            "cut": whole[:-30],
            "flipped": whole.replace(b"\n20\n", b"\n10\n"),
            "of another log": whole.replace(b"log.example", b"lag.example"),
            "not text": b"\xff",
            "empty": b"",
        }[spoil]
    )
    answer = started(tmp_path, clock).add_checkpoint(HONEST.request(0, 20))
    assert answer.status == 500
    assert "\N{EM DASH}" not in answer.body


FAULTS = [errno.EIO, errno.ENOSPC]


class Disk:
    """Fails once, at the `at`-th write, fsync or rename of a witness's memory, before or after doing it."""

    def __init__(self, monkeypatch, at: int, after: bool, number: int) -> None:
        self.left, self.after, self.number = at, after, number
        monkeypatch.setattr(os, "fsync", self._failing(os.fsync))
        monkeypatch.setattr(last_signed.Path, "replace", self._failing(last_signed.Path.replace))
        monkeypatch.setattr(last_signed.Path, "open", self._failing(last_signed.Path.open))

    @property
    def failed(self) -> bool:
        return self.left < 0

    def _failing(self, real):
        def step(*args, **kwargs):
            self.left -= 1
            if self.left != -1:
                return real(*args, **kwargs)
            done = real(*args, **kwargs) if self.after else None
            if hasattr(done, "close"):
                done.close()
            raise OSError(self.number, os.strerror(self.number))

        return step


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crash", [False, True], ids=["goes on", "crashes and loses the rename"])
@pytest.mark.parametrize("at", range(6))
def test_a_disk_that_fails_never_leads_to_two_contradicting_cosignatures(
    tmp_path, clock, monkeypatch, at, crash, after, number
):
    """The fork and the honest tree are submitted around a fault: at most one of them is ever cosigned."""
    witness = started(tmp_path, clock)
    assert witness.add_checkpoint(HONEST.request(0, 9)).status == 200
    before = remembered(tmp_path)
    cosigned_trees = []
    with monkeypatch.context() as patched:
        disk = Disk(patched, at, after, number)
        answer = witness.add_checkpoint(FORKED.request(9, 20))
    assert answer.status == (503 if disk.failed else 200)
    cosigned_trees += [FORKED] if answer.status == 200 else []
    assert ("\N{EM DASH}" in answer.body) == (answer.status == 200)
    if crash and disk.failed:
        (tmp_path / sha256(ORIGIN.encode()).hexdigest() / "cosigned").write_text(before)
    for witness_now in (witness, started(tmp_path, clock)):
        for log in (HONEST, FORKED):
            for old in (9, 20):
                again = witness_now.add_checkpoint(log.request(old, 20))
                assert again.status in {200, 409, 422}
                cosigned_trees += [log] if again.status == 200 else []
    assert len({id(log) for log in cosigned_trees}) == 1


def test_the_disk_faults_above_hit_every_step_of_a_write(tmp_path, clock, monkeypatch):
    witness = started(tmp_path, clock)
    with monkeypatch.context() as patched:
        disk = Disk(patched, 100, False, errno.EIO)
        witness.add_checkpoint(HONEST.request(0, 9))
    assert 3 <= 100 - disk.left <= 6


def test_a_full_disk_gives_no_cosignature_and_forgets_nothing(witness, tmp_path):
    witness.add_checkpoint(HONEST.request(0, 9))
    before = remembered(tmp_path)
    beside = tmp_path / sha256(ORIGIN.encode()).hexdigest() / "cosigned.new"
    beside.symlink_to("/dev/full")
    assert witness.add_checkpoint(HONEST.request(9, 20)).status == 503
    assert remembered(tmp_path) == before
    beside.unlink()
    assert witness.add_checkpoint(FORKED.request(9, 20)).status == 200
    assert witness.add_checkpoint(HONEST.request(9, 20)).status == 409


def test_the_cosignature_leaves_only_after_it_is_on_disk(tmp_path, clock, monkeypatch):
    forced = []
    real = os.fsync

    def fsync(number: int) -> None:
        forced.append(
            remembered(tmp_path) if (tmp_path / sha256(ORIGIN.encode()).hexdigest() / "cosigned").exists() else None
        )
        real(number)

    witness = started(tmp_path, clock)
    monkeypatch.setattr(os, "fsync", fsync)
    assert witness.add_checkpoint(HONEST.request(0, 9)).status == 200
    assert forced[0] is None  # the file beside
    assert forced[-1].endswith(HONEST.note(9))  # the directory, with the file in its place


def test_eight_threads_never_get_cosignatures_of_inconsistent_trees_and_sizes_never_go_back(tmp_path, clock):
    """Half of the threads push a log, half a fork of it from leaf 10 on, through two witness processes' worth of
    objects over one memory."""
    witnesses = [started(tmp_path, clock), started(tmp_path, clock)]
    witnesses[0].add_checkpoint(HONEST.request(0, 10))
    answered: list[tuple[str, int]] = []
    sizes: list[int] = []

    def push(number: int) -> None:
        log, witness, old = (HONEST, FORKED)[number % 2], witnesses[number // 4], 10
        for step in range(12):
            size = min(64, old + 1 + (number + step) % 4)
            answer = witness.add_checkpoint(log.request(old, size))
            if answer.status == 200:
                answered.append((("honest", "forked")[number % 2], size))
                old = size
            elif answer.status == 409:
                old = int(answer.body)
            sizes.append(old)
            assert answer.status in {200, 409, 422}

    threads = [threading.Thread(target=push, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grown = {name for name, size in answered if size > 10}
    assert len(grown) == 1
    winner = HONEST if grown == {"honest"} else FORKED
    assert remembered(tmp_path).endswith(winner.note(max(size for _, size in answered)))


def test_racing_requests_from_one_size_never_take_the_size_back(tmp_path, clock):
    witness = started(tmp_path, clock)
    witness.add_checkpoint(HONEST.request(0, 1))
    barrier = threading.Barrier(8)
    statuses: dict[int, int] = {}

    def push(size: int) -> None:
        body = HONEST.request(1, size)
        barrier.wait()
        statuses[size] = witness.add_checkpoint(body).status

    threads = [threading.Thread(target=push, args=[size]) for size in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cosigned_sizes = [size for size, status in statuses.items() if status == 200]
    assert len(cosigned_sizes) == 1
    assert set(statuses.values()) == {200, 409}
    assert remembered(tmp_path).endswith(HONEST.note(cosigned_sizes[0]))


def test_a_lost_memory_is_recovered_from_a_note_that_the_witness_had_cosigned(tmp_path, clock):
    (tmp_path / "lost").mkdir()
    answer = started(tmp_path / "lost", clock).add_checkpoint(HONEST.request(0, 20))
    note = HONEST.note(20) + answer.body
    (tmp_path / "new").mkdir()
    clock.instant -= timedelta(hours=1)
    witness = started(tmp_path / "new", clock)
    assert witness.recover(note) == HONEST.checkpoint(20)
    assert witness.add_checkpoint(FORKED.request(20, 30)).status == 422
    answer = witness.add_checkpoint(HONEST.request(20, 30))
    assert times_of(answer, HONEST.note(30)) == {"witness.example/w1": NOW.timestamp()}


def test_a_memory_is_not_recovered_from_a_note_that_is_not_newer_or_not_ours(witness):
    first = witness.add_checkpoint(HONEST.request(0, 20))
    second = witness.add_checkpoint(HONEST.request(20, 30))
    for note in [
        HONEST.note(20) + first.body,
        HONEST.note(30) + second.body,
        HONEST.note(40),
        HONEST.checkpoint(20).body() + "\n" + first.body,
        "nonsense",
    ]:
        with pytest.raises(LogDoesNotMatch):
            witness.recover(note)
    assert witness.add_checkpoint(HONEST.request(0, 40)).body == "30\n"


def test_recovery_does_not_overwrite_a_damaged_memory(tmp_path, clock):
    note = HONEST.note(20) + started(tmp_path, clock).add_checkpoint(HONEST.request(0, 20)).body
    (tmp_path / sha256(ORIGIN.encode()).hexdigest() / "cosigned").write_text("damaged")
    with pytest.raises(LogWouldFork):
        started(tmp_path, clock).recover(note)


def test_the_witness_s_own_keys_are_read_back(witness):
    assert [read_witness_vkey(vkey) for vkey in witness.vkeys] == [KEY.verifier]
