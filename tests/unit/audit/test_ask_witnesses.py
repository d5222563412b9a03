"""What is asked of witnesses, and what is made of each of their answers."""

import logging
import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client.errors import NoteDoesNotMatch
from openbureau_client.note import Policy, open_checkpoint
from werkzeug.serving import make_server

from exchange.audit.ask_witnesses import ANSWER_BYTES_MAX, TRIES, AskWitnesses, Cosigned, HttpWitness, asking_witnesses
from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, parse_vkey, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.audit.merkle import EMPTY_ROOT, Tree, leaf_hash
from exchange.audit.witness import Witness as OwnWitness
from exchange.audit.witness_file import Witness as WitnessOfFile
from exchange.audit.witness_file import read_witnesses
from exchange.clock import FixedClock
from exchange.errors import LogWouldFork
from exchange.settings import Settings
from exchange.web.witness import make_witness_app
from tests.log_world import ANSWER_SECONDS, KEY, ORIGIN, VKEY
from tests.memory_witness import NOW_SECONDS, MemoryWitness

SIZE_TYPE = {"Content-Type": "text/x.tlog.size"}


class Tiles:
    def __init__(self) -> None:
        self.stored: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int, width: int) -> bytes:
        return self.stored.get((level, index), b"")[: width * 32]


class Log:
    """A log that grows, and its note."""

    def __init__(self) -> None:
        self.tiles = Tiles()
        self.tree = Tree(self.tiles, 0)

    def grow(self, leaves: int, what: bytes = b"leaf") -> "Log":
        growth = self.tree.append([leaf_hash(what + b" %d" % (self.tree.size + number)) for number in range(leaves)])
        self.tiles.stored |= growth.tiles
        self.tree = growth.tree
        return self

    @property
    def note(self) -> str:
        return sign_note(Checkpoint(ORIGIN, self.tree.size, self.tree.root()).body(), KeySigner(ORIGIN, KEY))

    def ask(self, asking: AskWitnesses) -> Cosigned:
        return asking.cosign(self.note, self.tree)


@pytest.fixture
def log() -> Log:
    return Log().grow(10)


@pytest.fixture
def witness() -> MemoryWitness:
    return MemoryWitness("witness0", VKEY)


def asking(*witnesses: MemoryWitness, quorum: int = 0, seconds: float = ANSWER_SECONDS) -> AskWitnesses:
    return AskWitnesses([witness.asked_over_http() for witness in witnesses], quorum, seconds)


def answering(status: int, text: str = "", headers: dict[str, str] | None = None) -> Callable[..., httpx.Response]:
    return lambda _call: httpx.Response(status, text=text, headers=headers or {})


def test_nobody_to_ask_is_no_fault(log: Log) -> None:
    asked = AskWitnesses()
    assert log.ask(asked) == Cosigned(log.note)
    assert asked.is_enough(log.note)


def test_a_quorum_of_more_than_there_are_is_refused(witness: MemoryWitness) -> None:
    with pytest.raises(ValueError, match="witness_quorum is 2, but the number of witnesses is 1"):
        asking(witness, quorum=2)


def test_a_new_witness_cosigns_at_once_and_is_asked_from_there_on(log: Log, witness: MemoryWitness) -> None:
    asked = asking(witness, quorum=1)
    cosigned = log.ask(asked)
    assert (cosigned.cosignatures, cosigned.answered, cosigned.largest) == (1, 1, 0)
    assert cosigned.note.startswith(log.note)
    assert open_checkpoint(cosigned.note, Policy([VKEY], [witness.witness.verifier.vkey])).size == 10
    assert asked.is_enough(cosigned.note)
    assert not asked.is_enough(log.note)
    log.grow(290)
    assert log.ask(asked).cosignatures == 1
    assert witness.asked == [0, 10]
    assert [size for size, _ in witness.cosigned] == [10, 300]


def test_one_that_has_followed_further_than_we_know_is_asked_again_from_there(log: Log, witness: MemoryWitness) -> None:
    log.ask(asking(witness))
    log.grow(3)
    again = asking(witness)
    assert log.ask(again).cosignatures == 1
    assert witness.asked == [0, 0, 10]
    assert log.ask(again).cosignatures == 1  # the same tree once more
    assert witness.asked == [0, 0, 10, 13]


def test_the_empty_tree_asks_what_is_remembered(log: Log, witness: MemoryWitness) -> None:
    empty = Log()
    assert empty.tree.root() == EMPTY_ROOT
    assert empty.ask(asking(witness)) == Cosigned(empty.ask(asking(witness)).note, 1, 1, 0)
    log.ask(asking(witness))
    assert empty.ask(asking(witness)) == Cosigned(empty.note, 0, 1, 10)


def test_a_larger_tree_is_told_and_not_cosigned(log: Log, witness: MemoryWitness) -> None:
    log.ask(asking(witness))
    smaller = Log().grow(7)
    assert smaller.ask(asking(witness)) == Cosigned(smaller.note, 0, 1, 10)
    assert witness.cosigned == [(10, log.tree.root())]


def test_a_witness_that_does_not_know_the_log_remembers_nothing_of_it(log: Log) -> None:
    stranger = MemoryWitness("stranger", Verifier("other.example", bytes(32)).vkey)
    assert log.ask(asking(stranger)) == Cosigned(log.note, 0, 1, 0)


@pytest.mark.parametrize("size", [10, 11, 40])
def test_a_witness_of_another_tree_halts_the_log(log: Log, witness: MemoryWitness, size: int) -> None:
    log.ask(asking(witness))
    other = Log().grow(size, b"another past")
    with pytest.raises(LogWouldFork, match="witness0 has seen another tree of 10 leaves"):
        other.ask(asking(witness))
    assert witness.cosigned == [(10, log.tree.root())]


def test_the_same_size_with_another_root_halts_though_the_size_is_told(log: Log, witness: MemoryWitness) -> None:
    witness.way = answering(409, "10\n", SIZE_TYPE)
    with pytest.raises(LogWouldFork, match="another tree of 10 leaves"):
        log.ask(asking(witness))


@pytest.mark.parametrize(
    ("status", "text", "headers", "reason"),
    [
        (200, "", {}, "not well formed"),
        (200, "— witness0.example AAAA\n", {}, "not well formed"),
        (200, "no lines\n", {}, "not base64"),
        (200, "x" * (ANSWER_BYTES_MAX + 1), {}, "too long"),
        (302, "", {"Location": "https://elsewhere.example/"}, "status 302"),
        (400, "", {}, "status 400"),
        (403, "", {}, "status 403"),
        (409, "", {}, "status 409"),
        (409, "7\n", {}, "status 409"),
        (409, "-1\n", SIZE_TYPE, "cannot be read"),
        (409, "07\n", SIZE_TYPE, "cannot be read"),
        (409, "٣\n", SIZE_TYPE, "cannot be read"),
        (409, "", SIZE_TYPE, "cannot be read"),
        (409, "9" * 20 + "\n", SIZE_TYPE, "cannot be read"),
        (409, "0\n", SIZE_TYPE, "another size each time"),
        (422, "", {}, "status 422"),
        (500, "", {}, "status 500"),
    ],
)
def test_an_answer_that_must_not_be_is_none_and_halts_nothing(
    log: Log, witness: MemoryWitness, caplog: pytest.LogCaptureFixture, status: int, text: str,
    headers: dict[str, str], reason: str,
) -> None:  # fmt: skip
    witness.way = answering(status, text, headers)
    assert log.ask(asking(witness)) == Cosigned(log.note)
    assert "log.witness_failed witness='witness0'" in caplog.text
    assert reason in caplog.text


def test_bytes_that_are_no_text_are_no_answer(log: Log, witness: MemoryWitness) -> None:
    witness.way = lambda _call: httpx.Response(200, content=b"\xff\xfe")
    assert log.ask(asking(witness)) == Cosigned(log.note)


def test_a_witness_is_asked_a_few_times_only(log: Log, witness: MemoryWitness) -> None:
    sizes = iter(range(1, 10))
    asked = []

    def confused(_call: object) -> httpx.Response:
        asked.append(next(sizes))
        return httpx.Response(409, text=f"{asked[-1]}\n", headers=SIZE_TYPE)

    witness.way = confused
    assert log.ask(asking(witness)) == Cosigned(log.note)
    assert len(asked) == TRIES


def lines_of(log: Log, name: str, key: Ed25519PrivateKey, text: str | None = None) -> str:
    body = text or log.note.rpartition("\n\n")[0] + "\n"
    return cosignature_line(Ed25519Cosigner(name, key), body, NOW_SECONDS)


def test_a_cosignature_that_does_not_hold_is_not_added(log: Log, witness: MemoryWitness) -> None:
    other_text = Log().grow(9).note.rpartition("\n\n")[0] + "\n"
    for line in (
        cosignature_line(witness.cosigner, other_text, NOW_SECONDS),
        lines_of(log, witness.cosigner.verifier.name, Ed25519PrivateKey.generate()),
        lines_of(log, "somebody.example", Ed25519PrivateKey.generate()),
    ):
        witness.way = answering(200, line)
        assert log.ask(asking(witness)) == Cosigned(log.note)


def test_lines_of_unknown_keys_are_left_out(log: Log, witness: MemoryWitness) -> None:
    stranger = lines_of(log, "somebody.example", Ed25519PrivateKey.generate())
    ours = cosignature_line(witness.cosigner, log.note.rpartition("\n\n")[0] + "\n", NOW_SECONDS)
    witness.way = answering(200, stranger + ours)
    assert log.ask(asking(witness)).note == log.note + ours


def test_the_witnesses_are_asked_at_once_and_none_waits_for_another(log: Log) -> None:
    witnesses = [MemoryWitness(f"witness{number}", VKEY) for number in range(3)]
    together = threading.Barrier(len(witnesses))

    def meet(call: Callable[[], httpx.Response]) -> httpx.Response:
        together.wait(ANSWER_SECONDS)
        return call()

    for witness in witnesses:
        witness.way = meet
    cosigned = log.ask(asking(*witnesses, quorum=3))
    assert cosigned.cosignatures == 3
    assert open_checkpoint(cosigned.note, Policy([VKEY], [one.witness.verifier.vkey for one in witnesses])).size == 10


def test_one_that_hangs_is_left_behind_and_asked_again_once_it_has_ended(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    quick, slow = MemoryWitness("quick", VKEY), MemoryWitness("slow", VKEY)
    go_on, ended = threading.Event(), threading.Event()

    def hang(call: Callable[[], httpx.Response]) -> httpx.Response:
        go_on.wait(ANSWER_SECONDS)
        try:
            return call()
        finally:
            ended.set()

    slow.way = hang
    asked = asking(quick, slow, seconds=2)
    with caplog.at_level(logging.INFO):
        assert log.ask(asked).cosignatures == 1
        log.grow(1)
        assert log.ask(asked).cosignatures == 1
        assert slow.asked == []
        go_on.set()
        assert ended.wait(ANSWER_SECONDS)
        for _ in range(100):  # its thread needs a moment more to end
            log.grow(1)
            done = log.ask(asked)
            if done.cosignatures == 2:
                break
    assert open_checkpoint(done.note, Policy([VKEY], [slow.witness.verifier.vkey])).size == log.tree.size
    told = [record.getMessage() for record in caplog.records if record.name.startswith("exchange.")]
    assert told[0] == "log.witness_failed witness='slow' reason='no answer in time'"
    assert told[-1] == "log.witness_answers witness='slow'"


def test_a_fault_is_told_once(log: Log, witness: MemoryWitness, caplog: pytest.LogCaptureFixture) -> None:
    witness.go_away()
    asked = asking(witness)
    for _ in range(3):
        log.ask(asked)
    assert len(caplog.records) == 1


def vkey(name: str, key: Ed25519PrivateKey | None = None) -> str:
    return Ed25519Cosigner(name, key or Ed25519PrivateKey.generate()).verifier.vkey


def write(path: Path, *witnesses: tuple[str, str, str]) -> Path:
    tables = [f'[[witness]]\nname = "{name}"\nvkey = "{key}"\nurl = "{url}"\n' for name, key, url in witnesses]
    path.write_text("\n".join(tables))
    return path


def test_the_file_names_the_witnesses(tmp_path: Path) -> None:
    first, second = vkey("one.example"), vkey("two.example")
    path = write(
        tmp_path / "witnesses.toml", ("One", first, "https://one.example/w/"), ("Two", second, "http://[::1]:9000")
    )
    one, two = read_witnesses(path)
    assert (one.name, one.verifier.vkey, one.url) == ("One", first, "https://one.example/w")
    assert (two.name, two.verifier.vkey, two.url) == ("Two", second, "http://[::1]:9000")
    with asking_witnesses(Settings(witnesses=str(path), witness_quorum=2)) as asked:
        assert (asked.count, asked.quorum) == (2, 2)
    with pytest.raises(ValueError, match="the number of witnesses is 0"), asking_witnesses(Settings(witness_quorum=1)):
        pass


@pytest.mark.parametrize(
    "url",
    ["http://one.example", "ftp://one.example", "https://", "https://one.example?x=1", "https://me:pw@one.example",
     "https://one.example#x", "http://127.0.0.1.example", "http://[::1", "one.example"],
)  # fmt: skip
def test_an_address_that_others_could_read_or_change_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="url must be an https address"):
        read_witnesses(write(tmp_path / "witnesses.toml", ("One", vkey("one.example"), url)))


def test_all_faults_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path = write(
        tmp_path / "witnesses.toml",
        ("One", vkey("one.example", key), "http://one.example"),
        ("One", vkey("two.example", key), "https://two.example"),
        ("Log", VKEY, "https://three.example"),
    )
    path.write_text(path.read_text() + '[[witness]]\nname = "Four"\n')
    with pytest.raises(ValueError, match=r"witnesses\.toml") as told:
        read_witnesses(path)
    for fault in (
        "witness 1: url must be an https address",
        "witness 3: This is not the key of a witness.",
        "witness 4: name, vkey, url must be texts",
        "two witnesses have the name One",
        "two witnesses have the key ",
    ):
        assert fault in str(told.value)


@pytest.mark.parametrize("text", ["", "witness = 1\n", "[[witness]]\nname='x'\n[other]\n", "[[witnesses]]\n"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witnesses.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="one or more"):
        read_witnesses(path)


def test_what_is_sent_is_as_the_protocol_says(log: Log, witness: MemoryWitness) -> None:
    sent = []

    class Seen(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent.append((str(request.url), request.read().decode()))
            return witness.handle_request(request)

    asked = AskWitnesses([HttpWitness(witness.witness, httpx.Client(transport=Seen()))], 0, ANSWER_SECONDS)
    log.ask(asked)
    log.grow(1)
    log.ask(asked)
    proof = "".join(b64encode(hash_).decode() + "\n" for hash_ in log.tree.consistency_proof(10))
    assert sent[0][0] == "https://witness0.example/submit/add-checkpoint"
    assert sent[0][1].startswith(f"old 0\n\n{ORIGIN}\n10\n")
    assert sent[1][1] == f"old 10\n{proof}\n{log.note}"
    with pytest.raises(NoteDoesNotMatch):
        open_checkpoint(log.note, Policy([VKEY], [witness.witness.verifier.vkey]))


def test_our_own_witness_is_asked_the_same_way(log: Log, tmp_path: Path, clock: FixedClock) -> None:
    key = Ed25519Cosigner("witness.example", Ed25519PrivateKey.generate())
    app = make_witness_app(OwnWitness([key], [parse_vkey(VKEY)], tmp_path, clock), "/w")
    http = httpx.Client(transport=httpx.WSGITransport(app))
    named = WitnessOfFile("Ours", key.verifier, "https://witness.example/w")

    def started_now() -> AskWitnesses:
        return AskWitnesses([HttpWitness(named, http)], 1, ANSWER_SECONDS)

    policy = Policy([VKEY], [key.verifier.vkey])
    asked = started_now()
    for leaves in (0, 0, 290, 1):
        cosigned = log.grow(leaves).ask(asked)
        assert open_checkpoint(cosigned.note, policy).size == log.tree.size
    assert log.grow(5).ask(started_now()).cosignatures == 1
    empty = Log()
    assert empty.ask(started_now()) == Cosigned(empty.note, 0, 1, 306)
    for size in (306, 400):
        with pytest.raises(LogWouldFork, match="Ours has seen another tree of 306 leaves"):
            Log().grow(size, b"another past").ask(started_now())


def test_a_witness_is_asked_over_a_real_connection(log: Log, tmp_path: Path, clock: FixedClock) -> None:
    key = Ed25519Cosigner("witness.example", Ed25519PrivateKey.generate())
    app = make_witness_app(OwnWitness([key], [parse_vkey(VKEY)], tmp_path, clock))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        path = write(tmp_path / "witnesses.toml", ("Ours", key.verifier.vkey, url))
        settings = Settings(witnesses=str(path), witness_quorum=1, witness_timeout_seconds=ANSWER_SECONDS)
        with asking_witnesses(settings) as asked:
            for _ in range(3):
                assert log.grow(1).ask(asked).cosignatures == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with asking_witnesses(settings) as asked:
        assert log.ask(asked) == Cosigned(log.note)
