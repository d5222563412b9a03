"""The client's part of a submission, against a whole exchange: sent as a stream, followed, its faults typed."""

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from factories import Exchange, make_exchange
from openbureau_client import cli
from openbureau_client.refusals import BadRequest, NotReadable, Refused, Unavailable
from openbureau_client.session import Session
from openbureau_client.submissions import PART_BYTES, Fault
from sqlalchemy import Engine, update
from submission_door import spooled, work_all

from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.tables.submission import submission_fault
from tests.unit.intake.metro2_lines import base, header

MAPPING_FAULTY = "[columns]\ncolour = 7"


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(replace(settings, nonce_seconds=1), engine, clock)
    yield exchange
    exchange.close()


@pytest.fixture
def session(exchange: Exchange) -> Iterator[Session]:
    bank = exchange.bank("lender")
    with httpx.Client(transport=httpx.WSGITransport(app=exchange.app)) as http:
        yield Session(
            exchange.settings.issuer, "lender", bank.key, "k1", http=http,
            clock=lambda: exchange.clock.now().timestamp(),
        )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.txt"
    path.write_text("\n".join([header(), base(), base(account_number="A-2", portfolio="?")]), encoding="utf-8")
    return path


def test_a_file_is_sent_worked_and_its_faults_told(exchange: Exchange, session: Session, file: Path) -> None:
    sent: list[tuple[int, int]] = []
    taken_in = session.submit(
        file, format="METRO2", notices_attested=True, progress=lambda *so_far: sent.append(so_far)
    )  # fmt: skip
    assert (taken_in.state, taken_in.is_new, len(taken_in.digest)) == ("RECEIVED", True, 64)
    assert sent[-1] == (file.stat().st_size,) * 2
    with pytest.raises(Unavailable):
        session.wait_for(taken_in.submission_id, every_seconds=0, seconds_max=0)
    work_all(exchange)

    done = session.wait_for(taken_in.submission_id)
    assert (done.state, done.progress, done.records_read, done.records_applied, done.records_faulty) == (
        "APPLIED", 1.0, 2, 1, 1,
    )  # fmt: skip
    assert done.finished_at and done.leaf_hash and done.digest == taken_in.digest
    faults = session.faults(taken_in.submission_id)
    assert len(faults) == done.faults and faults[0].record_no == 3 and faults[0].field == "portfolio"
    assert faults[0].sentence.isascii()
    assert not session.faults(taken_in.submission_id, "zh-Hans")[0].sentence.isascii()
    again = session.submit(file, format="METRO2", notices_attested=True)
    assert again == replace(taken_in, state="APPLIED", is_new=False)


def test_a_large_file_is_read_part_by_part_and_once_more_where_the_nonce_was_old(
    exchange: Exchange, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "large.txt"
    path.write_text("\n".join([header(), *(base(account_number=f"A-{n}") for n in range(1_500))]), encoding="utf-8")
    assert path.stat().st_size > 2 * PART_BYTES
    session.graphql("{ __typename }")
    exchange.clock.instant = exchange.clock.instant.replace(minute=5)  # the nonce is no longer taken, the token is
    taken_in = session.submit(path, format="METRO2", notices_attested=True)
    assert taken_in.is_new and len(spooled(exchange)) == 1
    (outcome,) = work_all(exchange)
    assert outcome.read == 1_500


def test_what_the_exchange_refuses_is_raised_with_its_reasons(exchange: Exchange, session: Session, file: Path) -> None:
    with pytest.raises(BadRequest) as wrong:
        session.submit(file, format="METRO3", newest_month="May")
    assert wrong.value.code == "PARAMETERS_NOT_VALID" and "METRO2" in wrong.value.sentence
    with pytest.raises(BadRequest) as absent:
        session.submission("019e8232-6000-77de-8b28-b10eaa6e24eb")
    assert absent.value.code == "SUBMISSION_NOT_FOUND"
    with pytest.raises(BadRequest) as faulty:
        session.keep_mapping("Not A Name", MAPPING_FAULTY)
    assert faulty.value.code == "MAPPING_NAME_NOT_VALID" and "colour" in faulty.value.sentence
    reader = Session(
        session.issuer, "lender", session._signing_key, "k1", ["credit:read"], session._http, session._clock
    )
    with pytest.raises(Refused) as refused:
        reader.submit(file, format="METRO2")
    assert [reason.code for reason in refused.value.reasons] == ["SCOPE_MISSING"]
    assert spooled(exchange) == []


def test_a_cell_that_was_kept_from_being_a_formula_is_told_as_it_was(
    exchange: Exchange, session: Session, file: Path
) -> None:
    taken_in = session.submit(file, format="METRO2", notices_attested=True)
    work_all(exchange)
    with exchange.engine.begin() as connection:
        connection.execute(update(submission_fault).values(field="=1+1", sentence="'quoted'", rule="cn.cir.15"))
    (fault, *_) = session.faults(taken_in.submission_id)
    assert fault == Fault(3, "=1+1", fault.code, "cn.cir.15", "'quoted'")
    assert b"'=1+1" in session.faults_csv(taken_in.submission_id)


def test_an_answer_that_names_no_submission_is_refused(exchange: Exchange, session: Session, file: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/submissions":
            request.read()
            return httpx.Response(202, json={"id": 7})
        return session._http.send(request)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        mistaken = Session(session.issuer, "lender", session._signing_key, "k1", http=http, clock=session._clock)
        with pytest.raises(NotReadable):
            mistaken.submit(file, format="METRO2")


def test_the_command_hands_in_and_keeps_the_faults(
    exchange: Exchange, session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed, faults = tmp_path / "records.txt.gz", tmp_path / "faults.csv"
    lines = "\n".join([header(), base(account_number="A-2", portfolio="?")])
    packed.write_bytes(gzip.compress(lines.encode()))
    whom = ["--issuer", exchange.settings.issuer, "--member", "lender", "--key", "unused"]

    assert cli.main(
        ["submit", str(packed), *whom, "--format", "METRO2", "--notices-attested", "--no-wait"], session
    ) == 0  # fmt: skip
    waiting = json.loads(capsys.readouterr().out)
    assert (waiting["state"], waiting["is_new"]) == ("RECEIVED", True)
    work_all(exchange)

    assert cli.main(["submission", waiting["submission_id"], *whom], session) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["records_faulty"], shown["first_faults"][0]["field"]) == ("APPLIED", 1, "portfolio")
    assert cli.main(["submission", waiting["submission_id"], *whom, "--faults", str(faults)], session) == 0
    assert "portfolio" in faults.read_text(encoding="utf-8-sig")
    assert cli.main(["submit", str(packed), *whom, "--format", "NONE"], session) == 1
    assert "FORMAT" not in capsys.readouterr().out


def test_a_mapping_file_is_kept_before_the_file_is_sent(
    exchange: Exchange, session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping, rows = tmp_path / "ours.toml", tmp_path / "rows.csv"
    mapping.write_text(
        '[subject]\ncountry = "CN"\ntime_zone = "Asia/Shanghai"\nlanguage = "zh-Hans"\nid_type = "PASSPORT"\n'
        '[constants]\nportfolio = "INSTALMENT"\nproduct = "CONSUMER_LOAN"\ncurrency = "CNY"\nstate = "NORMAL"\n'
        'opened_on = "2024-01-01"\n[columns]\nreference = "loan"\nid_number = "id"\nname = "name"\n'
        'reported_on = "on"\n',
        encoding="utf-8",
    )
    rows.write_text("loan,id,name,on\nL-1,E12345678,Wang Fang,2026-05-31\n", encoding="utf-8")
    whom = ["--issuer", exchange.settings.issuer, "--member", "lender", "--key", "unused"]
    asked = ["--format", "MAPPED_CSV", "--mapping", "ours", "--mapping-file", str(mapping), "--no-wait"]
    assert cli.main(["submit", str(rows), *whom, *asked], session) == 0
    assert json.load(io.StringIO(capsys.readouterr().out))["is_new"]
    assert [(outcome.state, outcome.applied) for outcome in work_all(exchange)] == [("APPLIED", 1)]
