"""The worker of submissions, the database and the web worker are killed in the middle of a file, again and again: the
end is that of an import that nobody disturbed, and nothing is there twice.
"""

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from openbureau_client.session import Session
from openbureau_client.submissions import Submission
from sqlalchemy import text

from benchmarks.processes import own, postmasters, workers_of
from benchmarks.running_exchange import (
    Command,
    RunningExchange,
    made_up_exchange,
    made_up_files,
    running,
    wait_until_ready,
)
from exchange.demonstration.members import KEY_ID, member_key
from exchange.errors import Unavailable
from exchange.intake.reading import Reading
from exchange.journeys.receive_submission import spool_place
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from schema.vocabulary.submission import FileFormat, SubmissionState

LENDER = "swift-lending"
BORROWERS = 1_000
BATCH_RECORDS = 25
WAIT_SECONDS_MAX = 90
ENTRIES = "SELECT count(*) FROM submission JOIN log_opening USING (leaf_hash) WHERE submission_id = :id"
RECORDS_COUNTED = """SELECT state, records_read, records_applied, records_unchanged, records_faulty, faults, notes::text
    FROM submission WHERE submission_id = :id"""
HELD = {
    "accounts": """SELECT product, state, opened_on, balance_minor, past_due_minor, credit_limit_minor, history_codes,
        history_past_due_minor, version, superseded_at FROM account WHERE contributor = :lender""",
    "delinquencies": """SELECT first_delinquent_on, peak_days_past_due, cured_on, ended_on, version, superseded_at
        FROM delinquency WHERE contributor = :lender""",
    "versions": "SELECT count(*) FROM account_version",
    "borrowers": "SELECT id_type, count(*) FROM subject_identifier GROUP BY id_type",
    "accounts twice": "SELECT account_key FROM account GROUP BY account_key HAVING count(*) > 1",
    "borrowers without a file": """SELECT count(*) FROM subject_identifier LEFT JOIN subject USING (subject_key)
        WHERE names IS NULL""",
    "faults": "SELECT fault_no, record_no, field, code, sentence FROM submission_fault WHERE submission_id = :id",
}


@dataclass(frozen=True, slots=True)
class End:
    """What there is once a file was worked; the order in which rows lie does not matter."""

    counted: tuple[object, ...]
    held: dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file and its mapping."""

    path: Path
    mapping: str


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of this process and of the commands that it starts."""
    monkeypatch.setenv("OPENBUREAU_IMPORT_BATCH_RECORDS", str(BATCH_RECORDS))
    monkeypatch.setenv("OPENBUREAU_INTAKE_INTERVAL_SECONDS", "0.1")


@contextmanager
def an_exchange() -> Iterator[RunningExchange]:
    with made_up_exchange(1, import_batch_records=BATCH_RECORDS) as exchange:
        yield exchange


def made_up_file(directory: Path, exchange: RunningExchange) -> HandedIn:
    """A lender's file, one record in forty of which is faulty."""
    _, files, mapping = made_up_files(directory, BORROWERS, exchange.services.clock.now().date())
    heading, *lines = files[LENDER].read_text(encoding="utf-8").splitlines(keepends=True)
    for number in range(0, len(lines), 40):
        cells = lines[number].split(",")
        cells[heading.split(",").index("balance")] = "x"
        lines[number] = ",".join(cells)
    path = directory / "file.csv"
    path.write_text(heading + "".join(lines), encoding="utf-8")
    return HandedIn(path, mapping)


def undisturbed(directory: Path, all_or_nothing: bool = False) -> End:
    """What an import in one piece leaves."""
    with an_exchange() as exchange:
        file = made_up_file(directory, exchange)
        reading = Reading(FileFormat.MAPPED_CSV, mapping=file.mapping)
        order = SubmissionOrder(LENDER, reading, all_or_nothing=all_or_nothing, notices_attested=True)
        return end_of(exchange, submit_file(exchange.services, file.path, order).submission_id)


def end_of(exchange: RunningExchange, submission_id: UUID) -> End:
    values = {"id": submission_id, "lender": LENDER}
    with exchange.services.connection() as connection:
        counted = connection.execute(text(RECORDS_COUNTED), values).one()
        entries = connection.scalar(text(ENTRIES), values)
        held = {name: Counter(map(str, connection.execute(text(asked), values))) for name, asked in HELD.items()}
    assert entries == 1
    return End(tuple(counted), held)


def session_of(exchange: RunningExchange) -> Session:
    settings = exchange.settings
    return Session(settings.issuer, LENDER, member_key(settings.home, LENDER), KEY_ID)


def hand_in(session: Session, file: HandedIn, all_or_nothing: bool = False) -> UUID:
    session.keep_mapping("ours", file.mapping)
    taken_in = session.submit(
        file.path, format="MAPPED_CSV", mapping="ours", notices_attested=True, all_or_nothing=all_or_nothing
    )
    assert taken_in.is_new
    return UUID(taken_in.submission_id)


def wait_until_worked(exchange: RunningExchange, submission_id: UUID, batches: int) -> bool:
    """Waits until so many batches are done. False where the file was done with by then."""
    asked = text("SELECT state, batches_done FROM submission WHERE submission_id = :id")
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        with suppress(Unavailable), exchange.services.connection() as connection:
            row = connection.execute(asked, {"id": submission_id}).one()
            if row.state in (SubmissionState.APPLIED, SubmissionState.REFUSED):
                return False
            if row.state == SubmissionState.WORKING and row.batches_done >= batches:
                return True
        time.sleep(0.002)
    raise AssertionError("the worker did not go on")


def done(session: Session, submission_id: UUID) -> Submission:
    return session.wait_for(str(submission_id), every_seconds=0.1, seconds_max=WAIT_SECONDS_MAX)


def intake(exchange: RunningExchange) -> Command:
    return Command("intake", ("-m", "exchange.cli", "intake"), exchange.settings)


def spooled(exchange: RunningExchange) -> list[str]:
    return [path.name for path in spool_place(exchange.settings).iterdir()]


@pytest.mark.usefixtures("small_batches")
def test_killed_at_any_batch_the_file_ends_as_if_nobody_had(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "undisturbed")
    with an_exchange() as exchange, running(exchange.server(workers=1)) as serving:
        file = made_up_file(tmp_path / "killed", exchange)
        wait_until_ready(exchange.settings.issuer)
        with session_of(exchange) as session:
            submission_id = hand_in(session, file)
            batches = int(str(expected.counted[1])) // BATCH_RECORDS
            moments = [0, 1, 2, batches // 4, batches // 2, batches * 3 // 4]
            killed = 0
            for moment in moments:
                with running(intake(exchange)) as worker:
                    if wait_until_worked(exchange, submission_id, moment):
                        time.sleep(random.Random(moment).uniform(0, 0.02))
                        worker.kill()
                        killed += 1
            assert killed == len(moments)
            assert len(spooled(exchange)) == 1

            (postmaster,) = postmasters(exchange.settings.home)
            os.kill(postmaster, signal.SIGKILL)  # brought back by those who need it
            with running(intake(exchange)):
                assert serving.runs
                assert _patiently(session, submission_id).state == "APPLIED"
                again = session.submit(file.path, format="MAPPED_CSV", mapping="ours", notices_attested=True)
                assert not again.is_new
        exchange.services.engine.dispose()
        assert end_of(exchange, submission_id) == expected
        assert spooled(exchange) == []
    assert expected.counted[0] == "APPLIED" and int(str(expected.counted[4])) > 10


def _patiently(session: Session, submission_id: UUID) -> Submission:
    """As `done`, while the database comes back."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            return done(session, submission_id)
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.usefixtures("small_batches")
def test_an_all_or_nothing_file_that_is_killed_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with an_exchange() as exchange, running(exchange.server(workers=1)):
        file = made_up_file(tmp_path / "whole", exchange)
        sound = [line for line in file.path.read_text(encoding="utf-8").splitlines(keepends=True) if ",x," not in line]
        file.path.write_text("".join(sound), encoding="utf-8")
        wait_until_ready(exchange.settings.issuer)
        held = text("SELECT count(*) FROM account WHERE contributor = :lender")
        with session_of(exchange) as session:
            before = _count(exchange, held)
            submission_id = hand_in(session, file, all_or_nothing=True)
            for pause in (0.0, 0.3):
                with running(intake(exchange)) as worker:
                    assert wait_until_worked(exchange, submission_id, 0)
                    time.sleep(pause)
                    worker.kill()
                assert _count(exchange, held) in (before, before + len(sound) - 1)
            with running(intake(exchange)):
                assert done(session, submission_id).state == "APPLIED"
        assert _count(exchange, held) == before + len(sound) - 1
        assert end_of(exchange, submission_id).held["accounts twice"] == Counter()
        assert spooled(exchange) == []


def _count(exchange: RunningExchange, counted: object) -> int:
    with exchange.services.connection() as connection:
        return int(connection.scalar(counted, {"lender": LENDER}) or 0)  # type: ignore[call-overload]  # a text clause


@pytest.mark.usefixtures("small_batches")
def test_asked_to_stop_the_worker_ends_behind_a_batch_and_another_goes_on(tmp_path: Path) -> None:
    with an_exchange() as exchange, running(exchange.server(workers=1)):
        file = made_up_file(tmp_path / "stopped", exchange)
        wait_until_ready(exchange.settings.issuer)
        with session_of(exchange) as session:
            submission_id = hand_in(session, file)
            with running(intake(exchange)) as worker:
                assert wait_until_worked(exchange, submission_id, 2)
                assert worker.process
                worker.process.terminate()
                assert worker.process.wait(WAIT_SECONDS_MAX) == 0
            assert session.submission(str(submission_id)).state == "WORKING"
            assert "Traceback" not in (exchange.settings.home / "intake.log").read_text()
            with running(intake(exchange)), running(Command("intake", intake(exchange).arguments, exchange.settings)):
                assert done(session, submission_id).state == "APPLIED"


def test_a_web_worker_that_is_killed_while_a_file_comes_in_leaves_nothing_to_work(tmp_path: Path) -> None:
    with an_exchange() as exchange, running(exchange.server(workers=1)) as serving:
        file = made_up_file(tmp_path / "cut", exchange)
        wait_until_ready(exchange.settings.issuer)
        with session_of(exchange) as session:
            session.keep_mapping("ours", file.mapping)
            with half_sent(exchange, session, file.path.read_bytes()):
                _wait_for(lambda: len(spooled(exchange)) == 1)
                for process in [*workers_of(serving), *own(serving)]:
                    os.kill(process, signal.SIGKILL)
            (left,) = spooled(exchange)
            assert left.endswith(".new")  # sealed, without its header, and swept away once it is old
            assert b"19" not in (spool_place(exchange.settings) / left).read_bytes()[:64]
            serving.start()
            wait_until_ready(exchange.settings.issuer)
            asked = text("SELECT count(*) FROM submission WHERE member_id = :lender AND state = 'RECEIVED'")
            assert _count(exchange, asked) == 0

            with half_sent(exchange, session, file.path.read_bytes()):
                _wait_for(lambda: len(spooled(exchange)) == 2)
            _wait_for(lambda: spooled(exchange) == [left])  # a cut connection leaves nothing at all
            assert _count(exchange, asked) == 0

            hand_in(session, file)
            assert len(spooled(exchange)) == 2


@contextmanager
def half_sent(exchange: RunningExchange, session: Session, content: bytes) -> Iterator[None]:
    """Half a file on its way through a real socket; the connection is cut afterwards."""
    session.graphql("{ __typename }")
    token, url = session._access_token(), f"{exchange.settings.issuer}/submissions"
    address = urlsplit(exchange.settings.issuer)
    head = (
        "POST /submissions?format=MAPPED_CSV&mapping=ours&notices=attested HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\nAuthorization: DPoP {token}\r\n"
        f"DPoP: {session._prover.proof('POST', url, token)}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + content[: len(content) // 2])
        yield


def _wait_for(happened: object) -> None:
    assert callable(happened)
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        with suppress(FileNotFoundError):
            if happened():
                return
        assert time.monotonic() < deadline
        time.sleep(0.02)
