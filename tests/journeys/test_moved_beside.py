"""What stands beside records goes along when files are joined or divided, readable under the other key alone."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from disputing import contest, own
from factories import ALICE, BOB, Exchange
from filled_file import SOME_TIME
from joined_files import EVIDENCE, known_as, reported, two_files
from noun_rows import add_noun
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from exchange.clock import new_id
from exchange.errors import IntegrityError
from exchange.handover import Borrower
from exchange.journeys.find_borrower import Document
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.move_beside import SEALED_BESIDE
from exchange.journeys.own_disputes import withdraw_dispute
from exchange.journeys.own_erasure import ask_erasure
from exchange.journeys.split_subject import Parting, split_subject
from exchange.store.tables import metadata
from exchange.store.tables.account import account
from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.collection import collection_action
from exchange.store.tables.complaint import complaint
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply, contact_source, contact_wish
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.notice import notice
from exchange.store.tables.repayment import plan_reply, repayment_plan
from exchange.store.tables.running_clock import running_clock
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.identifiers import IdType

BESIDE = (
    contact_clearance, contact_wish, contact_breach, contact_reply, contact_source, dispute, complaint, review_request,
    plan_reply, running_clock,
)  # fmt: skip


def add(exchange: Exchange, table: Table, borrower: UUID, **values: Any) -> None:
    """A row of the borrower; what is not told fits, and sealed columns say what they are."""
    cipher = exchange.ciphers[borrower]
    row: dict[str, Any] = {}
    for column in table.c:
        if not column.nullable or column.name in values:
            row[column.name] = values.get(column.name, default(exchange, column.type))
    row["subject_key"] = borrower
    if table in SEALED_BESIDE:
        key, columns = SEALED_BESIDE[table]
        for name in columns:
            row[name] = cipher.seal(table.name, name, row[key].bytes, f"{table.name} {name}".encode())
    with exchange.engine.begin() as connection:
        connection.execute(insert(table).values(row))


def default(exchange: Exchange, of_type: Any) -> Any:
    if isinstance(of_type, JSONB):
        return []
    made: dict[type, Any] = {str: "harbour-bank", int: 1, bool: True, bytes: b"b" * 32, list: []}
    if of_type.python_type is UUID:
        return new_id(exchange.clock.now())
    return made.get(of_type.python_type, SOME_TIME)


def rows(exchange: Exchange, table: Table, borrower: UUID) -> list[Any]:
    with exchange.engine.connect() as connection:
        wanted = select(table).where(table.c.subject_key == borrower).order_by(*table.primary_key.columns)
        return list(connection.execute(wanted).mappings())


def opened(table: Table, row: Any, cipher: SubjectCipher) -> list[str]:
    key, columns = SEALED_BESIDE[table]
    return [cipher.unseal(table.name, name, row[key].bytes, row[name]).decode() for name in columns]


def full(exchange: Exchange, borrower: UUID) -> tuple[UUID, UUID, UUID]:
    """Something in every table, about one account, one contact and one judgement."""
    account_key = reported(exchange, borrower, "harbour-bank", "R-2")
    action = add_noun(exchange, collection_action, borrower, "harbour-bank", account_keys=[account_key])
    judgement = add_noun(exchange, assessment, borrower, "harbour-bank")
    plan = add_noun(exchange, repayment_plan, borrower, "harbour-bank", account_keys=[account_key])
    about: dict[Table, dict[str, Any]] = {
        contact_clearance: {"account_keys": [account_key]},
        contact_breach: {"action_key": action},
        contact_reply: {"action_key": action},
        dispute: {"dispute_id": (dispute_id := new_id(exchange.clock.now())), "record_key": account_key,
                  "record_version": 1},
        complaint: {"evidence": [{"kind": "ACTION", "key": str(action)}]},
        review_request: {"assessment_key": judgement},
        plan_reply: {"plan_key": plan},
        running_clock: {"about": dispute_id, "kind": "DISPUTE_FURNISHER"},
    }  # fmt: skip
    for table in BESIDE:
        add(exchange, table, borrower, **about.get(table, {}))
    return account_key, action, judgement


@pytest.fixture
def two(exchange: Exchange) -> tuple[UUID, UUID]:
    exchange.bank()
    return two_files(exchange)


def test_all_of_it_goes_along_when_files_are_joined(exchange: Exchange, two: tuple[UUID, UUID]) -> None:
    alice, bob = two
    full(exchange, bob)
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    for table in BESIDE:
        assert rows(exchange, table, bob) == []
        assert len(rows(exchange, table, alice)) == 1, table.name
    for table in (dispute, complaint, review_request, plan_reply):
        (row,) = rows(exchange, table, alice)
        names = SEALED_BESIDE[table][1]
        assert opened(table, row, exchange.ciphers[alice]) == [f"{table.name} {name}" for name in names]
        with pytest.raises(IntegrityError):
            opened(table, row, exchange.ciphers[bob])


def test_a_dispute_is_still_about_the_version_that_is_contested(exchange: Exchange, two: tuple[UUID, UUID]) -> None:
    alice, bob = two
    account_key, *_ = full(exchange, bob)
    (late,) = rows(exchange, delinquency, bob)
    add(exchange, dispute, bob, record_key=late["delinquency_key"], record_kind="DELINQUENCY", record_version=1)
    exchange.later(minutes=1)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    (there,) = rows(exchange, account, alice)
    (late_there,) = rows(exchange, delinquency, alice)
    contested = {row["record_key"]: row["record_version"] for row in rows(exchange, dispute, alice)}
    assert contested == {account_key: there["version"], late_there["delinquency_key"]: late_there["version"]}
    assert there["version"] == 2


def test_what_is_due_about_a_consent_stays_with_the_consent(exchange: Exchange, two: tuple[UUID, UUID]) -> None:
    alice, bob = two
    add(exchange, running_clock, bob, kind="WITHDRAWAL_ANSWER")
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert (len(rows(exchange, running_clock, bob)), rows(exchange, running_clock, alice)) == (1, [])


def test_a_wanted_erasure_goes_along_and_notices_stay(exchange: Exchange, two: tuple[UUID, UUID]) -> None:
    alice, bob = two
    ask_erasure(exchange.services, Borrower(bob, b"", "PASSKEY", "en"))
    add(exchange, notice, bob, recipient=None)
    add(exchange, notice, bob, recipient="harbour-bank")
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert len(rows(exchange, erasure_request, alice)) == 1
    assert rows(exchange, notice, alice) == []
    assert {row["recipient"] for row in rows(exchange, notice, bob)} == {None, "harbour-bank"}


def test_what_a_notice_asks_for_is_done_in_the_joined_file(exchange: Exchange, two: tuple[UUID, UUID]) -> None:
    alice, bob = two
    dispute_id = contest(exchange, bob, reported(exchange, bob, "harbour-bank", "R-2"))
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    exchange.later(minutes=1)
    withdraw_dispute(exchange.services, own(alice), dispute_id)
    (asked,) = [row for row in rows(exchange, notice, bob) if row["due_at"] is not None]
    assert asked["answered_at"] == exchange.clock.now()


def test_only_what_is_about_the_other_person_leaves_when_a_file_is_divided(exchange: Exchange) -> None:
    exchange.bank()
    alice = exchange.borrower(ALICE, "王芳")
    known_as(exchange, alice, "王芳", "李娜")
    account_key, _, judgement = full(exchange, alice)
    mine = exchange.account(alice, "harbour-bank", "R-1")
    add(exchange, contact_clearance, alice, account_keys=[mine, account_key])
    add(exchange, dispute, alice, record_key=mine, record_version=1)
    add(exchange, complaint, alice, evidence=[])
    passport = Document(IdType.PASSPORT, "CN", "E12345678")
    lead_to(exchange, alice, passport)
    exchange.later(minutes=1)
    parting = Parting((passport,), ("李娜",), (("harbour-bank", "R-2"),), frozenset({judgement}), date(1991, 1, 1))
    new = split_subject(exchange.services, ALICE, parting, EVIDENCE, "operator").subject_key
    for table in (contact_clearance, dispute, complaint):
        assert (len(rows(exchange, table, alice)), len(rows(exchange, table, new))) == (1, 1), table.name
    assert [row["account_keys"] for row in rows(exchange, contact_clearance, new)] == [[account_key]]
    for table in (contact_breach, contact_reply, review_request, plan_reply, running_clock):
        assert (rows(exchange, table, alice), len(rows(exchange, table, new))) == ([], 1), table.name
    assert len(rows(exchange, contact_wish, alice)) == len(rows(exchange, contact_wish, new)) == 1
    assert len(rows(exchange, contact_source, alice)) == 1


def lead_to(exchange: Exchange, borrower: UUID, document: Document) -> None:
    """A further document leads to the borrower's file."""
    tokens = exchange.services.keys.lookup_tokens().candidates(document.id_type, document.country, document.id_number)
    with exchange.engine.begin() as connection:
        for number, token in tokens:
            row = {"bidx": token, "index_key_id": number, "id_type": document.id_type, "country": document.country}
            connection.execute(insert(metadata.tables["subject_identifier"]).values(subject_key=borrower, **row))
