"""A file that holds two persons' records is divided: the way back from a merge, and from a record in a wrong file."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Exchange
from joined_files import (
    EVIDENCE,
    content_of,
    judged,
    just_before,
    learn_cipher,
    reported,
    rows_of,
    said,
    said_on,
    two_files,
)
from sqlalchemy import insert
from test_as_of import SCOPES, ask, lender
from traces import entries, error_of

from exchange.clock import new_id
from exchange.errors import BadRequest, IntegrityError, Unavailable
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.split_subject import Parting, Split, split_subject
from exchange.store.subject_reviews import identities_of
from exchange.store.tables.account import account, account_version
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.collection import collection_action
from exchange.store.tables.consent import consent
from exchange.store.tables.mandate import account_mandate
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.sign_in import passkey
from exchange.store.tables.subject import subject

PARTING = Parting((BOB,), ("Wang Fang",), birth_date=date(1990, 1, 1))


def split(exchange: Exchange, **changes: Any) -> Split:
    """Bob's document out of Alice's file, and what else is named."""
    values = {name: getattr(PARTING, name) for name in PARTING.__slots__}
    parting = Parting(**(values | changes))
    done = split_subject(exchange.services, ALICE, parting, EVIDENCE, "operator")
    learn_cipher(exchange, done.subject_key)
    return done


def joined(exchange: Exchange) -> tuple[UUID, UUID]:
    """Both files, as one from a minute ago on."""
    alice, bob = two_files(exchange)
    reported(exchange, alice, "harbour-bank", "R-1")
    key = reported(exchange, bob, "harbour-bank", "R-2")
    said(exchange, bob, "I paid this.", key)
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    exchange.later(minutes=1)
    return alice, bob


def test_a_merge_and_its_split_give_the_same_contents_back(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = two_files(exchange)
    reported(exchange, alice, "harbour-bank", "R-1")
    key = reported(exchange, bob, "harbour-bank", "R-2", hidden_months=[date(2025, 1, 1)], compliance_flag="DISPUTED")
    said(exchange, bob, "I paid this.", key)
    before = {file: content_of(exchange, file) for file in (alice, bob)}
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    exchange.later(minutes=1)

    done = split(exchange, accounts=(("harbour-bank", "R-2"),))

    assert (done.accounts, done.statements, done.documents) == (1, 1, 1)
    assert content_of(exchange, done.subject_key) == before[bob]
    assert content_of(exchange, alice) == before[alice]
    assert content_of(exchange, bob) == []


def test_each_document_leads_to_its_own_report_again(exchange: Exchange) -> None:
    bank = exchange.bank()
    joined(exchange)
    done = split(exchange, accounts=(("harbour-bank", "R-2"),))
    for document, reference in ((ALICE, "R-1"), (BOB, "R-2")):
        answer = bank.ask(document, exchange.consent(bank.member_id, document)).get_json()
        report = answer["data"]["creditReport"]
        assert [node["accountRef"] for node in report["accounts"]["nodes"]] == [reference]
    given = rows_of(exchange, consent, done.subject_key)
    assert [row["recipient"] for row in given] == [bank.member_id]


def test_nothing_under_the_old_key_is_current_and_what_was_said_then_is(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = joined(exchange)
    done = split(exchange, accounts=(("harbour-bank", "R-2"),))
    (moved,) = rows_of(exchange, account, done.subject_key)
    assert (moved["version"], moved["superseded_at"]) == (3, None)
    with pytest.raises(IntegrityError):
        exchange.ciphers[alice].unseal("account", "account_ref", moved["account_key"].bytes, moved["account_ref"])
    then = just_before(exchange)
    assert moved["account_key"] in said_on(exchange, alice, then)
    assert moved["account_key"] not in said_on(exchange, alice, exchange.clock.now())
    assert said_on(exchange, done.subject_key, then) == []
    assert [row["reason"] for row in rows_of(exchange, account_version, alice)] == ["SPLIT"]
    assert [row["withdrawn_at"] is None for row in rows_of(exchange, statement, alice)] == [False]


def test_all_that_opened_the_file_ends(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice, _ = joined(exchange)
    consent_id = exchange.consent(bank.member_id, ALICE)
    signed_in = exchange.borrower_signed_in(alice)

    assert split(exchange).consents_ended == 1

    assert error_of(bank.ask(ALICE, consent_id))["extensions"]["code"] == "CONSENT_REVOKED"
    assert signed_in.client.get("/home").status_code == 303
    assert rows_of(exchange, passkey, alice) == []


def test_the_log_says_it_in_both_files(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = joined(exchange)
    new = split(exchange, accounts=(("harbour-bank", "R-2"),)).subject_key
    told = {entry.subject_key: entry for entry in entries(exchange) if entry.fields["act"] == "file_split"}
    assert (told[alice].fields["part"], told[alice].fields["other_file"]) == ("ORIGINAL", str(new))
    assert (told[new].fields["part"], told[new].fields["other_file"], told[new].sequence) == ("NEW", str(alice), 1)
    assert (told[new].fields["accounts"], told[new].fields["document"]) == (1, EVIDENCE.hex())


def test_each_file_goes_by_its_own_name_and_an_earlier_file_goes_along(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = joined(exchange)
    done = split(exchange, accounts=(("harbour-bank", "R-2"),))
    opened = {}
    for key in (alice, done.subject_key):
        (row,) = rows_of(exchange, subject, key)
        opened[key] = exchange.ciphers[key].unseal("subject", "names", key.bytes, row["names"]).decode()
    assert opened == {alice: '["王芳"]', done.subject_key: '["Wang Fang"]'}
    (new,), (earlier,) = rows_of(exchange, subject, done.subject_key), rows_of(exchange, subject, bob)
    assert (new["split_from"], new["id_type"], new["country"]) == (alice, BOB.id_type, "CN")
    assert earlier["merged_into"] == done.subject_key
    with exchange.engine.begin() as connection:
        held = identities_of(connection, [alice, done.subject_key])
    assert (len(held[alice].names), len(held[done.subject_key].names)) == (1, 2)


def test_what_belongs_to_a_moved_account_goes_along_and_the_rest_stays(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = joined(exchange)
    keys = {row["account_key"] for row in rows_of(exchange, account, alice)}
    moving = next(row["account_key"] for row in rows_of(exchange, account, alice) if row["version"] == 2)
    staying = next(iter(keys - {moving}))
    stays, goes = judged(exchange, alice, "harbour-bank", "No. 1"), judged(exchange, alice, "harbour-bank", "No. 2")
    of_moving, of_both = plan(exchange, alice, [moving]), plan(exchange, alice, [moving, staying])
    with exchange.engine.begin() as connection:
        row = {
            "subject_key": alice,
            "account_key": moving,
            "mandate_id": uuid4(),
            "recorded_at": exchange.clock.now(),
        }
        connection.execute(insert(account_mandate).values(row))
    exchange.later(minutes=1)

    new = split(exchange, accounts=(("harbour-bank", "R-2"),), record_keys=frozenset({goes})).subject_key

    def current(table: Any, file: UUID, key: str) -> list[UUID]:
        return [row[key] for row in rows_of(exchange, table, file) if row["superseded_at"] is None]

    assert (current(public_record, alice, "record_key"), current(public_record, new, "record_key")) == ([stays], [goes])
    assert current(repayment_plan, alice, "plan_key") == [of_both]
    assert current(repayment_plan, new, "plan_key") == [of_moving]
    assert rows_of(exchange, collection_action, new) == []
    covered = {
        file: [row["ended_at"] is None for row in rows_of(exchange, account_mandate, file)] for file in (alice, new)
    }
    assert covered == {alice: [False], new: [True]}


def plan(exchange: Exchange, borrower: UUID, account_keys: list[UUID]) -> UUID:
    """A plan about these accounts."""
    key = new_id(exchange.clock.now())
    row = {
        "subject_key": borrower, "plan_key": key, "reference_token": key.bytes, "reason": "NEW",
        "reference": exchange.ciphers[borrower].seal("repayment_plan", "reference", key.bytes, b"P-1"),
        "account_keys": account_keys, "plan_type": "DEFERRAL", "state": "ACTIVE", "currency": "CNY",
        "options": [{"n": 1}], "schedule": [["2026-07-01", 100, None]], "reporting_treatment": "KEEP_STATUS",
        "proposed_on": date(2026, 1, 1), "contributor": "harbour-bank", "valid_from": date(2026, 1, 1),
        "recorded_at": exchange.clock.now(), "basis": "cn.cir.13", "jurisdiction": "cn", "pack_version": "1",
        "commitment": b"c" * 32,
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(repayment_plan).values(row))
    return key


def test_an_account_may_go_away_and_come_back(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = joined(exchange)
    before = content_of(exchange, alice)
    split(exchange, accounts=(("harbour-bank", "R-2"),))
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert content_of(exchange, alice) == before
    exchange.later(minutes=1)
    new = split(exchange, accounts=(("harbour-bank", "R-2"),)).subject_key
    assert len(said_on(exchange, new, exchange.clock.now())) == 1
    assert len(said_on(exchange, alice, exchange.clock.now())) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"names": ("-",)}, "a name"),
        ({"documents": ()}, "at least one document"),
        ({"documents": (ALICE,)}, "main document stays"),
        ({"accounts": (("harbour-bank", "R-1"), ("harbour-bank", "R-9"))}, "counted from 1): 2"),
        ({"record_keys": frozenset({UUID(int=1)})}, "not in this file"),
    ],
    ids=["no-name", "no-document", "main-document", "unknown-account", "unknown-record"],
)
def test_what_cannot_be_divided_is_refused_and_nothing_changes(
    exchange: Exchange, changes: dict[str, Any], sentence: str
) -> None:
    bank = exchange.bank()
    alice, _ = joined(exchange)
    exchange.consent(bank.member_id, ALICE)
    before, logged = content_of(exchange, alice), len(entries(exchange))
    with pytest.raises(BadRequest) as refused:
        split(exchange, **changes)
    assert refused.value.stable_code == "SPLIT_NOT_VALID"
    assert sentence in refused.value.sentence
    assert (content_of(exchange, alice), len(entries(exchange))) == (before, logged)


def test_a_document_of_somebody_else_does_not_move(exchange: Exchange) -> None:
    exchange.bank()
    joined(exchange)
    exchange.borrower(NOBODY_WE_KNOW, "李娜")
    with pytest.raises(BadRequest) as refused:
        split(exchange, documents=(BOB, NOBODY_WE_KNOW))
    assert "does not lead to this file" in refused.value.sentence


def test_an_import_at_work_on_the_file_puts_the_split_off(exchange: Exchange) -> None:
    exchange.bank()
    alice, _ = joined(exchange)
    with exchange.engine.begin() as at_work:
        identities_of(at_work, [alice])
        with pytest.raises(Unavailable) as refused:
            split(exchange)
    assert refused.value.stable_code == "SUBJECT_BUSY"


def test_no_report_of_an_earlier_day_tells_a_member_what_was_another_persons(exchange: Exchange) -> None:
    bank = lender(exchange)
    alice, bob = two_files(exchange)
    reported(exchange, alice, bank.member_id, "R-1")
    reported(exchange, bob, bank.member_id, "R-2")
    record = judged(exchange, bob, bank.member_id, "J-1")
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    exchange.later(minutes=1)
    asked = """accounts(first: 5) { nodes { accountRef } } delinquencies(first: 5) { totalCount }
        publicRecords(first: 5) { totalCount }"""

    def told(instant: datetime | None) -> tuple[list[str], int, int]:
        consent_id = exchange.consent(bank.member_id, ALICE)
        bank.fetch_token(" ".join(sorted(SCOPES)))
        report = ask(bank, consent_id, instant, asked).get_json()["data"]["creditReport"]
        references = sorted(node["accountRef"] for node in report["accounts"]["nodes"])
        return references, report["delinquencies"]["totalCount"], report["publicRecords"]["totalCount"]

    joined_then = exchange.clock.now()
    assert told(None) == (["R-1", "R-2"], 2, 1)
    exchange.later(minutes=1)
    split(exchange, accounts=((bank.member_id, "R-2"),), record_keys=frozenset({record}))
    exchange.later(minutes=1)
    assert told(None) == (["R-1"], 1, 0)
    assert told(joined_then) == (["R-1"], 1, 0)
