"""A whole log verified from the bottom up: what holds is believed, and every fault is found and named."""

import gzip
import tracemalloc

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.audit.log_source import TRIES, LogAddress, LogDirectory
from exchange.audit.merkle import EMPTY_ROOT, Tree
from exchange.audit.tiles import tile_path
from exchange.audit.verify_log import (
    CHECKPOINT,
    CHECKPOINT_BYTES_MAX,
    EARLIER_CHECKPOINT,
    FAULTS_MAX,
    LogTrust,
    verify_log,
)
from exchange.errors import LogDoesNotMatch, Unavailable
from tests.published_log import KEY, ORIGIN, SIGNER, TRUST, Changed, PublishedLog, faulty_paths, flip, leaf

SIZE = 1_000
LOG = PublishedLog(SIZE)
FILES = [
    *(tile_path(level, index) for level in (0, "entries") for index in range(3)),
    *(tile_path(*place) for place in [(0, 3, 232), ("entries", 3, 232), (1, 0, 3)]),
]
OTHER = KeySigner("other.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 999, 1_000])
def test_a_log_of_any_size_holds(size):
    log = PublishedLog(SIZE)
    log.sign(size)
    told = []
    verdict = verify_log(log, TRUST, progress=lambda done, total: told.append((done, total)))
    assert verdict.holds
    assert verdict.faults == []
    assert verdict.checkpoint == Checkpoint(ORIGIN, size, Tree(log, size).root())
    assert verdict.note == log.newest_note()
    assert verdict.bundles == len(told) == -(-size // 256)
    assert verdict.tiles == verdict.bundles + (size > 255)
    assert told[-1:] == [(size, size)] * bool(size)


@pytest.mark.parametrize(
    "change",
    [flip(0), flip(1), flip(77), flip(-1), lambda whole: whole[:-1], lambda whole: whole[:-32], lambda _: b"",
     lambda whole: whole + b"\0", lambda whole: whole + bytes(32), lambda whole: whole * 2, lambda _: None],
    ids=["first", "second", "middle", "last", "cut", "short", "empty", "byte", "hash", "double", "missing"],
)  # fmt: skip
@pytest.mark.parametrize("path", FILES)
def test_a_change_of_any_file_is_found(path, change):
    verdict = verify_log(Changed(LOG, path, change=change), TRUST)
    assert not verdict.holds
    tile_of_bundle = path.replace("entries", "0")
    assert {path, tile_of_bundle} & set(faulty_paths(verdict))


@pytest.mark.parametrize("path", [path for path in FILES if "entries" not in path])
def test_a_changed_tile_is_the_only_fault(path):
    verdict = verify_log(Changed(LOG, path, change=flip(70)), TRUST)
    assert faulty_paths(verdict) == [path]
    assert verdict.faults[0].sentence == "Hash 2 is not the one recomputed from the entries."


def test_a_changed_entry_is_seen_in_every_tile_above_it_and_in_the_root():
    verdict = verify_log(Changed(LOG, tile_path("entries", 1), change=flip(20)), TRUST)
    assert faulty_paths(verdict) == [tile_path(0, 1), tile_path(1, 0, 3), CHECKPOINT]


def test_a_missing_bundle_hides_no_other_fault():
    files = Changed(LOG, tile_path("entries", 1), change=lambda _: None)
    assert faulty_paths(verify_log(files, TRUST)) == [tile_path("entries", 1)]
    both = Changed(files, tile_path(0, 3, 232), change=flip(0))
    assert faulty_paths(verify_log(both, TRUST)) == [tile_path("entries", 1), tile_path(0, 3, 232)]


def test_every_fault_is_found_not_only_the_first():
    tiles = [path for path in FILES if "entries" not in path]
    assert sorted(faulty_paths(verify_log(Changed(LOG, *tiles, change=flip(5)), TRUST))) == sorted(tiles)


@pytest.mark.parametrize("level", [0, "entries"])
def test_two_files_in_each_others_places_are_found(level):
    class Swapped:
        def read(self, path, most):
            swap = {tile_path(level, 0): tile_path(level, 1), tile_path(level, 1): tile_path(level, 0)}
            return LOG.read(swap.get(path, path), most)

    assert not verify_log(Swapped(), TRUST).holds


def test_a_log_that_is_not_there_is_given_up_after_many_faults():
    note = sign_note(Checkpoint(ORIGIN, 2**62, bytes(32)).body(), SIGNER)

    class Nothing:
        def read(self, path, most):
            return note.encode() if path == CHECKPOINT else None

    verdict = verify_log(Nothing(), TRUST)
    assert verdict.gave_up
    assert FAULTS_MAX <= len(verdict.faults) < FAULTS_MAX + 20


def test_where_a_partial_file_is_gone_the_full_one_will_do_if_it_is_whole():
    log = PublishedLog(512)
    log.sign(300)
    partial = [tile_path(0, 1, 44), tile_path("entries", 1, 44)]
    gone = Changed(log, *partial, change=lambda _: None)
    assert verify_log(gone, TRUST).holds
    for full in (tile_path(0, 1), tile_path("entries", 1)):
        assert not verify_log(Changed(gone, full, change=lambda whole: whole[: len(whole) // 2]), TRUST).holds
        assert not verify_log(Changed(gone, full, change=lambda _: None), TRUST).holds


BODY = Checkpoint(ORIGIN, SIZE, Tree(LOG, SIZE).root()).body()


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\xff",
        BODY.encode(),
        sign_note(BODY, OTHER).encode(),
        sign_note(BODY, KeySigner(ORIGIN, Ed25519PrivateKey.generate())).encode(),
        sign_note(BODY.replace(ORIGIN, OTHER.name), OTHER).encode(),
        sign_note(BODY.replace(ORIGIN, OTHER.name), SIGNER).encode(),
        sign_note("not a checkpoint\n", SIGNER).encode(),
    ],
    ids=["missing", "empty", "not text", "unsigned", "stranger", "same name", "other log", "not its log", "note"],
)
def test_without_a_checkpoint_signed_by_the_log_nothing_is_believed(content):
    verdict = verify_log(Changed(LOG, CHECKPOINT, change=lambda _: content), TRUST)
    assert faulty_paths(verdict) == [CHECKPOINT]
    assert (verdict.checkpoint, verdict.note, verdict.bundles) == (None, None, 0)


def test_a_key_of_another_log_does_not_stand_in_for_the_logs_own():
    both = LogTrust([KEY, Verifier(OTHER.name, OTHER.public_key)])
    assert verify_log(LOG, both).holds
    stranger = sign_note(BODY, OTHER).encode()
    assert not verify_log(Changed(LOG, CHECKPOINT, change=lambda _: stranger), both).holds


@pytest.mark.parametrize("at", range(0, len(BODY) + 110, 7))
def test_a_checkpoint_with_a_byte_changed_is_not_believed(at):
    assert not verify_log(Changed(LOG, CHECKPOINT, change=flip(at)), TRUST).holds


@pytest.mark.parametrize("claim", [(SIZE, EMPTY_ROOT), (SIZE - 1, None), (SIZE + 1, None), (0, None), (256, None)])
def test_a_signed_root_that_the_entries_do_not_lead_to_is_found(claim):
    size, root = claim
    note = sign_note(Checkpoint(ORIGIN, size, root or Tree(LOG, SIZE).root()).body(), SIGNER)
    verdict = verify_log(Changed(LOG, CHECKPOINT, change=lambda _: note.encode()), TRUST)
    assert CHECKPOINT in faulty_paths(verdict)


WITNESSES = [Ed25519Cosigner(f"witness-{n}.example", Ed25519PrivateKey.generate()) for n in range(3)]


@pytest.mark.parametrize(("cosigners", "quorum", "holds"), [(0, 0, True), (0, 1, False), (1, 1, True), (1, 2, False),
                                                           (2, 2, True), (3, 2, True), (2, 3, False)])  # fmt: skip
def test_as_many_witnesses_as_asked_must_have_cosigned(cosigners, quorum, holds):
    lines = "".join(cosignature_line(one, BODY, 1_780_000_000) for one in WITNESSES[:cosigners])
    files = Changed(LOG, CHECKPOINT, change=lambda note: note + lines.encode())
    trust = LogTrust([KEY], [one.verifier for one in WITNESSES], quorum)
    verdict = verify_log(files, trust)
    assert verdict.holds == holds
    assert verdict.cosigned_at == {one.verifier.name: 1_780_000_000 for one in WITNESSES[: cosigners if holds else 0]}


def test_a_witness_that_cosigns_twice_counts_once_and_a_false_cosignature_never():
    trust = LogTrust([KEY], [one.verifier for one in WITNESSES], 2)
    twice = "".join(cosignature_line(WITNESSES[0], BODY, 1_780_000_000 + second) for second in (0, 1))
    assert not verify_log(Changed(LOG, CHECKPOINT, change=lambda note: note + twice.encode()), trust).holds
    other_body = Checkpoint(ORIGIN, SIZE, bytes(32)).body()
    false = "".join(cosignature_line(one, other_body, 1_780_000_000) for one in WITNESSES)
    assert not verify_log(Changed(LOG, CHECKPOINT, change=lambda note: note + false.encode()), trust).holds


def test_trust_that_proves_nothing_is_refused():
    one = WITNESSES[0].verifier
    same_key = Ed25519Cosigner("another.example", WITNESSES[0]._key).verifier
    own_name = Ed25519Cosigner(ORIGIN, Ed25519PrivateKey.generate()).verifier
    own_key = Ed25519Cosigner("another.example", SIGNER._key).verifier
    for witnesses, quorum in [([one], 2), ([one, one], 2), ([one, same_key], 2), ([own_name], 1), ([own_key], 1)]:
        with pytest.raises(ValueError, match=r"needs as many|given"):
            LogTrust([KEY], witnesses, quorum)


@pytest.mark.parametrize("earlier", [0, 1, 255, 256, 257, 768, 999, 1_000])
def test_a_log_continues_its_own_past(earlier):
    verdict = verify_log(LOG, TRUST, LOG.note(earlier))
    assert verdict.holds
    assert verdict.earlier == Checkpoint(ORIGIN, earlier, Tree(LOG, earlier).root())


@pytest.mark.parametrize("earlier", [1, 255, 256, 257, 768, 999, 1_000])
def test_a_log_rewritten_since_an_earlier_checkpoint_is_found_though_all_its_files_agree(earlier):
    rewritten = PublishedLog(SIZE, lambda number: leaf(number) if number != earlier - 1 else b"rewritten")
    assert verify_log(rewritten, TRUST).holds
    assert faulty_paths(verify_log(rewritten, TRUST, LOG.note(earlier))) == [EARLIER_CHECKPOINT]


def test_an_earlier_checkpoint_that_proves_nothing_is_a_fault():
    unsigned = Checkpoint(ORIGIN, 3, Tree(LOG, 3).root()).body()
    of_another = sign_note(Checkpoint(OTHER.name, 3, Tree(LOG, 3).root()).body(), OTHER)
    larger = PublishedLog(SIZE + 1).note(SIZE + 1)
    both = LogTrust([KEY, Verifier(OTHER.name, OTHER.public_key)])
    for since in (unsigned, of_another, larger, "", LOG.note(3).replace("3", "4", 1)):
        verdict = verify_log(LOG, both, since)
        assert faulty_paths(verdict) == [EARLIER_CHECKPOINT]
        assert verdict.earlier is None


def test_memory_does_not_grow_with_the_log():
    class Large:
        """The same bundle and the same tile over and over."""

        def __init__(self, size: int) -> None:
            self.note = sign_note(Checkpoint(ORIGIN, size, bytes(32)).body(), SIGNER).encode()

        def read(self, path, most):
            return self.note if path == CHECKPOINT else LOG.read("/".join([*path.split("/")[:2], "000"]), most)

    def peak(size: int) -> int:
        tracemalloc.start()
        verify_log(Large(size), TRUST)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(256 * 400) < peak(256 * 40) + 200_000


# Where a log is read from


def test_a_directory_gives_what_is_there(tmp_path):
    (tmp_path / "checkpoint").write_bytes(b"note")
    (tmp_path / "tile").mkdir()
    files = LogDirectory(tmp_path)
    assert files.read("checkpoint", 4) == b"note"
    assert files.read("tile/0/000", 4) is None
    assert files.read("checkpoint/below", 4) is None
    for path in ("checkpoint", "tile"):
        with pytest.raises(LogDoesNotMatch):
            files.read(path, 3)


class Server:
    """Answers one after another, the last for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.waits: list[float] = []
        self.log = LogAddress(
            "https://log.example/", httpx.Client(transport=httpx.MockTransport(self)), self.waits.append
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_address_gives_what_the_server_answers():
    server = Server(httpx.Response(200, content=b"hashes"))
    assert server.log.read("tile/0/000.p/1", 6) == b"hashes"
    assert server.asked == ["https://log.example/tile/0/000.p/1"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_the_server_has_not_is_not_there(status):
    assert Server(httpx.Response(status)).log.read("tile/0/000", 9) is None


def test_a_compressed_answer_is_read_and_no_more_of_it_than_is_wanted():
    def compressed() -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(bytes(50_000_000)))

    assert Server(compressed()).log.read("tile/entries/000", 50_000_000) == bytes(50_000_000)
    with pytest.raises(LogDoesNotMatch, match="longer than 100 bytes"):
        Server(compressed()).log.read("tile/entries/000", 100)


def test_an_answer_that_cannot_be_decompressed_is_a_fault():
    def broken(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))

    with pytest.raises(LogDoesNotMatch):
        LogAddress("https://log.example", httpx.Client(transport=httpx.MockTransport(broken))).read("tile/0/000", 9)


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(429), httpx.ConnectError("refused")])
def test_a_server_in_trouble_is_asked_again_and_then_given_up(trouble):
    server = Server(trouble, trouble, httpx.Response(200, content=b"note"))
    assert server.log.read(CHECKPOINT, CHECKPOINT_BYTES_MAX) == b"note"
    assert server.waits == [1, 2]
    server = Server(trouble)
    with pytest.raises(Unavailable):
        server.log.read(CHECKPOINT, CHECKPOINT_BYTES_MAX)
    assert len(server.asked) == TRIES


def test_a_server_that_refuses_is_not_asked_again():
    server = Server(httpx.Response(403))
    with pytest.raises(Unavailable, match="It answered 403"):
        server.log.read(CHECKPOINT, CHECKPOINT_BYTES_MAX)
    assert len(server.asked) == 1


def test_a_source_that_goes_away_is_no_verdict():
    class GoesAway:
        def read(self, path, most):
            if path == tile_path(0, 2):
                raise Unavailable("gone")
            return LOG.read(path, most)

    with pytest.raises(Unavailable):
        verify_log(GoesAway(), TRUST)
