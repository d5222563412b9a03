"""Files that members hand in over HTTP: what is taken in, what is refused, what is told, and what does not stay."""

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from factories import Exchange, make_exchange
from joserfc import jwt
from joserfc.jwk import KeySet
from loans_csv import MAPPING
from sample_data import METRO2, UCI_CREDIT_CARD, sample
from sqlalchemy import Engine, Table, func, insert, select, update
from submission_door import SUBMISSIONS, Contributor, content_digest, spooled, work_all
from traces import entries
from werkzeug.test import TestResponse

from exchange.clock import FixedClock
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.receive_submission import spool_place
from exchange.journeys.submission_worker import sweep
from exchange.settings import Settings
from exchange.store.tables.account import account
from exchange.store.tables.log import log_opening
from exchange.store.tables.member import revoked_token
from exchange.store.tables.submission import submission, submission_fault, submission_mapping
from schema.vocabulary.member_class import MemberStatus
from tests.unit.intake.metro2_lines import base, header

UCI_MAPPING = Path(__file__).parents[2] / "exchange" / "intake" / "mappings" / "uci_credit_card.toml"
SOUND = "L-1,E12345678,Wang Fang,120.50,2026-05-31"
UNSOUND = "L-2,E12345679,Li Na,x,2026-05-31"
STATE = """query ($id: ID!, $first: Int = 5, $after: String) { submission(id: $id) {
  state format basis progress bytesTotal bytesRead recordsRead recordsApplied recordsUnchanged recordsFaulty faultCount
  fileFault notes { code times } submittedAt startedAt finishedAt leafHash
  faults(first: $first, after: $after) {
    nodes { recordNo field code rule sentence chinese: sentence(language: "zh-Hans") }
    pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""
KEEP = """mutation ($name: String!, $toml: String!) { keepMapping(name: $name, toml: $toml) {
  mapping { name toml } userErrors { path code message } } }"""


@pytest.fixture
def lender(exchange: Exchange) -> Contributor:
    return Contributor(exchange.bank("lender"))


def metro2(*lines: str) -> bytes:
    return "\n".join([header(), *lines]).encode()


def mapped(*rows: str) -> bytes:
    return "\n".join(["loan,id,name,owed,on", *rows]).encode()


def count(exchange: Exchange, table: Table) -> int:
    with exchange.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def nothing_is_kept(exchange: Exchange) -> bool:
    return not spooled(exchange) and count(exchange, submission) == count(exchange, account) == 0


def kept(lender: Contributor, name: str = "ours", toml: str = MAPPING) -> None:
    assert lender.graphql(KEEP, name=name, toml=toml)["data"]["keepMapping"]["userErrors"] == []


def test_a_file_is_taken_in_worked_and_then_gone_from_the_disk(exchange: Exchange, lender: Contributor) -> None:
    answer = lender.send(metro2(base(), base(account_number="A-2", surname="SMITH", ssn="234567891")), format="METRO2")

    said = answer.get_json()
    assert (answer.status_code, said["state"], len(said["digest"])) == (202, "RECEIVED", 64)
    assert answer.headers["Location"] == f"/submissions/{said['submissionId']}"
    assert len(spooled(exchange)) == 1 and count(exchange, account) == 0
    lying = (spool_place(exchange.settings) / spooled(exchange)[0]).read_bytes()
    assert b"SAMPLE" not in lying and b"123456789" not in lying

    (outcome,) = work_all(exchange)
    assert (outcome.state, outcome.read, outcome.applied, outcome.faulty) == ("APPLIED", 2, 2, 0)
    assert str(outcome.submission_id) == said["submissionId"]
    assert spooled(exchange) == [] and count(exchange, account) == 2
    assert [entry.fields["state"] for entry in entries(exchange) if entry.fields["act"] == "submission"] == ["APPLIED"]
    later = lender.get(answer.headers["Location"]).get_json()
    assert later == said | {"state": "APPLIED"}


def test_the_same_file_is_taken_in_once_before_and_after_it_is_worked(exchange: Exchange, lender: Contributor) -> None:
    content = metro2(base())
    first = lender.send(content, format="METRO2")
    waiting = lender.send(content, format="METRO2")
    assert (waiting.status_code, waiting.get_json()) == (200, first.get_json())
    assert len(spooled(exchange)) == 1
    assert len(work_all(exchange)) == 1
    done = lender.send(content, format="METRO2")
    assert (done.status_code, done.get_json()) == (200, first.get_json() | {"state": "APPLIED"})
    assert spooled(exchange) == [] and work_all(exchange) == []
    assert (count(exchange, submission), count(exchange, account)) == (1, 1)


def test_the_same_file_read_another_way_or_of_another_member_is_another_submission(
    exchange: Exchange, lender: Contributor
) -> None:
    other = Contributor(exchange.bank("other"))
    answers = [
        lender.send(metro2(base()), format="METRO2"),
        lender.send(metro2(base()), format="METRO2", allOrNothing="true"),
        other.send(metro2(base()), format="METRO2"),
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert len({answer.get_json()["submissionId"] for answer in answers}) == 3
    assert len(spooled(exchange)) == 3
    assert [outcome.state for outcome in work_all(exchange)] == ["APPLIED"] * 3
    assert spooled(exchange) == []


def test_a_refused_file_may_be_sent_again(exchange: Exchange, lender: Contributor) -> None:
    content = metro2(base(), base(account_number="A-2", portfolio="?"))
    for _ in range(2):
        assert lender.send(content, format="METRO2", allOrNothing="true").status_code == 202
        assert [outcome.state for outcome in work_all(exchange)] == ["REFUSED"]
        assert spooled(exchange) == [] and count(exchange, account) == 0
    assert (count(exchange, submission), count(exchange, submission_fault)) == (1, 1)


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, None),
        (gzip.compress, "gzip"),
        (zstandard.ZstdCompressor().compress, None),
        (zstandard.ZstdCompressor().compress, "zstd"),
        (bytes, "identity"),
    ],
)
def test_a_file_may_come_packed(exchange: Exchange, lender: Contributor, pack: Any, encoding: str | None) -> None:
    content = pack(metro2(base()))
    headers = {"Content-Digest": content_digest(content)} | ({"Content-Encoding": encoding} if encoding else {})
    assert lender.send(content, headers, format="METRO2").status_code == 202
    (outcome,) = work_all(exchange)
    assert (outcome.state, outcome.applied, outcome.file_fault) == ("APPLIED", 1, None)


def test_every_fault_of_the_parameters_is_told_at_once(exchange: Exchange, lender: Contributor) -> None:
    answer = lender.send(
        metro2(base()), format="METRO3", mapping="none", newestMonth="May", basis="us.fcra.9", allOrNothing="yes",
        notices="no", correction="WHIM", synthesiseIdentities="true", colour="red",
    )  # fmt: skip
    said = answer.get_json()
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert said["code"] == "PARAMETERS_NOT_VALID"
    assert {(fault["parameter"], fault["code"]) for fault in said["errors"]} == {
        ("query", "PARAMETER_UNKNOWN"), ("format", "FORMAT_UNKNOWN"), ("mapping", "MAPPING_UNKNOWN"),
        ("newestMonth", "MONTH_NOT_WANTED"), ("basis", "BASIS_UNKNOWN"), ("allOrNothing", "CHOICE_NOT_VALID"),
        ("notices", "CHOICE_NOT_VALID"), ("correction", "CHOICE_NOT_VALID"),
        ("synthesiseIdentities", "NOT_A_DEMONSTRATION"),
    }  # fmt: skip
    assert all(fault["sentence"] in said["detail"] for fault in said["errors"])
    assert nothing_is_kept(exchange)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({}, ("format", "FORMAT_MISSING")),
        ({"format": "METRO2", "mapping": "ours"}, ("mapping", "MAPPING_NOT_WANTED")),
        ({"format": "MAPPED_CSV"}, ("mapping", "MAPPING_MISSING")),
        ({"format": "PARQUET", "mapping": "none"}, ("mapping", "MAPPING_UNKNOWN")),
        ({"format": "JSON_LINES", "mapping": "ours"}, ("mapping", "MAPPING_NOT_WANTED")),
        ({"format": "MONTHLY_STATUS", "newestMonth": "2026-13"}, ("newestMonth", "MONTH_NOT_VALID")),
        ({"format": "MONTHLY_STATUS", "newestMonth": "2026-07"}, ("newestMonth", "MONTH_NOT_VALID")),
        ({"format": ["METRO2", "METRO2"]}, ("query", "PARAMETER_TWICE")),
    ],
)
def test_each_fault_of_a_parameter_stands_alone(
    exchange: Exchange, lender: Contributor, asked: dict[str, Any], fault: tuple[str, str]
) -> None:
    said = lender.send(metro2(base()), **asked).get_json()
    assert [(each["parameter"], each["code"]) for each in said["errors"]] == [fault]
    assert nothing_is_kept(exchange)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Digest": content_digest(b"another file")}, 400, "DIGEST_MISMATCH"),
        ({"Content-Digest": "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"}, 400, "CONTENT_DIGEST_NOT_VALID"),
        ({"Content-Digest": "sha-256=:c2hvcnQ=:"}, 400, "CONTENT_DIGEST_NOT_VALID"),
        ({"Content-Digest": "sha-256=:===:"}, 400, "CONTENT_DIGEST_NOT_VALID"),
        ({"Content-Encoding": "br"}, 415, "CONTENT_ENCODING_UNKNOWN"),
        ({"Content-Encoding": "gzip"}, 400, "CONTENT_ENCODING_DIFFERS"),
    ],
)
def test_a_file_that_is_not_what_its_headers_say_leaves_nothing(
    exchange: Exchange, lender: Contributor, headers: dict[str, str], status: int, code: str
) -> None:
    answer = lender.send(metro2(base()), headers, format="METRO2")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert nothing_is_kept(exchange)


def streamed(lender: Contributor, content: bytes | io.BytesIO, length: int | None = None, **headers: str) -> Any:
    """As a server hands over a body that ends, however it ended; without a length, it came in chunks."""
    sent = {"Authorization": f"DPoP {lender.bank.token or lender.bank.fetch_token(lender.scopes)}"}
    kind = {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
    return lender.exchange.client.post(
        SUBMISSIONS,
        query_string={"format": "METRO2", "notices": "attested"},
        input_stream=io.BytesIO(content) if isinstance(content, bytes) else content,
        environ_overrides={"wsgi.input_terminated": True, **kind},
        headers=sent | {"DPoP": lender.proof()} | headers,
    )


@pytest.mark.parametrize("shorter_by", [1, 400])
def test_a_file_that_is_cut_on_its_way_leaves_nothing(exchange: Exchange, lender: Contributor, shorter_by: int) -> None:
    whole = metro2(base())
    answer = streamed(lender, whole[:-shorter_by], len(whole))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "FILE_CUT")
    assert nothing_is_kept(exchange)
    assert streamed(lender, whole, len(whole)).status_code == 202


def test_an_empty_file_is_refused(exchange: Exchange, lender: Contributor) -> None:
    answer = streamed(lender, b"", 0)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "FILE_EMPTY")
    assert nothing_is_kept(exchange)


def test_chunks_are_taken_only_with_a_digest_that_shows_they_are_all_there(
    exchange: Exchange, lender: Contributor
) -> None:
    whole = metro2(base())
    assert streamed(lender, whole).status_code == 411
    cut = streamed(lender, whole[:500], **{"Content-Digest": content_digest(whole)})
    assert (cut.status_code, cut.get_json()["code"]) == (400, "DIGEST_MISMATCH")
    assert nothing_is_kept(exchange)
    assert streamed(lender, whole, **{"Content-Digest": content_digest(whole)}).status_code == 202


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_larger_than_is_taken_is_refused_and_leaves_nothing(
    settings: Settings, engine: Engine, clock: FixedClock, chunked: bool
) -> None:
    content = metro2(base())
    exchange = make_exchange(replace(settings, import_bytes_max=len(content)), engine, clock)
    lender = Contributor(exchange.bank("lender"))
    too_large = content + b"\n"
    digest = {"Content-Digest": content_digest(too_large)}
    answer = streamed(lender, too_large, **digest) if chunked else lender.send(too_large, digest, format="METRO2")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "FILE_TOO_LARGE")
    assert nothing_is_kept(exchange)
    assert lender.send(content, format="METRO2").status_code == 202


def test_nobody_hands_in_without_the_scope(exchange: Exchange) -> None:
    reader = Contributor(exchange.bank("reader"), "credit:read")
    answer = reader.send(metro2(base()), format="METRO2")
    said = answer.get_json()
    assert (answer.status_code, said["code"], [each["code"] for each in said["reasons"]]) == (
        403, "SCOPE_MISSING", ["SCOPE_MISSING"],
    )  # fmt: skip
    assert nothing_is_kept(exchange)
    refusal = entries(exchange)[-1].fields
    assert (refusal["act"], refusal["member"], refusal["reasons"]) == ("caller_refused", "reader", ["SCOPE_MISSING"])
    assert reader.graphql(STATE, id="x")["errors"][0]["extensions"]["code"] == "SCOPE_MISSING"


def test_a_revoked_token_hands_in_nothing_and_asks_nothing(exchange: Exchange, lender: Contributor) -> None:
    lender.bank.fetch_token(lender.scopes)
    with exchange.engine.begin() as connection:
        found = jwt.decode(lender.bank.token, KeySet.import_key_set(exchange.client.get("/oauth/jwks").get_json()))
        now = exchange.clock.now()
        revoked = {"token_id": found.claims["jti"], "expires_at": now + timedelta(minutes=5), "revoked_at": now}
        connection.execute(insert(revoked_token).values(revoked))
    answer = lender.send(metro2(base()), format="METRO2")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "TOKEN_REVOKED")
    assert entries(exchange)[-1].fields["reasons"] == ["TOKEN_REVOKED"]
    said = lender.graphql("{ mappings(first: 1) { nodes { name } } }")
    assert "data" not in said and said["errors"][0]["extensions"]["code"] == "TOKEN_REVOKED"
    assert nothing_is_kept(exchange)


def test_a_suspended_member_hands_in_nothing(exchange: Exchange, lender: Contributor) -> None:
    lender.bank.fetch_token("records:write")
    change_member_status(exchange.services, "lender", MemberStatus.SUSPENDED, "test")
    answer = lender.send(metro2(base()), format="METRO2")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "MEMBER_NOT_ACTIVE")
    assert entries(exchange)[-1].fields["reasons"] == ["MEMBER_NOT_ACTIVE"]
    assert nothing_is_kept(exchange)


def test_a_member_suspended_while_its_file_waits_has_it_refused(exchange: Exchange, lender: Contributor) -> None:
    assert lender.send(metro2(base()), format="METRO2").status_code == 202
    change_member_status(exchange.services, "lender", MemberStatus.SUSPENDED, "test")
    (outcome,) = work_all(exchange)
    assert outcome.state == "REFUSED" and outcome.file_fault
    assert spooled(exchange) == [] and count(exchange, account) == 0


def test_a_stranger_and_a_proof_used_before_are_turned_away_and_logged(exchange: Exchange, lender: Contributor) -> None:
    stranger = exchange.client.post(SUBMISSIONS, data=b"x")
    assert (stranger.status_code, stranger.get_json()["code"]) == (401, "TOKEN_MISSING")
    lender.bank.fetch_token("records:write")
    proof = lender.proof()
    assert lender.send(metro2(base()), proof=proof, format="METRO2").status_code == 202
    again = lender.send(metro2(base(account_number="A-2")), proof=proof, format="METRO2")
    assert (again.status_code, again.get_json()["code"]) == (401, "PROOF_REPLAYED")
    assert "DPoP" in again.headers["WWW-Authenticate"] and again.headers["DPoP-Nonce"]
    assert entries(exchange)[-1].fields["reasons"] == ["PROOF_REPLAYED"]
    assert count(exchange, submission) == 1


def test_only_so_many_files_of_a_member_wait(settings: Settings, engine: Engine, clock: FixedClock) -> None:
    exchange = make_exchange(replace(settings, submissions_open_max=2), engine, clock)
    lender, other = Contributor(exchange.bank("lender")), Contributor(exchange.bank("other"))
    sent = [lender.send(metro2(base(account_number=f"A-{number}")), format="METRO2") for number in range(3)]
    assert [answer.status_code for answer in sent] == [202, 202, 429]
    assert int(sent[2].headers["Retry-After"]) > 0
    assert other.send(metro2(base()), format="METRO2").status_code == 202
    work_all(exchange)
    assert lender.send(metro2(base(account_number="A-3")), format="METRO2").status_code == 202


class OneMoreWhileComingIn(io.BytesIO):
    """A body that, while it is read, sends another file to the same worker."""

    def __init__(self, content: bytes, send: Callable[[], TestResponse]) -> None:
        super().__init__(content)
        self._send = send
        self.answers: list[TestResponse] = []

    def readinto(self, buffer: Any, /) -> int:
        if not self.answers:
            self.answers.append(self._send())
        return super().readinto(buffer)


def test_only_so_many_files_come_in_at_once_and_others_are_heard_meanwhile(
    settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    exchange = make_exchange(replace(settings, uploads_at_once_max=1), engine, clock)
    lender, other = Contributor(exchange.bank("lender")), Contributor(exchange.bank("other"))
    other.graphql("{ mappings(first: 1) { nodes { name } } }")

    def send() -> TestResponse:
        assert other.graphql("{ mappings(first: 1) { nodes { name } } }")["data"] == {"mappings": {"nodes": []}}
        return other.send(metro2(base()), format="METRO2")

    whole = metro2(base())
    body = OneMoreWhileComingIn(whole, send)
    assert streamed(lender, body, len(whole)).status_code == 202
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in body.answers] == [(429, "5")]
    assert send().status_code == 202


def test_a_file_that_takes_too_long_to_come_in_leaves_nothing(
    settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    exchange = make_exchange(replace(settings, upload_seconds_max=-1), engine, clock)
    answer = Contributor(exchange.bank("lender")).send(metro2(base()), format="METRO2")
    assert (answer.status_code, answer.get_json()["code"]) == (408, "FILE_TOO_SLOW")
    assert nothing_is_kept(exchange)


def test_graphql_tells_the_counts_and_the_faults_in_the_readers_language(
    exchange: Exchange, lender: Contributor
) -> None:
    kept(lender)
    sent = lender.send(mapped(SOUND, UNSOUND, UNSOUND.replace("L-2", "L-3")), format="MAPPED_CSV", mapping="ours")
    submission_id = sent.get_json()["submissionId"]
    before = lender.graphql(STATE, id=submission_id)["data"]["submission"]
    assert (before["state"], before["progress"], before["bytesRead"], before["finishedAt"]) == ("RECEIVED", 0, 0, None)
    work_all(exchange)

    found = lender.graphql(STATE, id=submission_id, first=1)["data"]["submission"]
    assert (found["state"], found["format"], found["progress"]) == ("APPLIED", "MAPPED_CSV", 1)
    assert [found[f"records{name}"] for name in ("Read", "Applied", "Unchanged", "Faulty")] == [3, 1, 0, 2]
    assert found["bytesRead"] == found["bytesTotal"] > 0 and found["faultCount"] == 2
    assert found["startedAt"] and found["finishedAt"] and found["leafHash"] and found["fileFault"] is None
    (fault,) = found["faults"]["nodes"]
    assert (fault["field"], fault["recordNo"], fault["code"], fault["rule"]) == ("balance", 3, "NUMBER_NOT_VALID", None)
    assert fault["sentence"] != fault["chinese"] and not fault["chinese"].isascii()
    place = found["faults"]["pageInfo"]
    assert place["hasNextPage"] and not place["hasPreviousPage"]
    rest = lender.graphql(STATE, id=submission_id, after=place["endCursor"])["data"]["submission"]["faults"]
    assert [each["recordNo"] for each in rest["nodes"]] != [fault["recordNo"]] and len(rest["nodes"]) == 1
    assert not rest["pageInfo"]["hasNextPage"] and rest["pageInfo"]["hasPreviousPage"]


def test_a_file_that_cannot_be_read_says_why(exchange: Exchange, lender: Contributor) -> None:
    sent = lender.send(gzip.compress(metro2(base()))[:-9], format="METRO2").get_json()
    assert [outcome.state for outcome in work_all(exchange)] == ["REFUSED"]
    found = lender.graphql(STATE, id=sent["submissionId"])["data"]["submission"]
    assert (found["state"], found["progress"], found["recordsApplied"]) == ("REFUSED", 1, 0)
    assert "cut short" in found["fileFault"]
    assert spooled(exchange) == [] and count(exchange, account) == 0


def test_submissions_are_listed_the_newest_first_page_by_page(exchange: Exchange, lender: Contributor) -> None:
    Contributor(exchange.bank("other")).send(metro2(base()), format="METRO2")
    sent = [
        lender.send(metro2(base(account_number=f"A-{number}")), format="METRO2").get_json()["submissionId"]
        for number in range(5)
    ]
    query = """query ($after: String) { submissions(first: 2, after: $after) { totalCount nodes { id }
        pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    seen, after, pages = [], None, []
    while True:
        page = lender.graphql(query, after=after)["data"]["submissions"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        pages.append((page["totalCount"], page["pageInfo"]["hasPreviousPage"]))
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == sent[::-1]
    assert pages == [(5, False), (5, True), (5, True)]
    wrong = lender.graphql(query, after="x")["errors"][0]["extensions"]["code"]
    assert wrong == "BAD_USER_INPUT"


def test_nobody_sees_what_another_member_handed_in(exchange: Exchange, lender: Contributor) -> None:
    kept(lender)
    sent = lender.send(metro2(base(portfolio="?")), format="METRO2").get_json()["submissionId"]
    work_all(exchange)
    other = Contributor(exchange.bank("other"))
    assert other.graphql(STATE, id=sent)["data"]["submission"] is None
    for path in (f"/submissions/{sent}", f"/submissions/{sent}/faults.csv"):
        answer = other.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "SUBMISSION_NOT_FOUND")
    assert other.graphql("{ mappings(first: 1) { nodes { name } } }")["data"]["mappings"]["nodes"] == []
    assert other.send(mapped(SOUND), format="MAPPED_CSV", mapping="ours").get_json()["code"] == "PARAMETERS_NOT_VALID"
    assert lender.get(f"/submissions/{sent}").status_code == 200


def test_the_faults_come_as_csv_in_which_no_cell_is_a_formula(exchange: Exchange, lender: Contributor) -> None:
    sent = lender.send(metro2(base(portfolio="?"), base(account_number="A-2", opened_on="99999999")), format="METRO2")
    submission_id = sent.get_json()["submissionId"]
    work_all(exchange)
    first = update(submission_fault).where(submission_fault.c.fault_no == 1)
    with exchange.engine.begin() as connection:
        connection.execute(first.values(field='=HYPERLINK("x")'))

    answer = lender.get(f"/submissions/{submission_id}/faults.csv")
    assert answer.status_code == 200 and answer.content_type.startswith("text/csv")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [set(row) for row in rows] == [{"record_no", "field", "code", "rule", "sentence"}] * len(rows)
    assert len(rows) == count(exchange, submission_fault) >= 2
    assert rows[0]["field"] == '\'=HYPERLINK("x")'
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    chinese = lender.get(f"/submissions/{submission_id}/faults.csv", {"language": "zh-Hant"})
    assert chinese.headers["Content-Language"] == "zh-Hant"
    assert not chinese.get_data().decode("utf-8-sig").splitlines()[1].isascii()
    assert lender.get(f"/submissions/{submission_id}/faults.csv", {"language": "tlh"}).status_code == 400


def test_many_faults_come_in_one_file(exchange: Exchange, lender: Contributor) -> None:
    sent = lender.send(metro2(*(base(account_number=f"A-{number}", portfolio="?") for number in range(1_100))),
                       format="METRO2").get_json()  # fmt: skip
    work_all(exchange)
    lines = lender.get(f"/submissions/{sent['submissionId']}/faults.csv").get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == count(exchange, submission_fault) + 1 > 1_100


def test_a_mapping_is_kept_replaced_and_listed(exchange: Exchange, lender: Contributor) -> None:
    kept(lender)
    kept(lender, toml=MAPPING + "# anew\n")
    kept(lender, "a-second")
    listed = lender.graphql("{ mappings(first: 9) { nodes { name toml keptAt } } }")["data"]["mappings"]["nodes"]
    assert [(each["name"], each["toml"]) for each in listed] == [("a-second", MAPPING), ("ours", MAPPING + "# anew\n")]


def test_everything_wrong_with_a_mapping_is_told_and_nothing_kept(exchange: Exchange, lender: Contributor) -> None:
    said = lender.graphql(KEEP, name="No Good", toml="[columns]\ncolour = 7")["data"]["keepMapping"]
    assert said["mapping"] is None
    assert [(each["path"], each["code"]) for each in said["userErrors"]] == [
        (["name"], "MAPPING_NAME_NOT_VALID"), (["toml"], "MAPPING_NOT_VALID"),
    ]  # fmt: skip
    long = lender.graphql(KEEP, name="long", toml="#" * 40_000)["data"]["keepMapping"]
    assert [each["code"] for each in long["userErrors"]] == ["MAPPING_TOO_LONG"]
    assert count(exchange, submission_mapping) == 0


def test_a_mapping_that_is_kept_anew_does_not_change_what_waits(exchange: Exchange, lender: Contributor) -> None:
    kept(lender)
    lender.send(mapped(SOUND), format="MAPPED_CSV", mapping="ours")
    kept(lender, toml=MAPPING.replace('"owed"', '"debt"'))
    assert [(outcome.state, outcome.applied) for outcome in work_all(exchange)] == [("APPLIED", 1)]


def test_a_file_damaged_while_it_waits_is_refused_and_changes_nothing(exchange: Exchange, lender: Contributor) -> None:
    sent = lender.send(metro2(base()), format="METRO2").get_json()
    (name,) = spooled(exchange)
    lying = spool_place(exchange.settings) / name
    whole = lying.read_bytes()
    lying.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (outcome,) = work_all(exchange)
    assert outcome.state == "REFUSED" and "damaged" in (outcome.file_fault or "")
    assert spooled(exchange) == [] and count(exchange, account) == 0
    again = lender.send(metro2(base()), format="METRO2")
    assert (again.status_code, again.get_json()["submissionId"]) == (202, sent["submissionId"])
    assert [outcome.state for outcome in work_all(exchange)] == ["APPLIED"]


def test_two_files_that_were_swapped_on_the_disk_are_both_refused(exchange: Exchange, lender: Contributor) -> None:
    for number in range(2):
        lender.send(metro2(base(account_number=f"A-{number}")), format="METRO2")
    first, second = (spool_place(exchange.settings) / name for name in spooled(exchange))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert [outcome.state for outcome in work_all(exchange)] == ["REFUSED"] * 2
    assert count(exchange, account) == 0


def test_a_file_that_lies_on_another_machine_is_left_to_its_worker(exchange: Exchange, lender: Contributor) -> None:
    lender.send(metro2(base()), format="METRO2")
    (name,) = spooled(exchange)
    elsewhere = exchange.settings.home / "elsewhere"
    (spool_place(exchange.settings) / name).rename(elsewhere)
    assert work_all(exchange) == []
    elsewhere.rename(spool_place(exchange.settings) / name)
    assert [outcome.state for outcome in work_all(exchange)] == ["APPLIED"]


def test_what_nobody_waits_for_is_swept_away_once_it_is_old(
    settings: Settings, engine: Engine, clock: FixedClock
) -> None:
    exchange = make_exchange(replace(settings, spool_keep_seconds=0), engine, clock)
    lender = Contributor(exchange.bank("lender"))
    lender.send(metro2(base()), format="METRO2")
    waiting = spooled(exchange)
    (spool_place(exchange.settings) / ("f" * 64)).write_bytes(b"of a submission that is done with")
    (spool_place(exchange.settings) / "0123.new").write_bytes(b"half a file")
    assert sweep(exchange.services) == 2
    assert spooled(exchange) == waiting


@pytest.fixture
def demonstration(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    """An exchange that makes up the borrowers of samples whose identities were removed."""
    return make_exchange(replace(settings, demonstration=True, issuer="http://localhost:8600"), engine, clock)


def test_a_real_metro2_file_comes_in_through_the_door(demonstration: Exchange) -> None:
    lender, content = Contributor(demonstration.bank("lender")), sample(METRO2).read_bytes()
    asked = {"format": "METRO2", "synthesiseIdentities": "true"}
    assert lender.send(content, {"Content-Digest": content_digest(content)}, **asked).status_code == 202
    (outcome,) = work_all(demonstration)
    assert (outcome.state, outcome.unchanged, outcome.file_fault) == ("APPLIED", 0, None)
    assert outcome.read == outcome.applied + outcome.faulty >= 1_998  # co-borrowers are records of their own
    assert outcome.applied == count(demonstration, account) >= 1_997
    again = lender.send(content, **asked)
    assert again.status_code == 200 and work_all(demonstration) == []
    assert spooled(demonstration) == []


def test_a_real_csv_file_comes_in_through_the_door_with_its_mapping(demonstration: Exchange) -> None:
    rows = gzip.decompress(sample(UCI_CREDIT_CARD).read_bytes()).splitlines(keepends=True)[:2_001]
    lender = Contributor(demonstration.bank("lender"))
    kept(lender, "uci", UCI_MAPPING.read_text(encoding="utf-8"))
    packed, encoding = gzip.compress(b"".join(rows)), {"Content-Encoding": "gzip"}
    sent = lender.send(packed, encoding, format="MAPPED_CSV", mapping="uci", synthesiseIdentities="true")
    assert sent.status_code == 202
    (outcome,) = work_all(demonstration)
    assert (outcome.state, outcome.read, outcome.unchanged) == ("APPLIED", 2_000, 0)
    assert outcome.applied + outcome.faulty == 2_000
    assert outcome.applied == count(demonstration, account) > 1_900


def test_a_file_is_logged_once_and_its_faults_hold_no_personal_data(exchange: Exchange, lender: Contributor) -> None:
    before = count(exchange, log_opening)
    lender.send(metro2(base(portfolio="?", surname="SECRETIVE")), format="METRO2")
    work_all(exchange)
    assert count(exchange, log_opening) == before + 1
    with exchange.engine.connect() as connection:
        told = str([tuple(row) for row in connection.execute(select(submission_fault))])
    assert "SECRETIVE" not in told and "123456789" not in told
    assert entries(exchange)[-1].fields["member"] == "lender"


OWN_SHAPE = {
    "reference": "L-1", "portfolio": "INSTALMENT", "product": "CONSUMER_LOAN", "state": "NORMAL", "currency": "CNY",
    "opened_on": "2024-01-01", "reported_on": "2026-05-31", "balance": "120.50", "id_type": "PASSPORT",
    "country": "CN", "id_number": "E12345678", "names": ["Wang Fang"], "time_zone": "Asia/Shanghai",
    "language": "zh-Hans",
}  # fmt: skip


def test_json_lines_and_parquet_of_the_exchanges_own_shape_come_in(exchange: Exchange, lender: Contributor) -> None:
    lines = b"\n".join(orjson.dumps(OWN_SHAPE | {"reference": f"J-{number}"}) for number in range(300))
    frame, parquet = pl.DataFrame([OWN_SHAPE | {"reference": f"P-{number}"} for number in range(300)]), io.BytesIO()
    frame.write_parquet(parquet)
    packed = zstandard.ZstdCompressor().compress(lines)
    assert lender.send(packed, {"Content-Encoding": "zstd"}, format="JSON_LINES").status_code == 202
    assert lender.send(parquet.getvalue(), format="PARQUET").status_code == 202
    assert [(outcome.state, outcome.read, outcome.applied) for outcome in work_all(exchange)] == [
        ("APPLIED", 300, 300), ("APPLIED", 300, 300),
    ]  # fmt: skip
    assert count(exchange, account) == 600
