"""Looks that are refused: each tells every reason, is logged once, and reads, opens and counts nothing."""

from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, STAFF, Exchange, report_of
from sqlalchemy import update
from traces import assert_only_refused, entries, error_of, inquiries, marks

from consent.artefact import Fetch
from consent.lifecycle import ConsentState
from exchange.errors import BadRequest
from exchange.handover import NOBODY
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.manage_members import change_member_status
from exchange.store.tables.subject import subject
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope


def test_an_unknown_borrower_is_refused_and_the_entry_names_nobody(exchange: Exchange) -> None:
    bank = exchange.bank()
    before = marks(exchange)

    answer = bank.ask(NOBODY_WE_KNOW)

    assert_only_refused(exchange, answer, before, "SUBJECT_UNKNOWN", known=False)
    entry = entries(exchange)[-1]
    assert (entry.subject_key, entry.sequence, entry.fields["member"]) == (NOBODY, None, bank.member_id)
    assert "subject" not in entry.fields


def test_without_a_consent_nothing_is_opened(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    before = marks(exchange)

    answer = bank.ask(consent_id=None)

    assert_only_refused(exchange, answer, before, "CONSENT_MISSING")
    error = error_of(answer)
    assert (error["path"], error["extensions"]["rule"]) == (["creditReport"], "cn.cir.18")
    assert "OpenBureau-Receipt" in answer.headers


@pytest.mark.parametrize(
    ("state", "code"), [(ConsentState.PAUSED, "CONSENT_PAUSED"), (ConsentState.REVOKED, "CONSENT_REVOKED")]
)
def test_a_consent_that_was_paused_or_withdrawn_opens_nothing(
    exchange: Exchange, state: ConsentState, code: str
) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    move_consent(exchange.services, ALICE, consent_id, state, "test")
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, code)


def test_a_paused_consent_opens_again_once_resumed(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    for state in (ConsentState.PAUSED, ConsentState.ACTIVE):
        move_consent(exchange.services, ALICE, consent_id, state, "test")
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


def test_a_consent_opens_from_its_first_instant_to_just_before_its_last(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    start = exchange.clock.now() + timedelta(minutes=1)
    consent_id = exchange.consent(bank.member_id, starts_at=start, expires_at=start + timedelta(minutes=2))
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "CONSENT_NOT_STARTED")
    for seconds in (60, 59, 60.999):
        exchange.later(seconds=seconds)
        bank.fetch_token()
        assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    exchange.later(seconds=0.001)
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "CONSENT_EXPIRED")


def test_a_consent_for_one_look_is_used_up_by_it(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    before = marks(exchange)
    assert before.uses == 1
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "CONSENT_USED_UP")


def test_a_refused_look_does_not_use_up_a_consent_for_one_look(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
    bank.ask(consent_id=consent_id, purpose=Purpose.CARD_APPROVAL)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


def test_a_consent_opens_for_no_other_purpose(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id, purpose=Purpose.CARD_APPROVAL)
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "PURPOSE_NOT_COVERED")


def test_a_consent_for_another_member_opens_nothing_and_says_nothing_of_itself(exchange: Exchange) -> None:
    bank, other = exchange.bank(), exchange.bank("clover-finance")
    exchange.borrower()
    consent_id = exchange.consent(other.member_id, fetch=Fetch.ONCE, purpose=Purpose.CARD_APPROVAL)
    before = marks(exchange)
    answer = bank.ask(consent_id=consent_id)
    assert_only_refused(exchange, answer, before, "RECIPIENT_DIFFERS")
    assert other.member_id not in answer.get_data(as_text=True)


def test_a_consent_of_another_borrower_opens_nothing(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    exchange.borrower(BOB)
    consent_id = exchange.consent(bank.member_id, BOB)
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(ALICE, consent_id), before, "CONSENT_NOT_FOUND")
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(ALICE, uuid4()), before, "CONSENT_NOT_FOUND")


@pytest.mark.parametrize("staff", [None, {"id": "", "name": "Wang Fang"}, {"id": "s-17", "name": " "}])
def test_a_look_for_nobody_in_particular_is_refused(exchange: Exchange, staff: dict[str, str] | None) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id, staff=staff), before, "STAFF_NOT_NAMED")


def test_a_frozen_file_stays_shut(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(security_freeze=True))
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "SUBJECT_FROZEN")


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.REMOVED])
def test_a_member_that_was_suspended_or_removed_looks_no_more_though_its_token_lives(
    exchange: Exchange, status: MemberStatus
) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    change_member_status(exchange.services, bank.member_id, status, "test")
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id), before, "MEMBER_NOT_ACTIVE")


def test_every_reason_is_told_at_once(exchange: Exchange) -> None:
    bank = exchange.bank("agency", member_class=MemberClass.COLLECTION_AGENCY)
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id, purpose=Purpose.COLLECTION)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.PAUSED, "test")
    before = marks(exchange)
    answer = bank.ask(consent_id=consent_id, staff=None)
    assert_only_refused(
        exchange,
        answer,
        before,
        "MEMBER_CLASS_NOT_ALLOWED",
        "STAFF_NOT_NAMED",
        "PURPOSE_NOT_COVERED",
        "CONSENT_PAUSED",
    )


def test_a_look_whose_every_part_is_withheld_is_a_refusal(exchange: Exchange) -> None:
    bank, _ = exchange.bank(scopes=frozenset({Scope.DELINQUENCY_READ})), exchange.borrower()
    consent_id = exchange.consent(bank.member_id, field_classes=frozenset({FieldClass.ACCOUNTS}))
    bank.fetch_token("delinquency:read")
    query = report_of("accounts(first: 1) { totalCount } delinquencies(first: 1) { totalCount }")
    before = marks(exchange)
    answer = bank.ask(consent_id=consent_id, query=query)
    assert_only_refused(exchange, answer, before, "SCOPE_MISSING", "FIELDS_NOT_COVERED")


def test_a_look_at_nothing_is_refused(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)
    assert_only_refused(exchange, bank.ask(consent_id=consent_id, query=report_of("asOf")), before, "NOTHING_ASKED")


def test_a_refused_look_is_kept_with_the_name_of_who_asked_sealed(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    bank.ask(consent_id=None)
    (inquiry,) = inquiries(exchange)
    assert (inquiry.subject_key, inquiry.member_id, inquiry.granted) == (alice, bank.member_id, False)
    assert inquiry.leaf_hash == entries(exchange)[-1].leaf_hash
    assert STAFF["name"].encode() not in inquiry.staff


@pytest.mark.parametrize(
    "document",
    [Document(IdType.RESIDENT_ID, "CN", "190101199001010011"), Document(IdType.SSN, "US", "000-12-3456")],
)
def test_a_number_that_cannot_be_one_is_a_bad_request_and_no_look(exchange: Exchange, document: Document) -> None:
    bank = exchange.bank()
    before = marks(exchange)
    answer = bank.ask(document)
    assert error_of(answer)["extensions"]["code"] == "ID_NUMBER_NOT_VALID"
    assert document.id_number not in answer.get_data(as_text=True)
    assert marks(exchange) == before


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        ("accounts { totalCount }", "BAD_USER_INPUT"),
        ("accounts(first: 1, last: 1) { totalCount }", "BAD_USER_INPUT"),
        ("accounts(first: 0) { totalCount }", "BAD_USER_INPUT"),
        ("accounts(last: 101) { totalCount }", "BAD_USER_INPUT"),
        ("inquiries(first: -1) { totalCount }", "BAD_USER_INPUT"),
        ("accounts(first: 1) { nodes { history(months: 61) { month } } }", "BAD_USER_INPUT"),
        ("accounts(first: 1) { nodes { history(months: 0) { month } } }", "BAD_USER_INPUT"),
    ],
)
def test_a_page_of_no_size_that_is_given_spends_no_look(exchange: Exchange, selection: str, code: str) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)
    answer = bank.ask(consent_id=consent_id, query=report_of(selection))
    assert error_of(answer)["extensions"]["code"] == code
    assert marks(exchange) == before


def test_a_consent_cannot_be_moved_by_the_wrong_borrower_or_back_from_withdrawn(exchange: Exchange) -> None:
    bank, _, _ = exchange.bank(), exchange.borrower(), exchange.borrower(BOB)
    consent_id = exchange.consent(bank.member_id)
    before = marks(exchange)
    with pytest.raises(BadRequest) as wrong:
        move_consent(exchange.services, BOB, consent_id, ConsentState.REVOKED, "test")
    with pytest.raises(BadRequest) as unknown:
        move_consent(exchange.services, NOBODY_WE_KNOW, consent_id, ConsentState.REVOKED, "test")
    assert (wrong.value.stable_code, unknown.value.stable_code) == ("CONSENT_NOT_FOUND", "SUBJECT_UNKNOWN")
    assert marks(exchange) == before
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    before = marks(exchange)
    with pytest.raises(BadRequest) as back:
        move_consent(exchange.services, ALICE, consent_id, ConsentState.ACTIVE, "test")
    assert back.value.stable_code == "CONSENT_MOVE_NOT_ALLOWED"
    assert marks(exchange) == before


def test_giving_and_withdrawing_a_consent_are_entries_in_the_borrowers_own_sequence(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    answer = bank.ask(consent_id=consent_id)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "the-operator")
    of_alice = [entry for entry in entries(exchange) if entry.subject_key == alice]
    told = [(entry.sequence, entry.fields["act"], entry.fields.get("state")) for entry in of_alice]
    assert told == [(1, "consent_given", "ACTIVE"), (2, "look", None), (3, "consent_moved", "REVOKED")]
    assert {entry.fields["subject"] for entry in of_alice} == {str(alice)}
    assert [entry.fields["sequence"] for entry in of_alice] == [1, 2, 3]
    assert {entry.fields["consent"] for entry in of_alice} == {str(consent_id)}
    shown = answer.get_json()["data"]["creditReport"]["disclosure"]["leafHash"]
    assert shown == b64encode(of_alice[1].leaf_hash).decode()
