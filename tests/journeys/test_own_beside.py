"""The copy that a borrower takes along holds what stands beside the report, readable, and nothing of anybody else."""

import io
import json
import re
import zipfile
from typing import Any

from factories import BOB, Exchange
from sqlalchemy import select
from test_moved_beside import BESIDE, full, rows

from exchange.handover import Borrower
from exchange.journeys.own_beside import PARTS, what_stands_beside
from exchange.store.tables import metadata
from exchange.store.tables.subject import subject

ELSEWHERE = {
    "account", "account_mandate", "account_version", "assessment", "collection_action", "delinquency", "inquiry",
    "public_record", "repayment_plan", "statement", "subject", "unrecognised_look",
}  # fmt: skip
"""Shown in the report itself, or with its looks."""
OF_NO_USE = {
    "account_identifier", "authorization_code", "borrower_message", "consent_move", "contact_source",
    "delinquent_elsewhere", "enrolment", "erasure", "lawful_ground", "log_opening", "passkey", "recovery_code",
    "refresh_token", "representative", "subject_identifier", "subject_key", "subject_review", "subject_sequence",
    "subject_version", "totp", "web_session", "webhook_delivery",
}  # fmt: skip
"""How the exchange finds, sends, signs in and proves; each is shown on a page of its own where it says anything."""


def test_every_table_of_borrowers_is_in_the_copy_or_named_here() -> None:
    held = {table.name for table in metadata.sorted_tables if "subject_key" in table.c}
    assert held == {part.table.name for part in PARTS} | ELSEWHERE | OF_NO_USE


def test_the_copy_says_in_words_what_was_sealed(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = exchange.borrower(), exchange.borrower(BOB)
    full(exchange, alice)
    exchange.consent("harbour-bank")
    said = what_stands_beside(exchange.services, Borrower(alice, b"", "PASSKEY", "en"))
    assert said["disputes"][0]["words"] == "dispute words"
    assert said["reviews"][0]["answer"] == "review_request answer"
    assert said["consents"][0]["artefact"]["recipient"] == "harbour-bank"
    assert said["complaints"][0]["finding_words"] == "complaint finding_words"
    assert "likeness" not in said["complaints"][0]
    json.dumps(said)
    theirs = what_stands_beside(exchange.services, Borrower(bob, b"", "PASSKEY", "en"))
    assert [name for name, found in theirs.items() if found] == []
    assert all(rows(exchange, table, alice) for table in BESIDE)


def test_the_downloaded_copy_holds_it(exchange: Exchange) -> None:
    exchange.bank()
    exchange.borrower()
    with exchange.engine.connect() as connection:
        alice = connection.execute(select(subject.c.subject_key)).scalar_one()
    full(exchange, alice)
    who = exchange.borrower_signed_in(alice)
    token = re.search(r'name="csrf_token" value="([^"]+)"', who.client.get("/report").text)
    assert token
    answer = who.client.post("/report/copy.zip", data={"csrf_token": token[1]})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        copy: dict[str, Any] = json.loads(archive.read("openbureau-report.json"))
    assert copy["beside"]["disputes"][0]["words"] == "dispute words"
    assert copy["accounts"]
