"""Two files that are one person's become one, and nothing of either is lost, shown twice or read under an old right."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from threading import Event
from uuid import UUID

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Exchange
from joined_files import (
    BORN,
    EVIDENCE,
    content_of,
    judged,
    just_before,
    known_as,
    reported,
    rows_of,
    said,
    said_on,
    two_files,
)
from sqlalchemy import select, update
from test_as_of import ask, lender
from test_submit_batch import MAPPED, attested, mapped
from traces import entries, error_of, inquiries, looks

from consent.lifecycle import ConsentState
from consent.question import GroundKind
from exchange.errors import BadRequest, IntegrityError, Unavailable
from exchange.intake.account_content import content_bytes, content_of_row
from exchange.journeys.find_borrower import Document
from exchange.journeys.lawful_grounds import OrderedLook, record_ground
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.merge_subjects import Merged, merge_subjects
from exchange.journeys.record_rows import opened_content, record_commitment
from exchange.journeys.representatives import add_representative
from exchange.journeys.submit_batch import submit_file
from exchange.store.append import find_accounts
from exchange.store.subject_reviews import identities_of
from exchange.store.tables.account import account, account_version
from exchange.store.tables.borrower_words import representative
from exchange.store.tables.consent import consent
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.notice import notice
from exchange.store.tables.public_record import public_record
from exchange.store.tables.sign_in import passkey, web_session
from exchange.store.tables.subject import subject, subject_version
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.representative import RepresentativeKind
from schema.vocabulary.scope import FieldClass

CAROL = Document(ALICE.id_type, "CN", "190101198001010031")


def merged(exchange: Exchange) -> Merged:
    """The passport's file into the resident id's."""
    return merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")


def accounts_shown(exchange: Exchange, document: Document) -> set[str]:
    bank = exchange.bank(f"bank-{len(inquiries(exchange))}")
    consent_id = exchange.consent(bank.member_id, document)
    report = bank.ask(document, consent_id).get_json()["data"]["creditReport"]
    return {node["accountRef"] for node in report["accounts"]["nodes"]}


def test_either_document_gives_one_report_with_the_accounts_of_both(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    reported(exchange, alice, bank.member_id, "R-1")
    reported(exchange, bob, bank.member_id, "R-2")
    assert accounts_shown(exchange, ALICE) == {"R-1"}
    assert accounts_shown(exchange, BOB) == {"R-2"}
    exchange.later(minutes=1)

    told = merged(exchange)

    assert (told.accounts, told.documents, told.birth_dates_differed) == (1, 1, False)
    assert accounts_shown(exchange, ALICE) == {"R-1", "R-2"}
    assert accounts_shown(exchange, BOB) == {"R-1", "R-2"}


def test_what_moves_says_the_same_under_the_other_key_alone(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    key = reported(exchange, bob, bank.member_id, "R-2", hidden_months=[date(2025, 1, 1)], annotated_by="cn.x")
    said(exchange, bob, "I paid this.", key)
    judged_key = judged(exchange, bob, bank.member_id, "(2025) No. 9")
    before = content_of(exchange, bob)
    exchange.later(minutes=1)

    merged(exchange)

    assert content_of(exchange, alice) == before
    assert content_of(exchange, bob) == []
    (row,) = rows_of(exchange, account, alice)
    with pytest.raises(IntegrityError):
        exchange.ciphers[bob].unseal("account", "account_ref", key.bytes, row["account_ref"])
    content = content_bytes("account", "R-2", content_of_row(row))
    assert row["commitment"] == exchange.ciphers[alice].commit(content)
    (record,) = rows_of(exchange, public_record, alice)
    opened = opened_content(RecordKind.PUBLIC_RECORD, record, exchange.ciphers[alice])
    assert (record["record_key"], record["version"], record["reason"]) == (judged_key, 2, "MERGED")
    assert opened["reference"] == "(2025) No. 9"
    assert record["commitment"] == record_commitment(exchange.ciphers[alice], RecordKind.PUBLIC_RECORD, opened)
    assert [row["superseded_at"] is None for row in rows_of(exchange, public_record, bob)] == [False]
    assert [row["superseded_at"] is None for row in rows_of(exchange, delinquency, bob)] == [False]


def test_a_report_of_the_past_is_the_one_that_was_given_then(exchange: Exchange) -> None:
    bank, (alice, bob) = lender(exchange), two_files(exchange)
    reported(exchange, alice, bank.member_id, "R-1")
    reported(exchange, bob, bank.member_id, "R-2")
    consent_id = exchange.consent(bank.member_id, ALICE)
    exchange.later(minutes=1)
    merged(exchange)
    for instant, references in ((just_before(exchange), {"R-1"}), (exchange.clock.now(), {"R-1", "R-2"})):
        answer = ask(bank, consent_id, instant, "accounts(first: 9) { nodes { accountRef } }", BOB).get_json()
        nodes = answer["data"]["creditReport"]["accounts"]["nodes"]
        assert {node["accountRef"] for node in nodes} == references


def test_what_was_said_before_is_still_what_was_said_then(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    key = reported(exchange, bob, bank.member_id, "R-2")
    exchange.later(minutes=1)

    merged(exchange)

    then, now = just_before(exchange), exchange.clock.now()
    assert (said_on(exchange, bob, then), said_on(exchange, bob, now)) == ([key], [])
    assert (said_on(exchange, alice, then), said_on(exchange, alice, now)) == ([], [key])
    (version,) = rows_of(exchange, account_version, bob)
    assert (version["version"], version["reason"], version["superseded_at"]) == (1, "MERGED", now)


def test_an_account_that_was_taken_back_moves_and_is_not_said_again(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    taken_back = exchange.clock.now()
    key = reported(exchange, bob, bank.member_id, "R-2", withdrawal="FRAUD", superseded_at=taken_back)
    exchange.later(minutes=1)

    merged(exchange)

    (row,) = rows_of(exchange, account, alice)
    assert (row["withdrawal"], row["superseded_at"]) == ("FRAUD", exchange.clock.now())
    assert said_on(exchange, alice, exchange.clock.now()) == []
    assert said_on(exchange, bob, just_before(exchange)) == []
    (_, token), *_ = exchange.services.keys.lookup_tokens().account_candidates(bank.member_id, "R-2")
    with exchange.engine.connect() as connection:
        held = find_accounts(connection, [token])[token]
    assert (held.subject_key, held.account_key) == (alice, key)


def test_consents_grounds_and_representatives_of_the_other_file_end_and_are_told(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    carol = exchange.borrower(CAROL, "李娜")
    of_alice, of_bob = exchange.consent(bank.member_id, ALICE), exchange.consent(bank.member_id, BOB)
    ends_at = exchange.clock.now() + timedelta(days=30)
    ordered = OrderedLook(
        GroundKind.COURT, "No. 7", bank.member_id, Purpose.FRAUD_CHECK, frozenset(FieldClass), ends_at, b"o" * 32
    )
    ground_id = record_ground(exchange.services, BOB, ordered, "operator")
    kind = RepresentativeKind.DELEGATE
    add_representative(exchange.services, CAROL, BOB, kind, b"d" * 32, ends_at, "operator")
    add_representative(exchange.services, BOB, CAROL, kind, b"d" * 32, ends_at, "operator")
    exchange.later(minutes=1)

    assert merged(exchange).consents_ended == 1

    states = {row["consent_id"]: row["state"] for key in (alice, bob) for row in rows_of(exchange, consent, key)}
    assert states == {of_alice: "ACTIVE", of_bob: "REVOKED"}
    assert [(row["recipient"], row["about"]) for row in rows_of(exchange, notice, bob)] == [(bank.member_id, of_bob)]
    (ground,) = rows_of(exchange, lawful_ground, bob)
    assert (ground["ground_id"], ground["ended_at"]) == (ground_id, exchange.clock.now())
    ended = [row["ended_at"] for key in (bob, carol) for row in rows_of(exchange, representative, key)]
    assert ended == [exchange.clock.now()] * 2
    acts = [(entry.subject_key, entry.fields["act"]) for entry in entries(exchange)]
    assert acts.count((bob, "representative_ended")) == acts.count((carol, "representative_ended")) == 1
    assert error_of(bank.ask(ALICE, of_bob))["extensions"]["code"] == "CONSENT_NOT_FOUND"
    assert "errors" not in bank.ask(BOB, of_alice).get_json()


def test_the_log_says_it_in_both_files_and_each_count_stays_whole(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    reported(exchange, bob, bank.member_id, "R-2")
    exchange.consent(bank.member_id, BOB)
    merged(exchange)
    told = {entry.subject_key: entry.fields for entry in entries(exchange) if entry.fields["act"] == "files_merged"}
    assert (told[alice]["part"], told[alice]["other_file"]) == ("SURVIVES", str(bob))
    assert (told[bob]["part"], told[bob]["other_file"]) == ("ENDS", str(alice))
    assert (told[alice]["accounts"], told[alice]["document"], told[alice]["actor"]) == (1, EVIDENCE.hex(), "operator")
    for key in (alice, bob):
        numbers = [entry.sequence for entry in entries(exchange) if entry.subject_key == key]
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_other_files_ways_in_are_gone_and_the_survivors_remain(exchange: Exchange) -> None:
    alice, bob = two_files(exchange)
    of_alice, of_bob = exchange.borrower_signed_in(alice), exchange.borrower_signed_in(bob)

    merged(exchange)

    assert of_bob.client.get("/home").status_code == 303
    assert of_alice.client.get("/home").status_code == 200
    assert rows_of(exchange, passkey, bob) == []
    assert len(rows_of(exchange, passkey, alice)) == 1
    assert [row["revoked"] for row in rows_of(exchange, web_session, bob)] == [True]
    changes = [(entry.subject_key, entry.fields.get("change")) for entry in entries(exchange)]
    assert (bob, "ALL_REMOVED") in changes
    assert (alice, "ALL_REMOVED") not in changes


def test_the_survivor_is_known_by_what_was_known_of_both(exchange: Exchange) -> None:
    alice, bob = two_files(exchange)
    alert = exchange.ciphers[bob].seal("subject", "fraud_alert", bob.bytes, b'"call +86 21 5555"')
    protected = {"security_freeze": True, "deceased_on": date(2026, 1, 1), "fraud_alert": alert}
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == bob).values(protected))

    merged(exchange)

    (row,) = rows_of(exchange, subject, alice)
    names = exchange.ciphers[alice].unseal("subject", "names", alice.bytes, row["names"])
    assert names.decode() == '["王芳","Wang Fang"]'
    assert (row["version"], row["security_freeze"], row["deceased_on"]) == (2, True, date(2026, 1, 1))
    moved_alert = exchange.ciphers[alice].unseal("subject", "fraud_alert", alice.bytes, row["fraud_alert"])
    assert moved_alert == b'"call +86 21 5555"'
    (stood,) = rows_of(exchange, subject_version, alice)
    assert (stood["version"], stood["reason"], stood["record"]["security_freeze"]) == (1, "MERGED", False)
    (other_row,) = rows_of(exchange, subject, bob)
    assert other_row["merged_into"] == alice
    with exchange.engine.begin() as connection:
        held = identities_of(connection, [alice, bob])
    assert set(held) == {alice}
    assert len(held[alice].names) == 3  # 王芳, wangfang, fangwang
    assert held[alice].birth


def test_where_birth_dates_differ_the_survivors_stands_and_it_is_said(exchange: Exchange) -> None:
    alice, bob = two_files(exchange)
    sealed = exchange.ciphers[bob].seal("subject", "birth_date", bob.bytes, b"1991-02-02")
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == bob).values(birth_date=sealed))
    assert merged(exchange).birth_dates_differed
    (row,) = rows_of(exchange, subject, alice)
    born = exchange.ciphers[alice].unseal("subject", "birth_date", alice.bytes, row["birth_date"])
    assert born == BORN.isoformat().encode()


def test_what_cannot_be_joined_is_refused_and_nothing_changes(exchange: Exchange) -> None:
    _, bob = two_files(exchange)
    for other, code in ((ALICE, "SUBJECTS_SAME"), (NOBODY_WE_KNOW, "SUBJECT_UNKNOWN")):
        with pytest.raises(BadRequest) as refused:
            merge_subjects(exchange.services, ALICE, other, EVIDENCE, "operator")
        assert refused.value.stable_code == code
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == bob).values(synthetic_identity=True))
    with pytest.raises(BadRequest) as refused:
        merged(exchange)
    assert refused.value.stable_code == "SUBJECT_MADE_UP"
    assert entries(exchange) == []


def test_a_merged_file_is_found_as_the_survivor_by_everybody(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    merged(exchange)
    consent_id = exchange.consent(bank.member_id, BOB)
    assert [row["consent_id"] for row in rows_of(exchange, consent, alice)] == [consent_id]
    assert rows_of(exchange, consent, bob) == []
    with pytest.raises(BadRequest) as refused:
        merged(exchange)
    assert refused.value.stable_code == "SUBJECTS_SAME"


def test_a_look_that_races_a_merge_is_in_one_of_the_files_and_nothing_is_lost(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    reported(exchange, bob, bank.member_id, "R-2")
    consent_id = exchange.consent(bank.member_id, BOB)
    bank.fetch_token()
    workers = [exchange.another_worker() for _ in range(2)]
    late = Event()

    def act(number: int) -> list[str]:
        if number == 0:
            merged(exchange)
            late.set()
            return []
        told = []
        for _ in range(4):
            began_late = late.is_set()
            answer = bank.ask(BOB, consent_id, client=workers[number % 2])
            granted = "errors" not in answer.get_json()
            assert not (began_late and granted)
            told.append("GRANTED" if granted else error_of(answer)["extensions"]["code"])
        return told

    with ThreadPoolExecutor(5) as pool:
        told = {each for codes in pool.map(act, range(5)) for each in codes}
    assert told <= {"GRANTED", "CONSENT_NOT_FOUND", "CONSENT_REVOKED", "UNAVAILABLE"}
    assert bank.ask(BOB, consent_id).get_json()["errors"]
    for key in (alice, bob):
        of_file = {entry.sequence or 0: entry.fields["act"] for entry in entries(exchange) if entry.subject_key == key}
        assert sorted(of_file) == list(range(1, len(of_file) + 1))
        ended = next(number for number, act in of_file.items() if act == "files_merged")
        assert key == alice or all(act != "look" for number, act in of_file.items() if number > ended)
    assert {row.leaf_hash for row in inquiries(exchange)} == {entry.leaf_hash for entry in looks(exchange)}


def test_a_withdrawal_that_races_a_merge_ends_the_consent_once(exchange: Exchange) -> None:
    bank, (_, bob) = exchange.bank(), two_files(exchange)
    consent_id = exchange.consent(bank.member_id, BOB)

    def withdraw() -> str:
        try:
            move_consent(exchange.services, BOB, consent_id, ConsentState.REVOKED, "test")
        except BadRequest as refused:
            return refused.stable_code
        return "WITHDRAWN"

    with ThreadPoolExecutor(2) as pool:
        withdrawal, merge = pool.submit(withdraw), pool.submit(merged, exchange)
        told, ended = withdrawal.result(), merge.result().consents_ended
    assert (told, ended) in {("WITHDRAWN", 0), ("CONSENT_NOT_FOUND", 1)}
    assert [row["state"] for row in rows_of(exchange, consent, bob)] == ["REVOKED"]
    assert len(rows_of(exchange, notice, bob)) == 1


def test_an_import_at_work_on_a_file_puts_the_merge_off_and_finds_the_survivor_afterwards(exchange: Exchange) -> None:
    alice, bob = two_files(exchange)
    with exchange.engine.begin() as at_work:
        assert set(identities_of(at_work, [bob])) == {bob}
        with pytest.raises(Unavailable) as refused:
            merged(exchange)
        assert refused.value.stable_code == "SUBJECT_BUSY"
    assert entries(exchange) == []
    merged(exchange)
    with exchange.engine.begin() as later:
        assert set(identities_of(later, [alice, bob])) == {alice}


def test_a_file_that_took_one_in_may_be_merged_itself(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    carol = exchange.borrower(CAROL, "王芳")
    known_as(exchange, carol, "王芳")
    key = reported(exchange, bob, bank.member_id, "R-2")
    merged(exchange)
    merge_subjects(exchange.services, CAROL, BOB, EVIDENCE, "operator")
    assert [row["account_key"] for row in rows_of(exchange, account, carol) if row["superseded_at"] is None] == [key]
    assert content_of(exchange, alice) == content_of(exchange, bob) == []
    with exchange.engine.connect() as connection:
        leads = dict(connection.execute(select(subject.c.subject_key, subject.c.merged_into)).all())
    assert leads == {alice: carol, bob: alice, carol: None}


def test_a_look_under_the_survivors_consent_opens_every_account(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    consent_id: UUID = exchange.consent(bank.member_id, ALICE)
    reported(exchange, bob, bank.member_id, "R-2")
    merged(exchange)
    report = bank.ask(BOB, consent_id).get_json()["data"]["creditReport"]
    assert [node["accountRef"] for node in report["accounts"]["nodes"]] == ["R-2"]
    assert [node["firstDelinquentOn"] for node in report["delinquencies"]["nodes"]] == ["2025-03-01"]
    assert [look.subject_key for look in looks(exchange)] == [alice]


def imported(exchange: Exchange, *references: str) -> None:
    """A member reports accounts of the passport's holder."""
    lines = [f"{reference},{BOB.id_number},Wang Fang,100,2026-05-31" for reference in references]
    outcome = submit_file(exchange.services, BytesIO(mapped(*lines)), attested("lender", MAPPED))
    assert (outcome.faulty, outcome.applied) == (0, len(references))


def test_imports_before_during_and_after_a_merge_all_end_in_the_surviving_file(exchange: Exchange) -> None:
    exchange.bank("lender")
    alice, bob = two_files(exchange)
    imported(exchange, *(f"B-{number}" for number in range(3)))
    exchange.later(minutes=1)
    merges: Counter[str] = Counter()

    def merge_in_turn() -> None:
        while merges["DONE"] == 0:
            try:
                merged(exchange)
                merges["DONE"] += 1
            except Unavailable as refused:
                assert refused.stable_code == "SUBJECT_BUSY"
                merges["BUSY"] += 1

    with ThreadPoolExecutor(2) as pool:
        merge = pool.submit(merge_in_turn)
        for number in range(4):
            imported(exchange, *(f"D-{number}-{account}" for account in range(3)))
        merge.result()
    imported(exchange, "A-1")

    here = [row for row in rows_of(exchange, account, alice) if row["superseded_at"] is None]
    assert len(here) == 3 + 4 * 3 + 1
    assert content_of(exchange, bob) == []
    assert len(content_of(exchange, alice)) == len(here)


def test_a_further_report_of_a_moved_account_changes_it_in_the_surviving_file(exchange: Exchange) -> None:
    exchange.bank("lender")
    alice, bob = two_files(exchange)
    imported(exchange, "B-1")
    exchange.later(minutes=1)
    merged(exchange)
    exchange.later(minutes=1)
    line = f"B-1,{BOB.id_number},Wang Fang,200,2026-06-01"
    outcome = submit_file(exchange.services, BytesIO(mapped(line)), attested("lender", MAPPED))
    assert (outcome.faulty, outcome.applied) == (0, 1)
    (row,) = rows_of(exchange, account, alice)
    assert (row["balance_minor"], row["version"]) == (20_000, 3)
    assert [each["reason"] for each in rows_of(exchange, account_version, bob)] == ["MERGED"]
    assert content_of(exchange, bob) == []
