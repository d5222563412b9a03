"""The operator's commands on who is who, from reviews to merges and splits. Numbers of documents are asked for."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from factories import ALICE, BOB, Exchange
from joined_files import content_of, learn_cipher, raised, reported, two_files
from traces import entries

from exchange.cli.subjects import subject
from schema.vocabulary.subject import ReviewKind


@pytest.fixture
def evidence(tmp_path: Path) -> str:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"both documents of one person")
    return str(scan)


def run(exchange: Exchange, *arguments: str, typed: str = "") -> Any:
    url = exchange.engine.url.render_as_string(hide_password=False)
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url,
        "OPENBUREAU_ID_NUMBER": ALICE.id_number, "OPENBUREAU_OTHER_ID_NUMBER": BOB.id_number,
    }  # fmt: skip
    return CliRunner().invoke(subject, arguments, env=environment, input=typed)


def test_reviews_are_listed_shown_and_decided(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = two_files(exchange)
    review_id = raised(exchange, ReviewKind.NAME_DIFFERS, alice)

    listed = run(exchange, "reviews").output
    assert (str(review_id) in listed, "NAME_DIFFERS" in listed, "芳" in listed) == (True, True, False)
    shown = run(exchange, "show", str(review_id)).output
    assert ("王芳, born 1990-01-01" in shown, "王小芳, born 1990-01-01" in shown) == (True, True)
    as_json = json.loads(run(exchange, "show", str(review_id), "--json").output)
    assert (as_json["held"]["names"], as_json["claimed"]["names"]) == (["王芳"], ["王小芳"])
    decided = json.loads(run(exchange, "review", str(review_id), "--decision", "same_person", "--json").output)
    assert decided == {"review_id": str(review_id), "decision": "SAME_PERSON", "changed": ["names"]}
    again = run(exchange, "review", str(review_id), "--decision", "FURNISHER_ERROR")
    assert (again.exit_code, "[REVIEW_DECIDED]" in again.output) == (1, True)
    assert run(exchange, "reviews").output == ""
    assert "SAME_PERSON by operator" in run(exchange, "reviews", "--decided").output
    acts = [entry.fields["act"] for entry in entries(exchange) if entry.subject_key == alice]
    assert acts == ["identity_review_viewed"] * 2 + ["identity_review_decided"]


def test_two_files_are_merged_and_split_again(exchange: Exchange, evidence: str) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    reported(exchange, bob, bank.member_id, "R-2")
    before = content_of(exchange, bob)

    merged = run(exchange, "merge", "--evidence", evidence)
    assert "Merged: 1 accounts" in merged.output
    assert content_of(exchange, alice) == before

    given = ("split", "--moves", "PASSPORT", "CN", "--account", bank.member_id, "R-2", "--evidence", evidence, "--json")
    split = run(exchange, *given, typed=f"{BOB.id_number}\nWang Fang\n")
    told = json.loads(split.output.splitlines()[-1])
    assert (split.exit_code, told["accounts"], told["documents"]) == (0, 1, 1)
    new = UUID(told["subject_key"])
    learn_cipher(exchange, new)
    assert (content_of(exchange, new), content_of(exchange, alice)) == (before, [])
    assert BOB.id_number not in split.output


def test_what_is_refused_is_told_with_its_code(exchange: Exchange, evidence: str) -> None:
    two_files(exchange)
    same = run(exchange, "merge", "--evidence", evidence, "--other-id-type", "RESIDENT_ID", "--other-id-number",
               ALICE.id_number)  # fmt: skip
    assert (same.exit_code, "[SUBJECTS_SAME]" in same.output) == (1, True)
    unknown = run(exchange, "split", "--moves", "LIBRARY_CARD", "CN", "--name", "Wang Fang", "--evidence", evidence)
    assert (unknown.exit_code, "no kind of document" in unknown.output) == (2, True)
    not_here = run(exchange, "split", "--moves", "PASSPORT", "CN", "--name", "W", "--evidence", evidence,
                   typed=f"{BOB.id_number}\n")  # fmt: skip
    assert (not_here.exit_code, "[SPLIT_NOT_VALID]" in not_here.output) == (1, True)
    assert entries(exchange) == []
