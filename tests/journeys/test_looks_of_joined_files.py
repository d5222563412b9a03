"""Whose files were joined sees the looks at both: each list with its own numbers, its own key and its own proof."""

import json
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Exchange, SignedInBorrower
from joined_files import BORN, EVIDENCE, rows_of, two_files
from openbureau_client.who_looked import verify_list
from test_own_file import keys_of
from traces import entries

from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.identity.proofing import ProofedIdentity
from exchange.journeys.consent_file import open_consent_file
from exchange.journeys.evidence_of_look import evidence_for_borrower
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.own_report import own_report
from exchange.journeys.own_words import add_statement, mark_unrecognised
from exchange.journeys.sign_in import Visitor, finish_proofing
from exchange.journeys.split_subject import Parting, split_subject
from exchange.journeys.who_looked import evidence, look, who_looked
from exchange.store.tables.borrower_words import statement, unrecognised_look
from exchange.store.tables.sign_in import enrolment


@pytest.fixture
def joined(exchange: Exchange) -> tuple[SignedInBorrower, UUID, UUID]:
    """A borrower whose passport's file was looked at before it was merged; that file; the look."""
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    bank.ask(BOB, exchange.consent(bank.member_id, BOB))
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    bank.ask(BOB, exchange.consent(bank.member_id, ALICE))
    exchange.integrate()
    person = exchange.borrower_signed_in(alice)
    (at_bob,) = who_looked(exchange.services, person.borrower, earlier=bob).looks
    return person, bob, at_bob.inquiry_key


def test_each_file_has_its_own_list_and_its_own_proof(
    exchange: Exchange, joined: tuple[SignedInBorrower, UUID, UUID]
) -> None:
    person, bob, key = joined
    seen = who_looked(exchange.services, person.borrower)
    earlier = who_looked(exchange.services, person.borrower, earlier=bob)
    assert (seen.earlier_files, len(seen.looks), len(earlier.looks)) == ((bob,), 1, 1)
    assert seen.looks[0].inquiry_key != key
    exchange.integrate()
    own = verify_list(evidence(exchange.services, person.borrower), *keys_of(exchange))
    before = verify_list(evidence(exchange.services, person.borrower, bob), *keys_of(exchange))
    acts = [entry.fields["act"] for entry in before.entries]
    assert acts == ["consent_given", "look", "consent_moved", "files_merged"]
    assert "files_merged" in [entry.fields["act"] for entry in own.entries]
    assert len(before.looks) == len(own.looks) == 1


def test_a_look_at_the_earlier_file_is_shown_proved_and_can_be_contested(
    exchange: Exchange, joined: tuple[SignedInBorrower, UUID, UUID]
) -> None:
    person, bob, key = joined
    detail = look(exchange.services, person.borrower, key)
    assert (detail.look.granted, detail.staff_id, detail.proof is not None) == (True, "s-17", True)
    assert evidence_for_borrower(exchange.services, person.borrower, key)[:2] == b"PK"

    mark_unrecognised(exchange.services, person.borrower, key, "not me")

    assert look(exchange.services, person.borrower, key).unrecognised_words == "not me"
    assert [row["inquiry_key"] for row in rows_of(exchange, unrecognised_look, bob)] == [key]
    entry = entries(exchange)[-1]
    assert (entry.subject_key, entry.fields["act"]) == (bob, "look_unrecognised")


def test_the_pages_lead_to_the_earlier_looks(exchange: Exchange, joined: tuple[SignedInBorrower, UUID, UUID]) -> None:
    person, bob, key = joined
    assert f"/looks?file={bob}" in person.client.get("/looks").text
    shown = person.client.get(f"/looks?file={bob}").text
    assert str(key) in shown
    assert f"/looks/evidence.json?file={bob}" in shown
    assert person.client.get(f"/looks/{key}").status_code == 200
    exchange.integrate()
    proof = person.client.get(f"/looks/evidence.json?file={bob}")
    assert json.loads(proof.data)["kind"] == "openbureau-looks"


def test_nobody_elses_file_is_an_earlier_one(exchange: Exchange, joined: tuple[SignedInBorrower, UUID, UUID]) -> None:
    person, bob, _ = joined
    stranger = exchange.borrower(NOBODY_WE_KNOW, "李娜")
    for other in (stranger, uuid4()):
        with pytest.raises(BadRequest) as refused:
            who_looked(exchange.services, person.borrower, earlier=other)
        assert refused.value.stable_code == "FILE_NOT_FOUND"
        assert person.client.get(f"/looks?file={other}").status_code == 404
    with pytest.raises(BadRequest):
        who_looked(exchange.services, Borrower(stranger, b"", "PASSKEY", "en"), earlier=bob)


def test_after_a_split_the_earlier_looks_are_the_other_persons_alone(
    exchange: Exchange, joined: tuple[SignedInBorrower, UUID, UUID]
) -> None:
    person, bob, key = joined
    new = split_subject(exchange.services, ALICE, Parting((BOB,), ("Wang Fang",)), EVIDENCE, "operator").subject_key
    assert who_looked(exchange.services, person.borrower).earlier_files == ()
    with pytest.raises(BadRequest):
        look(exchange.services, person.borrower, key)
    other = Borrower(new, b"", "PASSKEY", "en")
    assert [each.inquiry_key for each in who_looked(exchange.services, other, earlier=bob).looks] == [key]


def test_an_act_that_was_under_way_in_a_merged_file_is_not_done(exchange: Exchange) -> None:
    _, bob = two_files(exchange)
    person = Borrower(bob, b"", "PASSKEY", "en")
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    for act in (
        lambda: add_statement(exchange.services, person, "I paid this."),
        lambda: own_report(exchange.services, person),
        lambda: who_looked(exchange.services, person),
    ):
        with pytest.raises(BadRequest) as refused:
            act()
        assert refused.value.stable_code == "SUBJECT_UNKNOWN"
    with pytest.raises(BadRequest), exchange.engine.begin() as connection:
        open_consent_file(exchange.services, connection, bob, {"actor": "borrower"})
    assert rows_of(exchange, statement, bob) == []


class Proofing:
    """A provider that has seen Bob's passport."""

    def begin(self, return_url: str, state: str) -> str:
        return return_url

    def finish(self, return_url: str, state: str, params: Mapping[str, str]) -> ProofedIdentity:
        return ProofedIdentity(
            BOB.id_type, BOB.country, BOB.id_number, ("Wang Fang",), BORN, "provider", {"seen": True}
        )


def test_who_proves_who_they_are_with_either_document_is_signed_in_to_the_joined_file(exchange: Exchange) -> None:
    alice, _ = two_files(exchange)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    visitor = Visitor(None, "Firefox, Linux", "192.0.2.1")
    signed_in = finish_proofing(exchange.services, Proofing(), visitor, "https://exchange.example/back", "state", {})
    assert (signed_in.session.subject_key, signed_in.session.signed_in_by) == (alice, "PROOFING")
    assert [row["subject_key"] for row in rows_of(exchange, enrolment, alice)] == [alice]
