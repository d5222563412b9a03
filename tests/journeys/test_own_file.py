"""The borrower's own file: who looked and whether the list is whole, the own report and its copies, own words."""

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, USUAL, Bank, Exchange
from openbureau_client import DoesNotMatch, ListNotComplete, SignedWordsDoNotMatch, verify_copy, verify_list
from sqlalchemy import insert, select, text, update

from consent.question import GroundKind
from exchange.disclosure.speech import Speech
from exchange.errors import BadRequest, Unavailable
from exchange.handover import THE_BORROWER, Borrower
from exchange.journeys.lawful_grounds import OrderedLook, record_ground
from exchange.journeys.own_report import own_report, report_json, report_pdf
from exchange.journeys.own_words import (
    SensitiveWords,
    add_statement,
    is_frozen,
    list_statements,
    mark_unrecognised,
    set_freeze,
    withdraw_statement,
)
from exchange.journeys.who_looked import LOOKS_PER_PAGE, evidence, look, who_looked
from exchange.key_files import public_jwk
from exchange.store.tables.borrower_words import statement, unrecognised_look
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.log import log_opening, log_pending
from exchange.store.tables.sign_in import web_session
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

WORDS = "I lost my job in March 2025 and have paid everything since."
SHORT = """query ($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
    statements { words } accounts(first: 10) { nodes { accountRef statement { words statedAt } } }
    inquiries(first: 10) { totalCount }
  }
}"""


def signed_in(subject_key: UUID, digest: bytes = b"s" * 32) -> Borrower:
    return Borrower(subject_key, digest, "PASSKEY", "en")


def keys_of(exchange: Exchange) -> tuple[dict[str, list[dict[str, object]]], list[str]]:
    log_vkey = (exchange.settings.home / "log.vkey").read_text().strip()
    return {"keys": [public_jwk(exchange.services.signing)]}, [log_vkey]


def entries_of(exchange: Exchange, borrower: Borrower) -> list[str]:
    """The acts of all log entries about a borrower, as the verified evidence tells them."""
    exchange.integrate()
    verified = verify_list(evidence(exchange.services, borrower), *keys_of(exchange))
    return [entry.fields["act"] for entry in verified.entries]


@pytest.fixture
def alice(exchange: Exchange) -> Borrower:
    return signed_in(exchange.borrower())


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return exchange.bank("harbour-bank", name="Harbour Bank")


def test_a_granted_and_a_refused_look_are_shown_with_their_rules(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    exchange.account(alice.subject_key, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    assert bank.ask(consent_id=consent_id).status_code == 200
    bank.ask(consent_id=consent_id, purpose=Purpose.POST_LOAN)

    seen = who_looked(exchange.services, alice)

    refused, granted = seen.looks
    assert (granted.granted, refused.granted) == (True, False)
    assert (granted.member_name, granted.member_class) == ("Harbour Bank", MemberClass.BANK)
    assert set(granted.released) == USUAL
    assert [words.english for words in refused.reasons] == ["You did not consent to this purpose."]
    assert refused.released == ()
    assert (seen.looks_total, seen.entries_total, seen.new_since_last_visit) == (2, 3, 2)
    detail = look(exchange.services, alice, granted.inquiry_key)
    assert detail.staff_id == "s-17"
    assert detail.consent_use == 1
    assert detail.proof is None  # waits for the next checkpoint
    written_consent = next(rule for rule in detail.rules if rule.rule == "cn.cir.18")
    assert written_consent.quote and written_consent.clause == "18"
    assert "Nobody may look at your file without your consent." in [s.english for s in written_consent.sentences]
    why = look(exchange.services, alice, refused.inquiry_key)
    assert [rule.rule for rule in why.rules] == ["cn.cir.20"] or "cn.cir.18" in {rule.rule for rule in why.rules}


def test_a_look_on_a_lawful_ground_is_shown_with_its_case(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    exchange.account(alice.subject_key, bank.member_id)
    order = OrderedLook(
        kind=GroundKind.COURT,
        reference="(2026) Hu 01 Min Chu 17",
        recipient=bank.member_id,
        purpose=Purpose.FRAUD_CHECK,
        field_classes=[FieldClass.ACCOUNTS],
        expires_at=exchange.clock.now() + timedelta(days=30),
        document_digest=b"d" * 32,
    )
    ground_id = record_ground(exchange.services, ALICE, order, "operator")
    query = SHORT.replace("$staff: StaffInput)", "$staff: StaffInput, $groundId: ID)")
    query = query.replace("staff: $staff)", "staff: $staff, groundId: $groundId)").replace(
        "inquiries(first: 10) { totalCount }", ""
    )
    subject = {"idType": ALICE.id_type, "country": ALICE.country, "idNumber": ALICE.id_number}
    variables = {"subject": subject, "purpose": "FRAUD_CHECK", "groundId": str(ground_id)}
    staff = {"id": "s-17", "name": "Wang Fang"}
    answer = bank.post({"query": query, "variables": {**variables, "staff": staff}}).get_json()
    assert "errors" not in answer, answer

    (seen,) = who_looked(exchange.services, alice).looks

    assert (seen.basis, seen.consent_id, seen.granted) == ("COURT", None, True)
    assert look(exchange.services, alice, seen.inquiry_key).ground_reference == "(2026) Hu 01 Min Chu 17"


def test_the_proof_of_a_look_comes_with_the_next_checkpoint(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    key = who_looked(exchange.services, alice).looks[0].inquiry_key
    assert look(exchange.services, alice, key).proof is None
    exchange.integrate()
    detail = look(exchange.services, alice, key)
    served = exchange.client.get(f"/log/proof/{detail.leaf_hash.hex()}").get_data(as_text=True)
    assert detail.proof == served
    assert f"index {detail.leaf_index}\n" in served


def test_looks_come_in_pages(exchange: Exchange, alice: Borrower) -> None:
    for _ in range(LOOKS_PER_PAGE + 3):
        own_report(exchange.services, alice)
    first = who_looked(exchange.services, alice)
    rest = who_looked(exchange.services, alice, first.older)
    numbers = [each.sequence for page in (first, rest) for each in page.looks]
    assert numbers == list(range(LOOKS_PER_PAGE + 3, 0, -1))
    assert len(first.looks) == LOOKS_PER_PAGE
    assert rest.older is None


def test_only_looks_since_the_last_visit_are_new(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    consent_id = exchange.consent(bank.member_id)
    bank.ask(consent_id=consent_id)
    visited_at = exchange.clock.now() + timedelta(hours=1)
    with exchange.engine.begin() as connection:
        for digest, opened_at, seen_at in (
            (b"o" * 32, visited_at - timedelta(minutes=5), visited_at),
            (alice.session_digest, visited_at + timedelta(days=1), visited_at + timedelta(days=1)),
        ):
            row = {"digest": digest, "subject_key": alice.subject_key, "opened_at": opened_at, "seen_at": seen_at}
            connection.execute(insert(web_session).values(row | {"ends_at": seen_at + timedelta(days=1)}))
    exchange.integrate()
    exchange.clock.instant += timedelta(hours=2)
    bank.token = ""
    bank.ask(consent_id=consent_id)
    own_report(exchange.services, alice)

    seen = who_looked(exchange.services, alice)

    assert seen.new_since_last_visit == 1
    assert [(each.own, each.new) for each in seen.looks] == [(True, False), (False, True), (False, False)]


def test_another_borrowers_looks_are_not_shown(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    bob = signed_in(exchange.borrower(BOB, "李明"))
    bank.ask(consent_id=exchange.consent(bank.member_id))
    key = who_looked(exchange.services, alice).looks[0].inquiry_key

    assert who_looked(exchange.services, bob).looks == ()
    with pytest.raises(BadRequest) as refused:
        look(exchange.services, bob, key)
    assert refused.value.stable_code == "LOOK_NOT_FOUND"
    with pytest.raises(BadRequest):
        mark_unrecognised(exchange.services, bob, key, "not me")
    exchange.integrate()
    verified = verify_list(evidence(exchange.services, bob), *keys_of(exchange))
    assert verified.entries == ()


def test_the_evidence_is_whole_and_hides_the_names_of_staff(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    consent_id = exchange.consent(bank.member_id)
    bank.ask(consent_id=consent_id)
    set_freeze(exchange.services, alice, True)
    bank.ask(consent_id=consent_id)
    with pytest.raises(Unavailable):
        evidence(exchange.services, alice)
    exchange.integrate()
    own_report(exchange.services, alice)  # waits: not under the checkpoint

    content = evidence(exchange.services, alice)

    verified = verify_list(content, *keys_of(exchange))
    assert [entry.fields["act"] for entry in verified.entries] == ["consent_given", "look", "file_frozen", "look"]
    assert verified.waiting == 1
    assert [entry.fields["granted"] for entry in verified.looks] == [True, False]
    assert b"Wang Fang" not in content
    for omitted in range(4):
        said = json.loads(content)
        del said["entries"][omitted]
        with pytest.raises(ListNotComplete):
            verify_list(json.dumps(said).encode(), *keys_of(exchange))


def test_an_entry_that_was_removed_from_the_database_is_found_out(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    consent_id = exchange.consent(bank.member_id)
    bank.ask(consent_id=consent_id)
    bank.ask(consent_id=consent_id)
    exchange.integrate()
    before = verify_list(evidence(exchange.services, alice), *keys_of(exchange))
    with exchange.engine.begin() as connection:
        connection.execute(text("DELETE FROM log_opening WHERE subject_key = :k AND sequence = 2"),
                           {"k": alice.subject_key})  # fmt: skip
    with pytest.raises(ListNotComplete):
        verify_list(evidence(exchange.services, alice), *keys_of(exchange))
    assert len(before.entries) == 3


def test_the_own_report_shows_everything_and_is_logged_as_an_own_look(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    one = exchange.account(alice.subject_key, bank.member_id, history_codes="N" * 50 + "12" + "N" * 8,
                           history_past_due_minor=[0] * 60)  # fmt: skip
    other = exchange.bank("clover-finance", name="Clover Finance", member_class=MemberClass.CONSUMER_FINANCE)
    exchange.account(alice.subject_key, other.member_id, "R-2", past_due_minor=900, state="OVERDUE")
    exchange.delinquency(alice.subject_key, one, bank.member_id)
    exchange.delinquency(alice.subject_key, one, bank.member_id, first_delinquent_on=date(2019, 3, 1),
                         cured_on=date(2019, 5, 1), ended_on=date(2019, 5, 1))  # fmt: skip
    bank.ask(consent_id=exchange.consent(bank.member_id))
    set_freeze(exchange.services, alice, True)

    report = own_report(exchange.services, alice)

    assert report.subject.names == ("王芳",)
    assert report.subject.id_number == ALICE.id_number
    assert {account.furnisher for account in report.accounts} == {"Harbour Bank", "Clover Finance"}
    assert {account.account_ref for account in report.accounts} == {"R-1", "R-2"}
    assert max(len(account.months) for account in report.accounts) == 60
    assert report.summary.lenders_in_arrears == 1
    assert [each.first_delinquent_on for each in report.delinquencies] == [date(2025, 3, 1)]  # art. 16: five years
    assert [(each.member_name, each.granted) for each in report.looks] == [(None, True), ("Harbour Bank", True)]
    assert report.frozen
    assert entries_of(exchange, alice)[-1] == "look"
    assert look(exchange.services, alice, report.looks[0].inquiry_key).leaf_hash == report.leaf_hash
    with exchange.engine.connect() as connection:
        own = connection.execute(select(inquiry).where(inquiry.c.member_id == THE_BORROWER)).one()
    assert (own.purpose, own.basis, own.granted, own.sequence) == ("SELF", "SELF", True, 4)
    assert set(own.rules) == {"cn.cir.16", "cn.cir.17"}


def test_two_reports_a_calendar_year_are_free_where_the_borrower_lives(exchange: Exchange, alice: Borrower) -> None:
    def ask_again_after(time: timedelta) -> tuple[int, int | None, bool]:
        exchange.clock.instant += time
        exchange.integrate()
        free = own_report(exchange.services, alice).free
        return free.used, free.limit, free.this_one_free

    assert ask_again_after(timedelta(0)) == (1, 2, True)
    assert ask_again_after(timedelta(minutes=5)) == (1, 2, True)  # the same day: the same report
    assert ask_again_after(timedelta(days=1)) == (2, 2, True)
    assert ask_again_after(timedelta(days=1)) == (3, 2, False)  # given all the same
    new_year_in_shanghai = exchange.clock.instant.replace(month=12, day=31, hour=16, minute=0)
    assert ask_again_after(new_year_in_shanghai - exchange.clock.instant - timedelta(seconds=1)) == (4, 2, False)
    assert ask_again_after(timedelta(seconds=1)) == (1, 2, True)
    assert own_report(exchange.services, alice).free.rule == "cn.cir.17"


def test_reports_asked_for_at_once_are_all_given_and_numbered_without_a_gap(
    exchange: Exchange, alice: Borrower
) -> None:
    with ThreadPoolExecutor(4) as people:
        given = [people.submit(own_report, exchange.services, alice) for _ in range(12)]
    assert len({report.result().leaf_hash for report in given}) == 12
    exchange.integrate()
    verified = verify_list(evidence(exchange.services, alice), *keys_of(exchange))
    assert [entry.sequence for entry in verified.looks] == list(range(1, 13))


def test_lenders_do_not_see_that_borrowers_looked_themselves(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    consent_id = exchange.consent(bank.member_id)
    own_report(exchange.services, alice)
    answer = bank.ask(consent_id=consent_id, query=SHORT).get_json()
    assert "errors" not in answer
    assert answer["data"]["creditReport"]["inquiries"]["totalCount"] == 0


def test_no_member_can_be_registered_as_the_borrower(exchange: Exchange) -> None:
    with pytest.raises(BadRequest):
        exchange.bank(THE_BORROWER)


def test_the_json_copy_verifies_and_a_changed_byte_does_not(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    exchange.account(alice.subject_key, bank.member_id)
    copy = report_json(exchange.services, own_report(exchange.services, alice))
    jwks, _ = keys_of(exchange)

    verify_copy(copy.content, copy.signature, jwks)

    said = json.loads(copy.content)
    assert said["accounts"][0]["furnisher"] == "Harbour Bank"
    assert said["accounts"][0]["balance"] == {"minor": 1_250_050, "currency": "CNY"}
    assert len(said["accounts"][0]["months"]) == 24
    assert len(b64decode(said["leaf_hash"])) == 32
    for at in range(0, len(copy.content), 97):
        changed = copy.content[:at] + bytes([copy.content[at] ^ 1]) + copy.content[at + 1 :]
        with pytest.raises(SignedWordsDoNotMatch):
            verify_copy(changed, copy.signature, jwks)
    with pytest.raises(DoesNotMatch):
        verify_copy(copy.content, copy.signature[:-8] + "AAAAAAAA", jwks)


def test_the_pdf_copy_comes_through_the_journey(exchange: Exchange, alice: Borrower) -> None:
    speech = Speech("en", str, str, date.isoformat, date.isoformat, lambda at: at.isoformat(), lambda m, c: f"{m} {c}")
    content = report_pdf(exchange.services, own_report(exchange.services, alice), speech)
    assert content.startswith(b"%PDF-")


def test_a_statement_stands_beside_its_account_in_a_lenders_report(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    one = exchange.account(alice.subject_key, bank.member_id, "R-1")
    exchange.account(alice.subject_key, bank.member_id, "R-2")
    consent_id = exchange.consent(bank.member_id)
    add_statement(exchange.services, alice, "Never mind this one.", about=one)
    add_statement(exchange.services, alice, WORDS, about=one)
    add_statement(exchange.services, alice, "我一直按时还款。")

    shown = bank.ask(consent_id=consent_id, query=SHORT).get_json()["data"]["creditReport"]

    assert shown["statements"] == [{"words": "我一直按时还款。"}]
    by_reference = {node["accountRef"]: node["statement"] for node in shown["accounts"]["nodes"]}
    assert by_reference["R-1"]["words"] == WORDS
    assert by_reference["R-2"] is None
    report = own_report(exchange.services, alice)
    assert [account.statement.words for account in report.accounts if account.statement] == [WORDS]
    with exchange.engine.connect() as connection:
        stored = connection.execute(select(statement)).all()
    assert len(stored) == 3 and all(b"job" not in row.words for row in stored)
    assert entries_of(exchange, alice).count("statement_added") == 3


def test_a_withdrawn_statement_is_shown_to_nobody(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    statement_id = add_statement(exchange.services, alice, WORDS)
    assert [said.words for said in list_statements(exchange.services, alice)] == [WORDS]
    withdraw_statement(exchange.services, alice, statement_id)
    assert list_statements(exchange.services, alice) == ()
    shown = bank.ask(consent_id=exchange.consent(bank.member_id), query=SHORT).get_json()["data"]["creditReport"]
    assert shown["statements"] == []
    with pytest.raises(BadRequest):
        withdraw_statement(exchange.services, alice, statement_id)
    assert entries_of(exchange, alice).count("statement_withdrawn") == 1


def test_words_about_health_or_religion_are_flagged_and_kept_only_when_confirmed(
    exchange: Exchange, alice: Borrower
) -> None:
    with pytest.raises(SensitiveWords) as flagged:
        add_statement(exchange.services, alice, "I was in Hospital, 我住院了。")
    assert flagged.value.found == ("Hospital", "住院")
    assert list_statements(exchange.services, alice) == ()
    assert entries_of_nobody(exchange)
    add_statement(exchange.services, alice, "My loan was from Hospital Road branch.", keep_words=True)
    assert len(list_statements(exchange.services, alice)) == 1


def entries_of_nobody(exchange: Exchange) -> bool:
    """Whether no entry about any borrower was written."""
    with exchange.engine.connect() as connection:
        return not connection.execute(select(log_opening).where(log_opening.c.sequence.is_not(None))).all()


@pytest.mark.parametrize(
    ("words", "code"), [(" \n", "STATEMENT_EMPTY"), ("x" * 1_001, "STATEMENT_TOO_LONG"), ("\x00", "STATEMENT_EMPTY")]
)
def test_a_statement_has_1_to_1000_characters(exchange: Exchange, alice: Borrower, words: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        add_statement(exchange.services, alice, words)
    assert refused.value.stable_code == code
    assert entries_of_nobody(exchange)


def test_a_statement_about_somebody_elses_account_is_refused(exchange: Exchange, alice: Borrower, bank: Bank) -> None:
    bob = exchange.borrower(BOB, "李明")
    account = exchange.account(bob, bank.member_id)
    for about in (account, uuid4()):
        with pytest.raises(BadRequest) as refused:
            add_statement(exchange.services, alice, WORDS, about=about)
        assert refused.value.stable_code == "ACCOUNT_NOT_FOUND"
    assert entries_of_nobody(exchange)


def test_a_freeze_refuses_the_very_next_look_and_lifting_it_admits_again(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    consent_id = exchange.consent(bank.member_id)
    set_freeze(exchange.services, alice, True)
    set_freeze(exchange.services, alice, True)
    assert is_frozen(exchange.services, alice)
    for client in (None, exchange.another_worker()):
        refused = bank.ask(consent_id=consent_id, client=client).get_json()
        assert refused["errors"][0]["extensions"]["code"] == "SUBJECT_FROZEN"
        assert not (refused.get("data") or {}).get("creditReport")
    set_freeze(exchange.services, alice, False)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    acts = entries_of(exchange, alice)
    assert (acts.count("file_frozen"), acts.count("file_unfrozen")) == (1, 1)


def test_a_look_that_is_not_recognised_is_kept_sealed_and_logged_once(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    key = who_looked(exchange.services, alice).looks[0].inquiry_key
    mark_unrecognised(exchange.services, alice, key, "I never asked this bank for anything.")

    seen = who_looked(exchange.services, alice).looks[0]
    assert seen.unrecognised
    assert look(exchange.services, alice, key).unrecognised_words == "I never asked this bank for anything."
    with exchange.engine.connect() as connection:
        assert b"never" not in connection.execute(select(unrecognised_look.c.words)).scalar_one()
    with pytest.raises(BadRequest) as again:
        mark_unrecognised(exchange.services, alice, key)
    assert again.value.stable_code == "LOOK_MARKED_ALREADY"
    assert entries_of(exchange, alice).count("look_unrecognised") == 1


def test_an_own_look_cannot_be_marked(exchange: Exchange, alice: Borrower) -> None:
    own_report(exchange.services, alice)
    key = who_looked(exchange.services, alice).looks[0].inquiry_key
    with pytest.raises(BadRequest) as refused:
        mark_unrecognised(exchange.services, alice, key)
    assert refused.value.stable_code == "LOOK_IS_OWN"


def test_nothing_is_shown_while_the_log_is_behind(exchange: Exchange, alice: Borrower) -> None:
    own_report(exchange.services, alice)
    with exchange.engine.begin() as connection:
        connection.execute(update(log_pending).values(recorded_at=exchange.clock.now() - timedelta(minutes=5)))
    exchange.clock.instant += timedelta(seconds=5)
    with pytest.raises(Unavailable) as behind:
        own_report(exchange.services, alice)
    assert behind.value.stable_code == "LOG_BEHIND"
    assert who_looked(exchange.services, alice).looks_total == 1


def test_a_file_that_was_erased_opens_to_nobody(exchange: Exchange, alice: Borrower) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE subject_key SET state = 'WIPED', wrapped = ''"))
    for attempt in (own_report, who_looked, is_frozen):
        with pytest.raises(BadRequest) as gone:
            attempt(exchange.services, alice)
        assert gone.value.stable_code == "SUBJECT_UNKNOWN"


def test_refusals_stand_in_the_own_list_although_nothing_was_read(
    exchange: Exchange, alice: Borrower, bank: Bank
) -> None:
    answer = bank.ask().get_json()
    assert answer["errors"]
    seen = who_looked(exchange.services, alice).looks[0]
    assert [words.english for words in seen.reasons] == ["They did not have your consent."]
    assert seen.consent_id is None
