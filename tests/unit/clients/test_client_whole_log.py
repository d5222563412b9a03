"""The client verifies a whole log from its root down: what holds is believed, and every fault is found and named."""

import gzip
import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import (
    AddressFiles,
    Checkpoint,
    DirectoryFiles,
    LogDoesNotHold,
    NoteDoesNotMatch,
    Policy,
    ProofDoesNotMatch,
    WitnessesMissing,
    verify_log,
)
from openbureau_client.cli import main
from openbureau_client.log import FAULTS_MAX, split_bundle, tile_path
from openbureau_client.merkle import root_of
from openbureau_client.refusals import Unavailable

from exchange.audit import checkpoint as server
from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.audit.export_tiles import export_log
from tests.published_log import KEY, ORIGIN, SIGNER, Changed, PublishedLog, flip, leaf
from tests.vectors import read_vectors

SIZE = 1_000
LOG = PublishedLog(SIZE)
HASHES = [hash_ for _, _, hash_ in LOG.placed]
VKEY = KEY.vkey
FILES = [
    *(f"tile/{level}/00{index}" for level in (0, "entries") for index in range(3)),
    *("tile/0/003.p/232", "tile/entries/003.p/232", "tile/1/000.p/3"),
]


def faulty_paths(files, **given) -> list[str]:
    with pytest.raises(LogDoesNotHold) as found:
        verify_log(files, [VKEY], **given)
    assert all(fault in str(found.value) for fault in found.value.faults)
    return [fault.partition(" ")[0] for fault in found.value.faults]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 999, 1_000])
def test_a_log_of_any_size_holds(size):
    log = PublishedLog(SIZE)
    log.sign(size)
    told = []
    verified = verify_log(log, [VKEY], told=lambda done, of: told.append((done, of)))
    assert verified.checkpoint == Checkpoint(ORIGIN, size, root_of(HASHES[:size]))
    assert verified.note == log.newest_note()
    assert verified.bundles == len(told) == -(-size // 256)
    assert verified.tiles == verified.bundles + (size > 255)
    assert told == [(min(size, (number + 1) * 256), size) for number in range(verified.bundles)]


@pytest.mark.parametrize("vector", read_vectors("log")["tiles"]["paths"], ids=lambda vector: vector["path"])
def test_paths_are_those_of_the_specification(vector):
    assert tile_path(vector["level"], vector["index"], vector["width"]) == vector["path"]


@pytest.mark.parametrize("cut", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\xff\xff"])
def test_a_bundle_cut_short_is_refused(cut):
    assert split_bundle(b"\x00\x00\x00\x02ab") == [b"", b"ab"]
    with pytest.raises(ProofDoesNotMatch):
        split_bundle(cut)


@pytest.mark.parametrize(
    "change",
    [flip(0), flip(1), flip(77), flip(-1), lambda whole: whole[:-1], lambda whole: whole[:-32], lambda _: b"",
     lambda whole: whole + b"\0", lambda whole: whole + bytes(32), lambda whole: whole * 2, lambda _: None],
    ids=["first", "second", "middle", "last", "cut", "short", "empty", "byte", "hash", "double", "missing"],
)  # fmt: skip
@pytest.mark.parametrize("path", FILES)
def test_a_change_of_any_file_is_found(path, change):
    faulty = faulty_paths(Changed(LOG, path, change=change))
    assert {path, path.replace("0", "entries", 1), "checkpoint"} & set(faulty)


def test_a_changed_entry_is_the_only_fault():
    with pytest.raises(LogDoesNotHold) as found:
        verify_log(Changed(LOG, "tile/entries/001", change=flip(2 + len(leaf(256)) + 2 + 5)), [VKEY])
    assert found.value.faults == (
        "tile/entries/001 holds an entry, number 257 of the log, that does not have its hash.",
    )
    assert found.value.code == "LOG_MISMATCH"


def test_a_changed_tile_leads_neither_up_nor_down():
    assert faulty_paths(Changed(LOG, "tile/0/001", change=flip(70))) == ["tile/0/001", "tile/entries/001"]


def test_every_fault_is_found_not_only_the_first():
    files = Changed(LOG, *(f"tile/entries/00{index}" for index in range(3)), change=lambda _: None)
    assert faulty_paths(files) == [f"tile/entries/00{index}" for index in range(3)]


def test_a_log_that_is_not_there_is_given_up_after_many_faults():
    note = server.sign_note(server.Checkpoint(ORIGIN, 2**62 + 1, bytes(32)).body(), SIGNER)

    class HighTiles:
        def read(self, path, most):
            if path == "checkpoint":
                return note.encode()
            return bytes(most) if path.startswith(("tile/7/", "tile/6/")) else None

    assert len(faulty_paths(HighTiles())) == FAULTS_MAX + 1


def test_where_a_partial_file_is_gone_the_full_one_will_do_if_it_is_whole():
    log = PublishedLog(512)
    log.sign(300)
    gone = Changed(log, "tile/0/001.p/44", "tile/entries/001.p/44", change=lambda _: None)
    assert verify_log(gone, [VKEY]).checkpoint.size == 300
    for full in ("tile/0/001", "tile/entries/001"):
        assert faulty_paths(Changed(gone, full, change=lambda whole: whole[: len(whole) // 2])) == [f"{full}.p/44"]
        assert faulty_paths(Changed(gone, full, change=lambda _: None)) == [f"{full}.p/44"]


BODY = LOG.note(SIZE).rpartition("\n\n")[0] + "\n"
STRANGER = server.KeySigner("other.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.mark.parametrize(
    "content",
    [None, b"", b"\xff", BODY.encode(), server.sign_note(BODY, STRANGER).encode(), bytes(2_000_000)],
    ids=["missing", "empty", "not text", "unsigned", "stranger", "too long"],
)
def test_without_a_checkpoint_signed_by_the_log_nothing_is_believed(content):
    with pytest.raises(NoteDoesNotMatch):
        verify_log(Changed(LOG, "checkpoint", change=lambda _: content), [VKEY])


@pytest.mark.parametrize("at", range(0, len(BODY) + 110, 7))
def test_a_checkpoint_with_a_byte_changed_is_not_believed(at):
    with pytest.raises(NoteDoesNotMatch):
        verify_log(Changed(LOG, "checkpoint", change=flip(at)), [VKEY])


@pytest.mark.parametrize("size", [0, 256, SIZE - 1, SIZE, SIZE + 1])
def test_a_signed_root_that_the_tiles_do_not_lead_to_is_found(size):
    note = server.sign_note(server.Checkpoint(ORIGIN, size, bytes(32)).body(), SIGNER)
    assert faulty_paths(Changed(LOG, "checkpoint", change=lambda _: note.encode()))


def test_as_many_witnesses_as_the_policy_asks_must_have_cosigned():
    witnesses = [Ed25519Cosigner(f"witness-{n}.example", Ed25519PrivateKey.generate()) for n in range(3)]
    lines = "".join(cosignature_line(one, BODY, 1_780_000_000) for one in witnesses[:2])
    files = Changed(LOG, "checkpoint", change=lambda note: note + lines.encode())
    vkeys = [one.verifier.vkey for one in witnesses]
    assert verify_log(files, Policy([VKEY], vkeys, 2)).checkpoint.size == SIZE
    with pytest.raises(WitnessesMissing):
        verify_log(files, Policy([VKEY], vkeys, 3))


@pytest.mark.parametrize("earlier", [0, 1, 255, 256, 257, 768, 999, 1_000])
def test_a_log_continues_its_own_past(earlier):
    assert verify_log(LOG, [VKEY], LOG.note(earlier)).continues == Checkpoint(
        ORIGIN, earlier, root_of(HASHES[:earlier])
    )


@pytest.mark.parametrize("earlier", [1, 255, 256, 257, 768, 999, 1_000])
def test_a_log_rewritten_since_an_earlier_checkpoint_is_found_though_all_its_files_agree(earlier):
    rewritten = PublishedLog(SIZE, lambda number: leaf(number) if number != earlier - 1 else b"rewritten")
    verify_log(rewritten, [VKEY])
    assert faulty_paths(rewritten, since=LOG.note(earlier)) == ["earlier"]


def test_a_log_that_shows_another_tile_when_asked_twice_gains_nothing_by_it():
    """The earlier root is computed from the very tiles that were verified."""
    rewritten = PublishedLog(SIZE, lambda number: leaf(number) if number else b"rewritten")

    class TwoFaced:
        def __init__(self):
            self.seen = set()

        def read(self, path, most):
            log = LOG if path in self.seen else rewritten
            self.seen.add(path)
            return log.read(path, most)

    assert faulty_paths(TwoFaced(), since=LOG.note(700)) == ["earlier"]


def test_an_earlier_checkpoint_that_proves_nothing_is_refused():
    other = server.sign_note(server.Checkpoint(STRANGER.name, 3, bytes(32)).body(), STRANGER)
    trust = [VKEY, server.Verifier(STRANGER.name, STRANGER.public_key).vkey]
    for since in ("", BODY, other, PublishedLog(SIZE + 1).note(SIZE + 1)):
        with pytest.raises(NoteDoesNotMatch):
            verify_log(LOG, trust, since)


# Where the files lie


def test_a_directory_gives_what_is_there(tmp_path):
    (tmp_path / "checkpoint").write_bytes(b"note")
    (tmp_path / "tile").mkdir()
    files = DirectoryFiles(tmp_path)
    assert files.read("checkpoint", 4) == b"note"
    assert files.read("tile/0/000", 4) is None
    assert files.read("tile", 4) is None
    with pytest.raises(ProofDoesNotMatch):
        files.read("checkpoint", 3)


class Server:
    """Answers one after another, the last for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.pauses: list[float] = []
        http = httpx.Client(transport=httpx.MockTransport(self))
        self.files = AddressFiles("https://log.example/", http, self.pauses.append)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_address_gives_what_the_server_answers():
    server = Server(httpx.Response(200, content=b"hashes"))
    assert server.files.read("tile/0/000.p/1", 6) == b"hashes"
    assert server.asked == ["https://log.example/tile/0/000.p/1"]
    assert Server(httpx.Response(404)).files.read("tile/0/000", 9) is None


def test_a_compressed_answer_is_read_and_no_more_of_it_than_is_wanted():
    packed = {"headers": {"Content-Encoding": "gzip"}, "content": gzip.compress(bytes(50_000_000))}
    assert Server(httpx.Response(200, **packed)).files.read("tile/entries/000", 50_000_000) == bytes(50_000_000)
    with pytest.raises(ProofDoesNotMatch, match="longer than 100 bytes"):
        Server(httpx.Response(200, **packed)).files.read("tile/entries/000", 100)


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(429), httpx.ConnectError("refused")])
def test_a_server_in_trouble_is_asked_again_and_then_given_up(trouble):
    server = Server(trouble, trouble, httpx.Response(200, content=b"note"))
    assert server.files.read("checkpoint", 10) == b"note"
    assert len(server.pauses) == 2
    with pytest.raises(Unavailable):
        Server(trouble).files.read("checkpoint", 10)


def test_a_server_that_refuses_is_not_asked_again():
    server = Server(httpx.Response(403))
    with pytest.raises(Unavailable, match="403"):
        server.files.read("checkpoint", 10)
    assert len(server.asked) == 1


# The command


def test_the_command_verifies_a_directory(tmp_path, capsys):
    export_log(LOG, tmp_path / "log")
    earlier = tmp_path / "earlier"
    earlier.write_text(LOG.note(300))
    arguments = ["verify-log", str(tmp_path / "log"), "--log-key", VKEY, "--since", str(earlier)]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["checkpoint"]["size"], said["continues"]["size"], said["bundles"]) == (SIZE, 300, 4)
    tile = tmp_path / "log" / "tile" / "0" / "002"
    tile.write_bytes(flip(9)(tile.read_bytes()))
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "tile/0/002 does not lead to the hash above it." in told.err


def test_the_command_needs_the_logs_key(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["verify-log", str(tmp_path)])
    assert "--log-key" in capsys.readouterr().err
